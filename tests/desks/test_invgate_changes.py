"""A request that is there, changed: only what differs is written, and what no call changes is told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from msgspec.structs import replace

from syncer.deskkit.contract import Download, Step
from syncer.desks.invgate import wire
from syncer.desks.invgate.emulator import InvGateEmulator, Switches
from syncer.errors import Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import File
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.desks.test_invgate_writes import _fitting, no_fence, onto

NEW, OPEN, WAITING, SOLVED, CLOSED = 1, 2, 4, 5, 6
LOST = "value_not_kept"


def emulated(**switches: Any) -> InvGateEmulator:
    return InvGateEmulator(emptied(generate(1, 12)), switches=Switches(**switches))


def drafted(emulator: InvGateEmulator, **fields: str) -> Draft:
    draft = _fitting(emulator)
    return replace(draft, fields=draft.fields | {"status": str(OPEN)} | fields)


def level(emulator: InvGateEmulator, *, with_people: bool = True) -> tuple[str, list[int]]:
    """A level, and who is in its help desk."""
    state = emulator.state()
    rows = ((id, state["helpdesks"][str(one["helpdesk_id"])]["members"]) for id, one in state["levels"].items())
    return next((id, people) for id, people in rows if bool(people) == with_people)


async def changed(
    emulator: InvGateEmulator, old: Draft, new: Draft, names: Collection[str], before: dict[str, Any] | None = None
) -> tuple[tuple[str, ...], dict[str, Any], list[str]]:
    """The losses, the request then, and the calls that wrote."""
    async with onto(emulator) as desk:
        id = (await desk.create(old, ())).id
        for name, value in (before or {}).items():
            emulator.edit(int(id), **{name: value})
        emulator.carrier.log.clear()
        losses = (await desk.change(id, new, names, no_fence)).losses
        wrote = [f"{one.method} {one.path.rpartition('/')[2]}" for one in emulator.carrier.log if one.method != "GET"]
        return losses, emulator.state()["tickets"][id], wrote


async def test_nothing_is_written_where_all_is_as_it_should_be() -> None:
    emulator = emulated()
    draft = drafted(emulator, status=str(NEW))
    losses, _, wrote = await changed(emulator, draft, draft, ["title", "body", *draft.fields, "cc"])
    assert (losses, wrote) == ((), [])


async def test_who_opened_a_request_and_what_would_have_to_be_emptied_stay_and_are_told() -> None:
    emulator = emulated()
    state = emulator.state()
    other = str([u["id"] for u in state["users"].values() if not u["is_disabled"] and not u["is_deleted"]][1])
    old = drafted(emulator, location=min(state["locations"]))
    new = replace(old, body="", fields={k: v for k, v in old.fields.items() if k != "location"} | {"creator": other})
    losses, there, wrote = await changed(emulator, old, new, ["body", "location", "creator", "tags", "group"])
    assert (losses, wrote) == ((LOST,) * 5, [])
    assert str(there["location_id"]) == old.fields["location"]


@pytest.mark.parametrize("reads_body", [True, False])
async def test_a_text_that_no_address_holds_goes_in_a_body_or_is_told(reads_body: bool) -> None:
    emulator = emulated(put_reads_body=reads_body)
    old = drafted(emulator)
    new = replace(old, title="Shorter [TK-7]", body=f"<p>{'long ' * 4000}</p>")
    losses, there, _ = await changed(emulator, old, new, ["title", "body"])
    assert there["title"] == "Shorter [TK-7]", "what is short does not fail with it"
    assert (losses, there["description"]) == (((), new.body) if reads_body else ((LOST,), old.body))


async def test_a_request_that_waits_goes_on_waiting_when_somebody_else_gets_it() -> None:
    emulator = emulated()
    group, people = level(emulator)
    old = drafted(emulator)
    new = replace(old, fields=old.fields | {"group": group, "assignee": str(people[0])})
    _, there, _ = await changed(emulator, old, new, ["group", "assignee"], {"status_id": WAITING})
    assert (there["assigned_id"], there["status_id"]) == (people[0], WAITING)


async def test_a_group_keeps_its_agent_and_loses_one_that_is_no_member() -> None:
    emulator = emulated()
    group, people = level(emulator)
    old = drafted(emulator)
    there_before = {"assigned_group_id": int(group), "assigned_id": people[0]}
    stranger = next(id for id in map(int, emulator.state()["users"]) if id not in people)
    new = replace(old, fields=old.fields | {"group": group, "assignee": str(stranger)})
    losses, there, wrote = await changed(emulator, old, new, ["group"], there_before)
    assert (losses, there["assigned_id"], wrote) == ((), people[0], [])
    losses, there, _ = await changed(emulator, old, new, ["assignee"], there_before)
    assert (losses, str(there["assigned_group_id"]), there["assigned_id"]) == (("assignee_not_member",), group, None)


async def test_an_agent_is_taken_off() -> None:
    emulator = emulated()
    group, people = level(emulator)
    old = drafted(emulator)
    before = {"assigned_group_id": int(group), "assigned_id": people[0]}
    losses, there, _ = await changed(emulator, old, old, ["assignee"], before)
    assert (losses, there["assigned_id"], str(there["assigned_group_id"])) == ((), None, group)


async def test_a_closed_request_is_opened_before_it_is_given_to_somebody() -> None:
    emulator = emulated()
    group, people = level(emulator)
    old = drafted(emulator)
    new = replace(old, fields=old.fields | {"group": group, "assignee": str(people[0])})
    losses, there, _ = await changed(emulator, old, new, ["assignee", "group", "status"], {"status_id": CLOSED})
    assert (losses, there["status_id"], there["assigned_id"]) == ((), OPEN, people[0])
    losses, there, _ = await changed(emulator, old, new, ["assignee", "group"], {"status_id": CLOSED})
    assert (losses, there["status_id"]) == ((LOST,), CLOSED), "and one that stays closed is given to nobody"


async def test_observers_are_added_and_never_taken_off() -> None:
    emulator = emulated()
    one, two, *_ = (u["id"] for u in emulator.state()["users"].values() if not u["is_disabled"] and not u["is_deleted"])
    old = drafted(emulator)
    losses, there, _ = await changed(emulator, old, replace(old, cc=(str(two),)), ["cc"], {"observers": [one]})
    assert (losses, there["observers"]) == ((LOST,), [one, two])


async def test_a_custom_field_is_emptied() -> None:
    emulator = emulated()
    uid = next(int(uid) for uid, field in emulator.state()["fields"].items() if field["kind"] == "text")
    old = drafted(emulator)
    losses, there, _ = await changed(emulator, old, old, [f"custom.{uid}"], {"custom": {uid: "PO-7"}})
    assert (losses, there["custom"]) == ((), {})
    losses, _, wrote = await changed(emulator, old, old, [f"custom.{uid}"])
    assert (losses, wrote) == ((), []), "and one that is empty is left alone"


@pytest.mark.parametrize(("status", "solved"), [(SOLVED, True), (SOLVED, False), (CLOSED, True), (CLOSED, False)])
async def test_what_a_way_to_the_end_takes_is_known_before(status: int, solved: bool) -> None:
    emulator = emulated()
    said = CommentDraft("1", Key("TK-7-c1"), None, "<p>Turn it off and on</p>", True, solution=solved)
    draft = replace(drafted(emulator, status=str(status)), comments=(said,))
    async with onto(emulator) as desk:
        await desk.connect()
        emulator.carrier.log.clear()
        id = (await desk.create(draft, ())).id
        for step in desk.steps(draft):
            await desk.step(id, draft, step, (), no_fence)
        assert len(emulator.carrier.log) == desk.calls(draft)


@pytest.mark.parametrize("unknown", [{}, {"unknown_in_bulk": "error", "unknown_ticket": "error"}], ids=str)
async def test_a_request_that_is_not_there_is_gone(unknown: dict[str, Any]) -> None:
    emulator = emulated(**unknown)
    async with onto(emulator) as desk:
        with pytest.raises(Rejected) as refused:
            await desk.change(TicketId("987654"), drafted(emulator), ["title"], no_fence)
    assert refused.value.reason == "gone"


async def test_a_file_that_is_too_large_is_left_out_and_told() -> None:
    emulator = emulated(max_file=10)
    small, large = (Download(f"{n}.txt", "text/plain", n, content=b"x" * n) for n in (3, 11))
    said = CommentDraft("1", Key("TK-7-c1"), None, "<p>See there</p>", True, (File("1"), File("2")))
    async with onto(emulator, max_file_mb=10 / (1 << 20)) as desk:
        made = await desk.create(replace(drafted(emulator), files=said.files), [small, large])
        there = await desk.step(made.id, drafted(emulator), Step("comment 1", said), [small, large], no_fence)
        for _ in range(2):
            changed = await desk.change(made.id, replace(drafted(emulator), body="<p>New</p>"), ["body"], no_fence)
            assert changed.losses == ()
    ticket = emulator.state()["tickets"][made.id]
    assert (made.losses, there.losses) == (("file_too_large",), ("file_too_large",))
    for text, files in (
        (ticket["description"], ticket["files"]),
        (ticket["comments"][0]["message"], ticket["comments"][0]["files"]),
    ):
        assert "[File 11.txt (11 bytes) was too large and is not here.]" in text
        assert [file["name"] for file in files] == ["3.txt"]
    assert ticket["description"].startswith("<p>New</p><p>[File"), "which outlasts the text"


def test_a_file_tells_its_name_where_the_desk_does_and_is_one_under_both_keys() -> None:
    assert wire.files([901, "902"], [901]) == (File("901"), File("902"))
    assert wire.files([{"id": 903, "name": "a &amp; b.txt"}], [903]) == (File("903", "a & b.txt"),)
