"""The history, from nothing to the first checkpoint; run again, it goes on or finds nothing to do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from syncer.deskkit.contract import Page
from syncer.errors import Brake
from syncer.migrate.claimed import unclaimed
from syncer.migrate.engine import Engine, Report, run
from syncer.migrate.listing import Listing, listed
from syncer.model.ids import Cursor
from syncer.store import effects, runs

FEW = 10
"""Below so many migrated tickets nothing can be said about a shrunken source."""


async def backfill(engine: Engine, listing: Listing | None = None) -> Report:
    """Every ticket of the source that is not over yet, of the listing if there is one already.

    The first one through sets the checkpoint of deltas. Raises Brake before the first write.
    """
    listing = await _unshrunken(engine, listing)
    first = await runs.checkpoint(engine.pool, engine.id) is None

    def pages(_: Cursor | None) -> AsyncIterator[Page]:
        pages = unclaimed(engine, _told(engine, _pages(engine, listing)))
        return _from_the_beginning(engine, pages) if first else pages

    # A later backfill passes over what was migrated without looking for changes: it must not move the checkpoint.
    return await run(engine, "migrate", pages, checkpoint=first)


async def population(engine: Engine, listing: Listing | None = None) -> AsyncIterator[Page]:
    """What a backfill would carry over, for a plan of it. Raises Brake."""
    return unclaimed(engine, _told(engine, _pages(engine, await _unshrunken(engine, listing))))


async def _from_the_beginning(engine: Engine, pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """With the cursor of the first sweep there was: lives that were cut short count as one sweep that took long."""
    began: Cursor | None = None
    async for page in pages:
        if page.begins is not None:
            began = await runs.first_began(engine.pool, engine.id, page.begins)
        yield page if page.cursor is None else msgspec.structs.replace(page, cursor=began or page.cursor)


def _pages(engine: Engine, listing: Listing | None) -> AsyncIterator[Page]:
    """Without a listing the source is scanned while tickets are already under way."""
    return engine.source.scan() if listing is None else listing.pages()


async def _told(engine: Engine, pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """With a note where there was no ticket at all: a run that did nothing must not look like one that is through."""
    seen = False
    async for page in pages:
        seen = seen or bool(page.refs)
        yield page
    if not seen:
        yield Page(
            (), note=f"{engine.config.source} showed no ticket at all: is it empty, or may the account see none?"
        )


async def _unshrunken(engine: Engine, listing: Listing | None) -> Listing | None:
    """Stop before the first write when the source shows far less than it did: emptied, or the account is blind."""
    done = (await effects.count(engine.pool, engine.id)).get("done", 0)
    needed = done * engine.config.shrink
    if done < FEW or not needed:
        return listing
    if listing is None:
        listing = await listed(engine)
    if len(listing.ids) < needed:
        raise Brake(
            f"desk {engine.config.source} shows {len(listing.ids)} tickets, but {done} were migrated from it before",
            hint="Was the view changed, or does the account see less now?"
            " If all is right, set brakes.shrink of the route.",
        )
    return listing
