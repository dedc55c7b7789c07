"""What calls of a Tikting's own left on a ticket: seen, surely not there, or nobody can tell. Nothing is sent twice on
a guess, and no call empties what the ticket had."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.contract import Step
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import File
from tests.desks.test_tikting_endpoints import (
    ATTACH,
    CLOSE,
    READ_BACK,
    SENT,
    UPDATE,
    bodies,
    calls,
    comment,
    desk,
    does,
    draft,
    obeying,
    untested,
)
from tests.desks.tikting_site import ANN, LISTS, RITA, Site, said, sent

BODY = "Ann wrote: the tray is jammed again"
MARKER = "[IG-1-c5]"
TWINS: dict[str, Any] = {
    **LISTS,
    "status": [*LISTS["status"], {"id": 7, "status": "Done", "statusType": 4}, {"id": 8, "status": "Done"}],
    "groups": [{"id": 301, "group": "Twin"}, {"id": 302, "group": "Twin"}],
}


async def looks(site: Site, body: str = BODY, **more: Any) -> str | None:
    """Whether a reply with this body is there; "unknown" where that is said."""
    async with desk(site, {"ticket.reply": READ_BACK}, **more) as new:
        (step,) = new.steps(draft(comments=(comment(body=body),)))
        try:
            return await new.happened(TicketId("1"), draft(), step)
        except Rejected as e:
            return "unknown" if e.reason == "unreadable" and e.hint else e.reason


@pytest.mark.parametrize("odd", [{"id": 2}, {"id": 2, "body": None}, {"id": 2, "body": 7}, "text", None], ids=str)
async def test_a_reply_that_shows_no_text_may_be_the_one_that_is_looked_for(odd: Any) -> None:
    site = Site([1])
    site.tickets[1]["replies"] = [{"id": 1, "body": "another"}, odd]
    assert await looks(site) == "unknown"
    site.tickets[1]["replies"].append({"id": 3, "body": f"{BODY}\n\n{MARKER}"})
    assert await looks(site) == ""


@pytest.mark.parametrize(
    ("shown", "there"),
    [
        ("Ann wrote: the tray…", "unknown"), ("Ann wrote: the tray...", "unknown"), ("Ann wr", "unknown"),
        ("<p>Ann wrote:\r\n the&nbsp;tray</p>", "unknown"), (BODY, "unknown"), (f"{BODY} [IG-1-", "unknown"),
        (f"{BODY} [2 files of this were", "unknown"), (f"{BODY} [File a.png was too large", "unknown"),
        (f"{BODY}: really", None), ("Ann wrote: no", None), ("", None), ("Ann wrote: the tray [IG-1-c4]", None),
        (f"{BODY} [IG-1-c55]", None),
    ],
)  # fmt: skip
async def test_a_reply_that_may_be_cut_before_its_marker_is_no_proof_of_absence(shown: str, there: str | None) -> None:
    site = Site([1])
    site.tickets[1]["replies"] = [{"id": 1, "body": shown}]
    assert await looks(site) == there


async def test_a_cut_reply_is_told_whatever_form_texts_have() -> None:
    site = Site([1])
    site.tickets[1]["replies"] = [{"id": 1, "body": "Ann & Ben wrote: the"}]
    assert await looks(site, "<p>Ann &amp; Ben</p><p>wrote: the tray</p>", text_mode="html") == "unknown"


@pytest.mark.parametrize("odd", [{"id": 2}, {"id": 2, "fileName": None}, 7, None, {}], ids=str)
async def test_a_file_that_shows_no_name_may_be_the_one_that_is_looked_for(odd: Any) -> None:
    site = Site([1])
    site.tickets[1]["attachments"] = [{"id": 1, "fileName": "a.txt"}, odd]
    endpoints = {"ticket.reply": READ_BACK, "ticket.attach": {**ATTACH, "read_back": True}}
    async with desk(site, endpoints) as new:
        step = new.steps(draft(comments=(comment(files=(File("a"),)),)))[1]
        with pytest.raises(Rejected, match=r"what ticket\.attach made"):
            await new.happened(TicketId("1"), draft(), step)
        site.tickets[1]["attachments"].append({"id": 3, "url": "/f/IG-1-c5-f1 a.txt"})
        assert await new.happened(TicketId("1"), draft(), step) == ""


# The status


UNCLEAR = [{"ticketStatusId": None}, {"ticketStatusId": None, "status": "Done"},
           {"ticketStatusId": None, "status": "Nowhere"}]  # fmt: skip


@pytest.mark.parametrize("shown", [*UNCLEAR, {"ticketStatusId": 99}], ids=str)
async def test_a_status_that_is_not_clear_is_no_proof_that_a_call_was_not_made(shown: Any) -> None:
    site = Site([1])
    site.lists = TWINS
    site.tickets[1] |= shown
    site.always[SENT["close"]] = sent({})
    async with desk(site, {"ticket.close": CLOSE}) as new:
        with pytest.raises(Rejected, match="does not show status"):
            await new.happened(TicketId("1"), draft("closed"), Step("status"))
        assert calls(site) == []
        assert (await does(new, Step("status"), of=draft("closed"))).losses == ("status_as_text",)
    assert len(calls(site)) == 1


async def test_a_status_of_no_kind_that_is_in_the_list_is_another_one() -> None:
    site = Site([1])
    site.tickets[1]["ticketStatusId"] = 5  # on hold
    async with desk(site, {"ticket.close": CLOSE}) as new:
        assert await new.happened(TicketId("1"), draft("closed"), Step("status")) is None
    async with desk(site, {"ticket.update": UPDATE}) as new:
        site.tickets[1]["ticketStatusId"] = 99
        assert await new.happened(TicketId("1"), draft("closed"), Step("status")) is None


# What a call for the whole ticket is told


EVERY = {"title": "T", "description": "D", "requester": "C", "site": "S", "department": "Dep", "status": "St",
         "ticket_type": "Ty", "priority": "P", "category": "Ca", "group": "G", "level": "L",
         "assignee": "A"}  # fmt: skip


async def test_what_the_desk_chose_since_is_kept_by_a_call_for_the_whole_ticket() -> None:
    site = Site([1])
    site.tickets[1] |= {"description": "b", "groupId": 302, "tierLevelId": 51, "ticketCategoryId": 401,
                        "ticketPriorityId": 1, "siteId": 999, "assigneeId": ANN}  # fmt: skip
    obeying(site, "update", 2)
    async with desk(site, {"ticket.update": {**UPDATE, "fields": EVERY}}) as new:
        await does(new, Step("status"), of=draft("pending", fields={"priority": "3"}))
    told = {"T": "Jam [IG-1]", "D": "b", "C": RITA, "S": 101, "Dep": 201, "St": 2, "Ty": 1, "P": 3, "Ca": 401,
            "G": 302, "L": 51, "A": ANN}  # fmt: skip
    assert bodies(site) == [told]


@pytest.mark.parametrize("shown", ["a  b\r\nc\r\n\r\n[File x is not here.]", " a b c [File x is not here.]"])
async def test_what_was_added_to_a_description_stays_whatever_the_desk_did_to_its_spaces(shown: str) -> None:
    site = Site([1])
    site.tickets[1]["description"] = shown
    obeying(site, "update", 2)
    async with desk(site, {"ticket.update": {**UPDATE, "fields": {"status": "St", "description": "D"}}}) as new:
        await does(new, Step("status"), of=draft("pending", body="a b\nc"))
    assert bodies(site) == [{"St": 2, "D": shown}]


async def test_a_label_that_is_not_clear_is_not_emptied_by_a_call_for_the_whole_ticket() -> None:
    site = Site([1])
    site.lists = TWINS
    site.tickets[1]["group"] = "Twin"
    site.always[SENT["update"]] = sent({})
    fields = {"status": "St", "group": "G"}
    async with desk(site, {"ticket.update": {**UPDATE, "fields": fields}}) as new:
        with pytest.raises(Rejected, match=r"does not show its group clearly: ticket\.update would empty it") as raised:
            await does(new, Step("status"), of=draft("pending"))
        assert (raised.value.hint != "", calls(site)) == (True, [])
        obeying(site, "update", 2)
        await does(new, Step("status"), of=draft("pending", fields={"group": "302"}))
    assert bodies(site) == [{"St": 2, "G": 302}]


async def test_an_assignee_who_was_refused_does_not_cost_the_ticket_its_status() -> None:
    site = Site([1])
    site.tickets[1]["assigneeId"] = None

    async def strict(request: web.Request) -> web.StreamResponse:
        body = msgspec.json.decode(await request.read())
        if "A" in body:
            return web.Response(status=400)
        site.tickets[1]["ticketStatusId"] = body["St"]
        return web.Response(status=204)

    site.always[SENT["update"]] = strict
    one = draft("pending", fields={"assignee": RITA})
    async with desk(site, {"ticket.update": {**UPDATE, "fields": {"status": "St", "assignee": "A"}}}) as new:
        losses = [(await does(new, step, of=one)).losses for step in new.steps(one)]
    assert losses == [("assignee_as_text",), ()]


async def test_an_assignee_whom_tickets_do_not_show_is_counted() -> None:
    site = Site([1])
    site.always[SENT["update"]] = sent({})
    async with desk(site, {"ticket.update": {**UPDATE, "fields": {"assignee": "A"}}}) as new:
        step = Step("assign")
        assert (await does(new, step, of=draft(fields={"assignee": RITA}))).losses == ("assignee_as_text",)
        with pytest.raises(Rejected, match="does not show assignee"):
            await new.happened(TicketId("1"), draft(fields={"assignee": RITA}), step)


async def test_an_update_that_only_changes_spaces_changes_nothing() -> None:
    site = Site([1])
    site.tickets[1]["description"] = "a\nb "

    async def folding(request: web.Request) -> web.StreamResponse:
        site.tickets[1]["description"] = "a\r\nb"
        return web.Response(status=204)

    site.always[SENT["update"]] = folding
    async with desk(site, {"ticket.update": untested(UPDATE)}) as new:
        assert (await new.probe("ticket.update", TicketId("1"))).worked


async def test_a_404_of_a_call_is_not_about_a_ticket_that_shows_nothing() -> None:
    site = Site()
    site.always["GET /api/TicketsApi/1"] = sent(None)
    site.always[SENT["close"]] = said(404)
    async with desk(site, {"ticket.reply": READ_BACK}) as new:
        with pytest.raises(Exception, match="an answer that is not this ticket"):
            await does(new, Step("reply 5", comment()))
