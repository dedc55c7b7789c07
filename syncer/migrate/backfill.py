"""The history, from nothing to the first checkpoint; run again, it goes on or finds nothing to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence

from syncer.deskkit.contract import Page, TellsValues
from syncer.deskkit.paging import SeenIds
from syncer.errors import Brake, Rejected
from syncer.migrate.engine import Engine, Report, preview, run
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import EffectState
from syncer.pipeline.tally import Tally
from syncer.store import effects, runs

FEW = 10
"""Below so many migrated tickets nothing can be said about a shrunken source."""


async def backfill(engine: Engine) -> Report:
    """Every ticket of the source that is not over yet. The first one through sets the checkpoint of deltas."""
    await _not_shrunken(engine)
    first = await runs.checkpoint(engine.pool, engine.id) is None

    def pages(_: Cursor | None) -> AsyncIterator[Page]:
        return engine.source.scan()

    # A later backfill passes over what was migrated without looking for changes: it must not move the checkpoint.
    return await run(engine, "migrate", pages, checkpoint=first)


async def plan(engine: Engine) -> Tally:
    """What a backfill would do, without writing anything anywhere."""
    await _not_shrunken(engine)
    return await preview(engine, engine.source.scan())


async def meets(engine: Engine, values: Collection[tuple[str, str]]) -> bool:
    """Whether a ticket that is not over yet may hold one of these (kind, value id): the cheap part of a plan.

    True also where the source cannot tell: then only a plan knows.
    """
    source, wanted, seen = engine.source, frozenset(values), SeenIds()
    if not isinstance(source, TellsValues):
        return True

    async def holds(ids: Sequence[TicketId]) -> bool:
        rows = await source.values(ids)
        return any(pair in wanted for row in rows for pair in row.items())

    size = source.capabilities.fetch_batch
    async for page in source.scan():
        ids = seen.new(ref.id for ref in page.refs)
        links = await effects.links(engine.pool, engine.id, ids)
        ids = [id for id in ids if (link := links.get(id)) is None or link.state != EffectState.DONE]
        batches = [ids[start : start + size] for start in range(0, len(ids), size)]
        try:
            if any(await asyncio.gather(*map(holds, batches))):
                return True
        except Rejected:
            return True
    return False


async def _not_shrunken(engine: Engine) -> None:
    """Stop before the first write when the source shows far less than it did: emptied, or the account is blind."""
    done = (await effects.count(engine.pool, engine.id)).get("done", 0)
    needed = done * engine.config.shrink
    if done < FEW or not needed:
        return
    seen = SeenIds()
    async for page in engine.source.scan():
        for ref in page.refs:
            seen.add(ref.id)
        if len(seen) >= needed:
            return
    raise Brake(
        f"desk {engine.config.source} shows {len(seen)} tickets, but {done} were migrated from it before",
        hint="Was the view changed, or does the account see less now? If all is right, set brakes.shrink of the route.",
    )
