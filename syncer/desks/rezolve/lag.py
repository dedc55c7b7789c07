"""Looks again at what may lag behind what was written, for as long as that may last (contract 5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 3.0


async def looks(seconds: float) -> AsyncIterator[bool]:
    """A look at once, more at growing pauses, and one when so many seconds are over: True says that it is the last."""
    until, pause = time.monotonic() + seconds, FIRST_PAUSE
    while (left := until - time.monotonic()) > 0:
        yield False
        await asyncio.sleep(min(pause, left))
        pause = min(LONGEST_PAUSE, pause * 1.5)
    yield True
