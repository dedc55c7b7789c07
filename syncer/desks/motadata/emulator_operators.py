"""The operators of a condition, on a record's value and the one that is wanted; texts compare without case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct


class Day(Struct, frozen=True):
    """A day instead of a moment: its first millisecond, and the first one after it."""

    start: int
    end: int


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Day):
        return _number(value) and wanted.start <= value < wanted.end
    value, wanted = _plain(value), _plain(wanted)
    if isinstance(value, list) and not isinstance(wanted, list):
        return wanted in value
    return bool(value == wanted)


def _in(value: Any, wanted: Any) -> bool:
    return any(_equal(value, one) for one in (wanted if isinstance(wanted, list) else [wanted]))


def _contains(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, str):
        return False
    texts = value if isinstance(value, list) else [value]
    return any(isinstance(text, str) and wanted.casefold() in text.casefold() for text in texts)


def _starts(value: Any, wanted: Any) -> bool:
    return isinstance(value, str) and isinstance(wanted, str) and value.casefold().startswith(wanted.casefold())


def _ends(value: Any, wanted: Any) -> bool:
    return isinstance(value, str) and isinstance(wanted, str) and value.casefold().endswith(wanted.casefold())


def _at_least(value: Any, wanted: Any) -> bool:
    return _number(value) and value >= (wanted.start if isinstance(wanted, Day) else _bound(wanted))


def _less(value: Any, wanted: Any) -> bool:
    return _number(value) and value < (wanted.start if isinstance(wanted, Day) else _bound(wanted))


def _more(value: Any, wanted: Any) -> bool:
    return _number(value) and (value >= wanted.end if isinstance(wanted, Day) else value > _bound(wanted))


def _at_most(value: Any, wanted: Any) -> bool:
    return _number(value) and (value < wanted.end if isinstance(wanted, Day) else value <= _bound(wanted))


def _all_members(value: Any, wanted: Any) -> bool:
    return isinstance(wanted, list) and all(_equal(value, one) for one in wanted)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bound(wanted: Any) -> float:
    # Nothing compares with what is not a number.
    return wanted if _number(wanted) else float("nan")


def _not(operator: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: not operator(value, wanted)


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": _equal,
    "not_equal": _not(_equal),
    "in": _in,
    "not_in": _not(_in),
    "contains": _contains,
    "not_contains": _not(_contains),
    "start_with": _starts,
    "end_with": _ends,
    "greater_than": _more,
    "greater_than_or_equal": _at_least,
    "less_than": _less,
    "less_than_or_equal": _at_most,
    "all_members_exist": _all_members,
    "any_member_exist": _in,
}
"""By name as the documentation writes them; clients write GreaterThanOrEqual and All_Members_Exist, too."""
