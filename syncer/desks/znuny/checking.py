"""What `syncer check` sees without writing: the account, the server's clock, what it
may do, the marker's field, what is not listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from syncer.desks.znuny import custom, times
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.trying import Seen, Trying
from syncer.desks.znuny.wire import Row

APART = timedelta(minutes=15)
"""Less than any two zones are apart, and more than a clock is wrong."""


async def looks(config: ZnunyConfig, calls: Calls, newest: Row | None) -> Seen:
    """All that can be told without writing."""
    seen = Seen([], [])
    if newest is None:
        seen.findings.append(
            f"no ticket is to be seen: is this desk empty, or do the groups of {config.auth.user} lack the permission"
            " ro on its queues? Znuny does not tell which: one that is new has a ticket, Welcome to Znuny"
        )
        seen.facts.append(f"the server's clock shows with a ticket; times are taken for {config.timezone} (timezone)")
    elif off := _off(config, newest):
        seen.findings.append(off)
    else:
        seen.facts.append(f"the server's clock fits {config.timezone} (timezone); that of the account does not count")
    await Trying(config, calls).all(newest, seen)
    if field := config.marker_field:
        rows = await calls.rows(await calls.search(**{f"DynamicField_{field}": {"Empty": 0}}, Limit=1))
        if any(field not in custom.held(row) for row in rows.values()):
            seen.findings.append(
                f"there is no dynamic field {field!r} for tickets (marker_field): have one made, of type text, before"
                " anything is written"
            )
    missing = [name for name in ("agents", "customers", "queues") if not getattr(config.lists, name)]
    if missing:
        words = ", ".join(f"lists.{name}" for name in missing)
        seen.findings.append(
            f"{words}: nothing is listed, and Znuny has no call for it: what tickets do not show is not known"
        )
    return seen


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
