"""What every desk's config block has in common."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

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

    def page(self, id: str) -> str:
        """Where people see this ticket; empty where nobody knows."""
        return ""


class DeskConfig(DeskBlock):
    """Where a desk is and how to treat it, for those that are asked over HTTP."""

    base_url: str = Field(description="As people open it in a browser, without /api.")
    timeout: Positive = Field(default=30.0, description="Seconds a request may take.")
    ca_file: Path | None = Field(default=None, description="PEM file of a private certificate authority.")
    ticket_page: str | None = Field(
        default=None,
        description="Where people see a ticket, `{id}` in place of its id; for the id map and its redirects. Default:"
        " what this kind of desk has, where that is known.",
    )

    @field_validator("ticket_page")
    @classmethod
    def _is_page(cls, value: str | None) -> str | None:
        if value is not None and ("{id}" not in value or not value.startswith(("https://", "http://"))):
            raise ValueError("must be an address with {id} in it, such as https://desk.example.org/tickets/{id}")
        return value

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

    def page(self, id: str) -> str:
        """By `ticket_page`, else as this kind of desk has it."""
        return (self.ticket_page or self.own_page()).replace("{id}", quote(id, safe=""))

    def own_page(self) -> str:
        """The address of a ticket's page, with {id} in it; empty where that is not known of this kind of desk."""
        return ""
