"""RT's JSON turned into tickets. With wire_talk.py, wire_custom.py and wire_out.py the only place that knows its
field names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from syncer.desks.request_tracker import wire_custom
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.times import moment
from syncer.desks.request_tracker.wire_custom import Field
from syncer.desks.request_tracker.wire_talk import Moves
from syncer.errors import ConfigError, Rejected
from syncer.log import redact
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import Ticket, TicketLink

Row = dict[str, Any]
NOBODY, SYSTEM = "Nobody", "RT_System"
TICKET_FIELDS = (
    "Subject,Status,Priority,Queue,Owner,Creator,Requestor,Cc,AdminCc,Created,LastUpdated,Resolved,EffectiveId,Type,"
    "CustomFields,_hyperlinks"
)
VALUE_FIELDS = "Status,Priority,Queue"
PERSON_FIELDS = "Name,EmailAddress,RealName"
DELETED, TICKET = "deleted", "ticket"
LINKS = {
    "parent": "parent",
    "child": "child",
    "depends-on": "related",
    "depended-on-by": "related",
    "refers-to": "related",
    "referred-to-by": "related",
}
"""RT's links, and what they are to us."""
_ENDED = frozenset({StatusClass.RESOLVED, StatusClass.CLOSED})


class Rows(Struct, frozen=True):
    """A page of a list; `total` and `page` where they are told."""

    rows: list[Row]
    total: int | None
    page: int | None


def decoded(body: bytes, what: str) -> Any:
    """The JSON of an answer. Raises Rejected when it is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        start = redact(body[:60].decode("utf-8", "replace").strip())
        said = f"no JSON but {start!r}" if start else "an empty answer"
        raise Rejected(f"{what}: {said}", reason="no_json", hint="Is base_url right?") from e


def listed(body: bytes, what: str) -> Rows:
    """A page of a list. Raises ConfigError for anything else, which would pass for an empty list."""
    try:
        value = decoded(body, what)
    except Rejected as e:
        raise ConfigError(e.message, hint="Is base_url the root of RT 5 itself, without /REST/2.0?") from e
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list) or not all(isinstance(row, dict) for row in items):
        raise ConfigError(f"{what}: an answer without items", hint="Is base_url right, and this an RT 5?")
    if any(ident(row) is None and not text(row.get("id")) for row in items):
        raise ConfigError(f"{what}: a row without an id", hint="Is base_url right, and this an RT 5?")
    return Rows(items, number(value.get("total")), number(value.get("page")))


def number(value: Any) -> int | None:
    """A whole number, also as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
        return int(found) if found == int(found) else None
    except (ValueError, OverflowError):
        return None


def text(value: Any) -> str:
    """A text; nothing for what is none."""
    return value if isinstance(value, str) else ""


def ident(row: Mapping[str, Any], key: str = "id") -> TicketId | None:
    """A positive number under this key, or in the record that stands there; None where there is none."""
    value = row.get(key)
    id = number(value.get("id") if isinstance(value, dict) else value)
    return TicketId(str(id)) if id is not None and id > 0 else None


def login(value: Any) -> str | None:
    """Whom a reference means, by login name; nobody is None, and so is a group."""
    if not isinstance(value, dict) or value.get("type") != "user":
        return None
    name = str(value.get("id") or "")
    return name if name and name != NOBODY else None


def logins(value: Any) -> list[str]:
    """Everybody of a role, each once."""
    found = value if isinstance(value, list) else []
    return list(dict.fromkeys(name for one in found if (name := login(one))))


def members(value: Any) -> list[str]:
    """Everybody of a role, groups too, as RT names them."""
    found = value if isinstance(value, list) else []
    return [str(one["id"]) for one in found if isinstance(one, dict) and one.get("id")]


def queue(row: Mapping[str, Any]) -> str:
    """The id of a ticket's queue."""
    return ident(row, "Queue") or ""


def is_ticket(row: Mapping[str, Any]) -> bool:
    """Whether it is one: reminders and approvals have the same ids and are none."""
    return text(row.get("Type")).lower() == TICKET


def is_deleted(row: Mapping[str, Any]) -> bool:
    """Whether it is: it can be read by its id, and is in no list."""
    return text(row.get("Status")).lower() == DELETED


def ways(row: Mapping[str, Any]) -> set[str]:
    """The statuses to which we may bring a ticket."""
    return {text(one.get("to")).lower() for one in _hyperlinks(row) if one.get("ref") == "lifecycle"}


class Reader:
    """Reads tickets as this desk's settings say."""

    def __init__(self, config: RequestTrackerConfig) -> None:
        self._config = config
        self._base = config.base_url

    def ticket(self, row: Row, moves: Moves, fields: Mapping[str, Field]) -> Ticket:
        """A whole ticket. Raises Rejected when it has no id."""
        id = ident(row)
        if id is None:
            raise Rejected("a ticket without an id", reason="schema", field="id")
        asking = logins(row.get("Requestor"))
        told = [*asking[1:], *logins(row.get("Cc")), *logins(row.get("AdminCc"))]
        values = self.values(row)
        return Ticket(
            id=id,
            number=f"#{id}",
            title=" ".join(text(row.get("Subject")).split()),
            body=moves.first.html,
            html=True,
            values=values,
            requester=asking[0] if asking else None,
            creator=login(row.get("Creator")),
            assignee=login(row.get("Owner")),
            created_at=moment(row.get("Created")),
            updated_at=moment(row.get("LastUpdated")),
            closed_at=moment(row.get("Resolved")) if self._has_ended(values.get("status")) else None,
            version=Version(moves.version),
            url=f"{self._base}/Ticket/Display.html?id={id}",
            custom=wire_custom.custom(row, fields, self._own()),
            comments=tuple(moves.comments),
            files=moves.first.files,
            tags=self._tags(row),
            cc=tuple(dict.fromkeys(told)),
            links=tuple(links(row)),
            times=tuple(moves.times),
            marker=self._marker(row),
        )

    def values(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Kind -> id; what is unset is absent."""
        found = {
            "status": text(row.get("Status")).lower(),
            "queue": queue(row),
            "priority": self._priority(number(row.get("Priority"))),
        }
        return {kind: id for kind, id in found.items() if id}

    def _priority(self, at: int | None) -> str:
        """The highest of the named numbers that is not above it, as RT itself shows it."""
        below = [one for one in self._config.priorities.values() if at is not None and one <= at]
        return str(max(below)) if below else ""

    def _has_ended(self, status: str | None) -> bool:
        meaning = self._config.statuses.get(status or "")
        return meaning is None or meaning in _ENDED

    def _own(self) -> frozenset[str]:
        return frozenset(name for name in (self._config.marker_field, self._config.tag_field) if name)

    def _marker(self, row: Row) -> Key | None:
        """What stands in the field for syncer's marker; a marker in a title stays there."""
        name = self._config.marker_field
        return (
            next((Key(word.strip()) for word in wire_custom.words(row, name) if word.strip()), None) if name else None
        )

    def _tags(self, row: Row) -> tuple[str, ...]:
        name = self._config.tag_field
        return tuple(dict.fromkeys(wire_custom.words(row, name))) if name else ()


def links(row: Mapping[str, Any]) -> Iterator[TicketLink]:
    """The other tickets a ticket has to do with, each once in the strongest sense; addresses elsewhere are none."""
    found: dict[str, TicketLink] = {}
    for one in _hyperlinks(row):
        kind = LINKS.get(text(one.get("ref")))
        other = ident(one) if one.get("type") == TICKET else None
        if kind is None or other is None:
            continue
        if other not in found or found[other].kind == "related":
            found[other] = TicketLink(other, kind)  # type: ignore[arg-type]
    yield from found.values()


def refs(row: Mapping[str, Any], other: str) -> set[str]:
    """How RT calls the links of a ticket to another one."""
    return {text(one.get("ref")) for one in _hyperlinks(row) if one.get("type") == TICKET and ident(one) == other}


def offers(row: Mapping[str, Any]) -> set[str]:
    """What RT says we may do with a record; `change` where it offers a status that needs no right of its own."""
    links = _hyperlinks(row)
    changes = any(one.get("ref") == "lifecycle" and one.get("to") != DELETED for one in links)
    return {text(one.get("ref")) for one in links} | ({"change"} if changes else set())


def _hyperlinks(row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = row.get("_hyperlinks")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def person(row: Row, *, active: bool = True) -> LookupValue | None:
    """Somebody with a login name; RT's own two are none of the people."""
    name = text(row.get("Name")) or text(row.get("id"))
    if not name or name in (NOBODY, SYSTEM):
        return None
    email = text(row.get("EmailAddress")).strip()
    shown = text(row.get("RealName")).strip() or email or name
    gone = str(row.get("Disabled") or "0") == "1"
    return LookupValue("person", name, shown, active=active and not gone, email=email or None, username=name)
