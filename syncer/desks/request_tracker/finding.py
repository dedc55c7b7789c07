"""Finds what a lost answer left behind: by its marker, and among each ticket made since."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import structlog

from syncer.deskkit.contract import Newer
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
        hits: dict[Key, set[int]] = {key: set() for key in keys}
        for start in range(0, len(keys), AT_ONCE):
            condition = wire_out.with_marker(keys[start : start + AT_ONCE], self._config.marker_field)
            for row in await self._calls.whole(TICKETS, {"query": condition, **FIELDS}):
                self._note(hits, row)
        if newer is not None and not all(hits.values()):
            async for row in self._since(newer):
                self._note(hits, row)
        return {key: _lowest(key, ids) for key, ids in hits.items() if ids}

    async def _since(self, newer: Newer) -> AsyncIterator[Row]:
        since = int(newer.since)
        newest = await self._calls.newest(TICKETS, f"id > {since}")
        async for row in flat(self._calls.after(TICKETS, "", FIELDS, since, newest)):
            if wire.ident(row) not in newer.known:
                yield row

    def _note(self, hits: dict[Key, set[int]], row: Row) -> None:
        for key in wire_out.markers(row, self._config.marker_field):
            if key in hits and (id := wire.ident(row)) is not None:
                hits[key].add(int(id))


def _lowest(key: Key, ids: set[int]) -> TicketId:
    ordered = sorted(ids)
    if len(ordered) > 1:
        log.warning("several_tickets_with_one_marker", key=key, kept=ordered[0], others=ordered[1:])
    return TicketId(str(ordered[0]))
