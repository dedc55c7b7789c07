"""Joins the tables for a pass: what it must know before, and what it writes down, in groups.

One commit serves all that wait: announcements, whose senders wait for it, and the outcomes gathered meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import asyncpg

from syncer.errors import LeaseLost, StoreUnavailable
from syncer.model.draft import PrivateNote
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import TICKET, Acknowledged, Doubt, EffectState, Intent, Link, Relation, Unfinished
from syncer.model.ticket import TicketLink
from syncer.store import dead_letters, effects, relations, runs, skipped
from syncer.store.leases import LIFE, Lease
from syncer.store.pool import FULL, HINT, OUTAGES, Held
from syncer.store.sidecar import Sidecar

GAP = 0.008
"""Seconds between two group commits under load: long enough to gather a group, short against any desk's answer."""


class _Waiting:
    """What the next group commit will write."""

    def __init__(self) -> None:
        self.intents: list[tuple[Intent, asyncio.Future[None]]] = []
        self.relations: list[tuple[TicketId, TicketLink]] = []
        self.done: list[Acknowledged] = []
        self.closed: list[tuple[TicketId, str, EffectState]] = []
        self.parked: list[tuple[TicketId, str, str]] = []
        self.skipped: list[tuple[TicketId, str]] = []

    def __bool__(self) -> bool:
        return bool(self.intents or self.done or self.closed or self.parked or self.skipped)


class Journal:
    """The ledger as a pass sees it. `write_down` must run as a task while the pass goes on."""

    def __init__(self, pool: asyncpg.Pool, lease: Lease, route: int, run: int, sidecar: Sidecar) -> None:
        self.run = run
        self._pool = pool
        self._writing = Held(pool)
        self._reading = Held(pool)
        self._lease = lease
        self._route = route
        self._sidecar = sidecar
        self._waiting = _Waiting()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._failed: Exception | None = None
        self._had_letters = True

    async def known(self, ids: Sequence[TicketId]) -> dict[TicketId, Link]:
        """The links and dead letters of these tickets."""
        async with self._reading.use() as conn:
            return await effects.links(conn, self._route, ids)

    async def doubts(self) -> list[Doubt]:
        """Effects of earlier lives without an outcome."""
        return await effects.doubts(self._pool, self._route)

    async def youngest_doubt(self, step: str) -> float | None:
        """Seconds since the last attempt whose step begins so and that has no outcome; None where there is none."""
        return await effects.youngest_doubt(self._pool, self._route, step)

    async def made_before_doubts(self) -> tuple[TicketId | None, list[TicketId]]:
        """A target ticket older than every open attempt, and all the younger ones we know."""
        return await effects.around_doubts(self._pool, self._route)

    async def unfinished(self) -> dict[TicketId, Unfinished]:
        """Tickets that are on the target while steps are left."""
        return await effects.unfinished(self._pool, self._route)

    async def open_relations(self) -> list[Relation]:
        """Links between tickets that are to be made on the target."""
        await self.flush()
        return await relations.still_open(self._pool, self._route)

    async def announce(
        self, intent: Intent, withheld: Sequence[PrivateNote] = (), links: Sequence[TicketLink] = ()
    ) -> None:
        """Returns when the intent is durable, its links with it, and the right to write still ours."""
        if self._failed:
            raise self._failed
        if withheld:
            self._sidecar.add(withheld)
        future = asyncio.get_running_loop().create_future()
        self._waiting.intents.append((intent, future))
        self._waiting.relations += ((intent.source_id, link) for link in links)
        self._wake.set()
        await future
        self._lease.check()

    def check(self) -> None:
        """Raises LeaseLost when the right to write has run out."""
        self._lease.check()

    def made(self, source: TicketId, target: TicketId, losses: tuple[str, ...] = ()) -> None:
        """The ticket exists on the target, and steps are left; durable with the next group."""
        self._waiting.done.append(Acknowledged(source, target, EffectState.MADE, losses=losses))
        self._wake.set()

    def done(self, source: TicketId, target: TicketId, step: str = TICKET, losses: tuple[str, ...] = ()) -> None:
        """The step is over, or the whole ticket; durable with the next group."""
        self._waiting.done.append(Acknowledged(source, target, step=step, losses=losses))
        self._wake.set()

    def close(self, source: TicketId, state: EffectState, step: str = TICKET) -> None:
        """The announced effect surely did not happen."""
        self._waiting.closed.append((source, step, state))
        self._wake.set()

    def park(self, source: TicketId, reason: str, detail: str) -> None:
        """The record cannot pass."""
        self._waiting.parked.append((source, reason, detail))
        self._had_letters = True
        self._wake.set()

    def skip(self, source: TicketId, rule: str) -> None:
        """A rule leaves it behind; durable with the next group."""
        self._waiting.skipped.append((source, rule))
        self._wake.set()

    async def flush(self) -> None:
        """Returns when all that was said so far is durable."""
        while self._waiting or not self._idle.is_set():
            if self._failed:
                raise self._failed
            self._wake.set()
            await asyncio.sleep(GAP)
        if self._failed:
            raise self._failed

    async def let_go(self) -> None:
        """Give the connections back."""
        await self._writing.close()
        await self._reading.close()

    async def advance(self, cursor: Cursor) -> None:
        """Move the checkpoint, after everything before it is durable."""
        await self.flush()
        async with self._pool.acquire() as conn:
            await runs.advance(conn, self._route, self._lease.epoch, self.run, cursor)

    async def write_down(self) -> None:
        """The group commit loop; ends only by cancellation or failure, which every waiting sender learns."""
        self._had_letters = bool(await dead_letters.count(self._pool, self._route))
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not self._waiting:
                continue
            group, self._waiting = self._waiting, _Waiting()
            self._idle.clear()
            try:
                await self._commit(group)
            except Exception as e:
                self._failed = e
                for _, future in (*group.intents, *self._waiting.intents):
                    if not future.done():
                        future.set_exception(e)
                raise
            finally:
                self._idle.set()
            for _, future in group.intents:
                if not future.done():
                    future.set_result(None)
            await asyncio.sleep(GAP)

    async def _commit(self, group: _Waiting) -> None:
        """Once; an outage is waited out for as long as a lease lasts. Writing a group twice changes nothing."""
        await self._sidecar.sync()
        until = time.monotonic() + LIFE
        while True:
            try:
                return await self._write(group)
            except asyncpg.DiskFullError as e:
                raise StoreUnavailable(f"database: {e}", hint=FULL) from e
            except OUTAGES as e:
                try:
                    self._lease.check()
                    over = time.monotonic() > until
                except LeaseLost:
                    over = True
                if over:
                    raise StoreUnavailable(f"database: {e or type(e).__name__}", hint=HINT) from e
                await asyncio.sleep(0.25)

    async def _write(self, group: _Waiting) -> None:
        async with self._writing.use() as conn:
            if not (group.closed or group.parked or group.relations or group.skipped or self._had_letters):
                await self._effects(conn, group)
                return
            async with conn.transaction():
                # Closed before announced: what is closed here is an earlier attempt than the one announced beside it.
                if group.closed:
                    await effects.settle(conn, self._route, self._lease.epoch, group.closed)
                await self._effects(conn, group)
                if group.relations:
                    await relations.add(conn, self._route, self._lease.epoch, group.relations)
                if group.skipped:
                    await skipped.add(conn, self._route, self.run, group.skipped)
                if group.parked:
                    await dead_letters.park(conn, self._route, self.run, group.parked)
                if self._had_letters and (over := [a.source_id for a in group.done if a.is_the_end]):
                    await dead_letters.clear(conn, self._route, over)

    async def _effects(self, conn: asyncpg.pool.PoolConnectionProxy, group: _Waiting) -> None:
        intents = [intent for intent, _ in group.intents]
        ours, announced, _ = await effects.write(conn, self._route, self._lease.epoch, self.run, intents, group.done)
        if not ours:
            raise LeaseLost("another syncer has become the writer of this route", hint="See: syncer status")
        if announced != len(intents):
            # A sealed ticket refuses a new announcement: the last gate against a double.
            raise AssertionError(f"{len(intents) - announced} of {len(intents)} announcements were refused")
