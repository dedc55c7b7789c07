"""Tikting's JSON and form parts. The only place that knows its field names.

Key casing differs between its own answers, so every key is read case-insensitively; list and ticket keys are
not published, so several are tried in order (contract 3.1 and 3.3).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from syncer.errors import Fatal, InDoubt
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import LookupValue, StatusClass

STATUS_TYPE = {
    1: StatusClass.OPEN,
    2: StatusClass.PENDING,
    3: StatusClass.RESOLVED,
    4: StatusClass.CLOSED,
}
# list in appmetadata -> (lookup kind, key of the label); contract 3.1.1
LISTS = {
    "groups": ("group", "group"),
    "levels": ("level", "title"),
    "priorities": ("priority", "priority"),
    "categories": ("category", "name"),
    "status": ("status", "status"),
    "clients": ("company", "name"),
    "sites": ("site", "title"),
    "departments": ("department", "title"),
}
# draft field -> form part; contract 3.1.2
PARTS = (
    ("requester", "CreatorId"),
    ("site_id", "SiteId"),
    ("department_id", "DepartmentId"),
    ("status", "TicketStatusId"),
    ("ticket_type", "TicketType"),
    ("priority", "TicketPriorityId"),
    ("category", "TicketCategoryId"),
    ("group", "GroupId"),
    ("level", "TierLevelId"),
)
_MARKER = re.compile(r"\[([A-Za-z0-9-]+)\]\s*$")


class _Made(Struct):
    id: int | str | None = None


_made = msgspec.json.Decoder(_Made)


def lowered(row: Any) -> dict[str, Any]:
    """An object with its keys in lower case."""
    return {str(k).lower(): v for k, v in row.items()} if isinstance(row, dict) else {}


def decoded(body: bytes, what: str) -> Any:
    """The JSON of an answer; Fatal when a page came instead."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as e:
        start = body[:60].decode("utf-8", "replace").strip()
        raise Fatal(f"{what}: no JSON but {start!r}", hint="A log-in page or a proxy? Check base_url.") from e


def claims(token: str) -> dict[str, list[str]]:
    """What a token says of its account, by the last word of each claim's name; {} when it cannot be read."""
    try:
        payload = token.split(".")[1]
        values = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        found: dict[str, list[str]] = {}
        for name, value in values.items():
            short = re.split(r"[/:.]", str(name).lower())[-1]
            found.setdefault(short, []).extend(str(v) for v in (value if isinstance(value, list) else [value]))
        return found
    except (ValueError, IndexError, AttributeError):
        return {}


def lookups(value: Any) -> Iterator[LookupValue]:
    """The entries of appmetadata; a missing list is an empty one."""
    lists = lowered(value)
    for name, (kind, label) in LISTS.items():
        for row in lists.get(name) or []:
            low = lowered(row)
            status = low.get("statustype") if kind == "status" else None
            yield LookupValue(
                kind=kind,
                id=str(low["id"]),
                name=str(low.get(label) or low["id"]),
                status_class=STATUS_TYPE.get(int(status)) if status is not None else None,
            )


def technician(row: Any) -> LookupValue | None:
    """A user as GroupUsers shows one (keys assumed, contract 3.1.5)."""
    low = lowered(row)
    if not low.get("id"):
        return None
    name = " ".join(filter(None, (low.get("firstname"), low.get("lastname"))))
    username = low.get("username")
    return LookupValue(
        kind="person",
        id=str(low["id"]),
        name=name or str(username or low["id"]),
        email=low.get("email") or None,
        username=username or None,
    )


def parts(draft: Draft) -> list[tuple[str, str]]:
    """The text parts of a registration; optional ones that are empty are left out (contract 7)."""
    fields = draft.fields
    made = [("Title", draft.title), ("Description", draft.body)]
    for field, part in PARTS:
        value = fields.get(field)
        if value:
            made.append((part, value))
    if "ticket_type" not in fields:
        made.append(("TicketType", "1"))
    return made


def made_id(body: bytes, headers: Mapping[str, str], what: str) -> TicketId:
    """The new ticket's id from the body, else from Location. InDoubt when neither tells or both differ.

    Location may carry an internal host name: only its last segment is looked at (contract hazard 17).
    """
    try:
        id = _made.decode(body).id
        if id is None:
            id = lowered(msgspec.json.decode(body)).get("id")
    except msgspec.DecodeError:
        id = None
    location = headers.get("Location", "").rpartition("/")[2]
    told = location if location.isdigit() else None
    if id is not None and told is not None and str(id) != told:
        raise InDoubt(f"{what}: the body says ticket {id}, Location says {told}")
    if id is None and told is None:
        raise InDoubt(f"{what}: an answer without a ticket id")
    return TicketId(str(id) if id is not None else str(told))


def row_id(row: Any) -> TicketId | None:
    """A list row's ticket id (key assumed, contract 3.3)."""
    low = lowered(row)
    id = low.get("id", low.get("ticketid"))
    return TicketId(str(id)) if id is not None else None


def row_marker(row: Any) -> Key | None:
    """The marker at the end of a row's title; None where there is none."""
    low = lowered(row)
    title = low.get("title", low.get("subject"))
    found = _MARKER.search(title) if isinstance(title, str) else None
    return Key(found[1]) if found else None


def has_title(row: Any) -> bool:
    """Whether this installation's rows carry the title at all."""
    low = lowered(row)
    return isinstance(low.get("title", low.get("subject")), str)
