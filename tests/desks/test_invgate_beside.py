"""What InvGate tells of one ticket only is read as well, and written: observers, links, work, solutions, fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from syncer.deskkit.contract import Step
from syncer.deskkit.world import SeedComment, SeedWork, World
from syncer.desks.invgate.desk import InvGate
from syncer.desks.invgate.emulator import InvGateEmulator, Switches
from syncer.desks.invgate.emulator_switches import Auth
from syncer.errors import AuthFailed
from syncer.model.draft import CommentDraft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Rating, Ticket, TicketLink, TimeEntry
from syncer.sandbox.seed import generate
from tests.desks.test_invgate_desk import desk
from tests.desks.test_invgate_writes import DRAFT, no_fence, onto

CALLS = ("incident.observer", "incident.link", "timetracking")


def world() -> World:
    """Eight plain tickets; the sixth, which is closed, has everything."""
    found = generate(3, 8)
    full = found.tickets[5]
    full.cc, full.links, full.rating = [30, 31], [1, 7], 3
    full.work = [SeedWork(full.assignee or 0, 1_700_000_000, 1500, "Swap & test")]
    full.custom = {"Asset tag": "R&D-7", "Impact": "A team"}
    full.comments = [
        SeedComment(30, "<p>Help</p>", full.created + 60),
        SeedComment(full.assignee or 0, "<p>Done</p>", full.created + 120, solution=True),
    ]
    return found


async def read(emulator: InvGateEmulator, position: int, **more: Any) -> Ticket:
    id = TicketId(str(list(emulator.tables.tickets)[position]))
    async with desk(emulator, **more) as old:
        (ticket,) = await old.fetch([id])
    assert isinstance(ticket, Ticket)
    return ticket


@pytest.mark.parametrize("strings", [False, True])
async def test_a_ticket_is_read_with_all_that_is_beside_it(strings: bool) -> None:
    emulator = InvGateEmulator(world(), switches=Switches(numbers_as_strings=strings))
    ids = list(map(str, emulator.tables.tickets))
    ticket = await read(emulator, 5)
    assert ticket.cc == ("331", "332")
    assert set(ticket.links) == {TicketLink(TicketId(ids[1])), TicketLink(TicketId(ids[7]))}
    (work,) = ticket.times
    assert (work.author, work.seconds, work.note) == (ticket.assignee, 1500, "Swap & test")
    assert work.at is not None
    assert work.at.timestamp() == 1_700_000_000
    assert ticket.rating == Rating(3)
    assert [comment.solution for comment in ticket.comments] == [False, True]
    assert sorted(ticket.custom.values(), key=str) == [("A team",), "R&D-7"]


async def test_what_is_not_wanted_costs_no_call() -> None:
    emulator = InvGateEmulator(world())
    ticket = await read(emulator, 5, also_read=[])
    assert (ticket.cc, ticket.links, ticket.times) == ((), (), ())
    assert not any(call in entry.path for entry in emulator.carrier.log for call in (*CALLS, "incident.comment"))


async def test_a_version_without_these_calls_is_read_without_them() -> None:
    emulator = InvGateEmulator(world(), switches=Switches(missing=frozenset(CALLS)))
    ticket = await read(emulator, 5)
    assert (ticket.cc, ticket.links, ticket.times) == ((), (), ())
    assert len(ticket.comments) == 2


async def test_a_missing_scope_is_named_and_nothing_is_read_without_it() -> None:
    granted = frozenset(
        {
            "api.v1.incidents:get",
            "api.v1.incident.observer:get",
            "api.v1.timetracking:get",
            "api.v1.incident.comment:get",
        }
    )
    emulator = InvGateEmulator(world(), auth=Auth(scopes=granted))
    auth = {"kind": "oauth2", "client_id": "syncer", "client_secret": "sandbox-secret", "scopes": sorted(granted)}
    with pytest.raises(AuthFailed) as refused:
        await read(emulator, 5, auth=auth)
    assert "api.v1.incident.link:get" in refused.value.hint


async def made(new: InvGate, **more: Any) -> tuple[TicketId, list[str]]:
    draft = replace(DRAFT, **more)
    await new.admit()
    written = await new.create(draft, ())
    losses = list(written.losses)
    for step in new.steps(draft):
        assert await new.happened(written.id, draft, step) is None or step.name == "assign"
        losses += (await new.step(written.id, draft, step, (), no_fence)).losses
        assert await new.happened(written.id, draft, step) is not None
    return written.id, losses


def fitting(emulator: InvGateEmulator, **fields: str) -> dict[str, str]:
    tables = emulator.tables
    agent, *_ = (str(u.id) for u in tables.users.values() if u.user_type == 1 and not u.is_disabled)
    return {
        "requester": agent, "creator": agent, "category": str(next(iter(tables.categories))), "priority": "3",
        "type": "1", "status": "6", **fields,
    }  # fmt: skip


async def test_fields_observers_solution_and_rating_are_written_and_seen() -> None:
    emulator = InvGateEmulator(world())
    text, chosen = (
        next(f for f in emulator.tables.fields.values() if f.kind == "text"),
        next(f for f in emulator.tables.fields.values() if f.kind == "list"),
    )
    key, label = next(iter(chosen.options.items()))
    said = CommentDraft("c1", Key("TK-7-c1"), None, "<p>Turned it off and on</p>", True, solution=True)
    async with onto(emulator) as new:
        id, losses = await made(
            new, fields=fitting(emulator), custom={str(text.uid): "PO-7", str(chosen.uid): (f"{chosen.uid}/{key}",)},
            cc=("340", "341"), comments=(said,), rating=Rating(2),
        )  # fmt: skip
    ticket = emulator.state()["tickets"][id]
    assert losses == []
    assert ticket["custom_by_label"] == {text.label: "PO-7", chosen.label: {key: label}}
    assert ticket["observers"] == [340, 341]
    solutions = [c["message"] for c in ticket["comments"] if c["is_solution"]]
    assert len(solutions) == 1, "no other solution is made up"
    assert "Turned it off and on" in solutions[0]
    assert (ticket["status"], ticket["rating"]) == ("Closed", 2)


async def test_work_is_written_once_with_its_time_and_found_by_its_marker() -> None:
    emulator = InvGateEmulator(world())
    fields = fitting(emulator)
    entry = TimeEntry("61", fields["requester"], datetime.fromtimestamp(1_700_000_000, UTC), 1500, "Swap")
    async with onto(emulator, time_entries=True) as new:
        assert new.capabilities.takes_times
        id, losses = await made(new, fields=fields, times=(entry,))
    assert losses == ["rating_invented"]
    (work,) = emulator.state()["tickets"][id]["work"]
    assert (work["user_id"], work["start"], work["seconds"]) == (int(fields["requester"]), 1_700_000_000, 1500)
    assert work["comment"] == "Swap [TK-7-w61]"


async def test_a_solution_that_was_not_the_last_word_solves_nothing_before_the_end() -> None:
    emulator = InvGateEmulator(world())
    first = CommentDraft("c1", Key("TK-7-c1"), None, "<p>Solved</p>", True, solution=True)
    last = CommentDraft("c2", Key("TK-7-c2"), None, "<p>Thanks</p>", True)
    async with onto(emulator) as new:
        id, losses = await made(new, fields=fitting(emulator), comments=(first, last))
    told = emulator.state()["tickets"][id]["comments"]
    assert [c["is_solution"] for c in told] == [False, False, True]
    assert losses == ["rating_invented"]


async def test_a_value_the_field_refuses_is_counted_and_stops_nothing() -> None:
    emulator = InvGateEmulator(world())
    chosen = next(f for f in emulator.tables.fields.values() if f.kind == "list")
    draft = replace(DRAFT, fields=fitting(emulator), custom={str(chosen.uid): (f"{chosen.uid}/NO-SUCH",)})
    async with onto(emulator) as new:
        await new.admit()
        written = await new.create(draft, ())
        done = await new.step(written.id, draft, Step(f"field {chosen.uid}"), (), no_fence)
    assert done.losses == ("value_not_kept",)


async def test_two_requests_are_linked_once_and_both_ways() -> None:
    emulator = InvGateEmulator(world())
    one, other = (TicketId(str(id)) for id in list(emulator.tables.tickets)[2:4])
    async with onto(emulator) as new:
        assert not await new.linked(one, TicketLink(other))
        assert (await new.link(one, TicketLink(other), no_fence)).losses == ()
        assert await new.linked(one, TicketLink(other))
        assert await new.linked(other, TicketLink(one))
        assert (await new.link(other, TicketLink(one, "parent"), no_fence)).losses == ("link_kind_lost",)
    assert emulator.tables.tickets[int(one)].links == [int(other)]


@pytest.mark.parametrize("unknown", ["404", "error", "empty", "null"])
async def test_somebody_is_made_once_external_and_without_a_mail(unknown: Any) -> None:
    emulator = InvGateEmulator(world(), switches=Switches(unknown_user=unknown))
    person = LookupValue("person", "7", "Zoë von Öztürk", email="Zoe@new.example")
    async with onto(emulator) as new:
        assert await new.known("zoe@new.example") is None
        written = await new.invite(person, no_fence)
        assert await new.known("zoe@NEW.example") == written.id
        assert await new.known("zoe@new.exampl") is None
    made = emulator.tables.users[int(written.id)]
    assert (made.name, made.lastname, made.is_external) == ("Zoë", "von Öztürk", True)
