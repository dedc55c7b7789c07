"""A list that shows nothing: is nothing there, or may the account not see it? Only single tickets tell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.ids import TicketId

NOT_ALLOWED = "not_allowed"
"""The reason of a Rejected that a desk raises for a ticket it has and does not show to us."""
LOWEST = tuple(TicketId(str(number)) for number in range(1, 6))
"""On a desk that numbers its tickets from 1 some of these were there once, and most often are."""
Look = Callable[[TicketId], Awaitable[object]]


async def hidden(look: Look) -> TicketId | None:
    """The first of the lowest ids that is there and is refused to us; none where there is nothing to be seen.

    For desks that answer otherwise to a ticket that one may not see than to one that does not exist.
    """
    for id in LOWEST:
        try:
            await look(id)
        except NotFound:
            continue
        except Rejected as e:
            if e.reason == NOT_ALLOWED:
                return id
    return None


async def emptiness(desk: str, look: Look, hint: str) -> str:
    """What a scan that saw nothing tells. Raises ConfigError where tickets are there and hidden from us: an account
    that is blind must not pass for a desk that is empty."""
    if (id := await hidden(look)) is not None:
        raise ConfigError(f"{desk} shows no ticket to this account, but has some: it refuses ticket {id}", hint=hint)
    return f"{desk} shows no ticket, and has none of the ids {LOWEST[0]} to {LOWEST[-1]}: it seems to be empty"


async def told(desk: str, look: Look, hint: str) -> str:
    """The same for a check, which tells it either way: whoever writes into a place that is new sees nothing there."""
    try:
        return await emptiness(desk, look, hint)
    except ConfigError as e:
        return f"{e.message}: right only for a target where its place is new. {e.hint}"
