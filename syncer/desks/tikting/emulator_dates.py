"""How an emulated Tikting writes dates: with or without a zone, with fractions of any length."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from .emulator_switches import Switches

_YEAR_ONE = "0001-01-01T00:00:00"
_zone = lru_cache(maxsize=8)(ZoneInfo)


def written(at: float | None, switches: Switches) -> str | None:
    """A time as the product's JSON shows it."""
    if at is None:
        return _YEAR_ONE if switches.no_date == "year_one" else None
    utc = switches.dates == "z" or switches.time_zone == "UTC"
    local = datetime.fromtimestamp(at, UTC if utc else _zone(switches.time_zone)).isoformat("T", "microseconds")
    fraction = _fraction(local, switches)
    text = f"{local[:19]}.{fraction}" if fraction else local[:19]
    match switches.dates:
        case "z":
            return f"{text}Z"
        case "offset":
            return text + local[26:]
    return text


def _fraction(local: str, switches: Switches) -> str:
    digits = f"{local[20:26]}000"
    match switches.fractions:
        case "seven":
            return digits[:7]
        case "trimmed":
            return digits.rstrip("0")
        case "varying":
            # Any length from none to nine, told by the second, so that a date is written the same each time.
            return digits[: int(local[18])]
    return ""
