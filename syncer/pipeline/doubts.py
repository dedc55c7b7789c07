"""Finds out what became of writes whose answer was lost. Looks; never writes.

A doubt belongs to an attempt. It is looked for at once, a few times more while the desk's settle time passes, and once
more when that is over since the attempt was stamped; only this last look can say that the ticket is surely absent.
"""

from __future__ import annotations

import asyncio
import time

from syncer.deskkit.contract import Newer, Target
from syncer.deskkit.paging import SeenIds
from syncer.model.ids import Key, TicketId
from syncer.model.link import Doubt
from syncer.pipeline.journal import Journal
from syncer.pipeline.search_lag import SearchLag

GATHER = 0.05
"""Seconds in which last looks are gathered, so that one walk over the newest tickets serves them all."""
LAG_MARGIN = 1.5
SHORTEST_PAUSE = 0.5


class Doubts:
    """One per pass. `floor` and `known` say which target tickets are surely not the ones in doubt."""

    def __init__(self, target: Target, lag: SearchLag) -> None:
        self._target = target
        self.lag = lag
        self._known = SeenIds()
        self._floor: TicketId | None = None
        self._highest: TicketId | None = None
        self._last_looks: dict[Key, tuple[asyncio.Future[TicketId | None], TicketId | None]] = {}
        self._looker: asyncio.Task[None] | None = None
        self.pending = 0
        self._began = 0.0
        self._inherited: dict[TicketId, Doubt] = {}

    async def begin(self, journal: Journal) -> None:
        """Take over the doubts of earlier lives."""
        self._began = time.monotonic()
        self._inherited = {doubt.source_id: doubt for doubt in await journal.doubts()}
        if self._inherited:
            self._floor, known = await journal.made_before_doubts()
            self._known.new(known)
            self._highest = max(known, key=int, default=None)

    def inherited(self, source: TicketId) -> tuple[Key, float, TicketId | None] | None:
        """(key, stamp and floor of its last attempt) of a ticket that an earlier life left in doubt.

        The key is the one that was sent: the route's marker may have been changed since.
        """
        doubt = self._inherited.pop(source, None)
        return None if doubt is None else (doubt.key, self._began - doubt.age, self._floor)

    def made(self, key: Key, id: TicketId) -> None:
        """We know who made this one."""
        self.lag.made(key, id)
        if id.isdigit():
            self._known.add(id)
            if self._highest is None or int(id) > int(self._highest):
                self._highest = id

    def floor(self) -> TicketId | None:
        """A ticket older than whatever is announced from now on."""
        return self._highest

    @property
    def can_look(self) -> bool:
        """Whether this target can be asked what became of a write."""
        return self._target.capabilities.finds_by_key and not self.lag.blind

    async def resolve(self, key: Key, stamp: float, floor: TicketId | None) -> TicketId | None:
        """The ticket an attempt stamped at `stamp` (monotonic) made; None when there is surely none."""
        self.pending += 1
        try:
            if (found := await self._look_once(key)) is not None:
                return found
            lag = LAG_MARGIN * await self.lag.known()
            pause = max(SHORTEST_PAUSE, lag)
            while (left := stamp + self._target.settle + lag - time.monotonic()) > 0:
                await asyncio.sleep(min(pause, left))
                pause *= 3
                # Most lost answers were of tickets that were made: they need not wait until the rest is sure.
                if left > pause and (found := await self._look_once(key)) is not None:
                    return found
            return await self._look_for_the_last_time(key, floor)
        finally:
            self.pending -= 1

    async def _look_once(self, key: Key) -> TicketId | None:
        return (await self._target.find([key], None)).get(key)

    async def _look_for_the_last_time(self, key: Key, floor: TicketId | None) -> TicketId | None:
        future: asyncio.Future[TicketId | None] = asyncio.get_running_loop().create_future()
        self._last_looks[key] = (future, floor)
        if self._looker is None or self._looker.done():
            self._looker = asyncio.create_task(self._look())
            # Its failure reaches those who wait for it through their futures.
            self._looker.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await future

    async def _look(self) -> None:
        while self._last_looks:
            await asyncio.sleep(GATHER)
            looks, self._last_looks = self._last_looks, {}
            try:
                floors = [floor for _, floor in looks.values()]
                lowest = None if None in floors else min((f for f in floors if f), key=int)
                newer = Newer(lowest, self._known) if lowest is not None else None
                found = await self._target.find(list(looks), newer)
            except Exception as e:
                waiting, self._last_looks = {**looks, **self._last_looks}, {}
                for future, _ in waiting.values():
                    if not future.done():
                        future.set_exception(e)
                raise
            for key, (future, _) in looks.items():
                if not future.done():
                    future.set_result(found.get(key))
