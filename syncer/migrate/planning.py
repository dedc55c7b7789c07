"""A plan: the whole population through the same code as a run, with a recorder in the writer's place."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from syncer import __version__
from syncer.deskkit.contract import Page
from syncer.mapping.match import Proposal
from syncer.migrate.backfill import population
from syncer.migrate.engine import READERS, Engine, OnRecord, looked_at, tell_of
from syncer.migrate.listing import Listing
from syncer.migrate.lookups import operators_table, proposed
from syncer.migrate.showing import looked_closer
from syncer.model.ids import Cursor
from syncer.model.lookups import ListPair
from syncer.pipeline.census import Census
from syncer.pipeline.flow import Pass, run_pass
from syncer.pipeline.newcomers import Newcomers
from syncer.pipeline.recorder import Recorder
from syncer.reports.document import PlanReport
from syncer.reports.findings import Seen, in_order
from syncer.reports.preview import Made, report
from syncer.store import lookups, waivers
from syncer.store.plans import Head, Making

KEEP_EVERY = 0.25
AT_ONCE = 2000


class Recorded(Struct, kw_only=True):
    """What was found; `cursor` is where the source stood when that began."""

    recorder: Recorder
    cursor: Cursor | None
    people_made: int


async def make(engine: Engine, listing: Listing | None = None) -> PlanReport:
    """Plan a backfill, and keep the plan. Writes to no desk. Raises Brake, what reading raises, Interrupted."""
    pages = await population(engine, listing)
    async with engine.pool.acquire() as conn:
        making = Making(conn, engine.id)
        await making.begin()
        recorded = await record(engine, pages, making)
        return await keep(engine, recorded, making)


async def keep(engine: Engine, recorded: Recorded, making: Making, parent: Head | None = None) -> PlanReport:
    """Put what was recorded on record as a plan, with its report."""
    made_with = await basis(engine)
    hash = await making.hash(made_with)
    seen = Seen(
        route=engine.config, target=engine.target.capabilities, tables=engine.tables, tally=recorded.recorder,
        census=recorded.recorder.census, people_made=recorded.people_made,
        waivers=await waivers.held(engine.pool, engine.id),
    )  # fmt: skip
    shown = await looked_closer(engine, making) if parent is None else ()
    made = Made(
        hash=hash, parent=parent.hash if parent is not None else None, at=datetime.now(UTC), version=__version__,
        source=engine.sides[0], target=engine.sides[1], lookup_version=engine.lookup_version, examples=shown,
    )  # fmt: skip
    told = report(made, seen, await _proposed(engine))
    if parent is not None:
        told = _with_the_rest(told, msgspec.json.decode(parent.report, type=PlanReport))
    cursor = {"cursor": recorded.cursor} if recorded.cursor is not None else {}
    text = msgspec.json.encode(told).decode()
    await making.keep(hash, made.parent, engine.lookup_version, {**made_with, **cursor}, text)
    return told


async def follow_up(engine: Engine, recorded: Recorded, making: Making, parent: Head) -> PlanReport:
    """A plan of which only some records were planned anew: counted over all, with the rest of its parent's report."""
    tally = recorded.recorder
    counts = await making.counted()
    tally.read = sum(count for count, _ in counts.values())
    tally.results.clear()
    tally.reasons.clear()
    tally.losses.clear()
    for (outcome, reason), (count, examples) in counts.items():
        tally.results[outcome] += count
        if reason:
            tally.reasons[reason] += count
            tally.examples[reason] = examples
    tally.losses.update(await making.lost())
    return await keep(engine, recorded, making, parent)


def _with_the_rest(told: PlanReport, parent: PlanReport) -> PlanReport:
    """What was not counted anew is as it was."""
    anew = {one.code for one in told.findings}
    kept = [
        one
        for one in parent.findings
        if one.code not in anew and not one.code.startswith(("loss:", "parked:", "skipped:"))
    ]
    return replace(
        told, findings=tuple(in_order([*told.findings, *kept])), values=parent.values, months=parent.months,
        distributions=parent.distributions, mails=parent.mails, examples=parent.examples,
        people_made=max(told.people_made, parent.people_made), forecast=parent.forecast,
    )  # fmt: skip


async def _proposed(engine: Engine) -> dict[ListPair, list[Proposal]]:
    facts = engine.target.capabilities
    fields = {name: field.lookup for name, field in facts.fields.items()}
    return await proposed(engine.pool, engine.id, engine.config, fields, adopts=facts.adopts_lists)


async def record(engine: Engine, pages: AsyncIterator[Page], making: Making) -> Recorded:
    """Read and map all that the pages name; what would become of it goes to `making`. Writes to no desk."""
    recorder = Recorder(engine.mapper(), OnRecord(engine), Census(engine.tables, engine.target.capabilities.fields))
    meeting = engine.meeting(None, recorder)
    began: list[Cursor] = []
    moving = Pass(
        source=engine.source, mapper=recorder, strangers=meeting, journal=recorder, deliver=recorder, tally=recorder,
        readers=READERS, writers=2, stop=engine.stop,
    )  # fmt: skip
    over = asyncio.Event()
    keeping = asyncio.create_task(_keep(recorder, making, over))
    try:
        async with looked_at(engine, recorder):
            await run_pass(moving, _watched(pages, began))
            tell_of(meeting, recorder, "would be made there")
    finally:
        over.set()
        kept = (await asyncio.gather(keeping, return_exceptions=True))[0]
    if kept is not None:
        raise kept
    made = meeting.brought if isinstance(meeting, Newcomers) else 0
    return Recorded(recorder=recorder, cursor=began[0] if began else None, people_made=made)


async def _watched(pages: AsyncIterator[Page], began: list[Cursor]) -> AsyncIterator[Page]:
    async for page in pages:
        if page.begins is not None:
            began.append(page.begins)
        yield page


async def _keep(recorder: Recorder, making: Making, over: asyncio.Event) -> None:
    while True:
        last = over.is_set()
        while recorder.predictions:
            some, recorder.predictions[:AT_ONCE] = recorder.predictions[:AT_ONCE], []
            await making.add(some)
        if last:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), KEEP_EVERY)


async def basis(engine: Engine) -> dict[str, str]:
    """Digests of what every record is planned with, so that one can tell why a plan does not hold any more."""
    decisions = await lookups.decisions(engine.pool, engine.id, engine.lookup_version)
    rules = engine.config.rules
    people = await asyncio.to_thread(operators_table, rules.people.table)
    decided = sorted((d.kind, d.target_kind, d.source_id, str(d.outcome), d.target_id or "") for d in decisions)
    return {
        "route": engine.config.name,
        "marker": engine.config.mark,
        "mapping": _digest(rules.model_dump(mode="json", exclude={"examples": True, "people": {"table"}})),
        "people": _digest(people),
        "decisions": _digest(decided),
        "capabilities": _digest(msgspec.to_builtins(engine.target.capabilities)),
    }


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
