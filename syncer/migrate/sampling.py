"""The few tickets that show most of what is odd about all of a plan; and a run of these alone."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

from msgspec import Struct

from syncer.deskkit.contract import Page, Ref
from syncer.mapping.cover import cover
from syncer.migrate.engine import Engine, Report, run
from syncer.model.ids import Cursor, TicketId
from syncer.pipeline.tally import Result
from syncer.store import plans
from syncer.store.plans import Head
from syncer.store.pool import Pool

BY_CHANCE = 7
"""The seed of the random sample beside it: the same plan shows the same figures."""


class Picked(Struct, frozen=True):
    """One of a sample, and in words what it shows that none before it does, the rarest first."""

    id: TicketId
    shows: tuple[str, ...]


class Sample(Struct, frozen=True, kw_only=True):
    """What was picked; of how many traits it shows how many, and how many as many tickets picked by chance show."""

    plan: str
    picked: tuple[Picked, ...]
    shown: int
    by_chance: int
    there: int


async def sample(pool: Pool, plan: Head, most: int) -> Sample:
    """Of the tickets that the plan would create."""
    async with pool.acquire() as conn, conn.transaction():
        names = await plans.trait_names(conn, plan.id)
        records = [
            (one.source_id, traits)
            async for one, traits in plans.records(conn, plan.id)
            if one.outcome == Result.CREATED
        ]
    found = cover(records, most)
    return Sample(
        plan=plan.hash,
        picked=tuple(Picked(one.id, tuple(names[trait] for trait in one.adds)) for one in found.chosen),
        shown=found.shown,
        by_chance=_by_chance(records, len(found.chosen)),
        there=found.there,
    )


def _by_chance(records: list[tuple[TicketId, list[int]]], most: int) -> int:
    picked = random.Random(BY_CHANCE).sample(records, min(most, len(records)))  # noqa: S311 - no secret
    return len({trait for _, traits in picked for trait in traits})


async def carry_out(engine: Engine, plan: Head, chosen: Sample) -> Report:
    """These tickets alone, as they were planned; the checkpoint stays where it is."""

    async def pages(_: Cursor | None) -> AsyncIterator[Page]:
        yield Page(tuple(Ref(one.id) for one in chosen.picked))

    return await run(engine, "sample", pages, checkpoint=False, plan=plan.id)
