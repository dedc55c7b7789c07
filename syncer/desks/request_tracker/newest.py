"""The clock of RT's changes: transactions are numbered, and what has a number that was seen is done."""

from __future__ import annotations

from syncer.desks.request_tracker.calls import Calls

TRANSACTIONS = "/transactions"
CHANGES = "ObjectType = 'RT::Ticket'"


class Newest:
    """The highest number that was `seen` so far; 0 where none was."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.seen = 0

    async def look(self) -> int:
        """The highest one there is by now; 0 where there is none."""
        newest = await self._calls.newest(TRANSACTIONS, CHANGES)
        self.saw(newest)
        return newest

    def saw(self, number: int) -> None:
        """One that is there."""
        self.seen = max(self.seen, number)
