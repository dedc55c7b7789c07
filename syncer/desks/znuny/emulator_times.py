"""Moments as the product writes and reads them: whole seconds on the clock of the server's zone, which is not told."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_STAMP = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})")
_FORM = "%Y-%m-%d %H:%M:%S"
_END_OF_TIME = 2**31
_OPENS, _CLOSES = 8, 21
_HOLIDAYS = frozenset({(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)})


def written(at: int, zone: str) -> str:
    """A moment as tickets show it."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).strftime(_FORM)


def worked(since: int, until: int, zone: str) -> int:
    """The seconds between two moments in which somebody works, by the calendar that comes with the product."""
    place, seconds = ZoneInfo(zone), 0.0
    day, last = (datetime.fromtimestamp(at, place).date() for at in (since, until))
    while day <= last:
        if day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS:
            opens, closes = (datetime(day.year, day.month, day.day, hour, tzinfo=place) for hour in (_OPENS, _CLOSES))
            seconds += max(0.0, min(until, closes.timestamp()) - max(since, opens.timestamp()))
        day += timedelta(days=1)
    return int(seconds)


def normal(stamp: str) -> str | None:
    """The same form of a moment somebody wrote; None when it is none."""
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return None
    try:
        return datetime(*map(int, found.groups())).strftime(_FORM)  # type: ignore[arg-type]
    except ValueError:
        return None


def pending_until(value: dict[str, Any], now: int, zone: str) -> int | None:
    """The end of a pending time, 0 where it cannot be stored, such as one after January 2038; None for nonsense."""
    given = {key: str(one).strip() for key, one in value.items()}
    if not given or any(not one.isascii() or not one.isdecimal() for one in given.values()):
        return None
    if "Diff" in given:
        return _stored(now + 60 * int(given["Diff"])) if len(given) == 1 else None
    if not {"Year", "Month", "Day"} <= given.keys():
        return None
    parts = [int(given.get(key, "0")) for key in ("Year", "Month", "Day", "Hour", "Minute")]
    try:
        at = datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type,misc]
    except ValueError:
        return None
    return _stored(int(at.timestamp())) if {"Hour", "Minute"} <= given.keys() else 0


def _stored(at: int) -> int:
    return at if at < _END_OF_TIME else 0
