"""The clock of RT's changes: transactions are numbered, and what has a number that was seen is done."""

from __future__ import annotations

from syncer.desks.request_tracker.calls import Calls

TRANSACTIONS = "/transactions"
CHANGES = "ObjectType = 'RT::Ticket'"


class Newest:
    """The highest number that was seen so far."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._seen = 0

    async def look(self) -> int:
        """The highest one there is by now; 0 where there is none."""
        newest = await self._calls.newest(TRANSACTIONS, CHANGES)
        self._seen = max(self._seen, newest)
        return newest

    async def known(self) -> int:
        """One that was there before now: RT is asked only the first time."""
        return self._seen or await self.look()
