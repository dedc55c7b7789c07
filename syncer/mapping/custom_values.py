"""A custom field's value of one kind made into another kind, with what that loses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from msgspec import Struct

from syncer.model.lookups import FieldForm
from syncer.model.ticket import CustomValue

UNFIT, JOINED, TIME_CUT = "custom_value_unfit", "custom_values_joined", "custom_time_cut"
_YES, _NO = frozenset({"yes", "true", "1", "on"}), frozenset({"no", "false", "0", "off", ""})


class Made(Struct, frozen=True):
    """A value in the target's kind, none where it cannot be had, and the code of what was lost on the way."""

    value: CustomValue | None
    loss: str | None = None


def in_words(value: CustomValue) -> str:
    """A value as a person would write it: dates by ISO 8601, moments in UTC, several with commas between."""
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value.astimezone(UTC).isoformat(sep=' ', timespec='minutes')[:16]} UTC"
        case date():
            return value.isoformat()
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case tuple():
            return ", ".join(value)
    return str(value)


def _to_text(value: CustomValue) -> Made:
    return Made(in_words(value), JOINED if isinstance(value, tuple) and len(value) > 1 else None)


def _to_number(value: CustomValue) -> Made:
    if isinstance(value, bool):
        return Made(int(value))
    if isinstance(value, int | float):
        return Made(value)
    try:
        number = float(in_words(value).replace(" ", "").replace("\u00a0", ""))
    except ValueError:
        return Made(None, UNFIT)
    return Made(int(number) if number.is_integer() else number)


def _to_bool(value: CustomValue) -> Made:
    if isinstance(value, bool):
        return Made(value)
    word = in_words(value).strip().casefold()
    return Made(word in _YES) if word in _YES | _NO else Made(None, UNFIT)


def _to_moment(value: CustomValue) -> Made:
    if isinstance(value, datetime):
        return Made(value)
    if isinstance(value, date):
        return Made(datetime(value.year, value.month, value.day, tzinfo=UTC))
    try:
        moment = datetime.fromisoformat(in_words(value).strip())
    except ValueError:
        return Made(None, UNFIT)
    return Made(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _to_date(value: CustomValue) -> Made:
    if isinstance(value, date) and not isinstance(value, datetime):
        return Made(value)
    made = _to_moment(value)
    if not isinstance(made.value, datetime):
        return made
    day = made.value.date()
    return Made(day, TIME_CUT if made.value.time() != made.value.time().min else None)


PLAIN: dict[FieldForm, Callable[[CustomValue], Made]] = {
    "text": _to_text, "number": _to_number, "bool": _to_bool, "date": _to_date, "datetime": _to_moment,
}  # fmt: skip
"""How a value becomes one of these kinds, whatever it was."""
