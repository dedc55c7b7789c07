"""From ids to whole tickets; what cannot be read is named, and does not take its neighbours with it."""

from __future__ import annotations

from collections.abc import Sequence

from syncer.deskkit.contract import Source, Unreadable
from syncer.errors import Rejected, Retryable
from syncer.model.ids import TicketId
from syncer.model.ticket import Ticket


async def extract(source: Source, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
    """One answer for each id. A batch that fails as a whole is halved until the ticket that breaks it stands alone.

    Raises Retryable when even reading another ticket alone fails: then it is the desk, not a ticket.
    """
    try:
        return await source.fetch(ids)
    except Rejected as e:
        if len(ids) == 1:
            return [Unreadable(ids[0], e.message)]
    except Retryable as e:
        if len(ids) == 1:
            return [Unreadable(ids[0], e.message)] if await answers(source) else _raise(e)
        if not await answers(source):
            raise
    half = len(ids) // 2
    return [*await extract(source, ids[:half]), *await extract(source, ids[half:])]


def _raise(error: Exception) -> list[Ticket | Unreadable]:
    raise error


async def answers(source: Source) -> bool:
    """Whether the desk is up at all, told by a call that has nothing to do with the tickets."""
    try:
        await source.check()
    except Retryable:
        return False
    return True
