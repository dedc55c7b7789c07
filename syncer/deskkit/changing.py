"""What a target may be able to do with a ticket that is there: change it, take it away, say whom it mailed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, runtime_checkable

from syncer.deskkit.contract import Written
from syncer.deskkit.mails import Mailed
from syncer.model.draft import Draft
from syncer.model.ids import TicketId


@runtime_checkable
class TakesChanges(Protocol):
    """A target on which a ticket that is there can be changed."""

    async def change(
        self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """Bring what `names` name to what the draft says, and nothing else: `title`, `body`, `tags`, `cc`, a field of
        the draft, `custom.ID`. What the draft leaves empty is emptied. Doing it twice changes nothing more.

        Raises as `create` does; Rejected, reason `gone`, when the ticket is not there. What the desk does not keep
        is a loss.
        """


@runtime_checkable
class TakesBack(Protocol):
    """A target from which a ticket can be taken away."""

    async def remove(self, id: TicketId, fence: Callable[[], None] = lambda: None) -> Written:
        """The ticket is gone for whoever looks for tickets, and nothing finds its marker any more. One that is gone
        already is no error. Raises as `create` does."""

    async def removed(self, id: TicketId) -> bool:
        """Whether it is gone so. Raises Rejected, Retryable."""


@runtime_checkable
class TellsMails(Protocol):
    """A target that has on record whom it mailed about a ticket."""

    async def mailed(self, id: TicketId) -> Sequence[Mailed]:
        """In the order in which they went. Raises Rejected, Retryable."""
