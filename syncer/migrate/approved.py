"""A plan carried out: exactly that one. What has moved since is planned anew, and only that needs approval."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec
from msgspec import Struct

from syncer.deskkit.contract import Page, Ref
from syncer.errors import ConfigError
from syncer.migrate.engine import Engine, Report, run
from syncer.migrate.planning import basis, follow_up, record
from syncer.model.ids import Cursor, TicketId
from syncer.model.plan import Prediction
from syncer.pipeline.tally import Result
from syncer.reports.document import PlanReport
from syncer.store import plans, runs
from syncer.store.plans import Head, Making

SHORT = 12
PAGE = 500
SAID = {
    "mapping": "the mapping file has changed", "people": "the table of people has changed",
    "capabilities": "the target can do something else by now", "marker": "markers begin otherwise by now",
}  # fmt: skip


class Difference(Struct, frozen=True):
    """A record that is not as it was planned; None where it was not planned at all."""

    was: Prediction | None
    becomes: Prediction


class Approved(Struct, kw_only=True):
    """What shall be done: this plan, which differs so from the one that was asked for. `cursor` is where the source
    stood when that was looked at."""

    plan: Head
    cursor: Cursor | None
    differences: tuple[Difference, ...] = ()


async def choose(engine: Engine, prefix: str) -> Head:
    """The plan of this route whose hash begins so. Raises ConfigError, where there is none, or another by now."""
    found = await plans.found(engine.pool, engine.id, prefix)
    if len(found) != 1 or not prefix:
        there = ", ".join(f"{one.hash[:SHORT]} of {one.made_at:%Y-%m-%d %H:%M}" for one in found[:5])
        said = f"several plans begin with {prefix}" if found else f"no plan of route {engine.config.name} begins so"
        raise ConfigError(f"--plan {prefix}: {said}", hint=f"There are: {there}" if there else "Make one: syncer plan")
    now = await basis(engine)
    changed = [words for key, words in SAID.items() if found[0].basis.get(key) != now[key]]
    if changed:
        raise ConfigError(
            f"plan {found[0].hash[:SHORT]} does not hold any more: {'; '.join(changed)}",
            hint=f"Make a new one and look at it: syncer plan {engine.config.name}",
        )
    return found[0]


async def followed(engine: Engine, plan: Head) -> Approved:
    """The plan, or where the source has moved since, one that follows from it. Writes to no desk."""
    since = plan.basis.get("cursor")
    if since is None:  # the source tells no position: all of it is looked at by the run itself
        return Approved(plan=plan, cursor=None)
    changed: dict[TicketId, Ref] = {}
    cursor = Cursor(since)
    async for page in engine.source.list_changed(cursor):
        changed |= {ref.id: ref for ref in page.refs}
        cursor = page.cursor or cursor
    async with engine.pool.acquire() as conn:
        making = Making(conn, engine.id)
        await making.begin(plan.id)
        before = await plans.planned(conn, plan.id, list(changed))
        recorded = await record(engine, _pages(list(changed.values())), making)
        after = await making.planned(list(changed))
        differences = [Difference(before.get(id), one) for id, one in after.items() if not _same(before.get(id), one)]
        if not differences:
            return Approved(plan=plan, cursor=cursor)
        recorded.cursor = cursor
        made = await follow_up(engine, recorded, making, plan)
    (head,) = await plans.found(engine.pool, engine.id, made.plan)
    return Approved(plan=head, cursor=cursor, differences=tuple(differences))


def _same(was: Prediction | None, becomes: Prediction) -> bool:
    if was is not None and (was.outcome, becomes.outcome) == (Result.CREATED, Result.UNCHANGED):
        return True  # an earlier life of this very run has made it
    return was is not None and (was.outcome, was.reason, was.fingerprint) == (
        becomes.outcome, becomes.reason, becomes.fingerprint,
    )  # fmt: skip


async def carry_out(engine: Engine, approved: Approved) -> Report:
    """Every record of the plan to its outcome, and no other. Raises what ends a run.

    Deltas begin where the first life of it began: what an earlier one has migrated may have changed before this one.
    """
    first = await runs.checkpoint(engine.pool, engine.id) is None
    cursor = approved.cursor
    if first and cursor is not None:
        cursor = await runs.first_began(engine.pool, engine.id, cursor)

    async def pages(_: Cursor | None) -> AsyncIterator[Page]:
        async for ids in plans.ids(engine.pool, approved.plan.id, PAGE):
            yield Page(tuple(map(Ref, ids)))
        yield Page((), cursor=cursor)

    return await run(engine, "migrate", pages, checkpoint=first, plan=approved.plan.id)


async def _pages(refs: Sequence[Ref]) -> AsyncIterator[Page]:
    """With their versions: by these it is told whether a ticket changed after it was made."""
    for start in range(0, len(refs), PAGE):
        yield Page(tuple(refs[start : start + PAGE]))


def report_of(plan: Head) -> PlanReport:
    """Its report, as it was made."""
    return msgspec.json.decode(plan.report, type=PlanReport)
