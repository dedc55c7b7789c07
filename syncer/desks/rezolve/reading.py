"""From a record to the ticket it tells, by the fields of its type (contract 3.3, 3.9 and 7)."""

from __future__ import annotations

import re
from typing import Any

from syncer.desks.rezolve import custom_values, wire
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.known import Known
from syncer.desks.rezolve.ticket_types import FieldType, TicketType
from syncer.errors import Rejected
from syncer.model.ids import Key, TicketId, Version
from syncer.model.ticket import Comment, CustomValue, Ticket

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
OWN = ("subject", "description", "requester", "assignee", "priority", "category", "tags")
"""Fields that have a place of their own in a ticket."""


def ticket(row: wire.Record, known: Known, config: RezolveConfig, comments: tuple[Comment, ...]) -> Ticket:
    """A whole ticket. Raises Rejected when the record has no data."""
    if row.data is None:
        hint = f"Does call_type of desk {config.name} fit, and may its account read such a ticket?"
        raise Rejected(f"{config.name}: ticket {row.id} came without data", reason="schema", field="data", hint=hint)
    kind = known.types.get(row.type or "")
    cells = {key.lower(): value for key, value in row.data.items() if value not in (None, "", [])}
    fields = _own_fields(kind, row.type, config)
    told = {name: cells.get(field.id.lower()) for name, field in fields.items()}
    body = wire.text(told.get("description")) or ""
    markers = {own.external_id_field_id.lower() for own in config.types.values() if own.external_id_field_id}
    placed = {field.id.lower() for field in fields.values()} | markers
    if (settings := config.types.get(row.type or "")) is not None:
        placed.add((settings.status_field_id or "").lower())
    return Ticket(
        id=TicketId(row.id),
        number=row.id,
        title=" ".join((row.summary or wire.text(told.get("subject")) or "").split()),
        body=body,
        html=_is_html(body, fields.get("description"), config),
        values=_values(row, known, fields, told),
        requester=known.person(told.get("requester")) or known.person(row.data.get("submittedBy")),
        creator=known.person(row.data.get("submittedBy")),
        assignee=known.person(told.get("assignee")),
        created_at=row.created,
        updated_at=row.updated,
        closed_at=None,
        version=Version(row.etag or ""),
        custom=_custom(row.data, kind, known, placed),
        comments=comments,
        tags=_tags(told.get("tags"), fields.get("tags")),
        cc=watchers(row.data, known),
        marker=next((Key(word) for id in sorted(markers) if (word := wire.text(cells.get(id)))), None),
    )


def _own_fields(kind: TicketType | None, id: str | None, config: RezolveConfig) -> dict[str, FieldType]:
    own = config.types.get(id or "")
    configured = own.fields if own is not None else {}
    kind = kind or TicketType(id or "", id or "", (), (), ())
    return {name: field for name in OWN if (field := kind.field(name, configured)) is not None}


def _values(row: wire.Record, known: Known, fields: dict[str, FieldType], told: dict[str, Any]) -> dict[str, str]:
    found = {
        "status": known.id("status", row.status),
        "type": row.type,
        "group": known.id("group", row.team),
        "offer": wire.text((row.data or {}).get("offerId")),
    }
    for name in ("priority", "category"):
        word = wire.text(told.get(name))
        if word is not None:
            # The field has options of its own; what they are called leads to the tenant's list.
            by_value = known.id(name, word)
            label = fields[name].label_of(word)
            found[name] = by_value if by_value != word else known.id(name, label) or word
    return {kind: value for kind, value in found.items() if value}


def _custom(data: dict[str, Any], kind: TicketType | None, known: Known, own: set[str]) -> dict[str, CustomValue]:
    """All other fields that have a value."""
    fields = {field.id.lower(): field for field in kind.fields} if kind is not None else {}
    found: dict[str, CustomValue] = {}
    for key, value in data.items():
        if key in wire.SYSTEM or key.lower() in own:
            continue
        field = fields.get(key.lower())
        if (held := custom_values.read(value, field, known)) is not None:
            found[field.id if field else key] = held
    return found


def _tags(value: Any, field: FieldType | None) -> tuple[str, ...]:
    words = value if isinstance(value, list) else custom_values.several(wire.text(value) or "")
    found = (field.label_of(word) if field is not None else str(word) for word in words)
    return tuple(dict.fromkeys(word for word in found if word))


def watchers(data: dict[str, Any], known: Known) -> tuple[str, ...]:
    """Who is told of what happens, whatever the line they stand in."""
    told = (one for name in wire.WATCHERS for one in data.get(name) or () if isinstance(data.get(name), list))
    return tuple(dict.fromkeys(id for one in told if (id := known.person(one)) is not None))


def _is_html(body: str, field: FieldType | None, config: RezolveConfig) -> bool:
    """Rich text is HTML; a text without a tag keeps its lines only when it is taken for what it is."""
    if config.text_mode != "html":
        return False
    rich = field is not None and "rich" in field.kind
    return rich or _TAG.search(body) is not None
