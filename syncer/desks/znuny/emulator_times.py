"""Moments as the product writes and reads them: whole seconds on the clock of the server's zone, which is not told."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_STAMP = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})")
_FORM = "%Y-%m-%d %H:%M:%S"
_END_OF_TIME = 2**31


def written(at: int, zone: str) -> str:
    """A moment as tickets show it."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).strftime(_FORM)


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
