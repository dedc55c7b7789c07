"""One writer for each route: an advisory lock that dies with its process, and a fencing number for all else."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import asyncpg
from msgspec import Struct

from syncer.errors import LeaseLost
from syncer.store.pool import OUTAGES, TROUBLE, in_our_words

LOCK_CLASS = 0x5359
LIFE = 15.0
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _now() -> float:
    """Seconds that also pass while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


class Lease:
    """The right to write for a route, taken at `since` for `life` seconds, renewed while held."""

    def __init__(self, pool: asyncpg.Pool, route: int, epoch: int, since: float, life: float) -> None:
        self.route = route
        self.epoch = epoch
        self._pool = pool
        self._life = life
        self._until = since + life

    def check(self) -> None:
        """Raises LeaseLost when the right has run out: a process that was paused may not write any more."""
        if _now() >= self._until:
            raise LeaseLost(
                "this process lost its right to write: it stood still, or the database was away too long",
                hint="Run the same command again.",
            )

    async def renew(self) -> None:
        """Another `life` seconds. Raises LeaseLost when somebody else took over."""
        before = _now()
        found = await self._pool.fetchval(
            "update lease set until = clock_timestamp() + $3 * interval '1 second'"
            " where route = $1 and epoch = $2 returning 1",
            self.route, self.epoch, self._life,
        )  # fmt: skip
        if found is None:
            self._until = 0.0
            raise LeaseLost("another syncer has become the writer of this route", hint="See: syncer status")
        self._until = before + self._life

    async def keep(self) -> None:
        """Renew for ever; an outage is tried again until the lease has run out."""
        while True:
            await asyncio.sleep(self._life / 4)
            try:
                await self.renew()
            except OUTAGES:
                self.check()


class Holder(Struct, frozen=True):
    """The last writer of a route. `alive` means that nobody else could become the writer now."""

    holder: str
    until: datetime | None
    alive: bool


async def holders(pool: asyncpg.Pool) -> dict[str, Holder]:
    """Who wrote last, by route; as `hold` would judge them, so that a killed process is seen to be gone at once."""
    rows = await pool.fetch(
        "select o.name, l.holder, case when isfinite(l.until) then l.until end, l.until > clock_timestamp()"
        " and exists (select 1 from pg_locks k where k.locktype = 'advisory' and k.granted and k.objsubid = 2"
        "   and k.classid = $1::int::oid and k.objid = l.route::oid"
        "   and k.database = (select oid from pg_database where datname = current_database()))"
        " from lease l join route o on o.id = l.route where l.holder <> ''",
        LOCK_CLASS,
    )  # fmt: skip
    return {r[0]: Holder(r[1], r[2], r[3]) for r in rows}


@asynccontextmanager
async def hold(pool: asyncpg.Pool, route: int, *, life: float = LIFE) -> AsyncIterator[Lease]:
    """Become the writer of a route. Raises LeaseLost when another living process is.

    A writer that was killed has lost its advisory lock with its connection: no waiting. One that merely stopped
    renewing still has the lock but is taken over once its lease has run out. A lease without an end is that of somebody
    who has the lock and is about to begin, or has just ended: it is not there to be taken.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}"
    async with pool.acquire() as conn:
        since = _now()
        with in_our_words("the lease cannot be taken"):
            locked = await conn.fetchval("select pg_try_advisory_lock($1, $2)", LOCK_CLASS, route)
            await conn.execute("insert into lease (route) values ($1) on conflict do nothing", route)
            epoch = await conn.fetchval(
                "update lease set epoch = epoch + 1, holder = $2, until = clock_timestamp() + $3 * interval '1 second'"
                " where route = $1 and ($4 or isfinite(until) and until < clock_timestamp()) returning epoch",
                route, holder, life, locked,
            )  # fmt: skip
        if epoch is None:
            other = await conn.fetchval("select holder from lease where route = $1", route)
            raise LeaseLost(
                f"another syncer is at work on this route ({other})",
                hint="Wait for it, or end that process; then run the same command again.",
            )
        lease = Lease(pool, route, epoch, since, life)
        keeper = asyncio.create_task(lease.keep())
        try:
            yield lease
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            # A database that went away has let go of both by itself, and how the run ended matters more.
            with suppress(*TROUBLE):
                await conn.execute("update lease set until = '-infinity' where route = $1 and epoch = $2", route, epoch)
                if locked:
                    await conn.execute("select pg_advisory_unlock($1, $2)", LOCK_CLASS, route)
