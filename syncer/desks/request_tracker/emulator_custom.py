"""Values of custom fields: what a create and a change make of them, which is not the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

from syncer.desks.request_tracker import emulator_dates as dates
from syncer.desks.request_tracker.emulator_answers import Broke
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_history import record
from syncer.desks.request_tracker.emulator_records import Field, Ticket, Value

_INVALID = "Invalid value for custom field"
_DENIED = "Permission Denied"


def values_of_a_new_ticket(call: Call, ticket: Ticket) -> None:
    """The fields that a create names; what is unknown or no choice is left out without a word."""
    given = call.body.get("CustomFields") or {}
    if not isinstance(given, dict):
        raise Broke
    for name, wanted in given.items():
        field = call.tables.field(name)
        for one in wanted if isinstance(wanted, list) else [wanted]:
            text = None if field is None or one in (None, "") else _taken(call, field, str(one))
            if field is None or text is None:
                continue
            there = ticket.custom.setdefault(field.id, [])
            if not field.many:
                there.clear()
            if all(value.text != text for value in there):
                there.append(call.tables.value(text))


def change_values(call: Call, ticket: Ticket, given: Any) -> list[str | None]:
    """The fields that a change names. Gives messages; an unknown field has none."""
    if given is None:
        return []
    if not isinstance(given, dict):
        raise Broke
    said: list[str | None] = []
    for name, wanted in given.items():
        field = call.tables.field(name)
        if field is None or not call.can("SeeCustomField"):
            continue
        if not call.can("ModifyCustomField"):
            said.append(_DENIED)
        elif field.many:
            said += _change_many(call, ticket, field, wanted if isinstance(wanted, list) else [wanted])
        else:
            said += _change_one(call, ticket, field, wanted)
    return said


def _change_one(call: Call, ticket: Ticket, field: Field, wanted: Any) -> list[str | None]:
    there = ticket.custom.setdefault(field.id, [])
    old = there[0] if there else None
    if wanted is None and old is not None and old.text:
        return [_drop(call, ticket, field, old)]
    if isinstance(wanted, list):
        wanted = wanted[0] if wanted else None
    if isinstance(wanted, dict):
        raise Broke
    text = _taken(call, field, "" if wanted is None else str(wanted))
    if text is None:
        return [_INVALID]
    if old is not None and old.text == text:
        return []
    made = call.tables.value(text)
    ticket.custom[field.id] = [made]
    _record(call, ticket, field, old, made)
    if old is None or not old.text:
        return [f"{field.name} {_spoken(call, field, text)} added"]
    return [f"{field.name} {_spoken(call, field, old.text)} changed to {_spoken(call, field, text)}"]


def _change_many(call: Call, ticket: Ticket, field: Field, wanted: list[Any]) -> list[str | None]:
    """What is wanted and not there is added, what is there and not wanted goes; null is two values, empty ones."""
    if any(isinstance(one, dict) for one in wanted):
        raise Broke
    texts = [text for one in wanted for text in (["", ""] if one is None else [str(one)])]
    there = ticket.custom.setdefault(field.id, [])
    count = Counter(texts)
    count.subtract(value.text for value in there)
    said: list[str | None] = []
    for text in dict.fromkeys([*texts, *sorted(count)]):
        said += [_add(call, ticket, field, text) for _ in range(count[text])]
        gone = [value for value in there if value.text == text][: max(-count[text], 0)]
        said += [_drop(call, ticket, field, value) for value in gone]
    return said


def _add(call: Call, ticket: Ticket, field: Field, text: str) -> str | None:
    taken = _taken(call, field, text)
    if taken is None:
        return _INVALID
    there = ticket.custom.setdefault(field.id, [])
    if taken and any(value.text == taken for value in there):
        return None
    made = call.tables.value(taken)
    there.append(made)
    _record(call, ticket, field, None, made)
    return f"{taken} added as a value for {field.name}"


def _drop(call: Call, ticket: Ticket, field: Field, value: Value) -> str:
    ticket.custom[field.id].remove(value)
    _record(call, ticket, field, value, None)
    return f"{_spoken(call, field, value.text)} is no longer a value for custom field {field.name}"


def _taken(call: Call, field: Field, text: str) -> str | None:
    """What is kept of a value; None for what is no choice."""
    if field.kind == "Select" and text:
        return next((value for value in field.values if value.lower() == text.lower()), None)
    return dates.stored(dates.in_field(text, call.zone)) if field.kind == "DateTime" else text


def _spoken(call: Call, field: Field, text: str) -> str:
    return dates.spoken(dates.in_field(text, "UTC"), call.zone) if field.kind == "DateTime" else text


def _record(call: Call, ticket: Ticket, field: Field, old: Value | None, new: Value | None) -> None:
    record(
        call.tables, ticket, "CustomField", call.by.user.id, field=str(field.id),
        old=old.text if old else None, new=new.text if new else None,
        old_value=old.id if old else None, new_value=new.id if new else None,
    )  # fmt: skip
