"""Znuny, changing tickets that are there and taking them away, over real HTTP: what it is told and what stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncer.desks.znuny import costs
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import File
from tests.desks.test_znuny_answers import Server, comment, desk, draft, error, row, update

ID = TicketId("7")
UPDATE = update(7)
DONE = {"TicketID": "7", "TicketNumber": "1"}
MARKED = [{"Name": "ExternalID", "Value": "IG-70"}]


def kept(server: Server) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Does as it is told: what of a change can be seen again."""

    def update(body: dict[str, Any]) -> dict[str, Any]:
        there = server.rows[7]
        there |= {key: value for key, value in body.get("Ticket", {}).items() if key not in ("CustomerUser", "Owner")}
        told = {one["Name"]: one["Value"] for one in [*there["DynamicField"], *body.get("DynamicField", [])]}
        there["DynamicField"] = [{"Name": name, "Value": value} for name, value in told.items() if value]
        there["StateType"] = there["State"].partition(" ")[0]
        return DONE

    return update


def server(**more: Any) -> Server:
    made = Server(row(7, **{"Title": "Down", "DynamicField": MARKED, **more}))
    made.answers[UPDATE] = [kept(made)]
    return made


async def test_a_change_is_of_what_differs_and_of_nothing_else() -> None:
    znuny = server(Title="Up", Lock="lock")
    told = draft(fields={"requester": "mia@acme.example", "status": "new", "queue": "Junk"})
    async with desk(znuny) as zn:
        written = await zn.change(ID, told, ["title", "status", "requester", "queue"])
        assert written.losses == ()
        await zn.change(ID, told, ["title", "status", "requester", "queue"])
    changes = [{"TicketID": "7", "Ticket": {"Title": "Down", "Queue": "Junk", "Lock": "lock"}}]
    assert [_bare(one) for one in znuny.sent(UPDATE)] == changes, "a move alone would unlock it"


async def test_what_is_left_empty_is_emptied_or_as_the_settings_say() -> None:
    znuny = server(State="open", Priority="5 very high", DynamicField=[*MARKED, {"Name": "Note", "Value": "x"}])
    async with desk(znuny) as zn:
        written = await zn.change(ID, draft(fields={}), ["custom.Note", "priority", "status", "requester", "type"])
    assert written.losses == ("value_not_kept",), "nobody asks for no one"
    (sent,) = znuny.sent(UPDATE)
    assert _bare(sent) == {
        "TicketID": "7", "Ticket": {"Priority": "3 normal", "State": "new"},
        "DynamicField": [{"Name": "Note", "Value": ""}],
    }  # fmt: skip


async def test_a_pending_state_is_due_some_time() -> None:
    znuny = server()
    async with desk(znuny, pending_days=1) as zn:
        await zn.change(ID, draft(fields={"status": "pending reminder"}), ["status"])
    assert znuny.sent(UPDATE)[0]["Ticket"] == {"State": "pending reminder", "PendingTime": {"Diff": 1440}}


async def test_one_part_that_is_refused_does_not_take_the_others_with_it() -> None:
    znuny = server(Title="Up")
    no = error("TicketUpdate", "InvalidParameter", "Ticket->Owner parameter is invalid!")
    znuny.answers[UPDATE] = [no, kept(znuny), no]
    told = draft(fields={"assignee": "tom@desk.example"})
    async with desk(znuny) as zn:
        written = await zn.change(ID, told, ["title", "assignee"])
    assert written.losses == ("value_not_kept",)
    assert [_bare(one)["Ticket"] for one in znuny.sent(UPDATE)[1:]] == [
        {"Title": "Down"}, {"Owner": "tom", "Lock": "lock"}
    ]  # fmt: skip


async def test_a_change_of_which_nothing_was_taken_is_refused() -> None:
    znuny = server(Title="Up")
    znuny.answers[UPDATE] = [error("TicketUpdate", "AccessDenied")]
    async with desk(znuny) as zn:
        with pytest.raises(Rejected, match="AccessDenied") as refused:
            await zn.change(ID, draft(), ["title"])
    assert "rw" in refused.value.hint


async def test_what_no_call_changes_is_counted() -> None:
    znuny = server()
    long = draft(custom={"Note": "x" * 4000}, fields={"assignee": "stranger@x.example"})
    async with desk(znuny) as zn:
        written = await zn.change(ID, long, ["body", "cc", "custom.Note", "assignee"])
    assert written.losses == ("value_not_kept",) * 3, "nobody was to be told"
    assert not znuny.sent(UPDATE)


async def test_a_ticket_that_is_not_to_be_seen_is_gone() -> None:
    async with desk(Server()) as zn:
        with pytest.raises(Rejected) as refused:
            await zn.change(ID, draft(), ["title"])
        assert refused.value.reason == "gone"
        await zn.remove(ID)
        assert await zn.removed(ID)


@pytest.mark.parametrize("in_title", [False, True], ids=["in its field", "in the title"])
async def test_a_ticket_that_is_taken_back_is_removed_and_without_its_marker(in_title: bool) -> None:
    znuny = server(Title="Down [IG-70]", DynamicField=[] if in_title else MARKED)
    more = {"marker_field": None} if in_title else {}
    async with desk(znuny, **more) as zn:
        assert not await zn.removed(ID)
        await zn.remove(ID)
        assert await zn.removed(ID)
        await zn.remove(ID)
    (sent,) = znuny.sent(UPDATE)
    assert sent["Ticket"] == {"State": "removed"} | ({"Title": "Down"} if in_title else {})
    assert sent.get("DynamicField") == (None if in_title else [{"Name": "ExternalID", "Value": ""}])


async def test_a_state_of_another_type_takes_nothing_back() -> None:
    znuny = server()
    async with desk(znuny, removed_state="closed away") as zn:
        with pytest.raises(Rejected, match="stays 'closed away'") as refused:
            await zn.remove(ID)
    assert "removed_state" in refused.value.hint


async def test_a_removal_that_broke_off_before_the_marker_is_none() -> None:
    async with desk(server(State="removed", StateType="removed")) as zn:
        assert not await zn.removed(ID)


def test_a_draft_costs_a_call_for_each_comment_and_two() -> None:
    assert costs.calls(draft(files=(File("1"), File("2")))) == 2
    assert costs.calls(draft(comments=(comment(1, files=(File("3"),)), comment(2)))) == 4


def _bare(body: dict[str, Any]) -> dict[str, Any]:
    """Without what opens the desk."""
    return {key: value for key, value in body.items() if key in ("TicketID", "Ticket", "DynamicField")}


async def test_files_are_told_with_their_names_and_sizes() -> None:
    files = [{"Filename": "log.txt", "ContentType": "text/plain", "FilesizeRaw": "5", "FileID": "1"},
             {"Filename": "", "ContentType": "image/png", "FilesizeRaw": "", "FileID": "2"}]  # fmt: skip
    there = row(7)
    there["Article"][0]["Attachment"] = files
    async with desk(Server(there)) as zn:
        (ticket,) = await zn.fetch([ID])
    assert ticket.files == (File("70/1", "log.txt", 5), File("70/2", "unnamed-2"))  # type: ignore[union-attr]
