"""The tickets of a source by id, listed before anything is done about them; memory stays small."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from itertools import islice

from msgspec import Struct

from syncer.deskkit.contract import Page, Ref, TellsValues
from syncer.deskkit.paging import SeenIds
from syncer.errors import Interrupted, Rejected
from syncer.migrate.engine import Engine
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import EffectState
from syncer.pipeline.tally import Tally
from syncer.store import effects

PAGE = 2000


class Listing(Struct, kw_only=True):
    """What the first sweep of a scan saw, in the order of the ids; `rest` is that scan, which goes on after it."""

    ids: SeenIds
    rest: AsyncIterator[Page]
    begins: Cursor | None = None
    cursor: Cursor | None = None
    notes: list[str]

    async def pages(self) -> AsyncIterator[Page]:
        """The whole scan: what was seen is told at once, the rest is swept while tickets are already under way.

        May be asked again when it is through, and tells all of it then.
        """
        yield Page((), begins=self.begins)
        for note in self.notes:
            yield Page((), note=note)
        for ids in self.chunks():
            yield Page(tuple(Ref(id) for id in ids))
        async for page in self.rest:
            self.add(page)
            yield page
        yield Page((), cursor=self.cursor)

    def add(self, page: Page) -> None:
        """Remember a page of the scan."""
        for ref in page.refs:
            self.ids.add(ref.id)
        if page.note:
            self.notes.append(page.note)
        self.begins = page.begins or self.begins
        self.cursor = page.cursor or self.cursor

    def chunks(self) -> Iterator[list[TicketId]]:
        """The ids in lists of a size that suits the ledger."""
        ids = iter(self.ids)
        while chunk := [TicketId(id) for id in islice(ids, PAGE)]:
            yield chunk


async def listed(engine: Engine) -> Listing:
    """Scan the source until all was seen once. Raises what a scan raises, Interrupted when asked to stop."""
    listing, tally = Listing(ids=SeenIds(), rest=engine.source.scan(), notes=[]), Tally()
    async for page in listing.rest:
        _go_on(engine)
        listing.add(page)
        tally.doing = f"listing {engine.config.source}, {len(listing.ids):,} tickets so far"
        engine.watch(tally, None)
        if page.swept:
            break
    return listing


async def meets(engine: Engine, listing: Listing, values: Collection[tuple[str, str]]) -> bool:
    """Whether a ticket that is not over yet may hold one of these (kind, value id): the cheap part of a plan.

    True also where the source cannot tell: then only a plan knows.
    """
    source, wanted, tally, looked = engine.source, frozenset(values), Tally(), 0
    if not isinstance(source, TellsValues):
        return True

    async def holds(ids: Sequence[TicketId]) -> bool:
        rows = await source.values(ids)
        return any(pair in wanted for row in rows for pair in row.items())

    size = engine.source.capabilities.fetch_batch
    for chunk in listing.chunks():
        _go_on(engine)
        tally.doing = f"looking for values without a decision, {looked:,} of {len(listing.ids):,} tickets"
        engine.watch(tally, None)
        looked += len(chunk)
        links = await effects.links(engine.pool, engine.id, chunk)
        ids = [id for id in chunk if (link := links.get(id)) is None or link.state != EffectState.DONE]
        batches = [ids[start : start + size] for start in range(0, len(ids), size)]
        try:
            if any(await asyncio.gather(*map(holds, batches))):
                return True
        except Rejected:
            return True
    return False


def _go_on(engine: Engine) -> None:
    if engine.stop.is_set():
        raise Interrupted("stopped on request", hint="This run has written nothing yet. The same command begins anew.")
