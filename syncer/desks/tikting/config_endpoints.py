"""Calls that Tikting has and does not describe in public: the operator says how they are made (contract 3.2, 3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, field_validator

EndpointKey = Literal[
    "ticket.reply", "ticket.close", "ticket.resolve", "ticket.update", "ticket.attach", "user.all", "user.search",
    "user.refresh",
]  # fmt: skip
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PATH = re.compile(r"(/[A-Za-z0-9._~{}-]+)+/?")
_NEVER = re.compile(r"delete|remove|password", re.IGNORECASE)


class Form(Struct, frozen=True):
    """What a call may hold: the logical names it is told by, the one it cannot do without, its placeholders."""

    names: tuple[str, ...]
    needs: str | None = None
    placeholder: str | None = "id"
    writes: bool = True


VALUES = (
    "title", "description", "requester", "site", "department", "status", "ticket_type", "priority", "category",
    "group", "level", "assignee",
)  # fmt: skip
"""What `ticket.update` may be told of a ticket, by our names of its fields."""
TARGET_NAMES: Mapping[str, str] = {"site_id": "site", "department_id": "department"}
"""Fields of a target that have other names here."""
FORMS: Mapping[EndpointKey, Form] = {
    "ticket.reply": Form(("id", "message", "files", "public"), "message"),
    "ticket.close": Form(("id", "message", "resolution", "status")),
    "ticket.resolve": Form(("id", "message", "resolution", "status")),
    "ticket.update": Form(("id", *VALUES)),
    "ticket.attach": Form(("id", "files"), "files"),
    "user.all": Form(("page", "length"), placeholder=None, writes=False),
    "user.search": Form(("search", "page", "length"), placeholder="search", writes=False),
    "user.refresh": Form((), placeholder=None, writes=False),
}


class Endpoint(BaseModel):
    """One call, as the product's own API pages show it. It is used when it was tried: `syncer probe`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["GET", "POST", "PUT", "PATCH"] = Field(description="Its HTTP method.")
    path: str = Field(description="From base_url on, such as /api/TicketsApi/reply/{id}.")
    encoding: Literal["json", "form", "multipart"] = Field(default="json", description="How its body is written.")
    fields: dict[str, str | None] = Field(default={}, description="Our name -> the name in the request; null: none.")
    success: list[Annotated[int, Field(ge=200, le=299)]] = Field(
        default=[200, 201, 204], min_length=1, description="Statuses that say it was done."
    )
    result: str | None = Field(default=None, description="JSON path of the list of users, or of the new token.")
    result_id: str | None = Field(default=None, description="JSON path of the id of what was made.")
    tested: bool = Field(default=False, description="true when syncer probe said that it works: only then it is used.")
    read_back: bool = Field(
        default=False, description="true when syncer probe said that it saw its own reply or file on the ticket again."
    )

    @field_validator("path")
    @classmethod
    def _is_relative(cls, value: str) -> str:
        bare = _PLACEHOLDER.sub("x", value)
        if not _PATH.fullmatch(value) or "{" in bare or "}" in bare or "/." in value:
            raise ValueError(
                "must begin with / and be made of letters, digits and . _ ~ - / {id}: no address of a host, no .."
            )
        if _NEVER.search(value):
            raise ValueError("syncer calls nothing that deletes or has to do with passwords")
        return value

    def name(self, logical: str) -> str | None:
        """The name in the request; None where it is not told."""
        return self.fields.get(logical)

    def told(self) -> list[str]:
        """Our names of what it is told."""
        return [logical for logical, name in self.fields.items() if name]


def refused(found: Any) -> Iterator[str]:
    """Why some of these calls must not be configured at all."""
    for key in found if isinstance(found, dict) else ():
        if _NEVER.search(str(key)):
            yield f"{key}: syncer never deletes and never touches passwords"


def faults(key: EndpointKey, one: Endpoint) -> Iterator[str]:
    """What is wrong with a call for what it is meant to do."""
    form = FORMS[key]
    holders = set(_PLACEHOLDER.findall(one.path))
    if extra := holders - {form.placeholder}:
        known = f"only {{{form.placeholder}}} is put in" if form.placeholder else "nothing is put in"
        yield f"{key}: path: {', '.join(sorted(extra))}: {known}"
    if extra := set(one.fields) - set(form.names):
        yield f"{key}: fields: {', '.join(sorted(extra))}: there are {', '.join(form.names) or 'none'}"
    if form.needs and not one.name(form.needs):
        yield f"{key}: fields: {form.needs} is missing"
    if form.placeholder and form.placeholder not in holders and not one.name(form.placeholder):
        yield f"{key}: nothing says which one: put {{{form.placeholder}}} into path, or {form.placeholder} into fields"
    if key == "ticket.update" and not set(VALUES) & set(one.told()):
        yield f"{key}: fields: nothing of a ticket is among them"
    if one.name("files") and one.encoding != "multipart":
        yield f"{key}: files travel with encoding: multipart only"
    if form.writes and one.method == "GET":
        yield f"{key}: a GET changes nothing"
    if key in {"user.all", "user.search"} and one.method in {"PUT", "PATCH"}:
        yield f"{key}: a {one.method} changes something, and this call only reads"
    yield from _unread(key, one, form)


def _unread(key: EndpointKey, one: Endpoint, form: Form) -> Iterator[str]:
    """What is told and would be passed over in silence."""
    if one.read_back and key not in {"ticket.reply", "ticket.attach"}:
        yield f"{key}: read_back is for ticket.reply and ticket.attach only"
    if one.result is not None and form.writes:
        yield f"{key}: result is for calls of users; where the answer of this one has an id is result_id"
    if one.result_id is not None and not form.writes:
        yield f"{key}: result_id is for calls that make something; where the answer of this one has it is result"
    if one.encoding != "json" and (one.method == "GET" or not form.names):
        yield f"{key}: encoding: this call has no body{': a GET has it all in its query' if form.names else ''}"
    if one.name("length") and not one.name("page"):
        yield f"{key}: fields: length without page: all but the first users would be missed"
