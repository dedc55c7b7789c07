"""What lets us in, and how it is replaced: by one at a time, and never tried again once the desk said no."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from syncer.deskkit.reply import Reply
from syncer.errors import AuthFailed

T = TypeVar("T")
MOST_RENEWALS = 2
"""So often one call is given another credential."""


class Credential:
    """A token, a session or a key: held for as long as it is good, and got anew when its time is over or it is refused.

    `obtain` puts a new one in place and gives the seconds for which to use it; infinite for a key, which is not
    `renewable`. Where it raises AuthFailed once, it is not asked again: failed log-ins lock accounts.
    """

    def __init__(self, obtain: Callable[[], Awaitable[float]], *, renewable: bool) -> None:
        self._obtain = obtain
        self._renewable = renewable
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._number = 0
        self._refused: AuthFailed | None = None

    async def ready(self) -> int:
        """Make sure that there is one; gives its number, to be handed to `renew` when it is refused."""
        if self.due:
            await self.renew(self._number)
        return self._number

    @property
    def due(self) -> bool:
        """Whether the next call must get one first."""
        return time.monotonic() >= self._until

    async def renew(self, refused: int) -> None:
        """Another one, unless somebody else already replaced the one that was refused."""
        async with self._lock:
            if refused != self._number:
                return
            if self._refused is not None:
                raise self._refused
            try:
                self._until = time.monotonic() + await self._obtain()
            except AuthFailed as e:
                self._refused = e
                raise
            self._number += 1

    async def asking(
        self, once: Callable[[], Awaitable[T]], expired: Callable[[AuthFailed], bool] = lambda error: True
    ) -> T:
        """What `once` gives. Refused as `expired`, it is done again with another credential: once, and once more where
        the time of that one was over or somebody replaced it, for then its refusal says nothing of rights."""
        for left in range(MOST_RENEWALS, -1, -1):
            number = await self.ready()
            try:
                return await once()
            except AuthFailed as e:
                lasting = left < MOST_RENEWALS and number == self._number and not self.due
                if lasting or left == 0 or not self._renewable or not expired(e):
                    raise
            await self.renew(number)
        raise AssertionError("the last attempt either returns or raises")

    async def sending(self, send: Callable[[], Awaitable[Reply]], expired: Callable[[Reply], bool]) -> Reply:
        """The reply to a call: sent once more with another credential where the first was refused as `expired`, so that
        surely nothing was done."""
        number = await self.ready()
        reply = await send()
        if not self._renewable or not expired(reply):
            return reply
        await self.renew(number)
        return await send()
