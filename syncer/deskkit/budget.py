"""How fast and how many at once: even pacing below a limit, pauses a desk asked for, what limits us now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

HEADROOM = 0.975
"""Share of the limit we use. A server's window and ours do not start together; measured on the emulators,
pacing just below the limit is faster than pressing against it and being refused."""


class Budget:
    """Requests per second for one desk account, paced evenly; one per desk, shared by all that call it.

    `take()` waits for the next free slot. Slots are spaced by 1/rate with a burst of at most `burst`
    seconds' worth saved up, so a sliding second never holds more than the limit.
    """

    def __init__(self, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        self._gap = 1.0 / (per_second * HEADROOM)
        self._next = 0.0
        self._slowdown = 1.0
        self.paused_until = 0.0
        self.reason = ""
        self.taken = 0

    def _reserve(self) -> float:
        now = self._clock()
        start = max(now, self._next, self.paused_until)
        self._next = start + self._gap * self._slowdown
        return start - now

    async def take(self) -> None:
        """Wait until the next request may leave."""
        self.taken += 1
        wait = self._reserve()
        while wait > 0.0005:
            await asyncio.sleep(wait)
            if not self.left():
                return
            # A pause was ordered while we slept. All who wait queue anew, or they would leave together at its end.
            wait = self._reserve()

    def pause(self, seconds: float, reason: str) -> None:
        """The desk asked us to wait; halve the pace, to recover by `ease` with each success.

        Refusals that come in while we wait already are answers to requests sent before: they say nothing new.
        """
        if not self.left():
            self._slowdown = min(64.0, self._slowdown * 2)
        self.paused_until = max(self.paused_until, self._clock() + seconds)
        self.reason = reason

    def ease(self) -> None:
        """A request went well: come back to the declared pace step by step."""
        if self._slowdown > 1.0:
            self._slowdown = max(1.0, self._slowdown * 0.98)

    def left(self) -> float:
        """Seconds until the pause the desk asked for is over."""
        return max(0.0, self.paused_until - self._clock())

    def limiting(self) -> str | None:
        """In words, what holds us back now; None when nothing does."""
        now = self._clock()
        if self.paused_until > now:
            return f"{self.reason}, {self.paused_until - now:.0f} s more"
        if self._slowdown > 1.0:
            return f"slowed to {self.per_second / self._slowdown:.1f} requests/s after {self.reason}"
        if self._next > now + self._gap:
            return f"budget of {self.per_second:g} requests/s"
        return None
