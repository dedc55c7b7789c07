"""ServiceOps' rate limit, in headers of its own: the reset in milliseconds, maybe without Retry-After (contract 6)."""

from __future__ import annotations

import time
from collections.abc import Mapping

from syncer.deskkit.budget import Budget
from syncer.deskkit.reply import Reply

LONGEST = 900.0
_A_DATE = 10**12
"""From here on a reset is a moment, in milliseconds since 1970; below it is a delay."""


def reset_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the limit begins anew, at most a quarter of an hour; None where that is not told."""
    try:
        millis = float(headers["X-RateLimit-Reset"])
    except (KeyError, ValueError):
        return None
    if not 0 <= millis < 10**15:  # neither nonsense nor what is no number
        return None
    seconds = millis / 1000 - time.time() if millis >= _A_DATE else millis / 1000
    return min(max(seconds, 0.0), LONGEST)


def heed(name: str, budget: Budget, reply: Reply) -> float | None:
    """Pause where the answer asks for it in ServiceOps' own words; for how long."""
    refused = reply.status == 429 and "Retry-After" not in reply.headers
    if not refused and reply.headers.get("X-RateLimit-Remaining", "").strip() != "0":
        return None
    seconds = reset_after(reply.headers)
    if seconds:
        budget.pause(seconds, f"{name} has no calls left for now")
    return seconds
