"""Links between two tickets of RT."""

from __future__ import annotations

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.request_tracker import wire, wire_out
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.writes import Writes
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import TicketLink


class Links:
    """Makes them once, and sees that they are there."""

    def __init__(self, config: RequestTrackerConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes

    async def linked(self, id: TicketId, link: TicketLink) -> bool:
        """By what RT shows on the first of the two."""
        shown = wire.refs(await self._calls.ticket(id), link.id)
        return bool(shown & wire_out.SHOWN.get(link.kind, frozenset(wire.LINKS)))

    async def link(self, id: TicketId, link: TicketLink, attempt: Attempt) -> Written:
        """Raises Rejected where RT does not make it, although it answered."""
        said: list[str] = []
        if not await self.linked(id, link):
            said = await self._writes.change(id, {wire_out.ADDS[link.kind]: int(link.id)}, attempt)
            if not await self.linked(id, link):
                raise Rejected(
                    f"{self._config.name}: ticket {id} is not linked with {link.id}: {'; '.join(said)}",
                    reason="refused",
                    hint="May the API user change both tickets?",
                )
        return Written(TicketId(""), losses=("link_kind_lost",) if link.kind == "duplicate" else ())
