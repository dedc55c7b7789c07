"""Dynamic fields: what they take, what they become, and how they are searched."""

from __future__ import annotations

import re
from typing import Any

from syncer.desks.znuny.emulator_answers import Fault, Refused
from syncer.desks.znuny.emulator_records import Field, Ticket
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_times import normal
from syncer.desks.znuny.emulator_values import cleaned, is_text, text

_LONGEST = 3_800
_ORDERED = {
    "GreaterThan": lambda one, bound: one > bound,
    "GreaterThanEquals": lambda one, bound: one >= bound,
    "SmallerThan": lambda one, bound: one < bound,
    "SmallerThanEquals": lambda one, bound: one <= bound,
}


class Invalid(Exception):
    """A search that is not executed; it finds nothing and does not say why."""


def checked(tables: Tables, operation: str, given: Any) -> list[tuple[Field, Any]]:
    """The fields a caller sets, with values that look right. Raises Refused, and Fault where one is no object."""
    found = []
    for one in given if isinstance(given, list) else [given]:
        if not isinstance(one, dict) or not one:
            raise Fault(f"{operation}: Ticket->DynamicField parameter is invalid!")
        found.append(_checked(tables, operation, {key: cleaned(value) for key, value in one.items()}))
    return found


def _checked(tables: Tables, operation: str, one: dict[str, Any]) -> tuple[Field, Any]:
    for key in ("Name", "Value"):
        value = one.get(key)
        if value is None or not (is_text(value) or isinstance(value, list)):
            gap = "  " if operation == "TicketCreate" else " "
            raise Refused(operation, "MissingParameter", f"DynamicField->{key}{gap}parameter is missing!")
    field = tables.field(text(one["Name"]))
    if field is None:
        raise Refused(operation, "InvalidParameter", "DynamicField->Name parameter is invalid!")
    if not _fits(field, one["Value"]):
        raise Refused(operation, "InvalidParameter", "DynamicField->Value parameter is invalid!")
    return field, one["Value"]


def _fits(field: Field, value: Any) -> bool:
    match field.kind:
        case "Dropdown":
            return not isinstance(value, list) and text(value) in {"", *field.options}
        case "Multiselect":
            return all(text(one) in {"", *field.options} for one in (value if isinstance(value, list) else [value]))
        case "DateTime":
            return not isinstance(value, list) and (text(value) == "" or normal(text(value)) is not None)
    return True


def put(tables: Tables, ticket: Ticket, field: Field, value: Any, by: int) -> None:
    """Set a field. Raises Fault for what looked right and cannot be stored, after all that was done before it."""
    is_multiple = field.kind == "Multiselect"
    if not is_multiple and (isinstance(value, list) or len(text(value)) > _LONGEST):
        raise Fault(f"Dynamic Field {field.name} could not be set, please contact the system administrator")
    old = ticket.fields.get(field.id)
    new: Any = [text(one) for one in (value if isinstance(value, list) else [value]) if text(one)]
    if not is_multiple:
        new = text(value)
    if field.kind == "DateTime":
        new = normal(new)
    if (new or None) == (old or None):
        return
    if new or field.kind == "DateTime":  # a date that was taken away stays, without a value
        ticket.fields[field.id] = new
    else:
        del ticket.fields[field.id]
    tables.bump(ticket, by)
    line = f"%%FieldName%%{field.name}%%Value%%{_words(new)}%%OldValue%%{_words(old)}"
    tables.note(ticket, "TicketDynamicFieldUpdate", line, by)


def _words(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else text(value)


def matches(field: Field, ticket: Ticket, operator: str, wanted: list[Any]) -> bool | None:
    """Whether a ticket passes one operator; None where it asks for nothing, as an empty value or a star does.

    Raises Invalid.
    """
    words = [word for one in wanted if (word := text(one).replace("*", "%")) and word.strip("%")]
    held = ticket.fields.get(field.id)
    values = [one for one in (held if isinstance(held, list) else [held]) if one]
    if operator == "Empty":
        asked = [text(one) for one in wanted if text(one)]
        return None if not asked else any((word != "0") != bool(values) for word in asked)
    if not words:
        return None
    return any(_passes(field, operator, word, values) for word in words)


def _passes(field: Field, operator: str, word: str, values: list[str]) -> bool:
    if field.kind == "DateTime":
        bound = normal(word)
        if bound is None:
            raise Invalid
        word = bound
    if operator == "Equals":
        return any(one.lower() == word.lower() for one in values)
    if operator == "Like" and field.kind != "DateTime":
        return any(like(word, one) for one in values)
    if operator in _ORDERED and field.kind == "DateTime":
        return any(_ORDERED[operator](one, word) for one in values)
    raise Invalid


def like(pattern: str, value: str) -> bool:
    """SQL's LIKE with % alone, in whatever case."""
    parts = map(re.escape, pattern.lower().split("%"))
    return re.fullmatch(".*".join(parts), value.lower(), re.DOTALL) is not None
