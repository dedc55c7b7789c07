"""Tikting's config block."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncer.deskkit.config import BudgetConfig, DeskConfig, Positive


class Login(BaseModel):
    """A local account of its own for syncer; failed log-ins count towards a lock-out. Contract 2.1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str = Field(description="E-mail or user name.")
    password: SecretStr = Field(description="Its password.")
    domain: str | None = Field(default=None, description="For LDAP/AD accounts only.")


class TiktingConfig(DeskConfig):
    """A self-hosted Tikting."""

    kind: Literal["tikting"] = "tikting"
    auth: Login
    budget: BudgetConfig | None = Field(default=None, description="Default: 5 calls/s, 2 at once.")
    registrations: BudgetConfig | None = Field(
        default=None,
        description="How fast tickets may be created. Default: the budget where one is given, else 2/s one by one,"
        " because each registration may send mail and run the assignment.",
    )
    text_mode: Literal["plain", "html"] = Field(
        default="plain", description="html only after a pilot showed that markup is rendered (not documented)."
    )
    register_status: Literal["open", "any"] = Field(
        default="open",
        description="any: register with the mapped status, closed ones too. Not documented to work: try one first.",
    )
    max_body: int = Field(default=60_000, ge=1000, description="Characters of a description (an assumption).")
    search_lag: Positive = Field(default=5.0, description="Seconds until a search surely sees a new ticket.")
    probe_misses: int = Field(default=20, ge=1, description="So many unknown ids in a row end a walk by id.")

    def reading(self) -> BudgetConfig:
        """The budget of all calls."""
        return self.budget or BudgetConfig(per_second=5, parallel=2)

    def registering(self) -> BudgetConfig:
        """The budget of registrations, within that of all calls."""
        return self.registrations or self.budget or BudgetConfig(per_second=2, parallel=1)
