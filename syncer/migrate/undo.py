"""What a run made is taken back: reversed, or kept because somebody has changed it since, or impossible."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence

from msgspec import Struct

from syncer.deskkit.changing import TakesBack
from syncer.errors import ConfigError, Interrupted, Rejected
from syncer.migrate.engine import Engine
from syncer.migrate.proof import sides
from syncer.model.link import EffectState, Intent
from syncer.pipeline.deed import IN_DOUBT, Deed, Deeds, Patience, why
from syncer.pipeline.flow import first_of
from syncer.pipeline.tally import Tally
from syncer.store import images, leases, runs, undone
from syncer.store.journal import Journal
from syncer.store.leases import Lease
from syncer.store.sidecar import Sidecar
from syncer.store.undone import Made, Outcome
from syncer.verify.population import Written
from syncer.verify.untouched import GONE, Untouched

BATCH = 32
REVERSED, KEPT, IMPOSSIBLE = "reversed", "kept", "impossible"
HIDDEN = "the target does not show it: look whether it was deleted, or the account may not see it"
CANNOT = "the target lets nobody delete a ticket by its API"


class Undone(Struct, kw_only=True):
    """How it ended. The three counts add up to what the run had made and nobody had taken back before."""

    run: int
    made_by: int
    there: int
    counts: dict[str, int]
    examples: dict[str, list[tuple[str, str, str]]]
    """By result: (source id, target id, why)."""


async def undo(engine: Engine, made_by: int) -> Undone:
    """Take back what this run made. Killed, the same command goes on. Raises ConfigError for no such run."""
    found = await runs.of_route(engine.pool, engine.id, made_by)
    if found is None:
        raise ConfigError(f"route {engine.config.name} has no run {made_by}", hint="See: syncer runs")
    async with leases.hold(engine.pool, engine.id) as lease:
        made = await undone.made_by(engine.pool, engine.id, made_by)
        number = await runs.begin(engine.pool, engine.id, "undo", engine.lookup_version)
        tally = Tally()
        state = "stopped"
        try:
            result = await _Undoing(engine, lease, number, made_by, tally).all_of(made)
            state = "done"
        except (Interrupted, asyncio.CancelledError):
            state = "interrupted"
            raise
        finally:
            await runs.end(engine.pool, number, state, {"read": len(made)}, {}, "")
    return result


class _Undoing:
    def __init__(self, engine: Engine, lease: Lease, run: int, made_by: int, tally: Tally) -> None:
        self._engine = engine
        self._lease = lease
        self._run = run
        self._made_by = made_by
        self._tally = tally
        self._takes = engine.target if isinstance(engine.target, TakesBack) else None
        self._spool = engine.home / "spool" / str(run)
        self._journal = Journal(engine.pool, lease, engine.id, run, Sidecar(engine.home / "runs" / str(run) / "none"))
        self._deeds = Deeds(engine.target, self._journal, tally, Patience("deletions"))
        self._counts = dict.fromkeys((REVERSED, KEPT, IMPOSSIBLE), 0)
        self._examples: dict[str, list[tuple[str, str, str]]] = {}

    async def all_of(self, made: Sequence[Made]) -> Undone:
        writer = asyncio.create_task(self._journal.write_down())
        self._spool.mkdir(parents=True, exist_ok=True)
        try:
            # All are looked at before the first one goes: what was linked to it looks changed afterwards.
            touched = [how async for how in self._touched(made)]
            for start in range(0, len(made), BATCH):
                self._go_on(f"{start:,} of {len(made):,} are dealt with")
                await self._batch(made[start : start + BATCH], touched[start : start + BATCH])
            await self._journal.flush()
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            await self._journal.let_go()
            shutil.rmtree(self._spool, ignore_errors=True)
        return Undone(
            run=self._run, made_by=self._made_by, there=len(made), counts=self._counts, examples=self._examples
        )

    def _go_on(self, doing: str) -> None:
        if self._engine.stop.is_set():
            raise Interrupted("stopped on request", hint="The same command goes on where this one stopped.")
        self._tally.doing = doing
        self._engine.watch(self._tally, None)

    async def _touched(self, made: Sequence[Made]) -> AsyncIterator[str]:
        """Of each in words what was done to it since; empty for nothing."""
        untouched = Untouched(sides(self._engine, self._spool))
        for start in range(0, len(made), BATCH):
            self._go_on(f"{start:,} of {len(made):,} looked at")
            some = made[start : start + BATCH]
            known = await images.of(self._engine.pool, self._engine.id, [one.source_id for one in some])
            written = [Written(one.source_id, one.version, one.target_id, one.losses) for one in some]
            for how in await untouched.touched(written, known):
                yield how

    async def _batch(self, made: Sequence[Made], touched: Sequence[str]) -> None:
        outcomes: list[Outcome] = []

        async def one(ticket: Made, how: str) -> None:
            outcomes.append(await self._one(ticket, how))

        try:
            async with asyncio.TaskGroup() as group:
                for ticket, how in zip(made, touched, strict=True):
                    group.create_task(one(ticket, how))
        except BaseExceptionGroup as e:
            raise first_of(e) from e
        finally:
            await self._journal.flush()
            await self._note(outcomes)

    async def _one(self, ticket: Made, how: str) -> Outcome:
        if how and how != GONE:
            return Outcome(ticket, KEPT, how)
        takes = self._takes
        if takes is None or not self._engine.target.capabilities.takes_back:
            return Outcome(ticket, IMPOSSIBLE, HIDDEN if how else CANNOT)
        if how:
            return await self._gone(ticket, takes)
        id, step = ticket.target_id, f"undo {self._made_by}"

        async def happened() -> str | None:
            return "" if await takes.removed(id) else None

        deed = Deed(
            id,
            Intent(ticket.source_id, ticket.key, ticket.version, b"", step),
            lambda: takes.remove(id, self._journal.check),
            happened,
        )
        try:
            await self._deeds.do(deed)
        except Rejected as e:
            if e.reason != IN_DOUBT:
                self._journal.close(ticket.source_id, EffectState.REFUSED, step)
            return Outcome(ticket, IMPOSSIBLE, why(e))
        return Outcome(ticket, REVERSED, "")

    async def _gone(self, ticket: Made, takes: TakesBack) -> Outcome:
        """It is not shown: deleted by somebody, or hidden from us, which must not pass for taken back."""
        try:
            removed = await takes.removed(ticket.target_id)
        except Rejected as e:
            return Outcome(ticket, IMPOSSIBLE, why(e))
        return Outcome(ticket, REVERSED, "it was gone already") if removed else Outcome(ticket, IMPOSSIBLE, HIDDEN)

    async def _note(self, outcomes: Sequence[Outcome]) -> None:
        async with self._engine.pool.acquire() as conn:
            await undone.note(conn, self._engine.id, self._lease.epoch, self._made_by, self._run, outcomes)
        for one in outcomes:
            self._counts[one.result] += 1
            some = self._examples.setdefault(one.result, [])
            if len(some) < BATCH and one.detail:
                some.append((one.made.source_id, one.made.target_id, one.detail))
