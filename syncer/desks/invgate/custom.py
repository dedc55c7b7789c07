"""InvGate's custom values: what a field holds is told by its type's name, a value by its shape (contract 7.4)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from syncer.desks.invgate import wire
from syncer.model.lookups import FieldForm
from syncer.model.ticket import CustomValue

# Words of the names of types, in the two languages that were met; the names of all are not documented.
_FORMS: tuple[tuple[str, FieldForm], ...] = (
    ("tree", "choices"), ("árbol", "choices"), ("arbol", "choices"), ("list", "choices"), ("check", "bool"),
    ("datetime", "datetime"), ("date and time", "datetime"), ("fecha y hora", "datetime"), ("date", "date"),
    ("fecha", "date"), ("number", "number"), ("númer", "number"), ("numeric", "number"), ("decimal", "number"),
)  # fmt: skip
LATEST = 32_503_680_000  # the year 3000: a larger number is no date


def form(type_name: str) -> FieldForm:
    """What a field of this type holds; text where the name says nothing."""
    return next((found for word, found in _FORMS if word in type_name.lower()), "text")


def typed(values: Mapping[str, Any], forms: Mapping[str, FieldForm]) -> dict[str, CustomValue]:
    """The custom values of a ticket by uid; empty ones are left out."""
    found = {}
    for uid, raw in values.items():
        value = _typed(raw, forms.get(uid))
        if value is not None and value not in ("", ()):
            found[uid] = value
    return found


def has_numbers(values: Mapping[str, Any]) -> bool:
    """Whether the fields' types must be known to tell a date from a number."""
    return any(_number(value) is not None for value in values.values())


def told(value: CustomValue, uid: str) -> list[str]:
    """What `values[]` of POST incident.custom_field is given: options by their keys, moments as epoch seconds (3.6)."""
    match value:
        case tuple():
            return [one.removeprefix(f"{uid}/") for one in value]
        case bool():
            return [str(int(value))]
        case datetime():
            return [str(int(value.timestamp()))]
        case date():
            return [str(int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()))]
    return [str(value).removeprefix(f"{uid}/")]


def is_kept(raw: Any, value: CustomValue, uid: str) -> bool:
    """Whether the ticket shows what was written: the keys of options, else the value itself."""
    wanted = told(value, uid)
    if isinstance(raw, dict):
        return sorted(map(str, raw)) == sorted(wanted)
    shown = [str(one) for one in raw] if isinstance(raw, list) else [wire.text(str(raw))]
    return shown == wanted or (_number(raw) is not None and _number(raw) == _number(wanted[0]))


def _typed(value: Any, form: FieldForm | None) -> CustomValue | None:
    if isinstance(value, dict):
        return _labels(value.values())
    if isinstance(value, list):
        return _labels(value)
    if value is None:
        return None
    number = _number(value)
    if form in {"date", "datetime"} and number is not None and 0 < number < LATEST:
        moment = datetime.fromtimestamp(number, UTC)
        return moment.date() if form == "date" else moment
    if form == "bool":
        return wire.clearly_yes(value)
    if form == "number" and number is not None:
        return int(number) if number.is_integer() else number
    return wire.text(value) if isinstance(value, str) else value


def _labels(values: Iterable[Any]) -> tuple[str, ...]:
    words = (value if isinstance(value, str) else json.dumps(value) for value in values if value not in (None, ""))
    return tuple(wire.text(word) for word in words)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
