"""Checks what a client writes into fields, each by its kind (contract 7)."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct, field

from syncer.desks.rezolve.emulator_catalogue import TEXT_KINDS, Field, TicketType
from syncer.desks.rezolve.emulator_record import labelled
from syncer.desks.rezolve.emulator_tables import Tables, Ticket
from syncer.desks.rezolve.emulator_words import is_moment

SYSTEM = frozenset({"offerId", "ccWatchers", "toWatchers", "submittedBy", "lastUpdatedBy"})
_WATCHERS = {"ccWatchers": "cc", "toWatchers": "to"}
_UNSAFE = re.compile(r"<(script|style)\b.*?</\1\s*>|\son\w+=(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE | re.DOTALL)


class Written(Struct):
    """What of a body is a change: values by field UUID (None clears), lists of watchers, and what is wrong with it."""

    values: dict[str, Any] = field(default_factory=dict)
    watchers: dict[str, list[str]] = field(default_factory=dict)
    reason: dict[str, list[str]] = field(default_factory=dict)

    def blame(self, id: str, text: str) -> None:
        """Something is wrong with this field."""
        self.reason.setdefault(id, []).append(text)


def read_fields(tables: Tables, kind: TicketType, given: dict[str, Any]) -> Written:
    """The fields in a body, checked one by one. What is no field of the type is treated as the switch says."""
    written = Written()
    for id, value in given.items():
        known = kind.fields.get(id)
        if known is not None:
            _read_field(tables, known, value, written)
        elif id in _WATCHERS and tables.switches.watchers_writable:
            _read_watchers(tables, id, value, written)
        elif id != "offerId" and tables.switches.unknown_field == "refuse":
            written.blame(id, f"Field {id} is not a field of the template")
        elif id not in SYSTEM and tables.switches.unknown_field == "keep":
            written.values[id] = value
    return written


def check_required(kind: TicketType, data: dict[str, Any], written: Written) -> None:
    """Blame every required field that would stay empty, also where another field makes it required."""
    for one in kind.fields.values():
        if data.get(one.id) in (None, "", []) and (one.required or _is_needed(kind, one, data)):
            written.blame(one.id, f"Field {one.label} is required")


def apply(ticket: Ticket, written: Written) -> None:
    """Put what was written into the ticket."""
    for id, value in written.values.items():
        if value is None:
            ticket.data.pop(id, None)
        else:
            ticket.data[id] = value
    for name, people in written.watchers.items():
        setattr(ticket, _WATCHERS[name], people)


def _is_needed(kind: TicketType, one: Field, data: dict[str, Any]) -> bool:
    if one.required_when is None:
        return False
    name, label = one.required_when
    other = kind.named(name)
    return other is not None and labelled(other, data.get(other.id)) == label


def _read_field(tables: Tables, one: Field, value: Any, written: Written) -> None:
    if value is None:
        written.values[one.id] = None
        return
    try:
        written.values[one.id] = _read(tables, one, value)
    except ValueError as wrong:
        written.blame(one.id, str(wrong))


def _read(tables: Tables, one: Field, value: Any) -> Any:
    if one.kind in TEXT_KINDS:
        return _text(tables, one, value)
    match one.kind:
        case "date" | "datetime":
            # Refused when empty, also where that is the template's own default.
            if not isinstance(value, str) or not is_moment(value):
                raise ValueError(f"Field {one.label} must be a valid date")
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"Field {one.label} must be a number")
        case "checkbox":
            if not isinstance(value, bool):
                raise ValueError(f"Field {one.label} must be a boolean")
        case "user":
            return _user(tables, one, value)
        case "dropdown":
            return _option(tables, one, value)
        case "multiselect":
            if not isinstance(value, list):
                raise ValueError(f"Field {one.label} must be an array")
            return [_option(tables, one, item) for item in value]
    return value


def _text(tables: Tables, one: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"Field {one.label} must be a string")
    if one.max_length is not None and len(value) > one.max_length:
        raise ValueError(f"Field {one.label} must be at most {one.max_length} characters")
    return _UNSAFE.sub("", value) if one.kind == "richtext" and tables.switches.sanitizes else value


def _option(tables: Tables, one: Field, value: Any) -> str:
    if isinstance(value, str):
        if value in one.options or (one.free and value):
            return value
        if tables.switches.accept_labels:
            for key, label in one.options.items():
                if label == value:
                    return key
    raise ValueError(f"Field {one.label} has no such option")


def _user(tables: Tables, one: Field, value: Any) -> str:
    person = tables.person(value, by_id=tables.switches.people_as == "id") if isinstance(value, str) else None
    if person is None or person.deleted:
        raise ValueError(f"Field {one.label} names no user")
    if not person.active:
        raise ValueError(f"Field {one.label} names a user who is not active")
    return person.username


def _read_watchers(tables: Tables, name: str, value: Any, written: Written) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) and "@" in one for one in value):
        written.blame(name, f"Field {name} must be an array of e-mail addresses")
        return
    written.watchers[name] = list(value)
