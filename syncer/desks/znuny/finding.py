"""Finds what a lost answer left behind: by the marker in its field, or each newer ticket by its id."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import structlog

from syncer.deskkit.contract import Newer
from syncer.deskkit.marked import Hits
from syncer.desks.znuny import wire
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.wire import Row
from syncer.errors import ConfigError, Fatal, Rejected
from syncer.model.ids import Key, TicketId

MOST_HITS = 50
BLOCK = 20
MOST_PROBES = 20_000
log = structlog.get_logger()


class Finding:
    """Says that a ticket is absent only when every answer could be read."""

    def __init__(self, config: ZnunyConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """The lowest id for each marker that is there."""
        hits = Hits(keys)
        for rows in await asyncio.gather(*map(self._asked, keys)):
            self._note(hits, rows)
        if newer is not None and not hits.all_found:
            async for rows in self._since(newer):
                self._note(hits, rows)
        return hits.found()

    def _note(self, hits: Hits, rows: dict[TicketId, Row]) -> None:
        for id, row in rows.items():
            hits.note(id, wire.markers(row, self._config.marker_field))

    async def _asked(self, key: Key) -> dict[TicketId, Row]:
        """Tickets of a search for the marker. Raises ConfigError where the server looked for something else."""
        field = self._config.marker_field
        condition = {"Title": f"*[{key}]*"} if field is None else {f"DynamicField_{field}": {"Equals": key}}
        ids = await self._calls.search(**condition, SortBy="Age", OrderBy="Up", Limit=MOST_HITS)
        rows = await self._calls.rows(ids)
        if field is not None and any(not _is_like(row, field, key) for row in rows.values()):
            raise ConfigError(
                f"{self._config.name}: a search for {key!r} in the dynamic field {field!r} shows tickets without it",
                hint="Is there an active dynamic field of this name for tickets? See marker_field.",
            )
        return rows

    async def _since(self, newer: Newer) -> AsyncIterator[dict[TicketId, Row]]:
        """Each ticket since, by its id, until so many in a row are not to be seen: needs no index."""
        misses, probes, after = 0, 0, int(newer.since)
        while misses < self._config.probe_misses:
            ids = [TicketId(str(id)) for id in range(after + 1, after + 1 + BLOCK)]
            after += BLOCK
            unknown = [id for id in ids if id not in newer.known]
            probes += len(unknown)
            if probes > MOST_PROBES:
                raise Fatal(f"{self._config.name}: over {MOST_PROBES} tickets since {newer.since}: look by hand")
            found = await self._calls.rows(unknown)
            misses = 0 if found or len(unknown) < len(ids) else misses + len(ids)
            yield found
        if not await self._calls.rows([newer.since]):
            # Then it was no absence that was seen, but an account that may not see.
            raise Rejected(f"{self._config.name}: ticket {newer.since} is not to be seen any more", reason="refused")


def _is_like(row: Row, field: str, key: Key) -> bool:
    """Whether a ticket has the marker in its field, for a search that may not mind capitals."""
    return any(value.casefold() == key.casefold() for value in wire.markers(row, field))
