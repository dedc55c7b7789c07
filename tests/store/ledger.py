"""A route with a writer at work on it, for tests of the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from msgspec import Struct

from syncer.model.ids import Key, TicketId, Version
from syncer.model.link import Acknowledged, Intent
from syncer.store import effects, leases, runs
from syncer.store.journal import Journal
from syncer.store.leases import Lease
from syncer.store.sidecar import Sidecar


class Writer(Struct):
    """The writer of a route, in one of its runs."""

    pool: asyncpg.Pool
    route: int
    run: int
    lease: Lease

    async def announce(self, *ids: str, epoch: int | None = None) -> tuple[bool, int, int]:
        """As the journal does it."""
        async with self.pool.acquire() as conn:
            return await effects.write(conn, self.route, epoch or self.lease.epoch, self.run, intents(*ids), [])

    async def done(self, *pairs: tuple[str, str], epoch: int | None = None) -> tuple[bool, int, int]:
        """(source, target) each."""
        ours = [Acknowledged(TicketId(source), TicketId(target)) for source, target in pairs]
        async with self.pool.acquire() as conn:
            return await effects.write(conn, self.route, epoch or self.lease.epoch, self.run, [], ours)


@asynccontextmanager
async def writing(pool: asyncpg.Pool, name: str = "move", *, life: float = leases.LIFE) -> AsyncIterator[Writer]:
    """Become the writer of a route."""
    route = await runs.route_id(pool, name)
    async with leases.hold(pool, route, life=life) as lease:
        yield Writer(pool, route, await runs.begin(pool, route, "migrate", 0), lease)


@asynccontextmanager
async def journal_of(writer: Writer, folder: Path) -> AsyncIterator[Journal]:
    """The journal of a pass, its loop running."""
    sidecar = Sidecar(folder / "private-notes.jsonl")
    journal = Journal(writer.pool, writer.lease, writer.route, writer.run, sidecar)
    loop = asyncio.create_task(journal.write_down())
    try:
        yield journal
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await journal.let_go()
        sidecar.close()


def intents(*ids: str) -> Sequence[Intent]:
    """Intents to create these."""
    return [Intent(TicketId(id), Key(f"IG-{id}"), Version("v1"), id.encode().ljust(16)) for id in ids]
