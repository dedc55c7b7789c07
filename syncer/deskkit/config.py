"""What every desk's config block has in common."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

Positive = Annotated[float, Field(gt=0)]


class BudgetConfig(BaseModel):
    """How much of the desk we may use: requests per second, and how many at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_second: Positive = Field(description="Requests per second.")
    parallel: Annotated[int, Field(ge=1, le=512)] = Field(description="Requests at once.")


class DeskBlock(BaseModel):
    """What the block of any desk has, wherever the desk is; each kind adds its own keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="", exclude=True, description="Set from the block's own key.")

    @property
    @abstractmethod
    def address(self) -> str:
        """Where the desk is: two blocks with the same one are of the same desk."""


class DeskConfig(DeskBlock):
    """Where a desk is and how to treat it, for those that are asked over HTTP."""

    base_url: str = Field(description="As people open it in a browser, without /api.")
    timeout: Positive = Field(default=30.0, description="Seconds a request may take.")
    ca_file: Path | None = Field(default=None, description="PEM file of a private certificate authority.")

    @field_validator("base_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// (or http:// on a network you trust)")
        if "?" in value or "#" in value or "@" in value:
            raise ValueError("must be a plain address without query, fragment or password")
        return value.rstrip("/")

    @property
    def address(self) -> str:
        """Its base_url."""
        return self.base_url
