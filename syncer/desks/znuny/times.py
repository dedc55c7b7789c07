"""Znuny's times: to the second, in the server's own zone, without saying so (contract, tickets)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
FIRST = "1970-01-01 00:00:00"
"""Before anything: Znuny takes this for a time."""
_ACROSS = timedelta(hours=3)
"""A clock that is put back is put back within so long."""


def wall(value: Any) -> str:
    """A time as the server writes it; nothing for what is none. Such times are in order as texts."""
    return value if isinstance(value, str) and _FORM.fullmatch(value) else ""


def naive(value: Any) -> datetime | None:
    """The same as the server's clock shows it."""
    try:
        return datetime.fromisoformat(wall(value)) if wall(value) else None
    except ValueError:
        return None


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """The moment that was."""
    at = naive(value)
    return None if at is None else at.replace(tzinfo=zone).astimezone(UTC)


def told(at: datetime, zone: ZoneInfo) -> str:
    """A moment as the server's clock shows it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def day(value: Any) -> date | None:
    """The day of a time, which is in no zone."""
    at = naive(value)
    return None if at is None else at.date()


def before(value: str, minutes: int, zone: ZoneInfo) -> str:
    """Some minutes earlier; an hour more where the clock was put back after that, and its hands came there twice."""
    at = naive(value)
    if at is None:
        return FIRST
    at = at - timedelta(minutes=minutes)
    put_back = (at.replace(tzinfo=zone).utcoffset() or timedelta()) - (
        (at + _ACROSS).replace(tzinfo=zone).utcoffset() or timedelta()
    )
    at -= max(put_back, timedelta())
    return max(FIRST, at.strftime("%Y-%m-%d %H:%M:%S")) if at.year >= 1970 else FIRST
