"""RT's times: told in UTC, read in the one form of which it takes all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def moment(value: Any) -> datetime | None:
    """A time, in UTC; RT's 1970 is none, and so is what cannot be read."""
    try:
        at = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at if at.timestamp() > 0 else None


def stamp(at: datetime) -> str:
    """A moment in UTC without T, Z and offset, for which RT would drop the time or read it as another one."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
