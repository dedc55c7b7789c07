"""Deadlines for many requests at once, kept by one ticking task."""

from __future__ import annotations

import asyncio
import time
from typing import Any


class Deadlines:
    """One ticking task instead of a timer for each request, which is measurably cheaper at thousands a second.

    A request is cut at most one tick after its deadline.
    """

    TICK = 0.25

    def __init__(self) -> None:
        self._until: dict[asyncio.Task[Any], float] = {}
        self._cut: set[asyncio.Task[Any]] = set()
        self._ticker: asyncio.Task[None] | None = None

    def enter(self, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._until[task] = time.monotonic() + seconds
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.create_task(self._tick())

    def leave(self) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._until.pop(task, None)
            if task in self._cut:
                self._cut.discard(task)

    def overdue(self) -> bool:
        """Was the current task cut by us? Then the cancellation is ours to swallow."""
        task = asyncio.current_task()
        if task is None or task not in self._cut:
            return False
        return task.uncancel() == 0

    async def _tick(self) -> None:
        while self._until:
            await asyncio.sleep(self.TICK)
            now = time.monotonic()
            for task, until in list(self._until.items()):
                if now >= until and task not in self._cut:
                    self._cut.add(task)
                    task.cancel()

    def close(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
