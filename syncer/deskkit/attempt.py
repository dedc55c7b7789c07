"""One announced attempt at a write: how long it may last, and who may still write."""

from __future__ import annotations

import time
from collections.abc import Callable

from syncer.errors import Retryable


class Attempt:
    """Everything an attempt sends, it sends within one timeout of its announcement: that is from when a doubt counts.

    The first call's slot of the budget was taken before the announcement; `again` says that it is used up.
    """

    def __init__(self, timeout: float, fence: Callable[[], None]) -> None:
        self.fence = fence
        self.again = False
        self._timeout = timeout
        self._until = time.monotonic() + timeout

    def left(self, what: str) -> float:
        """Seconds for the next call. Raises Retryable, for at once, when they are too few to begin one."""
        left = self._until - time.monotonic()
        if left <= self._timeout / 2:
            raise Retryable(f"{what}: no time is left in this attempt; it goes again", after=0.0)
        return left

    def then(self) -> Attempt:
        """Another one after it, for what may be done twice: its time begins now, and each of its calls is budgeted."""
        after = Attempt(self._timeout, self.fence)
        after.again = True
        return after
