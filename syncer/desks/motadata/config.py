"""Motadata ServiceOps' config block. What the product does not document is a setting here."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from syncer.deskkit.config import BudgetConfig, DeskConfig, Positive
from syncer.model.lookups import FieldForm, StatusClass

LookupKind = Literal[
    "status", "priority", "urgency", "impact", "category", "department", "location", "company", "support_level",
    "source", "group",
]  # fmt: skip
MEGABYTE = 1024 * 1024


class ApiKey(BaseModel):
    """An API key of one ServiceOps user; that user's role decides what it may do. Contract 2.1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["api_key"] = "api_key"
    key: SecretStr = Field(description="The key exactly as ServiceOps shows it, percent signs included.")


class Password(BaseModel):
    """OAuth with a user's name and password, for a client made in the admin pages. Contract 2.2."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["password"] = "password"
    client_id: str = Field(description="Id of the REST client.")
    client_secret: SecretStr = Field(description="Secret of the REST client.")
    username: str = Field(description="Log-on name of the technician in whose name syncer works.")
    password: SecretStr = Field(description="That technician's password.")
    form: Literal["multipart", "urlencoded"] = Field(
        default="multipart", description="How the token call is encoded, should a server want the other way."
    )


class MotadataConfig(DeskConfig):
    """A Motadata ServiceOps, on premises or hosted."""

    kind: Literal["motadata"] = "motadata"
    auth: Annotated[ApiKey | Password, Field(discriminator="kind", description="How syncer logs in.")]
    budget: BudgetConfig = Field(
        default=BudgetConfig(per_second=2, parallel=2),
        description="The administrator sets ServiceOps' limit; ask before you raise this.",
    )
    pause: Positive = Field(default=30.0, description="Seconds to wait after a 429 that does not say how long.")
    page_size: int = Field(default=100, ge=2, le=2000, description="Rows asked of a list; a server may give fewer.")
    overlap_minutes: int = Field(default=5, ge=1, description="How far a delta reads back before its cursor.")
    probe_gaps: int = Field(
        default=500, ge=0,
        description="When the list shows fewer requests than it counts: so many missing ids are looked at one by one.",
    )  # fmt: skip
    description_is: Literal["text", "html"] = Field(
        default="text", description="What a request's description is when it is read, whatever was written."
    )
    conversation_timezone: str = Field(
        default="UTC", description="Zone of the times of conversations, which come without one: Europe/Madrid."
    )
    public_types: list[str] = Field(
        default=["technician_to_requester", "requester_to_technician"],
        description="Types of conversation that the requester could read; all others are private. Both spellings of"
        " requester are one.",
    )
    date_fields: list[str] = Field(
        default=[], description="Labels of custom fields that hold a date and come as a number of milliseconds."
    )
    custom_fields: dict[str, FieldForm] = Field(
        default={},
        description="What custom fields hold, by label, which no call tells: text, number, datetime or choices. Needed"
        " for a target without requests; else it is told by the shape of what requests hold.",
    )
    zero_is_unset: list[str] = Field(
        default=[], description="Labels of number fields in which 0 means that nothing was entered."
    )
    names: dict[LookupKind, list[str]] = Field(
        default={}, description="Names of a list, in place of the documented ones: what no call tells."
    )
    status_classes: dict[str, StatusClass] = Field(
        default={}, description="What a status of your own means: open, pending, resolved or closed."
    )
    approval_status: str = Field(
        default="Pending in Approval", description="The status only ServiceOps itself may set; syncer never does."
    )
    resolved_status: str = Field(
        default="Resolved", description="The status a request goes through before it is closed."
    )
    lookup_pages: int | None = Field(
        default=None, ge=0, description="Pages of requests looked through for names and people. Default: all."
    )
    lookup_paths: dict[LookupKind, str] = Field(
        default={},
        description="Paths of undocumented lists of names, such as /api/request/status/search/byqual, where the"
        " account may call them.",
    )
    requester_search: str | None = Field(
        default="/api/v1/requester/search/byqual", description="Path that lists requesters; null: not asked."
    )
    technician_search: str | None = Field(
        default=None, description="Path that lists technicians with their e-mails, where a server has one."
    )
    attachment_upload_path: str | None = Field(
        default=None, description="Path that takes a file, such as /api/oprfile. Without one no file is written."
    )
    attachment_download_path: str | None = Field(
        default=None, description="Path of a file, with {refFileName} in it. Without one no file is read."
    )
    max_file_mb: Positive = Field(default=5.0, description="Larger files are not written (an assumption).")
    max_subject: int = Field(default=255, ge=40, description="Characters of a subject (an assumption).")
    max_description: int = Field(default=60_000, ge=1000, description="Characters of a description (an assumption).")
    group_key: str | None = Field(
        default=None, description="The JSON key of the technician group, which is not documented. None: not written."
    )
    public_replies: bool = Field(
        default=False,
        description="true: public comments become replies, and each of them e-mails the requester. Else they become"
        " notes that say that they were public.",
    )
    marker_field: str | None = Field(
        default=None, description="Label of a text field made for syncer's marker. Without one it becomes a tag."
    )
    marker_search: bool = Field(
        default=False, description="true: a lost answer is also looked for by a search condition (not documented)."
    )
    operator_style: Literal["lower", "title", "camel"] = Field(
        default="lower",
        description="How operators of search conditions are written: start_with, Start_With or StartWith.",
    )
    find_pages: int = Field(
        default=5, ge=1, description="So many pages of the newest requests are looked through for a lost answer."
    )
    search_lag: Positive = Field(default=30.0, description="Seconds until a list surely shows a new request.")
    probe_misses: int = Field(default=20, ge=1, description="So many unknown ids in a row end a walk by id.")

    @field_validator("conversation_timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as e:
            raise ValueError("must be the name of a time zone, such as UTC or Europe/Madrid") from e
        return value

    @field_validator("attachment_upload_path", "attachment_download_path", "requester_search", "technician_search")
    @classmethod
    def _is_a_path(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith("/") or value.startswith("//")):
            raise ValueError("must be a path on the desk itself, beginning with one /")
        return value

    @field_validator("lookup_paths")
    @classmethod
    def _are_paths(cls, value: dict[LookupKind, str]) -> dict[LookupKind, str]:
        for path in value.values():
            cls._is_a_path(path)
        return value

    @field_validator("attachment_download_path")
    @classmethod
    def _names_the_file(cls, value: str | None) -> str | None:
        if value is not None and "{refFileName}" not in value:
            raise ValueError("must hold {refFileName}, in whose place the file's name goes")
        return value
