"""The history, from nothing to the first checkpoint; run again, it goes on or finds nothing to do."""

from __future__ import annotations

from collections.abc import AsyncIterator

from syncer.deskkit.contract import Page
from syncer.deskkit.paging import SeenIds
from syncer.errors import Brake
from syncer.migrate.engine import Engine, Report, preview, run
from syncer.model.ids import Cursor
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
