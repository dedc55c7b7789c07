"""Desks that tell changes by whole seconds: a ticket is read again where the second of its last change was not over.

Else what changes later within that second has the version that was read, and is never read again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime

from msgspec.structs import replace

from syncer.deskkit.contract import Unreadable
from syncer.model.ids import TicketId, Version
from syncer.model.ticket import Ticket

Read = Callable[[Sequence[TicketId]], Awaitable[list[Ticket | Unreadable]]]
ONE_SECOND = 1.1
MARGIN = 3.0
"""Seconds that the clock of a desk's database may be behind that of its web server, and the way of an answer."""
LOOKS = 3
"""So often a ticket is read again that changes each time."""


class ServerClock:
    """What a server's clock shows, by the `Date` of its last answer (RFC 9110, 6.6.1): never too much, but for what
    the server itself is wrong."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._offset: float | None = None

    def told(self, headers: Mapping[str, str]) -> None:
        """An answer came now."""
        with suppress(ValueError):
            self._offset = parsedate_to_datetime(headers.get("Date", "")).timestamp() - self._clock()

    def ours(self) -> float:
        """This moment on our own clock, for `at`."""
        return self._clock()

    def at(self, ours: float) -> float | None:
        """What it showed then, in seconds of the epoch; None where no answer told."""
        return None if self._offset is None else ours + self._offset


async def settled(read: Read, ids: Sequence[TicketId], clock: ServerClock) -> list[Ticket | Unreadable]:
    """One answer for each id, as `read` gives them. What still changes after some looks has no version: it is told
    again by any list."""
    began = clock.ours()
    found = {one.id: one for one in await read(ids)}
    asked = clock.at(began)
    fresh = [one.id for one in found.values() if isinstance(one, Ticket) and _is_fresh(one, asked)]
    for _ in range(LOOKS):
        if not fresh:
            break
        await asyncio.sleep(ONE_SECOND)
        again = {one.id: one for one in await read(fresh)}
        fresh = [id for id, one in again.items() if isinstance(one, Ticket) and one.version != _version(found[id])]
        found |= again
    for id in fresh:
        if isinstance(one := found[id], Ticket):
            found[id] = replace(one, version=Version(""))
    return [found[id] for id in ids]


def _is_fresh(ticket: Ticket, asked: float | None) -> bool:
    """A comment that came while the desk put its answer together may be younger than the change it tells."""
    if ticket.updated_at is None:
        return False
    said = [comment.created_at for comment in ticket.comments if comment.created_at is not None]
    return asked is None or max([ticket.updated_at, *said]).timestamp() > asked - MARGIN


def _version(one: Ticket | Unreadable) -> Version | None:
    return one.version if isinstance(one, Ticket) else None
