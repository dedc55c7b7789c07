"""Finds what a lost answer left behind: by the marker, among the newest issues, by each id since.

Redmine's lists are its database: what is made is listed at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import structlog

from syncer.deskkit.contract import Newer
from syncer.deskkit.marked import Hits
from syncer.desks.redmine import wire_out
from syncer.desks.redmine.calls import Calls, NotAllowed, Row
from syncer.desks.redmine.catalogue import Catalogue
from syncer.desks.redmine.config import RedmineConfig
from syncer.errors import Fatal, NotFound
from syncer.model.ids import Key, TicketId

MOST_PROBES = 20_000
AT_ONCE = 20
"""So many markers are asked for in one filter."""
log = structlog.get_logger()


class Finding:
    """Says that an issue is absent only when every answer could be read, and was ours to read."""

    def __init__(self, config: RedmineConfig, calls: Calls, catalogue: Catalogue) -> None:
        self._config = config
        self._calls = calls
        self._catalogue = catalogue
        self._asks = True

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """The lowest id for each marker that is there."""
        field = await self._catalogue.marker()
        hits = Hits(keys)
        if self._asks:
            self._note(hits, await self._asked(keys, field), field)
        if not hits.all_found:
            listed: set[int] = set()
            async for rows in self._newest(newer):
                listed |= {int(row["id"]) for row in rows}
                self._note(hits, rows, field)
            if newer is not None and not hits.all_found:
                async for row in self._since(newer, listed):
                    self._note(hits, [row], field)
        if not hits.all_found:
            await self._calls.access.confirm()  # a stranger sees nothing, which says nothing
        return hits.found()

    @staticmethod
    def _note(hits: Hits, rows: Sequence[Row], field: str | None) -> None:
        for row in rows:
            hits.note(row["id"], wire_out.markers(row, field))

    async def _asked(self, keys: Sequence[Key], field: str | None) -> list[Row]:
        """Rows of a filter for the markers, to be checked. One that is ignored gives everything, and is not used
        again."""
        found: list[Row] = []
        step = 1 if field is None else AT_ONCE
        for start in range(0, len(keys), step):
            asked = keys[start : start + step]
            told = ("subject", f"~[{asked[0]}]") if field is None else (f"cf_{field}", "|".join(asked))
            rows = (await self._calls.issues(("sort", "id"), told, scoped=False)).rows
            found += rows
            if field is not None and any(wire_out.held_marker(row, field) not in asked for row in rows):
                log.warning("marker_not_filtered", desk=self._config.name, field=field)
                self._asks = False
                break
        return found

    async def _newest(self, newer: Newer | None) -> AsyncIterator[list[Row]]:
        """Pages of the newest issues, as many as are configured; with `newer` all since."""
        below: int | None = None
        pages = 0
        while True:
            page = await self._calls.newest(below)
            yield page.rows
            pages += 1
            if page.is_last:
                return
            lowest = min(int(row["id"]) for row in page.rows)
            if pages >= self._config.find_pages and (newer is None or lowest <= int(newer.since)):
                return
            below = lowest - 1

    async def _since(self, newer: Newer, listed: set[int]) -> AsyncIterator[Row]:
        """Each issue since that was not listed, by its id, until so many in a row are unknown."""
        misses, probes, id = 0, 0, int(newer.since)
        while misses < self._config.probe_misses:
            id += 1
            if id in listed or TicketId(str(id)) in newer.known:
                misses = 0
                continue
            probes += 1
            if probes > MOST_PROBES:
                raise Fatal(
                    f"{self._config.name}: over {MOST_PROBES} issues since {newer.since}",
                    hint="Look for the markers on the desk by hand: syncer cannot tell whether they are there.",
                )
            try:
                row = await self._calls.issue(TicketId(str(id)))
            except NotFound:
                misses += 1
                continue
            except NotAllowed:  # it is there, and in a project that is none of ours
                misses = 0
                continue
            misses = 0
            yield row
