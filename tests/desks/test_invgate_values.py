"""What tickets hold of the lists can be had without the tickets, and says the same as the tickets do."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.deskkit.contract import TellsValues
from syncer.desks.invgate import wire
from syncer.desks.invgate.emulator import InvGateEmulator, Switches
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import Ticket
from syncer.sandbox.seed import generate
from tests.desks.test_invgate_desk import all_ids, desk


@pytest.mark.parametrize("switches", [{}, {"numbers_as_strings": True}, {"incidents_as_list": True}])
async def test_the_values_are_those_of_the_tickets(switches: dict[str, Any]) -> None:
    emulator = InvGateEmulator(generate(1, 40), switches=Switches(**switches))
    async with desk(emulator) as old:
        assert isinstance(old, TellsValues)
        ids = sorted(TicketId(id) for id in all_ids(emulator))
        tickets = [ticket.values for ticket in await old.fetch(ids) if isinstance(ticket, Ticket)]
        assert len(tickets) == 40
        assert sorted(map(repr, await old.values(ids))) == sorted(map(repr, tickets))
        assert await old.values([TicketId("999999")]) == []


def test_a_refusal_with_status_200_is_one() -> None:
    with pytest.raises(Rejected, match="status ERROR"):
        wire.values(b'{"status":"ERROR","info":"no"}', "old: incidents")


def test_rows_of_another_shape_are_read_like_whole_tickets() -> None:
    assert wire.values(b'{"id":7,"title":"one alone","status_id":"2"}', "old: incidents") == [{"status": "2"}]
