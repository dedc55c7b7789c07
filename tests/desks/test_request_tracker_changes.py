"""Request Tracker, changing and deleting tickets that are there, over real HTTP: an answer proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.deskkit.mails import Mailed
from syncer.desks.request_tracker import costs
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.errors import Rejected
from syncer.model.draft import CommentDraft
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import File
from tests.desks.test_request_tracker_answers import TOKEN, Script, broken, custom, desk, draft, items, part, row, user

ID = TicketId("8")
PUT, GET, DELETE = "PUT /ticket/8", "GET /ticket/8", "DELETE /ticket/8"
WAY = {"ref": "lifecycle", "from": "open", "to": "deleted"}


async def test_a_change_is_of_what_differs_and_of_nothing_else() -> None:
    there = [row(8, Subject="old", Requestor=[user("ana")]), row(8, Subject="new", Requestor=[user("ana")])]
    script = Script(**{PUT: ["said"], GET: tuple(there)})
    told = draft(title="new", fields={"status": "open", "requester": "ana"})
    async with desk(script) as rt:
        written = await rt.change(ID, told, ["title", "status", "requester", "priority"])
    assert script.sent(PUT) == [{"Subject": "new"}]
    assert written.losses == ()


async def test_what_is_left_empty_is_emptied() -> None:
    """By null where a field holds one value, which RT would make an empty one of where there is none."""
    full = row(8, CustomFields=[custom("3", "Severity", "low"), custom("5", "Due On")], Owner=user("tom"),
               Requestor=[user("ana"), user("bo")], Cc=[user("cy")])  # fmt: skip
    empty = row(8, Requestor=[user("bo")])
    script = Script(**{PUT: ["said"], GET: (full, empty)})
    async with desk(script) as rt:
        await rt.change(ID, draft(), ["custom.3", "custom.5", "assignee"])
    assert script.sent(PUT) == [{"CustomFields": {"3": None}}]
    script = Script(**{PUT: ["said"], GET: full})
    async with desk(script) as rt:
        with pytest.raises(Rejected):
            await rt.change(ID, draft(), ["assignee", "requester", "cc"])
    assert script.sent(PUT) == [{"Requestor": ["bo"]}, {"Cc": []}, {"Owner": "Nobody"}], "who else asks, stays"


async def test_a_moment_that_comes_out_in_another_time_zone_is_changed_once_more() -> None:
    def due(at: str) -> dict[str, Any]:
        return row(8, CustomFields=[custom("5", "Due On", at)])

    script = Script(**{PUT: ["said"], GET: (due("2026-01-01 00:00:00"), due("2026-05-05 08:00:00"),
                                            due("2026-05-05 10:00:00"))})  # fmt: skip
    async with desk(script) as rt:
        written = await rt.change(ID, draft(custom={"5": "2026-05-05 10:00:00"}), ["custom.5"])
    assert [one["CustomFields"]["5"] for one in script.sent(PUT)] == ["2026-05-05 10:00:00", "2026-05-05 12:00:00"]
    assert written.losses == ()


async def test_a_yes_after_which_nothing_is_changed_is_a_no_in_the_words_of_rt() -> None:
    script = Script(**{PUT: ["Permission Denied"], GET: row(8)})
    async with desk(script) as rt:
        with pytest.raises(Rejected, match="Permission Denied") as refused:
            await rt.change(ID, draft(title="new", fields={"status": "resolved"}), ["title", "status", "body"])
    assert "ModifyTicket" in refused.value.hint


async def test_the_first_words_of_a_ticket_stay_and_that_is_counted() -> None:
    script = Script(**{PUT: ["said"], GET: (row(8, Subject="old"), row(8))})
    async with desk(script) as rt:
        written = await rt.change(ID, draft(), ["title", "body"])
    assert written.losses == ("value_not_kept",)


async def test_when_it_ended_is_kept_where_its_status_changes() -> None:
    ended = {"status": "resolved", "closed_at": "2026-01-02 03:04:05 UTC"}
    after = row(8, Status="resolved", Resolved="2026-11-30T20:18:07Z")
    script = Script(**{PUT: ["said"], GET: (row(8), row(8), after, {**after, "Resolved": "2026-01-02T03:04:05Z"})})
    async with desk(script) as rt:
        written = await rt.change(ID, draft(fields=ended), ["status", "closed_at"])
    assert script.sent(PUT) == [{"Status": "resolved"}, {"Resolved": "2026-01-02 03:04:05"}]
    assert written.losses == ()


@pytest.mark.parametrize("there", [404, row(9), row(8, Status="deleted")], ids=["no such", "merged", "deleted"])
async def test_a_ticket_that_is_gone_is_neither_changed_nor_deleted_again(there: Any) -> None:
    """One that was merged answers with the other one, which nobody meant."""
    script = Script(**{GET: there})
    async with desk(script) as rt:
        with pytest.raises(Rejected) as refused:
            await rt.change(ID, draft(), ["title"])
        assert refused.value.reason == "gone"
        await rt.remove(ID)
        assert await rt.removed(ID)
    assert not script.sent(DELETE)


async def test_a_ticket_is_deleted_only_where_rt_offers_it() -> None:
    script = Script(**{GET: row(8), DELETE: broken})
    async with desk(script) as rt:
        with pytest.raises(Rejected) as refused:
            await rt.remove(ID)
        assert "DeleteTicket" in refused.value.hint
    assert not script.sent(DELETE)
    script = Script(**{GET: row(8, _hyperlinks=[WAY]), DELETE: 204})
    async with desk(script) as rt:
        await rt.remove(ID)
        assert not await rt.removed(ID), "a yes is not taken at its word"


async def test_mails_are_told_by_the_copies_that_rt_keeps() -> None:
    def copies(request: Any, body: Any) -> Any:
        last = "id > 0" not in request.query["query"]
        return items() if last else items({"id": "41", "Type": "EmailRecord", "ObjectId": "8"})

    head = "To: Ana <ana@x.org>,\n bo@x.org\nBCC: cy@x.org\nSubject: [x #8] Down\nContent-Length: 0"
    mail = part(51, 41, "multipart/alternative") | {"Headers": head, "Subject": "[x #8] Down"}
    script = Script(**{"GET /transactions": copies, "POST /attachments": items(mail, part(52, 41))})
    async with desk(script) as rt:
        assert await rt.mailed(ID) == [Mailed(("ana@x.org", "bo@x.org", "cy@x.org"), "[x #8] Down")]
    assert "CommentEmailRecord" in script.queries("GET /transactions")[0]


def test_a_draft_costs_what_comes_with_it() -> None:
    config = RequestTrackerConfig.model_validate({"name": "rt", "base_url": "https://rt", "auth": {"token": TOKEN}})
    said = [CommentDraft(str(n), Key(f"IG-1-c{n}"), None, "x", n == 1, (File("1"),)) for n in (1, 2)]
    ends = {"status": "resolved", "closed_at": "1700000000"}
    plain = draft(fields={})
    assert costs.calls(plain, config, late=False) == 2
    assert costs.calls(draft(fields=ends), config, late=False) == 2, "all of it goes with the ticket"
    assert costs.calls(draft(fields=ends), config, late=True) == 6
    assert costs.calls(draft(fields=ends, comments=tuple(said)), config, late=False) == 2 + 4 + 1 + 2
    assert costs.calls(draft(fields={"status": "stalled"}, comments=tuple(said[1:])), config, late=True) == 2 + 2 + 3
    assert costs.calls(draft(fields={"requester": "a", "assignee": "b"}, cc=("c",)), config, late=False) == 6
