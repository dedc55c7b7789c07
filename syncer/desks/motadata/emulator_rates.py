"""The instance's token bucket and the headers that tell of it (contract 6)."""

from __future__ import annotations

from syncer.deskkit.emulation import Clock
from syncer.desks.motadata.emulator_switches import Switches


class Bucket:
    """As many calls as the limit at once, then as many a second as it fills by."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._left: float | None = None
        self._at = 0.0

    def take(self) -> tuple[bool, dict[str, str]]:
        """Whether a call may pass, and its headers; a limit of 0 lets everything pass and says nothing."""
        limit = self._switches.rate_limit
        if not limit:
            return True, {}
        now = self._clock.now()
        left = limit if self._left is None else self._left + (now - self._at) * self._switches.rate_refill
        self._at, self._left = now, min(float(limit), left)
        passes = self._left >= 1.0
        if passes:
            self._left -= 1.0
        return passes, self._headers(now, self._left, passes)

    def _headers(self, now: float, left: float, passes: bool) -> dict[str, str]:
        wait = max(0.0, (1.0 - left) / self._switches.rate_refill)
        headers = {}
        if self._switches.rate_headers:
            reset = wait if self._switches.rate_reset == "delay" else now + wait
            headers = {
                "X-RateLimit-Limit": str(self._switches.rate_limit),
                "X-RateLimit-Remaining": str(int(left)),
                "X-RateLimit-Reset": str(int(reset * 1000) + 1),
            }
        if self._switches.rate_retry_after and not passes:
            headers["Retry-After"] = str(int(wait) + 1)
        return headers
