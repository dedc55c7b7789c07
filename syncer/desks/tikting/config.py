"""Tikting's config block."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from syncer.deskkit.config import BudgetConfig, DeskConfig, Positive
from syncer.desks.tikting.config_endpoints import Endpoint, EndpointKey, faults, refused
from syncer.desks.tikting.wire_fields import FieldName

JsonPath = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$")]


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
    open_status: int | None = Field(
        default=None, description="Id of the status new tickets get where theirs comes later. Default: the first open."
    )
    fields: dict[FieldName, list[JsonPath]] = Field(
        default={},
        description="Where lists and tickets hold what, in place of what syncer tries by itself: field -> JSON paths,"
        " such as creator.id; the first that is there counts. syncer describe proposes it.",
    )
    instance_timezone: str = Field(
        default="UTC", description="Zone of times that come without one: Europe/Madrid. Not documented."
    )
    text_is: Literal["auto", "text", "html"] = Field(
        default="auto", description="What texts of tickets are when they are read; auto: looks for markup in each."
    )
    unmarked_replies: Literal["private", "public"] = Field(
        default="private",
        description="What a reply or a resolution is of which nothing says who may see it. public only if you know that"
        " requesters see them all.",
    )
    page_length: int = Field(default=50, ge=2, le=1000, description="Rows asked of a list; a server may give fewer.")
    max_pages: int = Field(default=2000, ge=1, description="A list with more pages than this stops the run.")
    probe_gaps: int = Field(
        default=500, ge=0, description="So many ids that the lists do not show are looked at one by one, newest first."
    )
    restricted_view: bool | None = Field(
        default=None,
        description="true: the account sees its own tickets only, and several lists are put together. Default: as its"
        " token says.",
    )
    volatile: list[str] = Field(
        default=[
            "age",
            "assigneeAvatar",
            "avatar",
            "avatarUrl",
            "creatorAvatar",
            "isOverdue",
            "isRead",
            "isUnread",
            "overdue",
            "requesterAvatar",
            "unread",
            "unreadCount",
        ],
        description="Keys of rows and tickets that change by themselves: no change of a ticket.",
    )
    file_path: str | None = Field(
        default=None,
        description="Path of a file, with {file} and perhaps {ticket} in it. Default: the address the ticket tells.",
    )
    endpoints: dict[EndpointKey, Endpoint] = Field(
        default={},
        description="Calls that are not described in public, as the desk's README tells: ticket.reply and others.",
    )

    @field_validator("instance_timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as e:
            raise ValueError("is no time zone; they are called like Europe/Madrid") from e
        return value

    @field_validator("file_path")
    @classmethod
    def _is_a_path_of_a_file(cls, value: str | None) -> str | None:
        if value is not None and (
            "{file}" not in value or not value.startswith("/") or value.startswith("//") or ".." in value
        ):
            raise ValueError("must begin with / and hold {file}, in whose place the file's id goes")
        return value

    @field_validator("endpoints", mode="before")
    @classmethod
    def _are_allowed(cls, value: Any) -> Any:
        if problems := list(refused(value)):
            raise ValueError("; ".join(problems))
        return value

    @field_validator("endpoints")
    @classmethod
    def _make_sense(cls, value: dict[EndpointKey, Endpoint]) -> dict[EndpointKey, Endpoint]:
        if problems := [problem for key, one in value.items() for problem in faults(key, one)]:
            raise ValueError("; ".join(problems))
        return value

    def active(self, key: EndpointKey) -> Endpoint | None:
        """A configured call that was tried and works."""
        one = self.endpoints.get(key)
        return one if one is not None and one.tested else None

    def reading(self) -> BudgetConfig:
        """The budget of all calls."""
        return self.budget or BudgetConfig(per_second=5, parallel=2)

    def registering(self) -> BudgetConfig:
        """The budget of registrations, within that of all calls."""
        return self.registrations or self.budget or BudgetConfig(per_second=2, parallel=1)
