"""The recorder of a plan: takes the writer's place, and keeps what would have become of every record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from syncer.mapping.traits import traits_of
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.link import Link
from syncer.model.plan import Prediction
from syncer.model.ticket import Ticket
from syncer.pipeline.census import Census
from syncer.pipeline.flow import Mapped, Maps
from syncer.pipeline.plan import planned_fingerprint
from syncer.pipeline.tally import Result, Tally


class Knows(Protocol):
    """What is on record of earlier runs."""

    async def known(self, ids: Sequence[TicketId]) -> dict[TicketId, Link]:
        """The links and dead letters of these tickets."""


class _Seen(Struct, frozen=True):
    ticket: Ticket
    mapped: Mapped


class Recorder(Tally):
    """Mapper, journal, deliverer and tally of a pass that writes nothing: as each of them it hears something of a
    record, and with its outcome it knows all of it."""

    def __init__(self, mapper: Maps, journal: Knows, census: Census) -> None:
        super().__init__()
        self.census = census
        self.predictions: list[Prediction] = []
        """Those not fetched yet; whoever keeps them takes them away."""
        self._mapper = mapper
        self._journal = journal
        self._seen: dict[TicketId, _Seen] = {}
        self._links: dict[TicketId, Link] = {}
        self._details: dict[TicketId, str] = {}

    async def known(self, ids: Sequence[TicketId]) -> dict[TicketId, Link]:
        """As it is on record."""
        found = await self._journal.known(ids)
        self._links |= found
        return found

    def park(self, source: TicketId, reason: str, detail: str) -> None:
        """Remembered until its outcome is counted."""
        self._details[source] = detail

    def skip(self, source: TicketId, rule: str) -> None:
        """Counted with its outcome."""

    def map(self, ticket: Ticket) -> Mapped:
        """What the mapper says, kept."""
        mapped = self._mapper.map(ticket)
        self._seen[ticket.id] = _Seen(ticket, mapped)
        return mapped

    async def deliver(self, draft: Draft) -> None:
        """It would be created."""
        self.count(Result.CREATED, draft.source_id)
        self.lost(draft.losses)
        for loss in dict.fromkeys(draft.losses):
            self.example(("loss", loss), draft.source_id)

    def count(self, result: Result, id: TicketId, reason: str = "") -> None:
        """One record would end so: its prediction is complete."""
        super().count(result, id, reason)
        link, seen = self._links.pop(id, None), self._seen.pop(id, None)
        detail = self._details.pop(id, "")
        if seen is None:
            version = link.version if link is not None else None
            self.predictions.append(
                Prediction(source_id=id, version=version, outcome=result, reason=reason, detail=detail)
            )
            return
        draft = seen.mapped if isinstance(seen.mapped, Draft) else None
        self.census.add(seen.ticket, draft)
        self.predictions.append(
            Prediction(
                source_id=id, version=seen.ticket.version, outcome=result, reason=reason, detail=detail,
                fingerprint=planned_fingerprint(draft, self.census.names.addresses) if draft is not None else b"",
                losses=tuple(sorted(Counter(draft.losses).elements())) if draft is not None else (),
                traits=traits_of(seen.ticket, draft, self.census.names) + ((f"{result}: {reason}",) if reason else ()),
            )
        )  # fmt: skip
