"""The few things a pass reads and writes down. The store has the one of a real run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from syncer.model.draft import PrivateNote
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import TICKET, Doubt, EffectState, Intent, Link, Relation, Unfinished
from syncer.model.ticket import TicketLink


class Journal(Protocol):
    """What was done before, and what is being done."""

    run: int

    async def youngest_doubt(self, step: str) -> float | None:
        """How many seconds ago the last attempt was stamped of those without an outcome whose step begins so."""

    async def known(self, ids: Sequence[TicketId]) -> dict[TicketId, Link]:
        """The links and dead letters of these tickets; the unknown ones are left out."""

    async def doubts(self) -> list[Doubt]:
        """Effects announced in earlier lives, without an outcome."""

    async def made_before_doubts(self) -> tuple[TicketId | None, list[TicketId]]:
        """A target ticket older than every open attempt, and all the younger ones we know."""

    async def unfinished(self) -> dict[TicketId, Unfinished]:
        """Tickets that are on the target while steps are left."""

    async def open_relations(self) -> list[Relation]:
        """Links of tickets that are on the target, which nobody has made or been refused."""

    async def announce(
        self, intent: Intent, withheld: Sequence[PrivateNote] = (), links: Sequence[TicketLink] = ()
    ) -> None:
        """Returns when the intent is durable, its links with it, and we are still the writer. Raises
        StoreUnavailable, LeaseLost."""

    def check(self) -> None:
        """Raises LeaseLost when the right to write has run out."""

    def made(self, source: TicketId, target: TicketId, losses: tuple[str, ...] = ()) -> None:
        """The ticket exists on the target, and steps are left; `losses` is what was lost on the way."""

    def done(self, source: TicketId, target: TicketId, step: str = TICKET, losses: tuple[str, ...] = ()) -> None:
        """The step is over, or the whole ticket."""

    def close(self, source: TicketId, state: EffectState, step: str = TICKET) -> None:
        """The announced effect surely did not happen."""

    def park(self, source: TicketId, reason: str, detail: str) -> None:
        """It cannot pass."""

    def skip(self, source: TicketId, rule: str) -> None:
        """A rule leaves it behind."""

    async def flush(self) -> None:
        """Returns when all that was said so far is durable."""

    async def advance(self, cursor: Cursor) -> None:
        """Move the checkpoint, after everything before it is durable."""
