"""Moments as the product reads and writes them, each place in its own way."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)Z?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T?(\d\d):?(\d\d):?(\d\d)Z?")
_STAMP = re.compile(
    r"\s*(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?\s*(?:Z|UTC|[+-]\d\d(?::?\d\d)?)?\s*",
    re.ASCII,
)
_LITERAL = re.compile(r"\s*(\d{4})[-/](\d\d?)[-/](\d\d?)(?: +(\d\d?):(\d\d)(?::(\d\d))?)?")
_AGO = re.compile(r"(\d+) (second|minute|hour|day|week)s? ago", re.IGNORECASE)
_NAMED_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def shown(moment: int | None) -> str:
    """`1970-01-01T00:00:00Z`, always UTC, also where there is none."""
    return f"{datetime.fromtimestamp(moment or 0, UTC):%Y-%m-%dT%H:%M:%SZ}"


def stored(moment: int | None) -> str:
    """`1970-01-01 00:00:00`, as the database keeps it."""
    return f"{datetime.fromtimestamp(moment or 0, UTC):%Y-%m-%d %H:%M:%S}"


def spoken(moment: int, zone: str) -> str:
    """`Thu Jan 01 00:00:00 2026` in a user's zone, `Not set` where there is none."""
    if not moment:
        return "Not set"
    at = datetime.fromtimestamp(moment, ZoneInfo(zone))
    # Not strftime: what that says depends on the machine's language.
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S %Y}"


def posted(moment: int) -> str:
    """`Mon, 30 Nov 2026 20:17:00 +0000`, as in the head of a mail."""
    at = datetime.fromtimestamp(moment, UTC)
    return f"{_DAYS[at.weekday()]}, {at:%d} {_MONTHS[at.month - 1]} {at:%Y %H:%M:%S} +0000"


def on_create(text: str) -> int:
    """How a new ticket's dates are read: as UTC, and as none at all when there is an offset or anything else."""
    found = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
    return 0 if found is None else max(_moment([int(part) for part in found.groups()], "UTC") or 0, 0)


def on_change(text: str) -> int | None:
    """How the database reads a date: an offset is dropped, not applied; None for what is no date."""
    found = _STAMP.fullmatch(text)
    return None if found is None else _moment([int(part or 0) for part in found.groups()], "UTC")


def in_field(text: str, zone: str) -> int:
    """How a custom field for moments is read: midnight where a `T` stands before the time, 0 for what is no date."""
    found = _LITERAL.match(text)
    return 0 if found is None else _moment([int(part or 0) for part in found.groups()], zone) or 0


def literal(text: str, zone: str, now: float) -> int:
    """How a query's date is read, in a user's zone: whatever follows is ignored, what is no date is 1970."""
    ago = _AGO.fullmatch(text.strip())
    if ago is not None:
        return int(now - timedelta(**{f"{ago[2].lower()}s": int(ago[1])}).total_seconds())
    days = _NAMED_DAYS.get(text.strip().lower())
    if days is not None:
        return day_of(int(now) + days * 86_400, zone)[0]
    return in_field(text, zone)


def day_of(moment: int, zone: str) -> tuple[int, int]:
    """The day of a zone in which a moment lies: its first second and that of the next one."""
    at = datetime.fromtimestamp(moment, ZoneInfo(zone)).replace(hour=0, minute=0, second=0)
    return int(at.timestamp()), int((at + timedelta(days=1)).timestamp())


def _moment(parts: list[int], zone: str) -> int | None:
    try:
        return int(datetime(*parts, tzinfo=ZoneInfo(zone)).timestamp())  # type: ignore[misc, arg-type]
    except ValueError:
        return None
