"""InvGate's JSON as it really comes, turned into tickets. The only place that knows its field names.

Dicts for lists, numbers as strings, `[]` for an empty map, booleans as 0/1, entity-escaped HTML:
contract sections 3.1.1, 3.2, 7 and 9.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from syncer.errors import Fatal, Rejected
from syncer.log import redact
from syncer.mapping.html_page import decoded
from syncer.model.ids import TicketId, Version
from syncer.model.ticket import Comment, File, Ticket

Loose = int | str | bool | None
Map = dict[str, Any] | list[Any] | None
Ids = list[Any] | dict[str, Any] | None


class CommentRow(Struct):
    """A comment embedded in a ticket or from incident.comment; the two differ (contract 3.2)."""

    id: Loose
    author_id: Loose = None
    message: str | None = None
    created_at: Loose = None
    customer_visible: Loose = None
    msg_num: Loose = None
    attached_files: Ids = None
    attachments: Ids = None


Comments = list[CommentRow] | dict[str, CommentRow] | None


class ValuesRow(Struct):
    """Only what a ticket holds of the lists: decoded many times faster than the whole."""

    status_id: Loose = None
    priority_id: Loose = None
    type_id: Loose = None
    source_id: Loose = None
    category_id: Loose = None
    location_id: Loose = None
    assigned_group_id: Loose = None


class IncidentRow(ValuesRow, kw_only=True):
    """A ticket (contract 3.1.1); keys we do not know are passed over."""

    id: Loose
    pretty_id: str | None = None
    title: str | None = None
    description: str | None = None
    user_id: Loose = None
    creator_id: Loose = None
    date_ocurred: Loose = None
    assigned_id: Loose = None
    created_at: Loose = None
    last_update: Loose = None
    closed_at: Loose = None
    solved_at: Loose = None
    attachments: Ids = None
    custom_fields: Map = None
    rating: Loose = None
    comments: Comments | UnsetType = UNSET


_bulk = msgspec.json.Decoder(dict[str, IncidentRow] | list[IncidentRow])
_bulk_values = msgspec.json.Decoder(dict[str, ValuesRow] | list[ValuesRow])
_KINDS = (
    ("status", "status_id"),
    ("priority", "priority_id"),
    ("type", "type_id"),
    ("source", "source_id"),
    ("category", "category_id"),
    ("location", "location_id"),
    ("group", "assigned_group_id"),
)
_KIND_NAMES = tuple(kind for kind, _ in _KINDS)
_kind_values = attrgetter(*(name for _, name in _KINDS))


def plain(body: bytes, what: str) -> Any:
    """The JSON of an answer. Raises Rejected for 200 with status ERROR, Fatal when it is not JSON."""
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError as e:
        start = redact(body[:60].decode("utf-8", "replace").strip())
        raise Fatal(
            f"{what}: no JSON but {start!r}",
            hint="A log-in or maintenance page? Check base_url and the account.",
        ) from e
    if isinstance(value, dict) and str(value.get("status", "")).upper() == "ERROR":
        text = str(value.get("info") or value.get("error") or "no reason given")
        raise Rejected(f"{what}: refused with status ERROR: {redact(text[:200])}", reason="status_error")
    return value


def rows(value: Any) -> list[Any]:
    """A list, also where PHP wrote a dict keyed by id, or nothing."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def records(value: Any, key: str = "id") -> list[dict[str, Any]]:
    """The rows of a list that are objects with an id; where a dict was keyed by it, that key is the id."""
    if isinstance(value, dict) and value.get(key) is not None:
        value = [value]  # a single object, where a list of one was meant
    elif isinstance(value, dict):
        value = [{key: id, **row} for id, row in value.items() if isinstance(row, dict)]
    return [row for row in rows(value) if isinstance(row, dict) and row.get(key) is not None]


def ident(value: Loose) -> str | None:
    """An id as a string of digits; None for nothing (contract 7.5)."""
    if value is None or value == "" or value is False:
        return None
    return str(value)


def moment(value: Loose) -> datetime | None:
    """Epoch seconds, maybe as a string; `0`, "" and null are no value (contract 7.1)."""
    if not value or value is True:
        return None
    try:
        seconds = int(value)
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (ValueError, OverflowError, OSError):  # no number, or none of this world's years
        return None


def clearly_yes(value: Loose) -> bool:
    """Whether a flag is set. Anything but a clear yes is no: a comment is private then."""
    return value is True or value == 1 or value in ("1", "true")


def text(value: str | None) -> str:
    """A text decoded from its entity escaping exactly once (contract 7.2)."""
    # Escaping leaves no angle bracket: a text that has one came unescaped, and its entities are its own.
    if not value:
        return ""
    return decoded(value) if "&" in value and "<" not in value and ">" not in value else value


def incidents(body: bytes, what: str) -> list[IncidentRow]:
    """The tickets of an `incidents` or `incident` answer, whatever shape they came in."""
    try:
        found = _bulk.decode(body)
    except msgspec.ValidationError:
        value = plain(body, what)
        if isinstance(value, dict) and "id" in value and "title" in value:
            value = [value]
        try:
            return [msgspec.convert(row, IncidentRow) for row in rows(value)]
        except msgspec.ValidationError as e:
            raise Rejected(f"{what}: unexpected shape: {e}", reason="schema") from e
    except msgspec.DecodeError:
        return list(plain(body, what))
    return list(found.values()) if isinstance(found, dict) else found


def values(body: bytes, what: str) -> list[dict[str, str]]:
    """What each ticket of an `incidents` answer holds of the lists, by kind."""
    try:
        found = _bulk_values.decode(body)
    except msgspec.MsgspecError:
        return [_values(row) for row in incidents(body, what)]
    return [_values(row) for row in (found.values() if isinstance(found, dict) else found)]


def _values(row: ValuesRow) -> dict[str, str]:
    pairs = zip(_KIND_NAMES, _kind_values(row), strict=True)
    return {kind: str(value) for kind, value in pairs if value is not None and value != ""}


def ticket(row: IncidentRow, base_url: str) -> Ticket:
    """A ticket as far as the bulk call tells it. Raises Rejected when it has no id."""
    id = ident(row.id)
    if id is None:
        raise Rejected("a ticket without an id", reason="schema", field="id")
    updated = moment(row.last_update)
    return Ticket(
        id=TicketId(id),
        number=row.pretty_id or f"#{id}",
        title=" ".join(text(row.title).split()),
        body=text(row.description),
        html=True,
        values=_values(row),
        requester=ident(row.user_id),
        creator=ident(row.creator_id),
        assignee=ident(row.assigned_id),
        created_at=moment(row.created_at),
        updated_at=updated,
        closed_at=moment(row.closed_at) or moment(row.solved_at),
        version=Version(str(row.last_update or "")),
        url=f"{base_url}/requests/show/index/id/{id}",
        comments=() if row.comments is UNSET else comments(row.comments),
        files=files(row.attachments),
    )


def comment_rows(body: bytes, what: str) -> Comments:
    """The comments of an incident.comment answer."""
    try:
        found: Comments = msgspec.convert(plain(body, what), Comments)
        return found
    except msgspec.ValidationError as e:
        raise Rejected(f"{what}: unexpected shape: {e}", reason="schema") from e


def comments(value: Comments) -> tuple[Comment, ...]:
    """Comments in the order they were written: by msg_num, then by time, else as they came (contract 3.2)."""
    if not value:
        return ()
    found: Iterable[CommentRow] = value.values() if isinstance(value, dict) else value
    ordered = sorted(found, key=lambda c: (_number(c.msg_num), _number(c.created_at)))
    return tuple(
        Comment(
            id=str(c.id),
            author=ident(c.author_id),
            created_at=moment(c.created_at),
            body=text(c.message),
            public=clearly_yes(c.customer_visible),
            # The manual and the instances differ in the name of the key; who has both means both.
            files=files(c.attached_files, c.attachments),
        )
        for c in ordered
    )


def _number(value: Loose) -> int:
    try:
        return int(value or 0)
    except ValueError:
        return 0


def files(*values: Ids) -> tuple[File, ...]:
    """Attachment ids, each once; some versions send objects instead, with their names. Raises Rejected for a file
    without an id."""
    found: dict[str, File] = {}
    for value in filter(None, values):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            if item is not None:
                file = _file(key, item)
                found.setdefault(file.id, file)
    return tuple(found.values())


def _file(key: str | int, item: Any) -> File:
    name = ""
    if isinstance(item, dict):
        name = text(named) if isinstance(named := item.get("name"), str) else ""
        item = item.get("id", key if isinstance(key, str) else None)
    if not isinstance(item, int | str) or item == "":
        raise Rejected("a file without an id", reason="schema", field="attachments")
    return File(str(item), name)


def request_ids(body: bytes, what: str) -> list[TicketId]:
    """The ids of an id-list answer (contract 3.1.2)."""
    value = plain(body, what)
    if not isinstance(value, dict) or "requestIds" not in value:
        raise Fatal(f"{what}: an answer without requestIds")
    return [TicketId(str(i)) for i in rows(value["requestIds"])]


def view_rows(body: bytes, what: str) -> tuple[list[tuple[TicketId, int | None]], str | None]:
    """(id, last update) of each row of a view page, and the next page's key (contract 3.1.3)."""
    value = plain(body, what)
    if not isinstance(value, dict) or "data" not in value:
        raise Fatal(f"{what}: an answer without data")
    found: list[tuple[TicketId, int | None]] = []
    for row in records(value["data"]):
        changed = row.get("last_update")
        if isinstance(changed, dict):
            changed = changed.get("value")
        at = moment(changed if isinstance(changed, int | str) else None)
        found.append((TicketId(str(row["id"])), int(at.timestamp()) if at else None))
    return found, value.get("next_page_key") or None
