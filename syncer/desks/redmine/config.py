"""Redmine's config block. What its API cannot tell an ordinary account is a setting here."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncer.deskkit.config import BudgetConfig, DeskConfig, Positive
from syncer.model.lookups import FieldForm, StatusClass


class ApiKey(BaseModel):
    """An API access key; the roles of its user decide what it may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: SecretStr = Field(description="API access key, from the page My account of syncer's own user.")


class RedmineConfig(DeskConfig):
    """A Redmine of one's own, or a hosted one."""

    kind: Literal["redmine"] = "redmine"
    auth: ApiKey = Field(description="How syncer logs in.")
    budget: BudgetConfig = Field(
        default=BudgetConfig(per_second=5, parallel=4),
        description="Redmine has no limit of its own; people work on the same server.",
    )
    pause: Positive = Field(default=30.0, description="Seconds to wait after a 429 that does not say how long.")
    page_size: int = Field(default=100, ge=2, le=100, description="Rows asked of a list; Redmine gives 100 at most.")
    overlap_minutes: int = Field(default=5, ge=1, description="How far a delta reads back before its cursor.")
    project: str | None = Field(
        default=None,
        description="Identifier of the project new issues go to where the mapping gives none. Without it the mapping"
        " must fill `group`.",
    )
    read_project: str | None = Field(
        default=None,
        description="Identifier of the project whose issues, and those of its subprojects, are read. Default: all the"
        " account sees.",
    )
    tracker: str | None = Field(
        default=None, description="Name or id of the tracker of new issues where the mapping gives none."
    )
    marker_field: str | None = Field(
        default=None,
        description="Name or id of a text field made for syncer's marker, used as a filter. Without one the marker"
        " stands in the subject. An account that is no administrator on an empty Redmine needs the id.",
    )
    requester_field: str | None = Field(
        default=None,
        description="Name or id of a text field that holds the requester's e-mail. Without one the author of an issue"
        " is its requester, and a target has none.",
    )
    make_users: bool = Field(
        default=False,
        description="true: whoever asks for help and is unknown is made as a user, without a mail (administrators"
        " only). Else only their address stands in requester_field.",
    )
    switch_user: bool = Field(
        default=False,
        description="true: comments are written in the name of their authors, where these may (administrators only).",
    )
    private_files: Literal["withhold", "attach"] = Field(
        default="withhold",
        description="attach: files of private notes too, which Redmine shows to everybody who sees the issue.",
    )
    subtasks: bool = Field(
        default=False,
        description="true: parents and children become subtasks. By Redmine's default a parent then takes priority,"
        " dates and progress of its children. Else they become related issues.",
    )
    mentions: Literal["defuse", "keep"] = Field(
        default="defuse",
        description="keep: an @login in a text mails that user. Else an invisible character behind the @ prevents it.",
    )
    time_entries: bool = Field(default=True, description="Whether spent time is read.")
    status_classes: dict[str, StatusClass] = Field(
        default={},
        description="What a status means, by name: open, pending, resolved or closed; else told by its name and by"
        " whether it closes an issue.",
    )
    custom_fields: dict[str, FieldForm] = Field(
        default={},
        description="What custom fields hold, by name or id: text, number, date, choices ... Needed only where the"
        " account is no administrator, who alone may ask.",
    )
    lookup_pages: int = Field(
        default=20, ge=0,
        description="Pages of the newest issues looked through for custom fields, by accounts that may not list them.",
    )  # fmt: skip
    find_pages: int = Field(
        default=2, ge=1, description="So many pages of the newest issues are looked through for a lost answer."
    )
    probe_misses: int = Field(default=20, ge=1, description="So many unknown ids in a row end a walk by id.")

    def own_page(self) -> str:
        """As its web interface shows one."""
        return f"{self.base_url}/issues/{{id}}"
