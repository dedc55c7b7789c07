"""What `syncer check` sees without writing: the account, the server's clock, the marker's field, what is not listed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from syncer.desks.znuny import custom, times
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.wire import Row

APART = timedelta(minutes=15)
"""Less than any two zones are apart, and more than a clock is wrong."""


async def looks(config: ZnunyConfig, calls: Calls, newest: Row | None) -> AsyncIterator[str]:
    """Sentences a person should read."""
    if newest is None:
        yield (
            f"no ticket is to be seen: is this desk empty, or do the groups of {config.auth.user} lack the permission"
            " ro on its queues? Znuny does not tell which"
        )
    elif off := _off(config, newest):
        yield off
    if field := config.marker_field:
        rows = await calls.rows(await calls.search(**{f"DynamicField_{field}": {"Empty": 0}}, Limit=1))
        if any(field not in custom.held(row) for row in rows.values()):
            yield (
                f"there is no dynamic field {field!r} for tickets (marker_field): have one made, of type text, before"
                " anything is written"
            )
    lists = config.lists
    missing = [name for name in ("agents", "customers", "queues") if not getattr(lists, name)]
    if missing:
        words = ", ".join(f"lists.{name}" for name in missing)
        yield f"{words}: nothing is listed, and Znuny has no call for it: what tickets do not show is not known"


def _off(config: ZnunyConfig, row: Row) -> str | None:
    """How far the server's clock, read in the zone of the settings, is from ours: a ticket tells how old it is."""
    created, age = times.moment(row.get("Created"), ZoneInfo(config.timezone)), row.get("Age")
    if created is None or not isinstance(age, int):
        return None
    off = created + timedelta(seconds=age) - datetime.now(UTC)
    if abs(off) < APART:
        return None
    return (
        f"the server's clock, read as {config.timezone}, is {round(off.total_seconds() / 60)} minutes from ours: does"
        " timezone say what OTRSTimeZone does in Znuny?"
    )
