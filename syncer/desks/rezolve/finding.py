"""Finds what a lost answer left behind: by its marker, among all tickets created since the attempt (contract 5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from syncer.deskkit.contract import Newer
from syncer.desks.rezolve.calls import Calls, MissingRole, NotForUs
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.lag import looks
from syncer.desks.rezolve.places import Places, Proof, Rank, Slip, slip
from syncer.desks.rezolve.view import View, Walk
from syncer.errors import NotFound, Rejected
from syncer.model.ids import Key, TicketId

MOST_HITS = 20
BETWEEN = 0.5
"""Seconds between two looks at a list that shows nothing."""
KEPT = 1000
"""Attempts whose time is remembered although they went well: the first tickets are looked for to measure the lag."""
SEE_ALL = "Give the account a role that sees all tickets (ticket_admin); then look on the desk for the marker by hand."
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
        places: Callable[[], Awaitable[Places]],
        count: Callable[[], Awaitable[int | None]],
    ) -> None:
        self._config = config
        self._calls = calls
        self._view = view
        self._places = places
        self._count = count
        self._overlap = timedelta(seconds=max(config.recovery_minutes * 60, 2 * config.settle))
        self._lock = asyncio.Lock()
        self._began: dict[Key, datetime] = {}
        self._seen: dict[Key, list[tuple[Rank, TicketId]]] = {}
        self._looked: set[str] = set()
        self._unread: set[str] = set()
        """Tickets that the list shows and that are not there, as of this look."""
        self._hidden: tuple[str, str] | None = None
        self._proof = Proof()
        self._from: datetime | None = None
        self._to: datetime | None = None

    def begun(self, key: Key) -> None:
        """An attempt is about to leave."""
        self._began.setdefault(key, min(self._calls.now(), datetime.now(UTC)))

    def over(self, key: Key) -> None:
        """It is known what became of it."""
        if len(self._began) > KEPT:
            self._began.pop(key, None)

    def hides(self, why: str, hint: str) -> None:
        """A ticket that the desk said it made is not shown, or its marker is not: nothing is absent from now on."""
        self._hidden = why, hint

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """The lowest ticket for each marker that is there; one that is left out is surely not.

        Raises Rejected when the list cannot tell: it never showed a ticket, or not all it shows can be read. What
        ends a pass comes through, also ConfigError where no type lists tickets.
        """
        async with self._lock:
            self._unread.clear()
            await self._is_empty_or_shown()
            places = await self._places()
            found = {key: id for key in keys if (id := await self._searched(key, places)) is not None}
            missing = [key for key in keys if key not in found]
            if missing:
                await self._scan(await self._start(missing, newer), places)
                found |= {key: self._lowest(key) for key in missing if key in self._seen}
            if len(found) < len(keys):
                self._nothing_is_hidden()
            return found

    def _nothing_is_hidden(self) -> None:
        if self._hidden:
            why, hint = self._hidden
            raise Rejected(f"{self._config.name}: {why}", reason="not_listed", hint=hint)
        if self._unread:
            some = ", ".join(sorted(self._unread)[:5])
            text = f"{self._config.name}: its list shows {some}, and reading gives 404: each may be what is looked for"
            raise Rejected(text, reason="not_listed", hint=SEE_ALL)

    async def _is_empty_or_shown(self) -> None:
        """A list that never showed a ticket proves nothing, but where the desk counts none."""
        until = time.monotonic() + self._config.list_lag
        while not (await self._view.probe()).sure and (count := await self._count()) != 0:
            if time.monotonic() > until:
                told = "does not tell how many there are" if count is None else f"counts {count}"
                text = f"{self._config.name}: its list has never shown a ticket, and the desk {told}"
                raise Rejected(text, reason="not_listed", hint=SEE_ALL)
            await asyncio.sleep(BETWEEN)

    async def _searched(self, key: Key, places: Places) -> TicketId | None:
        """By the full-text search, which is quick where it hits; that it does not hit proves nothing."""
        rows = await self._view.rows("createdAt", None, search=key)
        await self._see([slip(row, places) for row in rows[:MOST_HITS] if not row.deleted], places)
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

    async def _scan(self, start: datetime, places: Places) -> None:
        known = self._from is not None and self._to is not None and self._from <= start
        begin = max(start, self._to - self._overlap) if known and self._to is not None else start
        walk, slips = Walk(), dict[str, Slip]()
        async for rows in self._view.since("createdAt", begin, walk):
            slips.update((row.id, slip(row, places)) for row in rows if not row.deleted)
        await self._see(slips.values(), places)
        # Only now: of a walk that broke off, and of tickets that were not there, nobody knows what was missed.
        if self._unread:
            return
        if not known:
            self._from = start
        if walk.top is not None:
            self._to = max(walk.top, self._to or walk.top)

    async def _see(self, slips: Iterable[Slip], places: Places) -> None:
        """Remember the marker of each row, and read the ticket itself where its row is not known to tell it; the
        longest first, for what is seen of them holds for the shorter ones."""
        left = sorted(slips, key=lambda one: one.length, reverse=True)
        async for _ in looks(self._config.list_lag):
            left = [one for one in left if not await self._told(one, places)]
            if not left:
                break
        # What is listed and not there is no proof of anything, unless it says that it lives on under another number.
        self._unread.update(one.id for one in left if not one.away)

    async def _told(self, row: Slip, places: Places) -> bool:
        """Whether the marker of a row is known now, or that it has none; False where its ticket is not there (yet)."""
        if row.id in self._looked:
            return True
        if self._proof.covers(row):
            self._hit(row)
            return True
        try:
            whole = await self._calls.ticket(row.id)
        except (NotFound, NotForUs, MissingRole) as e:
            if row.sure:
                self._hit(row)
            elif not isinstance(e, NotFound):
                raise
            return row.sure
        self._looked.add(row.id)
        ticket = slip(whole, places)
        if not whole.deleted:
            self._hit(ticket)
        self._proof.learn(row, ticket)
        return True

    def _hit(self, ticket: Slip) -> None:
        if ticket.key is None:
            return
        hit, hits = (ticket.rank, TicketId(ticket.id)), self._seen.setdefault(ticket.key, [])
        if hit[1] not in [id for _, id in hits]:
            hits.append(hit)

    def _lowest(self, key: Key) -> TicketId:
        ids = [id for _, id in sorted(self._seen[key])]
        if len(ids) > 1:
            log.warning("several_tickets_with_one_marker", key=key, kept=ids[0], others=ids[1:])
        return ids[0]
