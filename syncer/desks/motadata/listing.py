"""Every request there is, though pages shift, caps are unknown and no order is promised (contract 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import islice, pairwise

from syncer.deskkit.contract import Page, Ref
from syncer.deskkit.paging import SeenIds, sweep_until_quiet
from syncer.desks.motadata import wire
from syncer.desks.motadata.calls import BY_UPDATE, Calls, NotAllowed, Row, Unclear
from syncer.desks.motadata.config import MotadataConfig
from syncer.errors import ConfigError
from syncer.model.ids import Cursor, TicketId


class Listing:
    """Walks the whole list: the desk has no documented way to ask for what changed (mode F)."""

    def __init__(self, config: MotadataConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls
        self.missing = 0
        """How many more requests the desk counted in the last walk than it showed."""

    async def rows(self) -> AsyncIterator[list[Row] | None]:
        """Each request once; None at the end of a sweep. Sweeps until one brings nothing new, and then looks at what
        is counted and not shown."""
        known, total = SeenIds(), 0
        by_id: dict[TicketId, Row] = {}

        async def read_at(offset: int) -> list[TicketId]:
            nonlocal total
            page = await self._calls.requests(offset)
            total = page.total or 0
            by_id.clear()
            by_id.update((id, row) for row in page.rows if (id := wire.ident(row)) is not None)
            return list(by_id)

        async for ids in sweep_until_quiet(read_at):
            known.new(ids)
            yield [by_id[id] for id in ids] or None
        if len(known) < total and (found := await self._in_gaps(known)):
            known.new(id for row in found if (id := wire.ident(row)) is not None)
            yield found
        self.missing = max(0, total - len(known))

    async def scan(self) -> AsyncIterator[Page]:
        """Refs of all requests; the cursor is what was newest before the walk."""
        start = Cursor(str(await self.newest()))
        yield Page((), begins=start)
        async for rows in self.rows():
            yield Page((), swept=True) if rows is None else Page(tuple(map(ref, rows)))
        yield Page((), cursor=start, note=self._note())

    def _note(self) -> str | None:
        if not self.missing:
            return None
        return f"{self._config.name} counts {self.missing} more requests than it shows: may the API user see all?"

    async def changed(self, since: Cursor) -> AsyncIterator[Page]:
        """Refs of what was updated since the cursor, less the overlap: all are walked, and compared here."""
        until = int(since) - 60_000 * self._config.overlap_minutes
        # Asked before the walk: what changes behind its back has a younger time, and must not be older than the cursor.
        start = max(int(since), await self.newest())
        async for rows in self.rows():
            if found := [row for row in rows or () if not wire.updated(row) or wire.updated(row) >= until]:
                yield Page(tuple(map(ref, found)))
        yield Page((), cursor=Cursor(str(start)))

    async def newest(self) -> int:
        """The largest update time on the first and the last page: the server's clock, surely not after now."""
        first = await self._calls.requests(0)
        pages = [first]
        if first.total is not None and first.total > len(first.rows):
            pages.append(await self._calls.requests(first.total - len(first.rows)))
        with suppress(ConfigError):  # who cannot sort so, need not
            pages.append(await self._calls.requests(0, BY_UPDATE))
        return max((wire.updated(row) for page in pages for row in page.rows), default=0)

    async def _in_gaps(self, known: SeenIds) -> list[Row]:
        """Requests that are counted and not shown, by the ids that are missing (4.2). A miss may come in any form."""
        ids = sorted(map(int, known))
        missing = (id for low, high in pairwise(ids) for id in range(low + 1, high))
        found = []
        for id in islice(missing, self._config.probe_gaps):
            try:
                row = await self._calls.glance(TicketId(str(id)))
            except (Unclear, NotAllowed):
                continue
            if row is not None:
                found.append(row)
        return found


def ref(row: Row) -> Ref:
    """A row as the engine knows tickets."""
    return Ref(wire.ident(row) or TicketId(""), wire.version(row) or None)
