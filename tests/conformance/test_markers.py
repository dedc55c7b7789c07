"""A marker shows when its ticket is read: by it a verification finds tickets that are there too often."""

from __future__ import annotations

from syncer.deskkit.marked import shown
from syncer.model.ids import TicketId
from syncer.model.ticket import Ticket
from tests.conformance.asked import desks
from tests.conformance.drafts import drafter
from tests.conformance.driving import bring
from tests.conformance.trial import on_trial


@desks("reads", "writes")
async def test_a_ticket_that_is_read_shows_its_marker(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        draft = made.draft()
        id = (await bring(trial, draft)).id
        (ticket,) = await trial.source.fetch([TicketId(id)])
        assert isinstance(ticket, Ticket), ticket
        assert draft.key in shown(ticket)
        assert draft.key not in str(ticket.custom), "which would be carried on, as if somebody had filled it in"
