"""The recovery self-test: the first ticket we make is looked for by its marker, and the time until it shows is kept.

Without it nobody knows whether a lost answer can ever be resolved on this installation.
"""

from __future__ import annotations

import asyncio
import time

from syncer.deskkit.contract import Target
from syncer.errors import SyncerError
from syncer.model.ids import Key, TicketId

PATIENCE = 60.0
BLIND = float("inf")
"""The lag of a search that never showed our ticket."""
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0


class SearchLag:
    """`seconds` is the lag once it is known; `blind` is True when the search never showed our ticket."""

    def __init__(self, target: Target, seconds: float | None) -> None:
        self._target = target
        self.blind = seconds == BLIND
        self.seconds = None if self.blind else seconds
        self.measured: float | None = None
        self._task: asyncio.Task[None] | None = None

    def made(self, key: Key, id: TicketId) -> None:
        """A ticket was just made; the first one is the canary."""
        if self.seconds is None and self._task is None and self._target.capabilities.finds_by_key:
            self._task = asyncio.create_task(self._measure(key, id))

    async def known(self) -> float:
        """The lag, once it has been measured; 0 before there was anything to measure."""
        if self._task is not None:
            await asyncio.shield(self._task)
        return self.seconds or 0.0

    async def _measure(self, key: Key, id: TicketId) -> None:
        started, pause = time.monotonic(), FIRST_PAUSE
        try:
            while time.monotonic() - started < PATIENCE:
                if (await self._target.find([key], None)).get(key) == id:
                    self.seconds = self.measured = time.monotonic() - started
                    self.blind = False
                    return
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 1.5)
            self.blind, self.measured = True, BLIND
        except SyncerError:
            # The target is in trouble; the pass will say so. The next ticket made measures again.
            self._task = None
