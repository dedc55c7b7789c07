"""A ticket of Tikting that is there, changed by the operator's own call: nothing else of it, and nothing unseen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.contract import Download
from syncer.desks.tikting import wire_files
from syncer.desks.tikting.emulator import TiktingEmulator, extended
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.errors import Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import File
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.desks.test_tikting_endpoints import CLOSE, REPLY, UPDATE, bodies, calls, desk, draft, no_fence
from tests.desks.tikting_site import ANN, RITA, Site, said, sent

LOST = "value_not_kept"
ALL = {
    "title": "title", "description": "description", "requester": "creatorId", "assignee": "assigneeId",
    "status": "ticketStatusId", "site": "siteId", "department": "departmentId", "priority": "ticketPriorityId",
    "category": "ticketCategoryId", "group": "groupId",
}  # fmt: skip
BEFORE = {
    "title": "Jam [IG-1]", "description": "b", "creatorId": RITA, "ticketStatusId": 1, "siteId": 101,
    "departmentId": 201, "ticketPriorityId": 1, "groupId": 301, "assigneeId": None,
}  # fmt: skip


def site(refuses: Collection[str] = (), ignores: Collection[str] = (), **more: Any) -> Site:
    """One ticket, and a call that replaces the whole of it, but for what it refuses or passes over."""
    found = Site([1])
    found.tickets[1] = {"id": 1, **BEFORE, **more}

    async def update(request: web.Request) -> web.StreamResponse:
        body = msgspec.json.decode(await request.read())
        if any(name in refuses and value != found.tickets[1].get(name) for name, value in body.items()):
            return await said(400, "No")(request)
        for name in ALL.values():
            if name in found.tickets[1] and name not in ignores:
                found.tickets[1][name] = body.get(name)
        return await sent({})(request)

    found.always["PUT /api/x/1"] = update
    return found


async def changed(
    there: Site, new: Draft, names: Collection[str], fields: Mapping[str, str] = ALL, **more: Any
) -> tuple[str, ...]:
    endpoints = {"ticket.update": {**UPDATE, "fields": dict(fields)}, **more}
    async with desk(there, endpoints) as tikting:
        return (await tikting.change(TicketId("1"), new, names, no_fence)).losses


@pytest.mark.parametrize("tested", [True, False])
async def test_it_takes_changes_only_by_a_call_that_was_tried(tested: bool) -> None:
    async with desk(site(), {"ticket.update": {**UPDATE, "tested": tested}}) as tikting:
        assert tikting.capabilities.takes_changes == tested


async def test_a_call_for_the_whole_ticket_changes_what_is_named_and_nothing_else() -> None:
    there = site(assigneeId=ANN)
    new = draft(title="Jam again [IG-1]", body="other", fields={"priority": "3", "category": "401", "group": "302"})
    assert await changed(there, new, ["title", "priority"]) == ()
    assert there.tickets[1] == {
        "id": 1,
        **BEFORE,
        "title": "Jam again [IG-1]",
        "ticketPriorityId": 3,
        "assigneeId": ANN,
    }
    assert len(calls(there)) == 1


async def test_nothing_is_sent_where_all_is_as_it_should_be() -> None:
    there = site(creatorId=RITA.upper(), description="b\r\n")
    new = draft(fields={"priority": "1", "group": "301"})
    names = ["title", "body", "requester", "status", "site_id", "department_id", "priority", "group"]
    assert await changed(there, new, names) == ()
    assert calls(there) == []


async def test_what_the_call_is_not_told_stays_and_is_counted() -> None:
    there = site()
    new = draft(title="Jam again [IG-1]", body="other", fields={"priority": "3", "ticket_type": "2"})
    losses = await changed(
        there, new, ["title", "body", "priority", "ticket_type", "tags"], {"priority": "ticketPriorityId"}
    )
    assert losses == (LOST,) * 4
    assert bodies(there) == [{"ticketPriorityId": 3}]
    assert await changed(site(), new, ["title", "body"], {"priority": "ticketPriorityId"}) == (LOST,) * 2
    assert await changed(there, new, ["title"], {"priority": "ticketPriorityId"}) == (LOST,)
    assert len(calls(there)) == 1, "a call that would change nothing is not made"


@pytest.mark.parametrize(
    ("endpoints", "told"),
    [({}, {"ticket"}), ({"ticket.close": CLOSE}, {"ticket", "status"}), ({"ticket.reply": REPLY}, {"ticket", "reply"}),
     ({"ticket.update": UPDATE}, {"ticket", "status"}),
     ({"ticket.update": {**UPDATE, "fields": {"assignee": "a"}}}, {"ticket", "assignee"})],
    ids=lambda one: "-".join(sorted(one)) or "none",
)  # fmt: skip
async def test_mails_are_told_of_the_calls_that_are_made(endpoints: Any, told: set[str]) -> None:
    async with desk(site(), endpoints) as tikting:
        assert {mail.on for mail in tikting.capabilities.mails} == told


async def test_what_would_have_to_be_emptied_stays_and_is_counted() -> None:
    there = site(assigneeId=ANN)
    assert await changed(there, draft(), ["priority", "group", "assignee", "category"]) == (LOST,) * 3
    assert calls(there) == []


async def test_what_a_ticket_does_not_show_is_told_as_drafted_and_counted_where_it_was_asked() -> None:
    there = site()
    del there.tickets[1]["groupId"]
    new = draft(fields={"priority": "3", "group": "302"})
    assert await changed(there, new, ["priority"]) == ()
    assert bodies(there)[0]["groupId"] == 302, "a call for the whole ticket would empty it"
    assert await changed(there, new, ["group"]) == (LOST,), "nobody can see it"


async def test_one_value_that_is_refused_keeps_no_other_from_its_change() -> None:
    there = site(refuses=["ticketPriorityId"])
    new = draft(title="Jam again [IG-1]", body="other", fields={"priority": "3"})
    assert await changed(there, new, ["priority", "title", "body"]) == (LOST,)
    assert (there.tickets[1]["title"], there.tickets[1]["description"]) == ("Jam again [IG-1]", "other")
    with pytest.raises(Rejected):
        await changed(there, new, ["priority"])
    everything = site(refuses=list(ALL.values()))
    with pytest.raises(Rejected):
        await changed(everything, new, ["priority", "title"])


async def test_a_change_that_was_taken_and_not_kept_is_counted() -> None:
    there = site(ignores=["title"])
    assert await changed(there, draft(title="Jam again [IG-1]", body="other"), ["title", "body"]) == (LOST,)


@pytest.mark.parametrize("mode", ["plain", "html"])
async def test_lines_that_tell_which_files_are_not_there_outlast_the_text(mode: str) -> None:
    line = "[File a&b.txt (5 bytes) was too large for Tikting and is not here.]"
    text = f"b\n\n{line}" if mode == "plain" else "<p>b</p><p>" + line.replace("&", "&amp;") + "</p>"
    there = site(description=text)
    body = "other" if mode == "plain" else "<p>other</p>"
    for _ in range(2):
        async with desk(there, {"ticket.update": {**UPDATE, "fields": ALL}}, text_mode=mode) as tikting:
            assert (await tikting.change(TicketId("1"), draft(body=body), ["body"], no_fence)).losses == ()
    assert there.tickets[1]["description"] == text.replace("b", "other", 1)
    assert len(calls(there)) == 1


async def test_a_status_changes_by_its_own_call_and_nothing_with_it() -> None:
    there = site(assigneeId=ANN)
    new = draft("pending", title="Jam again [IG-1]", body="other", fields={"priority": "3"})
    assert await changed(there, new, ["status"]) == ()
    assert there.tickets[1] == {"id": 1, **BEFORE, "ticketStatusId": 2, "assigneeId": ANN}
    assert await changed(site(), draft("closed"), ["status"], {"title": "title"}) == (LOST,)


async def test_a_ticket_is_closed_by_the_call_for_that() -> None:
    there = site()

    async def close(request: web.Request) -> web.StreamResponse:
        there.tickets[1]["ticketStatusId"] = 4
        return await sent({})(request)

    there.always["POST /api/x/close/1"] = close
    endpoints: Any = {"ticket.close": {**CLOSE, "fields": {"status": "s"}}}
    assert await changed(there, draft("closed"), ["status"], **endpoints) == ()
    assert calls(there) == ["POST /api/x/close/1"]


async def test_a_ticket_that_is_not_there_is_gone() -> None:
    there = site()
    there.tickets.clear()
    with pytest.raises(Rejected) as refused:
        await changed(there, draft(), ["title"])
    assert refused.value.reason == "gone"


@pytest.mark.parametrize("status", ["open", "pending", "resolved", "closed"])
async def test_what_a_draft_takes_is_known_before(status: str) -> None:
    emulator = TiktingEmulator(emptied(generate(1, 8)), switches=extended())
    endpoints = emulator.block("http://x")["endpoints"]
    async with desk(emulator, endpoints) as tikting:  # type: ignore[arg-type]
        values = [value async for value in tikting.lookups()]
        first = {kind: next(v.id for v in values if v.kind == kind) for kind in ("site", "department", "person")}
        there = next(v.id for v in values if v.kind == "status" and v.status_class == status)
        fields = {"requester": first["person"], "status": there, "site_id": first["site"],
                  "department_id": first["department"]}  # fmt: skip
        said_there = CommentDraft("5", Key("IG-1-c5"), None, "a", True, (File("f"),))
        one = draft(comments=(said_there,), fields=fields)
        await tikting.admit()
        emulator.carrier.log.clear()
        id = (await tikting.create(one, ())).id
        for step in tikting.steps(one):
            await tikting.step(id, one, step, [Download("f", "x/y", 1, content=b"f")] if step.comment else [], no_fence)
        assert len(emulator.carrier.log) == tikting.calls(one)


@pytest.mark.parametrize(("size", "read"), [(12, 12), ("12", 12), (0, 0), ("12 KB", None), (None, None)])
def test_a_file_tells_its_name_and_size_where_its_desk_does(size: Any, read: int | None) -> None:
    row = {"id": 7, "fileName": "a.txt", "url": "/f/7", "size": size}
    assert wire_files.shown(FieldMap(), row).file == File("7/%2Ff%2F7/a.txt", "a.txt", read)
    assert wire_files.shown(FieldMap(), {"id": 7}).file == File("7//7")


def test_a_file_of_a_reply_that_the_ticket_lists_too_is_one_and_knows_all_that_is_told() -> None:
    row = {"attachments": [{"id": 7, "fileName": "a.txt", "size": 12}]}
    (file,) = wire_files.listed(FieldMap(), row)
    assert file.with_more(wire_files.shown(FieldMap(), 7)).file == file.file
    assert wire_files.shown(FieldMap(), 7).with_more(file).file.size == 12
