"""Single values of ServiceOps' JSON, whatever shape they came in (contract 7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def number(value: Any) -> int | None:
    """A whole number, also as text or with a zero behind the point; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
        return int(found) if found == int(found) else None
    except (ValueError, OverflowError):
        return None


def text(value: Any) -> str:
    """A text; nothing for what is none."""
    return value if isinstance(value, str) else ""


def moment(value: Any) -> datetime | None:
    """Milliseconds since 1970; 0 is no time (contract 7)."""
    millis = number(value)
    if not millis:
        return None
    try:
        return datetime.fromtimestamp(millis / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
