"""Finds what a lost answer left behind: by its marker, and among each ticket made since."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import structlog

from syncer.deskkit.contract import Newer
from syncer.deskkit.marked import Hits
from syncer.desks.request_tracker import wire, wire_out
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.listing import TICKETS
from syncer.desks.request_tracker.reading import flat
from syncer.desks.request_tracker.wire import Row
from syncer.model.ids import Key, TicketId

AT_ONCE = 20
FIELDS = {"fields": "Subject,CustomFields"}
log = structlog.get_logger()


class Finding:
    """Looks in what RT has written down: a search knows of a ticket as soon as it is there."""

    def __init__(self, config: RequestTrackerConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """The lowest id for each marker that is there. Each hit is compared with what was asked."""
        hits = Hits(keys)
        for start in range(0, len(keys), AT_ONCE):
            condition = wire_out.with_marker(keys[start : start + AT_ONCE], self._config.marker_field)
            for row in await self._calls.whole(TICKETS, {"query": condition, **FIELDS}):
                self._note(hits, row)
        if newer is not None and not hits.all_found:
            async for row in self._since(newer):
                self._note(hits, row)
        return hits.found()

    async def _since(self, newer: Newer) -> AsyncIterator[Row]:
        since = int(newer.since)
        newest = await self._calls.newest(TICKETS, f"id > {since}")
        async for row in flat(self._calls.after(TICKETS, "", FIELDS, since, newest)):
            if wire.ident(row) not in newer.known:
                yield row

    def _note(self, hits: Hits, row: Row) -> None:
        if (id := wire.ident(row)) is not None:
            hits.note(id, wire_out.markers(row, self._config.marker_field))
