"""The first private comment of a run is read back before a second one leaves: a desk may forget that it is private."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from syncer.deskkit.contract import Source, Target
from syncer.errors import Fatal, Rejected
from syncer.model.draft import CommentDraft
from syncer.model.ids import TicketId
from syncer.model.ticket import Comment, Ticket

LOOKS_EVERY = 0.5
_ALONE = "This run wrote no other private comment. Make this one private, or remove it, by hand."

Losses = tuple[str, ...]


class Privacy:
    """Lets private comments through one by one until the target showed one of them as private."""

    def __init__(self, target: Target) -> None:
        self._source = target if isinstance(target, Source) else None
        self._settle = target.settle
        self._proven = not target.capabilities.remote
        self._lock = asyncio.Lock()

    async def kept(self, on: TicketId, comment: CommentDraft, write: Callable[[], Awaitable[Losses]]) -> Losses:
        """What `write` gives, which brings this comment of the target's ticket `on`.

        Raises Fatal when the comment then is public, or does not show at all.
        """
        if comment.public or self._proven:
            return await write()
        async with self._lock:
            if not self._proven:
                losses = await write()
                await self._prove(on, comment)
                self._proven = True
                return losses
        return await write()

    async def seen(self, on: TicketId, comment: CommentDraft) -> None:
        """One that an earlier life wrote. It proves something where it shows; somebody may have removed it since.

        Raises Fatal where it is public.
        """
        if comment.public or self._proven:
            return
        async with self._lock:
            if not self._proven and (shown := await self._shown(on, comment)) is not None:
                _must_be_private(on, comment, shown)
                self._proven = True

    async def _prove(self, on: TicketId, comment: CommentDraft) -> None:
        until = time.monotonic() + self._settle
        while (shown := await self._shown(on, comment)) is None:
            if time.monotonic() > until:
                raise Fatal(
                    f"ticket {on} of the target does not show its private comment [{comment.key}]:"
                    " whether it is private cannot be seen",
                    hint=f"{_ALONE} Without a look, private comments can only be left out: comments.private: drop",
                )
            await asyncio.sleep(LOOKS_EVERY)
        _must_be_private(on, comment, shown)

    async def _shown(self, on: TicketId, comment: CommentDraft) -> Comment | None:
        """The comment as the target tells it to whoever reads the ticket."""
        if self._source is None:
            return None
        try:
            found = await self._source.fetch([on])
        except Rejected:
            return None
        said = (one for ticket in found if isinstance(ticket, Ticket) for one in ticket.comments)
        key = re.compile(rf"(?<![\w-]){re.escape(comment.key)}(?![\w-])")  # one key may begin like another
        return next((one for one in said if key.search(one.body)), None)


def _must_be_private(on: TicketId, comment: CommentDraft, shown: Comment) -> None:
    if shown.public:
        raise Fatal(
            f"the private comment [{comment.key}] of ticket {on} became public on the target",
            hint=f"{_ALONE} May the account write private comments? Where it may not: comments.private: drop",
        )
