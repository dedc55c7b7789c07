"""Every ticket there is, and what changed, by time: a search has a limit, and no pages (contract, finding changes)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal
from zoneinfo import ZoneInfo

import structlog

from syncer.deskkit.contract import Page, Ref
from syncer.desks.znuny import times, wire
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.wire import Row
from syncer.errors import Fatal
from syncer.model.ids import Cursor, TicketId

By = Literal["Created", "Changed"]
_SINCE: dict[By, str] = {"Created": "TicketCreateTimeNewerDate", "Changed": "TicketLastChangeTimeNewerDate"}
_SORT: dict[By, str] = {"Created": "Age", "Changed": "Changed"}
Rows = dict[TicketId, Row | None]
"""Tickets of one search, in its order; None for one that can be found and not be seen."""
log = structlog.get_logger()


class Listing:
    """Walks up the times. All of them are the server's own, compared as it writes them."""

    def __init__(self, config: ZnunyConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls
        self._zone = ZoneInfo(config.timezone)

    async def newest(self) -> Row | None:
        """The ticket that changed last; None where none is to be seen."""
        ids = await self._calls.search(SortBy="Changed", OrderBy="Down", Limit=1)
        rows = await self._calls.rows(ids[:1])
        return next(iter(rows.values()), None)

    async def scan(self) -> AsyncIterator[Page]:
        """Refs of all tickets, by when they were made, which nothing moves; the cursor is what was newest before."""
        newest = await self.newest()
        start = Cursor(times.wall(newest.get("Changed")) if newest else times.FIRST)
        yield Page((), begins=start)
        seen = False
        async for rows in self.walk("Created", times.FIRST):
            seen = True
            yield Page(tuple(map(_ref, rows, rows.values())))
        none = f"{self._config.name} shows no ticket: may the account see any (ro on their queues)?"
        yield Page((), cursor=start, note=None if seen else none)

    async def changed(self, since: Cursor) -> AsyncIterator[Page]:
        """Refs of what changed since the cursor, less the overlap."""
        begin = times.before(since, self._config.overlap_minutes, self._zone)
        newest = await self.newest()
        start = times.wall(newest.get("Changed")) if newest else ""
        shown = False
        async for rows in self.walk("Changed", begin, until=start):
            shown = True
            # Whoever ignores the condition shows all: those that changed before are left out here.
            found = {id: row for id, row in rows.items() if row is None or _at(row, "Changed") >= begin}
            yield Page(tuple(map(_ref, found, found.values())))
        if not shown and start >= begin and start:
            raise Fatal(
                f"{self._config.name}: a ticket changed at {start}, and a search since {begin} shows none",
                hint="Does this server take the condition TicketLastChangeTimeNewerDate?",
            )
        yield Page((), cursor=Cursor(max(since, start)))

    async def walk(self, by: By, since: str, until: str | None = None) -> AsyncIterator[Rows]:
        """Tickets from a time on, oldest first, each search from the time that the one before came to.

        A ticket that changes meanwhile moves to the end: so no search begins at a time from `until` on, which was
        before this walk. A second that holds more than one search asks for a longer one.
        """
        at, limit = since, self._config.page_size
        while True:
            ids = await self._calls.search(**{_SINCE[by]: at}, SortBy=_SORT[by], OrderBy="Up", Limit=limit)
            if not ids:
                return
            known = await self._calls.rows(ids)
            yield {id: known.get(id) for id in ids}
            settled = [_at(row, by) for row in known.values() if until is None or _at(row, by) < until]
            # Who sorts otherwise than asked has not come to any time yet.
            came_to = settled[-1] if settled and settled == sorted(settled) else ""
            if came_to > at:
                at, limit = came_to, self._config.page_size
            elif len(ids) < limit:
                return
            else:
                limit *= 2
                log.info("longer_search", desk=self._config.name, since=at, limit=limit)


def _at(row: Row, by: By) -> str:
    return times.wall(row.get(by))


def _ref(id: TicketId, row: Row | None) -> Ref:
    return Ref(id, wire.version(row) if row is not None else None)
