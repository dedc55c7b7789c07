"""Tikting's JSON and form parts; with the other wire_*.py the only place that knows its field names.

Key casing differs between its own answers, so every key is read case-insensitively; those of list rows and tickets are
not published and stand in wire_fields.py (contract 3.1 and 3.3).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from syncer.desks.tikting.wire_fields import BUILT_IN, FieldMap, lowered, whole_number
from syncer.errors import AuthFailed, Fatal, InDoubt
from syncer.log import redact
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import LookupValue, StatusClass

STATUS_TYPE = {
    "1": StatusClass.OPEN,
    "2": StatusClass.PENDING,
    "3": StatusClass.RESOLVED,
    "4": StatusClass.CLOSED,
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
_LOGIN_PAGE = re.compile(r"log-?in|log-?on|sign-?in", re.IGNORECASE)


class _Made(Struct):
    id: int | str | None = None


_made = msgspec.json.Decoder(_Made)


def decoded(body: bytes, what: str) -> Any:
    """The JSON of an answer; AuthFailed when a page came instead (contract 6), Fatal when anything else did."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as e:
        start = redact(body[:60].decode("utf-8", "replace").strip())
        if start.startswith("<"):
            raise AuthFailed(f"{what}: a page came, no JSON", hint="A log-in page or a proxy? Check base_url.") from e
        raise Fatal(f"{what}: no JSON but {start!r}", hint="Is base_url really a Tikting?") from e


def rows(body: bytes, what: str) -> list[Any]:
    """The rows of a list, which is a bare array. Fatal for anything else, which would pass for an empty list."""
    found = decoded(body, what)
    if not isinstance(found, list):
        raise Fatal(f"{what}: no list but {type(found).__name__}", hint="Is base_url really a Tikting?")
    return found


def is_login_page(location: str | None) -> bool:
    """Whether a redirect leads to a log-in page."""
    return bool(location and _LOGIN_PAGE.search(location.partition("?")[0]))


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


def expiry(said: Mapping[str, list[str]]) -> float | None:
    """When the token ends, in epoch seconds; None where its claims do not tell (an assumption, contract 2.1)."""
    try:
        return float(said["exp"][0])
    except (KeyError, IndexError, ValueError):
        return None


def lookups(value: Any) -> Iterator[LookupValue]:
    """The entries of appmetadata; a missing list is an empty one, an entry without an id cannot be used."""
    lists = lowered(value)
    for name, (kind, label) in LISTS.items():
        rows = lists.get(name)
        for row in rows if isinstance(rows, list) else ():
            low = lowered(row)
            if (id := low.get("id")) is None:
                continue
            status = STATUS_TYPE.get(str(low.get("statustype"))) if kind == "status" else None
            yield LookupValue(kind=kind, id=str(id), name=str(low.get(label) or id), status_class=status)


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
    if not fields.get("ticket_type"):
        made.append(("TicketType", "1"))
    return made


def made_id(body: bytes, headers: Mapping[str, str], what: str) -> TicketId:
    """The new ticket's id from the body, else from Location. InDoubt when neither tells or both differ.

    Location may carry an internal host name: only its last segment is looked at (contract hazard 17).
    """
    try:
        told: Any = _made.decode(body).id
        if told is None:
            told = lowered(msgspec.json.decode(body)).get("id")
    except msgspec.DecodeError:
        told = None
    id = whole_number(told)
    place = whole_number(headers.get("Location", "").partition("?")[0].rstrip("/").rpartition("/")[2])
    if id is not None and place is not None and id != place:
        raise InDoubt(f"{what}: the body says ticket {id}, Location says {place}")
    if id is None and place is None:
        raise InDoubt(f"{what}: an answer without a ticket id")
    return TicketId(id or place or "")


def row_id(row: Any, fields: FieldMap = BUILT_IN) -> TicketId | None:
    """A list row's or ticket's id (key assumed, contract 3.3); None where none can be recognised."""
    id = fields.number(row, "id")
    return TicketId(id) if id is not None else None


def title(row: Any, fields: FieldMap = BUILT_IN) -> str | None:
    """The title of a row or a ticket (key assumed, contract 3.3)."""
    found = fields.hit(row, "title")
    return None if found is None else str(found.value)


def row_marker(row: Any, fields: FieldMap = BUILT_IN) -> Key | None:
    """The marker at the end of a title; None where there is none."""
    found = _MARKER.search(title(row, fields) or "")
    return Key(found[1]) if found else None
