"""Rezolve.ai's config block: what the public pages leave open is a setting (contract 2 to 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from syncer.deskkit.config import BudgetConfig, DeskConfig, Positive

PeopleAs = Literal["email", "username", "id"]
CallType = Literal["template", "agent", "user", "ticket"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""No ticket is older."""


class ClientCredentials(BaseModel):
    """An OAuth client with the grant client_credentials. Contract 2."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["client_credentials"] = "client_credentials"
    token_url: str = Field(description="Where tokens are asked for, in full; no public page says it.")
    client_id: str = Field(description="Id of the OAuth client.")
    client_secret: SecretStr = Field(description="Secret of the OAuth client, shown once when it was made.")
    scope: str | None = Field(default=None, description="Scopes, separated by spaces; not sent by default.")


class Password(BaseModel):
    """A user of its own for syncer, where tokens of a client alone carry no role. Contract 2."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["password"] = "password"
    token_url: str = Field(description="Where tokens are asked for, in full; no public page says it.")
    client_id: str = Field(description="Id of the OAuth client.")
    client_secret: SecretStr | None = Field(default=None, description="Secret of the OAuth client, if it has one.")
    username: str = Field(description="The user's name.")
    password: SecretStr = Field(description="The user's password.")
    scope: str | None = Field(default=None, description="Scopes, separated by spaces; not sent by default.")


class ApiKey(BaseModel):
    """An API key in X-API-Key. No page about tickets mentions it. Contract 2."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["api_key"] = "api_key"
    key: SecretStr = Field(description="The key.")


class TypeConfig(BaseModel):
    """How tickets of one type are made. Field ids are UUIDs and differ from type to type. Contract 3.1 and 7."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    team: str | None = Field(
        default=None, description="Slug of the team that gets tickets whose own team is not mapped; needed to write."
    )
    offer: str | None = Field(
        default=None, description="Id of an active offer of this type, best one without approval; needed to write."
    )
    external_id_field_id: str | None = Field(
        default=None, description="UUID of a searchable text field that takes the marker."
    )
    transcript_field_id: str | None = Field(
        default=None, description="UUID of a long text field that takes all comments as one text."
    )
    status_field_id: str | None = Field(default=None, description="UUID of the field that drives the workflow.")
    status_values: dict[str, str] = Field(
        default={}, description="What the status field takes for a status (id or name), where that is not its name."
    )
    fields: dict[str, str] = Field(
        default={},
        description="UUID of a field by the name mappings use for it: subject, description, requester, assignee,"
        " priority, category, created_at, tags, or any name of your own. What is not here is looked for by name and"
        " label; tags are written only where every type that is written has them here.",
    )
    fills: dict[str, str] = Field(
        default={},
        description="What a transition needs and a ticket does not have: the value by the UUID of its field.",
    )

    @property
    def led(self) -> tuple[str | None, ...]:
        """Fields that syncer itself writes: no mapping may."""
        return self.external_id_field_id, self.transcript_field_id, self.status_field_id


class RezolveConfig(DeskConfig):
    """A Rezolve.ai tenant."""

    kind: Literal["rezolve"] = "rezolve"
    realm: str = Field(description="Name of the realm, sent as realmname.")
    tenant_id: str = Field(description="UUID of the tenant, sent as x-tenantid; must be that of the token.")
    auth: Annotated[
        ClientCredentials | Password | ApiKey, Field(discriminator="kind", description="How syncer logs in.")
    ]
    budget: BudgetConfig = Field(
        default=BudgetConfig(per_second=1, parallel=2), description="No limit for tickets is published; 429 is obeyed."
    )
    call_type: CallType = Field(default="template", description="`type` of all calls but the list.")
    list_type: CallType = Field(
        default="template", description="`type` that is tried first when tickets are listed; pages disagree about it."
    )
    list_rows: int = Field(default=100, ge=1, le=100, description="Rows asked of a list.")
    type_rows: int = Field(default=200, ge=1, description="Ticket types asked at once.")
    overlap_minutes: int = Field(default=2, ge=0, description="How far a delta reads back before its cursor.")
    scan_from: datetime | None = Field(default=None, description="Older tickets are not read. Default: all are.")
    types: dict[str, TypeConfig] = Field(
        default={},
        description="Ticket types by their id: team and offer make one that may be written; without such a type this"
        " desk is only read. Field ids serve reading too.",
    )
    marker_in_summary: bool = Field(
        default=False,
        description="Where a type has no external_id_field_id: true puts the marker behind the summary, where people"
        " see it; false makes it the last line of the description.",
    )
    source_word: str = Field(default="api", description="What is sent as `source`; it shows in audit and metrics.")
    write_watchers: bool = Field(
        default=False,
        description="Send ccWatchers with a new ticket: true once you have seen that this tenant takes them. No page"
        " says so; they may be mailed.",
    )
    people_as: PeopleAs = Field(default="email", description="How fields that hold people are written.")
    text_mode: Literal["html", "plain"] = Field(default="html", description="What the description field takes.")
    max_summary: int = Field(default=255, ge=40, description="Characters of a summary (an assumption).")
    max_body: int | None = Field(default=None, ge=1000, description="Characters of a description, if it has a limit.")
    verify_created: bool = Field(default=True, description="Read each new ticket back to see that its marker is there.")
    sees_all_tickets: bool = Field(
        default=False,
        description="True once you have seen that this account is shown every ticket, where neither user/userinfo nor"
        " its token tells the role ticket_admin. Else what was lost is not looked for: what is not shown may be there.",
    )
    recovery_from: datetime | None = Field(
        default=None,
        description="No ticket of ours is older: what an earlier run left in doubt is looked for from there on."
        " Default: among all tickets.",
    )
    recovery_minutes: int = Field(
        default=10, ge=1, description="How far before an attempt the look for its ticket begins."
    )
    list_lag: Positive = Field(default=30.0, description="Seconds until what was written surely shows, also in lists.")
    pause: Positive = Field(default=5.0, description="Seconds to wait after a 429 that does not say how long.")
    conflicts: int = Field(default=3, ge=0, description="How often a change that came too late is tried anew.")
    notes_read_path: str | None = Field(
        default=None, description="Path of a ticket's notes, with {objectId} in it; no public page has one."
    )
    notes_pointer: str = Field(default="/data/notes", description="JSON pointer to the list in that answer.")
    notes_keys: dict[Literal["id", "body", "author", "time", "kind"], str] = Field(
        default={"id": "/id", "body": "/body", "author": "/author", "time": "/createdAt", "kind": "/kind"},
        description="JSON pointers inside one note.",
    )
    notes_public_kinds: list[str] = Field(default=["public"], description="Kinds of notes that requesters may read.")
    notes_private_kinds: list[str] = Field(
        default=["private"],
        description="Kinds of notes that only staff may read: a private note that is written must show as one of them.",
    )
    notes_write_path: str | None = Field(
        default=None, description="Path that takes a new note, with {objectId} in it; needs notes_read_path."
    )
    notes_body: dict[str, Any] = Field(
        default={"body": "{text}", "kind": "{kind}"},
        description="What is sent there; {text} and {kind} (public or private) are filled in.",
    )

    @model_validator(mode="after")
    def _notes_can_be_looked_for(self) -> RezolveConfig:
        if self.notes_write_path and not self.notes_read_path:
            raise ValueError("notes_write_path needs notes_read_path: a note whose answer was lost could not be found")
        for path in (self.notes_read_path, self.notes_write_path):
            if path is not None and (not path.startswith("/") or "{objectId}" not in path):
                raise ValueError("a path of notes begins with / and has {objectId} in it")
        if self.notes_read_path and not self.notes_keys.get("body"):
            raise ValueError("notes_keys has no body: notes would be empty")
        if both := {kind.casefold() for kind in self.notes_public_kinds} & {
            kind.casefold() for kind in self.notes_private_kinds
        }:
            raise ValueError(f"notes_public_kinds and notes_private_kinds both have {', '.join(sorted(both))}")
        if self.notes_write_path and not _says(self.notes_body, "{text}"):
            raise ValueError("notes_body has {text} in none of its values: notes would be empty")
        if self.keeps_private and not self.notes_keys.get("kind"):
            raise ValueError(
                "notes_body has {kind}, and notes_keys no kind: no private note could be seen to be private"
            )
        return self

    @property
    def writable(self) -> dict[str, TypeConfig]:
        """The types that may be written."""
        return {id: own for id, own in self.types.items() if own.team and own.offer}

    @property
    def keeps_private(self) -> bool:
        """Whether a note can be written so that only staff read it."""
        return self.notes_write_path is not None and _says(self.notes_body, "{kind}")

    @property
    def settle(self) -> float:
        """Seconds after an attempt within which what it wrote may still begin to show."""
        return self.timeout + self.list_lag

    def begins(self) -> datetime:
        """The oldest ticket that is read."""
        return aware(self.scan_from) or EPOCH

    def recovers(self) -> datetime:
        """The oldest ticket that may be ours."""
        return aware(self.recovery_from) or EPOCH


def _says(template: Any, word: str) -> bool:
    """Whether a word stands in a value of a template, at any depth; keys are not filled in."""
    if isinstance(template, dict):
        template = list(template.values())
    return any(_says(one, word) for one in template) if isinstance(template, list) else word in str(template)


def aware(value: datetime | None) -> datetime | None:
    """A time of the config; one without a zone is UTC."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
