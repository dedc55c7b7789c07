"""Every ticket by rising ids, and what changed by rising numbers of transactions: no clock and no zone is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice

from syncer.deskkit import blindness
from syncer.deskkit.contract import Page, Ref
from syncer.deskkit.paging import SeenIds
from syncer.desks.request_tracker import wire, wire_talk
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.newest import CHANGES, TRANSACTIONS, Newest
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.ids import Cursor, TicketId, Version

TICKETS = "/tickets"
SEE = "Give the API user the right ShowTicket, globally or on the queues, then: syncer check"


class Listing:
    """Walks that never skip: what comes in meanwhile has a higher number."""

    def __init__(self, config: RequestTrackerConfig, calls: Calls, newest: Newest) -> None:
        self._config = config
        self._calls = calls
        self._newest = newest

    async def scan(self) -> AsyncIterator[Page]:
        """Refs of all tickets; the cursor is the newest transaction before the walk."""
        start = await self._newest.look()
        yield Page((), begins=Cursor(str(start)))
        seen = SeenIds()
        newest = await self._calls.newest(TICKETS, "id > 0")
        async for rows in self._calls.after(TICKETS, "", {}, 0, newest):
            yield Page(tuple(Ref(id) for id in seen.new([wire.ident(row) or TicketId("") for row in rows])))
        none = None if len(seen) else await blindness.emptiness(self._config.name, self._calls.ticket, SEE)
        yield Page((), swept=True, note=none)
        last = await self._last(start)
        for some in _chunks(last, self._config.page_size):
            there = await self._listed(some)
            yield Page(tuple(Ref(id, Version(str(last[id]))) for id in some if id in there))
        yield Page((), cursor=Cursor(str(start)))

    async def changed(self, since: Cursor) -> AsyncIterator[Page]:
        """Refs of the tickets on which something happened since the cursor, less the overlap.

        One that is in no list any more is told when it vanished after the cursor: then it may have been read before.
        """
        if not since.isdigit():
            raise ConfigError(f"{self._config.name}: {since!r} is no number of a transaction", hint="Begin anew.")
        at = int(since)
        last = await self._last(max(0, at - self._config.overlap))
        for some in _chunks(last, self._config.page_size):
            there = await self._listed(some)
            refs = [id for id in some if id in there or (last[id] > at and await self._was_one(id))]
            yield Page(tuple(Ref(id, Version(str(last[id]))) for id in refs))
        yield Page((), cursor=Cursor(str(max(at, *last.values()) if last else at)))

    async def _last(self, since: int) -> dict[TicketId, int]:
        """The last transaction of each ticket that has one since; copies of mails are nothing that happened."""
        last: dict[TicketId, int] = {}
        until = await self._newest.look()
        fields = {"fields": wire_talk.MOVE_FIELDS}
        async for rows in self._calls.after(TRANSACTIONS, f" AND {CHANGES}", fields, since, until):
            for move in map(wire_talk.move, rows):
                if move.type not in wire_talk.MAILS:
                    last[TicketId(move.on)] = move.id
        return last

    async def _listed(self, ids: Sequence[TicketId]) -> set[TicketId]:
        """Those of these that are tickets: no reminders and approvals, none that is deleted or merged."""
        query = " OR ".join(f"id = {id}" for id in ids)
        rows = (await self._calls.listed(TICKETS, {"query": query})).rows
        return {id for row in rows if (id := wire.ident(row)) is not None}

    async def _was_one(self, id: TicketId) -> bool:
        try:
            return wire.is_ticket(await self._calls.ticket(id))
        except NotFound:
            return True  # merged, or gone altogether: whoever reads it will say so
        except Rejected:
            return False  # not for us to see


def _chunks(last: Mapping[TicketId, int], most: int) -> Iterator[list[TicketId]]:
    ids = iter(last)
    while some := list(islice(ids, most)):
        yield some
