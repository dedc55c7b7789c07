"""A pass that does a plan and nothing else: whatever is not as it was planned is left alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from syncer.mapping.ticket import Skipped
from syncer.model.draft import Draft, Moved
from syncer.model.ids import TicketId
from syncer.model.link import EffectState, Link
from syncer.model.plan import Prediction
from syncer.model.ticket import Ticket
from syncer.pipeline.flow import Ledger, Mapped, Maps
from syncer.pipeline.plan import planned_fingerprint
from syncer.pipeline.tally import Result

Planned = Callable[[Sequence[TicketId]], Awaitable[Mapping[TicketId, Prediction]]]


class Bound:
    """Mapper and journal of such a pass. A prediction is fetched with its ticket's links, and gone with its draft."""

    def __init__(self, mapper: Maps, journal: Ledger, planned: Planned, addresses: Mapping[str, str]) -> None:
        self._mapper = mapper
        self._journal = journal
        self._fetch = planned
        self._addresses = addresses
        self._planned: dict[TicketId, Prediction] = {}

    async def known(self, ids: Sequence[TicketId]) -> dict[TicketId, Link]:
        """The links and dead letters of these tickets."""
        planned, links = await self._fetch(ids), await self._journal.known(ids)
        # What is over is not read, so nobody would come for its prediction.
        over = {id for id, link in links.items() if link.state == EffectState.DONE}
        self._planned |= {id: one for id, one in planned.items() if id not in over}
        return links

    def park(self, source: TicketId, reason: str, detail: str) -> None:
        """It cannot pass."""
        self._planned.pop(source, None)
        self._journal.park(source, reason, detail)

    def skip(self, source: TicketId, rule: str) -> None:
        """A rule leaves it behind."""
        self._journal.skip(source, rule)

    def map(self, ticket: Ticket) -> Mapped:
        """The draft that was planned, or Moved, which says what differs."""
        planned = self._planned.pop(ticket.id, None)
        if planned is None:
            return Moved(ticket.id, "it is not in the plan")
        mapped = self._mapper.map(ticket)
        if isinstance(mapped, Draft):
            if planned.outcome != Result.CREATED:
                why = f" ({planned.reason})" if planned.reason else ""
                return Moved(ticket.id, f"the plan says {planned.outcome}{why}, and it could be created by now")
            if planned_fingerprint(mapped, self._addresses) != planned.fingerprint:
                changed = (
                    "it changed on the source" if ticket.version != planned.version else "values or people changed"
                )
                return Moved(ticket.id, f"{changed} since the plan was made")
            return mapped
        outcome = Result.SKIPPED if isinstance(mapped, Skipped) else Result.PARKED
        if planned.outcome != outcome:
            return Moved(ticket.id, f"the plan says {planned.outcome}, and by now it would be {outcome}")
        return mapped
