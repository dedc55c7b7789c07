"""One run of a route, from lease to last commit: what backfill, delta and retry have in common."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from msgspec import Struct
from msgspec.structs import replace

from syncer.deskkit.contract import Page, Source, TakesLists, Target
from syncer.errors import Interrupted, SyncerError
from syncer.mapping.keeping import Keeping
from syncer.mapping.tables import Tables, normal_email
from syncer.mapping.ticket import Limits, Mapper
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import Link
from syncer.model.lookups import LookupValue
from syncer.model.plan import Prediction
from syncer.pipeline.bound import Bound
from syncer.pipeline.canary import Canary
from syncer.pipeline.doubts import Doubts
from syncer.pipeline.flow import Ledger, Maps, Meet, Pass, run_pass
from syncer.pipeline.linking import Linking
from syncer.pipeline.load import Load
from syncer.pipeline.newcomers import Inviting, Newcomers
from syncer.pipeline.route import Route
from syncer.pipeline.search_lag import SearchLag
from syncer.pipeline.strangers import Strangers
from syncer.pipeline.tally import Tally
from syncer.reports.document import DeskSide
from syncer.store import effects, leases, lookups, plans, runs
from syncer.store.journal import Journal
from syncer.store.pool import TROUBLE, Pool
from syncer.store.sidecar import Sidecar

READERS = 4
SPARE_WRITERS = 2
"""Writers for each parallel create: the spare ones announce while the others wait for the target."""
NOTE_EVERY = 2.0
log = structlog.get_logger()


class Engine(Struct, kw_only=True):
    """A route ready to run."""

    config: Route
    id: int
    source: Source
    target: Target
    pool: Pool
    home: Path
    limits: Limits
    tables: Tables
    stop: asyncio.Event
    lookup_version: int
    """The version of the decisions that `tables` hold."""
    sides: tuple[DeskSide, DeskSide]
    origin: str = ""
    """Which desk the source is, for a target that adopts its lists."""
    watch: Callable[[Tally, Doubts | None], None] = lambda tally, doubts: None

    def mapper(self) -> Mapper:
        """The compiled mapping."""
        made = Keeping if self.target.capabilities.adopts_lists else Mapper
        return made(self.config.rules, self.tables, self.limits, self.config.mark)

    def meeting(self, journal: Journal | None, tally: Tally) -> Meet:
        """Whoever is met for the first time is remembered, and made on the target where the mapping wants that;
        without a journal nothing is written, and it is only counted who would be."""
        how = self.config.rules.people.missing
        strangers = self._strangers(dry=journal is None)
        if how == "fallback":
            return strangers
        newcomers = Newcomers(strangers, self.tables, how, self.config.mark)

        async def learn(person: LookupValue) -> None:
            await lookups.add(self.pool, self.config.target, [replace(person, brought=True)])

        if journal is not None:
            newcomers.bring = Inviting(self.target, journal, tally, learn).bring
        return newcomers

    def _strangers(self, *, dry: bool) -> Strangers:
        """Whoever is met for the first time is remembered, and matched by e-mail like everybody else. A target that
        adopts lists is told of them too, unless nothing is to be written."""
        target = self.target

        async def learn(person: LookupValue) -> None:
            if target.capabilities.adopts_lists:
                self.tables.people[person.id] = person.id
                if isinstance(target, TakesLists) and not dry:
                    await target.adopt(_each([person]), self.origin)
            elif person.email and (found := self.tables.emails.get(normal_email(person.email))):
                self.tables.people.setdefault(person.id, found)
            await lookups.add(self.pool, self.config.source, [person])

        return Strangers(self.source, self.tables, learn)


class Report(Struct, kw_only=True):
    """How a run ended."""

    run: int
    route: str
    kind: str
    seconds: float
    tally: Tally
    sidecar: Path | None
    private_notes_kept: int = 0


Pages = Callable[[Cursor | None], AsyncIterator[Page]]


async def run(engine: Engine, kind: str, pages: Pages, *, checkpoint: bool, plan: int | None = None) -> Report:
    """Carry the pages over under a lease, with everything on record; of a `plan` only what is as it was planned.

    Raises what ended the run early.
    """
    async with leases.hold(engine.pool, engine.id) as lease:
        await _lend_lists(engine)
        number = await runs.begin(engine.pool, engine.id, kind, engine.lookup_version, plan)
        folder = engine.home / "runs" / str(number)
        sidecar = Sidecar(folder / "private-notes.jsonl")
        journal = Journal(engine.pool, lease, engine.id, number, sidecar)
        tally, started = Tally(), time.monotonic()
        state, message = "stopped", ""
        try:
            await _carry(engine, journal, tally, pages, Carrying(checkpoint, plan))
            state = "done"
        except SyncerError as e:
            state = "interrupted" if isinstance(e, Interrupted) else "stopped"
            message = e.message
            raise
        except asyncio.CancelledError:
            state = "interrupted"
            raise
        finally:
            sidecar.close()
            await _end(engine, number, state, tally, message)
        kept = sidecar.path if sidecar.path.exists() else None
        return Report(
            run=number,
            route=engine.config.name,
            kind=kind,
            seconds=time.monotonic() - started,
            tally=tally,
            sidecar=kept,
        )


async def _lend_lists(engine: Engine) -> None:
    """A target that adopts lists gets the source's, with all that was pulled since."""
    if isinstance(engine.target, TakesLists):
        values = await lookups.values(engine.pool, engine.config.source)
        await engine.target.adopt(_each(values), engine.origin)


async def _each(values: Sequence[LookupValue]) -> AsyncIterator[LookupValue]:
    for value in values:
        yield value


async def _end(engine: Engine, number: int, state: str, tally: Tally, message: str) -> None:
    try:
        await runs.end(engine.pool, number, state, tally.counts(), dict(tally.losses), message)
    except TROUBLE as e:
        # The run's row stays `running`; the next run calls it interrupted. What counts is in the effects.
        log.warning("run_not_closed", run=number, error=str(e))


class Carrying(Struct, frozen=True):
    """How pages are carried over: whether the checkpoint moves, and by which plan."""

    checkpoint: bool
    plan: int | None


def _by_plan(engine: Engine, journal: Journal, plan: int | None) -> tuple[Maps, Ledger]:
    """Mapper and journal of a pass."""
    if plan is None:
        return engine.mapper(), journal

    async def planned(ids: Sequence[TicketId]) -> dict[TicketId, Prediction]:
        return await plans.planned(engine.pool, plan, ids)

    bound = Bound(engine.mapper(), journal, planned, engine.tables.addresses)
    return bound, bound


async def _carry(engine: Engine, journal: Journal, tally: Tally, pages: Pages, how: Carrying) -> None:
    lag = SearchLag(engine.target, await runs.search_lag(engine.pool, engine.id))
    doubts = Doubts(engine.target, lag)
    spool = engine.home / "spool" / str(journal.run)
    spool.mkdir(parents=True, exist_ok=True)
    writer = asyncio.create_task(journal.write_down())
    noter = asyncio.create_task(_note(engine, journal, tally, doubts))
    try:
        canary = Canary(engine.target, engine.tables.addresses, accepted=engine.config.accept_mails)
        load = Load(engine.source, engine.target, journal, doubts, tally, spool, canary)
        await doubts.begin(journal)
        await load.begin()
        since = await runs.checkpoint(engine.pool, engine.id)
        meeting = engine.meeting(journal, tally)
        mapper, ledger = _by_plan(engine, journal, how.plan)
        moving = Pass(
            source=engine.source, mapper=mapper, strangers=meeting, journal=ledger, deliver=load, tally=tally,
            readers=READERS,
            writers=max(2, int(engine.target.parallel * SPARE_WRITERS)), stop=engine.stop,
        )  # fmt: skip
        cursor = await run_pass(moving, pages(since))
        tell_of(meeting, tally, "are there now")
        await Linking(engine.target, journal, tally, engine.stop).run()
        await lag.known()
        await journal.flush()
        if lag.measured is not None:
            await runs.measured(engine.pool, engine.id, lag.measured)
        if lag.blind:
            tally.notes.append("the target's search never showed a ticket we made: doubtful tickets are parked")
        if how.checkpoint and cursor is not None:
            await journal.advance(cursor)
    finally:
        noter.cancel()
        try:
            await _last_flush(journal)
        finally:
            writer.cancel()
            await asyncio.gather(writer, noter, return_exceptions=True)
            await journal.let_go()
            shutil.rmtree(spool, ignore_errors=True)


def tell_of(meeting: Meet, tally: Tally, what: str) -> None:
    """Newcomers are worth a note."""
    if isinstance(meeting, Newcomers) and meeting.brought:
        people = "person" if meeting.brought == 1 else "people"
        tally.notes.append(f"{meeting.brought:,} {people} the target's list did not show {what}")


async def _last_flush(journal: Journal) -> None:
    """What is known must be on record, however the pass ended; a dead database has already been told of."""
    try:
        await asyncio.wait_for(journal.flush(), 20)
    except (SyncerError, *TROUBLE):
        log.warning("outcomes_not_on_record", hint="the next run looks them up on the target")


async def _note(engine: Engine, journal: Journal, tally: Tally, doubts: Doubts) -> None:
    """Keep the run's row and whoever watches up to date."""
    tick = 0
    while True:
        engine.watch(tally, doubts)
        await asyncio.sleep(NOTE_EVERY / 8)
        tick += 1
        if tick == 1 or tick % 8 == 0:  # early once: who is killed soon has a row that tells something, too
            try:
                await runs.note(engine.pool, journal.run, tally.counts(), dict(tally.losses))
            except TROUBLE:
                continue


class OnRecord:
    """What earlier runs have put on record, for whoever writes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def known(self, ids: Sequence[TicketId]) -> dict[TicketId, Link]:
        """The links and dead letters of these tickets."""
        return await effects.links(self._engine.pool, self._engine.id, ids)


@asynccontextmanager
async def looked_at(engine: Engine, tally: Tally) -> AsyncIterator[None]:
    """Whoever watches is told how it goes."""

    async def tell() -> None:
        while True:
            engine.watch(tally, None)
            await asyncio.sleep(NOTE_EVERY / 8)

    watching = asyncio.create_task(tell())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
