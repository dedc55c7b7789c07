"""Finds what a lost answer left behind: by its marker, among all tickets created since the attempt (contract 5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from syncer.deskkit.contract import Newer
from syncer.desks.rezolve import wire, wire_out
from syncer.desks.rezolve.calls import Calls
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.view import View, Walk
from syncer.errors import NotFound, Rejected
from syncer.model.ids import Key, TicketId

MOST_HITS = 20
BETWEEN = 0.5
"""Seconds between two looks at a list that shows nothing."""
KEPT = 1000
"""Attempts whose time is remembered although they went well: the first tickets are looked for to measure the lag."""
Rank = tuple[float, float, str]
log = structlog.get_logger()


class Finding:
    """Remembers when each attempt began, in the server's time, and what it saw: time that was scanned is not again.

    Says that a ticket is absent only when every look was answered, and by a list that has shown tickets.
    """

    def __init__(
        self,
        config: RezolveConfig,
        calls: Calls,
        view: View,
        places: Callable[[], Awaitable[Mapping[str, bool]]],
        count: Callable[[], Awaitable[int | None]],
    ) -> None:
        self._config = config
        self._calls = calls
        self._view = view
        self._places = places
        self._count = count
        self._overlap = timedelta(seconds=max(config.recovery_minutes * 60, 2 * (config.timeout + config.list_lag)))
        self._lock = asyncio.Lock()
        self._began: dict[Key, datetime] = {}
        self._seen: dict[Key, list[tuple[Rank, TicketId]]] = {}
        self._looked: set[str] = set()
        self._hidden = ""
        self._whole_rows = False
        """Whether a row of the list was seen to tell all fields of its ticket."""
        self._from: datetime | None = None
        self._to: datetime | None = None

    def begun(self, key: Key) -> None:
        """An attempt is about to leave."""
        self._began.setdefault(key, min(self._calls.now(), datetime.now(UTC)))

    def over(self, key: Key) -> None:
        """It is known what became of it."""
        if len(self._began) > KEPT:
            self._began.pop(key, None)

    def hides(self, id: str) -> None:
        """The desk said that it made this ticket, and does not show it: nothing is absent from now on."""
        self._hidden = id

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """The lowest ticket for each marker that is there. Raises Rejected when the list cannot tell."""
        async with self._lock:
            await self._is_empty_or_shown()
            places = await self._places()
            found = {key: id for key in keys if (id := await self._searched(key, places)) is not None}
            missing = [key for key in keys if key not in found]
            if missing:
                await self._scan(await self._start(missing, newer), places)
                found |= {key: self._lowest(key) for key in missing if key in self._seen}
            if self._hidden and len(found) < len(keys):
                text = (
                    f"{self._config.name}: this account does not see all tickets it makes: {self._hidden} is not shown"
                )
                raise Rejected(text, reason="not_listed")
            return found

    async def _is_empty_or_shown(self) -> None:
        """A list that never showed a ticket proves nothing, but where the desk counts none."""
        until = time.monotonic() + self._config.list_lag
        while not (await self._view.probe()).sure and (count := await self._count()) != 0:
            if time.monotonic() > until:
                told = "does not tell how many there are" if count is None else f"counts {count}"
                text = f"{self._config.name}: its list has never shown a ticket, and the desk {told}"
                raise Rejected(text, reason="not_listed")
            await asyncio.sleep(BETWEEN)

    async def _searched(self, key: Key, places: Mapping[str, bool]) -> TicketId | None:
        """By the full-text search, which is quick where it hits; that it does not hit proves nothing."""
        rows = await self._view.rows("createdAt", None, search=key)
        for row in rows[:MOST_HITS]:
            if wire_out.marker(row.summary) in {None, key}:
                await self._see(row, places)
        return self._lowest(key) if key in self._seen else None

    async def _start(self, keys: Sequence[Key], newer: Newer | None) -> datetime:
        """How far back must be looked: to the oldest attempt, or where an earlier life made it, as far as told."""
        if all(key in self._began for key in keys):
            start = min(self._began[key] for key in keys)
        else:
            start = self._config.recovers()
            if newer is not None:
                try:
                    start = max(start, (await self._calls.ticket(newer.since)).created or start)
                except NotFound:
                    log.info("older_ticket_gone", ticket=newer.since)
        return max(start - self._overlap, self._config.recovers())

    async def _scan(self, start: datetime, places: Mapping[str, bool]) -> None:
        known = self._from is not None and self._to is not None and self._from <= start
        begin = max(start, self._to - self._overlap) if known and self._to is not None else start
        walk = Walk()
        async for rows in self._view.since("createdAt", begin, walk):
            for row in rows:
                await self._see(row, places)
        # Only now: of a walk that broke off nobody knows what it missed.
        if not known:
            self._from = start
        if walk.top is not None:
            self._to = max(walk.top, self._to or walk.top)

    async def _see(self, row: wire.Record, places: Mapping[str, bool]) -> None:
        """Remember the marker of a row; one that does not show its fields is read itself, once."""
        # A summary may end in brackets of its own: of a row without its fields it proves nothing.
        key = wire_out.marker_of(row, places) if row.data is not None else None
        if key is None and row.id not in self._looked and not (row.data is not None and self._whole_rows):
            try:
                whole = await self._calls.ticket(row.id)
            except NotFound:
                return  # it may only lag: it is looked at again
            self._looked.add(row.id)
            if row.data is not None and whole.etag == row.etag:
                fields = (whole.data or {}).keys() - wire.SYSTEM
                self._whole_rows = bool(fields) and fields <= row.data.keys()
            row, key = whole, wire_out.marker_of(whole, places)
        if key is None or row.deleted:
            return
        created = row.created.timestamp() if row.created else 0.0
        hit = (float("inf") if row.serial is None else row.serial, created, row.id), TicketId(row.id)
        hits = self._seen.setdefault(key, [])
        if hit[1] not in [id for _, id in hits]:
            hits.append(hit)

    def _lowest(self, key: Key) -> TicketId:
        ids = [id for _, id in sorted(self._seen[key])]
        if len(ids) > 1:
            log.warning("several_tickets_with_one_marker", key=key, kept=ids[0], others=ids[1:])
        return ids[0]
