"""Filters by time. What comes since a moment begins a second before it; what comes up to a moment ends with its
beginning, so that what is shown with that very second is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from syncer.desks.redmine.emulator_records import Issue
from syncer.desks.redmine.emulator_tables import SECOND, Tables

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}(:?\d{2}){0,2}(Z|\d{2}:?\d{2})?)?")
_DAY = 86_400 * SECOND


def is_moment(text: str) -> bool:
    """Whether a filter takes it: a day, or a time to the second, in UTC."""
    return _MOMENT.fullmatch(text) is not None and _parsed(text) is not None


def _parsed(text: str) -> datetime | None:
    try:
        if "T" not in text:
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        digits = re.sub(r"[-:TZ]", "", text)[:14].ljust(14, "0")
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * SECOND


def within(
    tables: Tables, of: Callable[[Issue], Any], operator: str, values: list[str], *, moved: bool
) -> Callable[[Issue], bool]:
    """What this keeps by a moment in microseconds or a day; `moved`: of the last change, any means one since the
    issue was made."""
    if operator in ("*", "!*"):
        if moved:
            return lambda issue: (issue.updated > issue.created) == (operator == "*")
        return lambda issue: (of(issue) is not None) == (operator == "*")
    after, until = _bounds(tables, operator, values)

    def keeps(issue: Issue) -> bool:
        at = of(issue)
        if at is None:
            return False
        if isinstance(at, str):
            at = _micros(datetime.fromisoformat(at).replace(tzinfo=UTC))
        return (after is None or at > after) and (until is None or at <= until)

    return keeps


def _bounds(tables: Tables, operator: str, values: list[str]) -> tuple[int | None, int | None]:
    match operator:
        case "=":
            return _from(values[0]), _to(values[0])
        case ">=":
            return _from(values[0]), None
        case "<=":
            return None, _to(values[0])
        case "><":
            return _from(values[0]), _to(values[1]) if len(values) > 1 and values[1] else None
    first, last = _days(tables, operator, values[0])
    return _from(first.isoformat()) if first else None, _to(last.isoformat()) if last else None


def _from(text: str) -> int:
    at = _parsed(text)
    assert at is not None
    return _micros(at) - (SECOND if "T" in text else 1)


def _to(text: str) -> int:
    at = _parsed(text)
    assert at is not None
    return _micros(at) + (0 if "T" in text else _DAY - 1)


def _days(tables: Tables, operator: str, value: str) -> tuple[date | None, date | None]:
    today = datetime.fromtimestamp(tables.now() // SECOND, UTC).date()
    back = today - timedelta(days=int(value) if value else 0)
    week = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    day = timedelta(days=1)
    return {
        ">t-": (back, None),
        "<t-": (None, back),
        "><t-": (back, today),
        "t-": (back, back),
        "t": (today, today),
        "ld": (today - day, today - day),
        "w": (week, week + 6 * day),
        "lw": (week - 7 * day, week - day),
        "l2w": (week - 14 * day, week - day),
        "m": (month, (month + 31 * day).replace(day=1) - day),
        "lm": (before, month - day),
        "y": (today.replace(month=1, day=1), today.replace(month=12, day=31)),
    }[operator]
