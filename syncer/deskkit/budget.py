"""How fast and how many at once: even pacing below a limit, pauses a desk asked for, what limits us now."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable

from syncer.deskkit.latency import Kind, Latencies

HEADROOM = 0.975
"""Share of the limit we use. A server's window and ours do not start together; measured on the emulators,
pacing just below the limit is faster than pressing against it and being refused."""
LATE, SAVED = 0.04, 10.0
"""Seconds that a request, on average, may be longer on its way than the fastest, at the cost of so much of the
limit; what is not needed is saved up for so many seconds, for the moment in which the network stands still."""

KNOWN = 20
"""So many answers tell how long a request takes at least; before that all of it may have been its way."""

REMEMBERED = 5_000
"""So many departures are looked back at: a whole second of them, or of a very high limit the share of one."""

FELT = 0.05
"""Seconds of waiting below which nobody needs to be told."""


class Departure:
    """A request that left, and when it had arrived at the latest, as far as we can tell."""

    __slots__ = ("arrived", "at")

    def __init__(self, at: float) -> None:
        self.at = self.arrived = at


class Budget:
    """Requests per second for one desk account, paced evenly; one per desk, shared by all that call it.

    `take()` waits for the next free slot; slots are spaced by a little more than 1/rate, and nothing is saved up.
    `depart()` comes right before a request leaves, for whatever held it up since its slot must not end in a burst:
    no sliding second holds more than the limit, neither here nor where the desk counts.
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
        most = min(math.ceil(per_second), REMEMBERED)
        self._span = most / per_second
        self._left: deque[Departure] = deque(maxlen=most)
        self._fastest, self._answers = math.inf, 0
        self._most_spare = self._spare = LATE * SAVED * per_second
        self.latencies = Latencies()

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

    async def depart(self) -> Departure:
        """Wait while a second is full, or the desk asked for a pause; give this back to `answered`."""
        while True:
            now = self._clock()
            free = self._left[0].arrived + self._span if len(self._left) == self._left.maxlen else 0.0
            wait = max(free, self.paused_until) - now
            if wait <= 0:
                break
            await asyncio.sleep(wait)
        departure = Departure(now)
        self._left.append(departure)
        return departure

    def answered(self, departure: Departure, what: Kind = "read") -> None:
        """Its answer is here: had it been longer on its way than others, it counts from when it can have arrived.

        Else a network that stood still for a moment would hand over what had gathered and what came after at once.
        """
        now = self._clock()
        took = now - departure.at
        self.latencies.add(what, took)
        self._fastest = min(self._fastest, took)
        self._answers += 1
        late = took - self._fastest if self._answers > KNOWN else took
        self._spare = min(self._most_spare, self._spare + LATE)
        # Answers that are late as a rule come from a slow desk, not from a slow way to it: they are not waited for.
        late = min(late, self._spare)
        self._spare -= late
        departure.arrived = departure.at + late

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
        if self._next > now + max(self._gap, FELT):
            return f"budget of {self.per_second:g} requests/s"
        return None
