"""Finds what a lost answer left behind: among the newest requests, by a condition, by each newer id (contract 5)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import structlog

from syncer.deskkit.contract import Newer
from syncer.deskkit.marked import Hits
from syncer.desks.motadata import wire, wire_out
from syncer.desks.motadata.calls import Calls, Row, Unclear
from syncer.desks.motadata.config import MotadataConfig
from syncer.errors import ConfigError, Fatal, Rejected, Retryable
from syncer.model.ids import Key, TicketId

MOST_PROBES = 20_000
OVERLAP = 10
NEWEST_FIRST, UNSEEN, OLDEST_FIRST = -1, 0, 1
log = structlog.get_logger()


class Finding:
    """Says that a request is absent only when every answer could be read."""

    def __init__(self, config: MotadataConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls
        self._asks = config.marker_search

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """The lowest id for each marker that is there."""
        hits = Hits(keys)
        if self._asks:
            for key in keys:
                self._note(hits, await self._asked(key))
        if not hits.all_found:
            async for rows in self._listed(newer):
                self._note(hits, rows)
        if newer is not None and not hits.all_found:
            async for row in self._since(newer):
                self._note(hits, [row])
        return hits.found()

    def _note(self, hits: Hits, rows: Sequence[Row]) -> None:
        for row in rows:
            if (id := wire.ident(row)) is not None:
                hits.note(id, wire_out.markers(row, self._config.marker_field))

    async def _asked(self, key: Key) -> list[Row]:
        """Rows of a search for the marker, to be checked; a condition this server does not take is not used again."""
        body = wire_out.with_marker(key, self._config.marker_field, self._config.operator_style)
        try:
            return (await self._calls.requests(0, body=body)).rows
        except (Rejected, Retryable, ConfigError) as e:
            log.warning("marker_not_searched", desk=self._config.name, error=e.message)
            self._asks = False
            return []

    async def _listed(self, newer: Newer | None) -> AsyncIterator[list[Row]]:
        """Pages of requests: the newest few where the list has a direction that can be seen, else all (4.1)."""
        first = await self._calls.requests(0)
        way = _direction(first.rows)
        if way == OLDEST_FIRST and first.total is not None:
            pages = self._backward(first.total, len(first.rows))
        else:
            pages = self._onward(first.rows)
        count = 0
        async for rows in pages:
            yield rows
            count += 1
            seen = way != UNSEEN and (way == NEWEST_FIRST or first.total is not None)
            if seen and (count >= self._config.find_pages or _all_before(rows, newer)):
                return

    async def _backward(self, total: int, size: int) -> AsyncIterator[list[Row]]:
        """From the end of a list with the oldest first; that end moves on while we look."""
        offset = at = max(0, total - size)
        while rows := (await self._calls.requests(at)).rows:
            yield rows
            at += len(rows)
        while offset > 0:
            offset = max(0, offset - max(1, size - min(OVERLAP, size // 2)))
            yield (await self._calls.requests(offset)).rows

    async def _onward(self, rows: list[Row]) -> AsyncIterator[list[Row]]:
        offset, known = 0, set[TicketId]()
        while rows:
            ids = {id for row in rows if (id := wire.ident(row)) is not None}
            if ids <= known:
                return
            known |= ids
            yield rows
            offset += max(1, len(rows) - min(OVERLAP, len(rows) // 2))
            rows = (await self._calls.requests(offset)).rows

    async def _since(self, newer: Newer) -> AsyncIterator[Row]:
        """Each request since, by its id, until so many in a row are unknown: needs no list and no index."""
        misses, probes, id = 0, 0, int(newer.since)
        while misses < self._config.probe_misses:
            id += 1
            if (one := TicketId(str(id))) in newer.known:
                misses = 0
                continue
            probes += 1
            if probes > MOST_PROBES:
                raise Fatal(f"{self._config.name}: over {MOST_PROBES} requests since {newer.since}: look by hand")
            row = await self._there(one, newer.since)
            misses = misses + 1 if row is None else 0
            if row is not None:
                yield row

    async def _there(self, id: TicketId, canary: TicketId) -> Row | None:
        """A request by its id. An unclear answer is a no only while one known to be there is shown (3.3)."""
        try:
            return await self._calls.glance(id)
        except Unclear:
            await self._calls.request(canary)
        try:
            return await self._calls.glance(id)
        except Unclear:
            return None


def _direction(rows: Sequence[Row]) -> int:
    """Which way a page is ordered by creation, where that can be told."""
    times = [at for row in rows if (at := wire.created(row))]
    if len(times) < 2 or times[0] == times[-1]:
        return UNSEEN
    way = OLDEST_FIRST if times[0] < times[-1] else NEWEST_FIRST
    steps = pairwise(times)
    return way if all((b - a) * way >= 0 for a, b in steps) else UNSEEN


def _all_before(rows: Sequence[Row], newer: Newer | None) -> bool:
    """Whether a page holds nothing that is newer: ids are given in order."""
    if newer is None:
        return False
    return all(int(id) <= int(newer.since) for row in rows if (id := wire.ident(row)) is not None)
