"""A ticket of Rezolve.ai that is there, changed under its etag; what it does not keep is told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from msgspec.structs import replace

from syncer.deskkit.contract import Download
from syncer.desks.rezolve.desk import Rezolve
from syncer.desks.rezolve.emulator import RezolveEmulator, Switches
from syncer.errors import InDoubt, Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.sandbox.up import emptied
from tests.desks.test_rezolve_desk import WORLD, desk, draft, made, statuses, target, uuids

LOST = "value_not_kept"


def emulated(**switches: Any) -> RezolveEmulator:
    return RezolveEmulator(emptied(WORLD), switches=Switches(**switches))


def no_fence() -> None:
    """We are the writer."""


def people(emulator: RezolveEmulator) -> list[str]:
    return [p.id for p in emulator.tables.people.values() if p.active and not p.deleted and p.email]


async def changed(rz: Rezolve, id: str, one: Draft, names: Collection[str]) -> tuple[str, ...]:
    return (await rz.change(TicketId(id), one, names, no_fence)).losses


def labels(emulator: RezolveEmulator, id: str) -> dict[str, Any]:
    found: dict[str, Any] = emulator.state()["tickets"][id]["by_label"]
    return found


@pytest.mark.parametrize(
    "switches",
    [{}, {"options_as": "label", "people_as": "object"}, {"people_as": "id"}, {"update_answer": "bare"},
     {"get_wrapper": "root"}],
    ids=str,
)  # fmt: skip
async def test_what_is_as_it_should_be_is_left_alone_however_it_is_shown(switches: dict[str, Any]) -> None:
    emulator = emulated(**switches)
    one, other = people(emulator)[:2]
    how = "id" if switches.get("people_as") == "id" else "email"
    async with desk(emulator, people_as=how, **target(emulator)) as rz:
        old = draft(fields={"requester": one, "assignee": other})
        new = draft(fields={"requester": other, "assignee": other, "priority": "pr-2"})
        id = await made(rz, old)
        names = ["title", "body", *old.fields]
        emulator.carrier.log.clear()
        assert await changed(rz, id, old, names) == ()
        assert not [call for call in emulator.carrier.log if call.method == "PATCH"]
        assert await changed(rz, id, new, names) == ()
        assert sum(call.method == "PATCH" for call in emulator.carrier.log) == 1, "all in one change"
        assert await changed(rz, id, new, names) == ()
        assert sum(call.method == "PATCH" for call in emulator.carrier.log) == 1
        (ticket,) = await rz.fetch([TicketId(id)])
    assert (ticket.requester, ticket.values["priority"]) == (other, "pr-2")  # type: ignore[union-attr]


async def test_what_is_empty_is_emptied_where_it_may_be() -> None:
    emulator = emulated()
    cause = uuids(emulator)["Root cause"]
    async with desk(emulator, **target(emulator)) as rz:
        old = draft(fields={"assignee": people(emulator)[0]}, custom={cause: "PO-7"})
        id = await made(rz, old)
        bare = replace(old, fields={"type": old.fields["type"]}, custom={})
        losses = await changed(rz, id, bare, ["assignee", f"custom.{cause}", "priority"])
    assert losses == (LOST,), "a priority is required"
    assert "Assigned To" not in labels(emulator, id)
    assert "Root cause" not in labels(emulator, id)
    assert labels(emulator, id)["Priority"]


async def test_type_team_and_watchers_are_of_the_create_alone() -> None:
    emulator = emulated(watchers_writable=True)
    async with desk(emulator, write_watchers=True, **target(emulator)) as rz:
        old = draft()
        id = await made(rz, old)
        team = next(key for key in emulator.tables.teams if key != emulator.tables.tickets[id].team)
        new = replace(old, fields=old.fields | {"type": "17021", "group": team}, cc=(people(emulator)[0],))
        emulator.carrier.log.clear()
        assert await changed(rz, id, new, ["type", "group", "cc"]) == (LOST,) * 3
        assert not [call for call in emulator.carrier.log if call.method == "PATCH"]
        assert await changed(rz, id, old, ["type", "group", "cc"]) == ()


async def test_a_summary_that_does_not_follow_its_field_is_told() -> None:
    emulator = emulated(summary_follows=False)
    async with desk(emulator, **target(emulator)) as rz:
        old = draft()
        id = await made(rz, old)
        assert await changed(rz, id, replace(old, title="Another [IG-1]"), ["title"]) == (LOST,)
    assert labels(emulator, id)["Subject"] == "Another"


async def test_one_value_that_is_refused_keeps_no_other_from_its_change() -> None:
    emulator = emulated()
    ids = uuids(emulator)
    async with desk(emulator, **target(emulator)) as rz:
        old = draft(custom={ids["Root cause"]: "PO-7"})
        id = await made(rz, old)
        new = replace(old, body="<p>New</p>", custom={ids["Root cause"]: "x" * 256})
        assert await changed(rz, id, new, ["body", f"custom.{ids['Root cause']}"]) == (LOST,)
        assert labels(emulator, id)["Description"] == "<p>New</p>"
        with pytest.raises(Rejected, match="at most 255"):
            await changed(rz, id, new, [f"custom.{ids['Root cause']}"])
        also = replace(new, custom={ids["Root cause"]: "x" * 256, ids["Effort"]: "much"})
        with pytest.raises(Rejected):
            await changed(rz, id, also, [f"custom.{id}" for id in also.custom])


async def test_a_text_that_the_desk_cleans_is_kept() -> None:
    emulator = emulated(sanitizes=True)
    async with desk(emulator, **target(emulator)) as rz:
        old = draft()
        id = await made(rz, old)
        assert await changed(rz, id, replace(old, body="<p>New</p><script>x()</script>"), ["body"]) == ()
    assert labels(emulator, id)["Description"] == "<p>New</p>"


async def test_somebody_who_is_quicker_is_not_overwritten() -> None:
    emulator = emulated()
    async with desk(emulator, **target(emulator)) as rz:
        old = draft()
        id = await made(rz, old)
        ticket, tables = emulator.tables.tickets[id], emulator.tables
        cause, quicker = uuids(emulator)["Root cause"], list[int]()

        def fence() -> None:
            if not quicker:
                quicker.append(1)
                ticket.data[cause] = "theirs"
                tables.touch(ticket, "somebody", {})

        new = replace(old, body="<p>New</p>")
        assert (await rz.change(TicketId(id), new, ["body"], fence)).losses == ()
    assert (labels(emulator, id)["Root cause"], labels(emulator, id)["Description"]) == ("theirs", "<p>New</p>")
    assert sum(call.method == "PATCH" for call in emulator.carrier.log) == 2


async def test_somebody_who_is_quicker_each_time_ends_it() -> None:
    emulator = emulated()
    async with desk(emulator, conflicts=1, **target(emulator)) as rz:
        id = await made(rz, draft())

        def fence() -> None:
            emulator.tables.touch(emulator.tables.tickets[id], "somebody", {})

        with pytest.raises(Rejected, match="each of the 2 times"):
            await rz.change(TicketId(id), replace(draft(), body="<p>New</p>"), ["body"], fence)


async def test_a_lost_answer_is_a_doubt_and_going_again_changes_nothing_more() -> None:
    emulator = emulated(broken={"update": "after"})
    async with desk(emulator, **target(emulator)) as rz:
        id = await made(rz, draft())
        new = replace(draft(), body="<p>New</p>")
        with pytest.raises(InDoubt):
            await changed(rz, id, new, ["body"])
        emulator.carrier.log.clear()
        assert await changed(rz, id, new, ["body"]) == ()
        assert not [call for call in emulator.carrier.log if call.method == "PATCH"]


@pytest.mark.parametrize("own", [{}, {"external_id_field_id": None}], ids=["field", "line"])
async def test_marker_and_lines_about_files_outlast_a_text(own: dict[str, Any]) -> None:
    emulator = emulated()
    async with desk(emulator, **target(emulator, **own)) as rz:
        await rz.connect()
        id = await made(rz, draft(), (Download("a&b.txt", "text/plain", 3, b"abc"),))
        for _ in range(2):
            assert await changed(rz, id, replace(draft(), body="<p>New</p>"), ["body"]) == ()
        assert await rz.find([Key("IG-1")], None) == {Key("IG-1"): id}
    text = labels(emulator, id)["Description"]
    assert text.startswith("<p>New</p><p>[File a&amp;b.txt (3 bytes) stayed behind")
    assert text.count("[File") == 1


async def test_fields_that_syncer_writes_itself_are_no_custom_fields() -> None:
    emulator = emulated()
    ids = uuids(emulator)
    async with desk(emulator, **target(emulator, transcript_field_id=ids["Transcript"])) as rz:
        id = await made(rz, draft())
        emulator.tables.tickets[id].data[ids["Transcript"]] = "<p>said</p>"
        assert await changed(rz, id, draft(), [f"custom.{ids[name]}" for name in ("External Id", "Transcript")]) == ()
    assert (labels(emulator, id)["External Id"], labels(emulator, id)["Transcript"]) == ("IG-1", "<p>said</p>")


async def test_a_status_is_told_where_nothing_leads_to_it() -> None:
    emulator = emulated()
    async with desk(emulator, **target(emulator)) as rz:
        id = await made(rz, draft())
        closed = draft(fields={"status": statuses(emulator)["closed"]})
        assert await changed(rz, id, closed, ["status"]) == (LOST,)
        assert await changed(rz, id, draft(fields={"status": statuses(emulator)["open"]}), ["status"]) == ()


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("wanted", ["open", "in_progress", "pending", "resolved", "closed"])
async def test_what_a_draft_takes_is_known_before(wanted: str, verify: bool) -> None:
    emulator = emulated(status_field=True)
    ids = uuids(emulator)
    own = {"status_field_id": ids["Status"], "transcript_field_id": ids["Transcript"],
           "fills": {ids["Resolution"]: "Done before."}}  # fmt: skip
    said = tuple(CommentDraft(str(n), Key(f"IG-1-c{n}"), None, f"<p>{n}</p>", True) for n in (1, 2))
    one = draft(fields={"status": statuses(emulator)[wanted]}, comments=said)
    async with desk(emulator, verify_created=verify, **target(emulator, **own)) as rz:
        await rz.connect()
        await rz.admit()
        emulator.carrier.log.clear()
        id = TicketId(await made(rz, one))
        for step in rz.steps(one):
            await rz.step(id, one, step, [], no_fence)
        assert len(emulator.carrier.log) == rz.calls(one)
