"""How many requests are taken in a window of time, and the headers that tell (contract 6)."""

from __future__ import annotations

from syncer.deskkit.emulation import Clock
from syncer.desks.rezolve.emulator_answers import Refused
from syncer.desks.rezolve.emulator_switches import Switches


class Limits:
    """Counts requests; without a limit there are no headers either."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._window, self._taken = -1, 0

    def take(self) -> dict[str, str]:
        """The headers of the answer to one more request; raises 429 with the same headers."""
        limit = self._switches.rate_limit
        if not limit:
            return {}
        window = int(self._clock.now() // self._switches.rate_window)
        if window != self._window:
            self._window, self._taken = window, 0
        self._taken += 1
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - self._taken)),
            "X-RateLimit-Reset": str(self._reset(window)),
        }
        if self._taken > limit:
            if self._switches.rate_retry_after:
                headers["Retry-After"] = str(self._seconds_left(window))
            refused = Refused(429, "RATE_LIMIT_EXCEEDED", "Too many requests", shape="envelope")
            refused.headers = headers
            raise refused
        return headers

    def _reset(self, window: int) -> int:
        ends = (window + 1) * self._switches.rate_window
        match self._switches.rate_reset:
            case "seconds":
                return self._seconds_left(window)
            case "epoch_s":
                return int(ends)
            case "epoch_ms":
                return int(ends * 1000)

    def _seconds_left(self, window: int) -> int:
        return int((window + 1) * self._switches.rate_window - self._clock.now()) + 1
