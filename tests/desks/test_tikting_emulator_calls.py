"""The calls of the emulated Tikting whose shape is not published: what is configured is served, and nothing else."""

from __future__ import annotations

import hashlib
from typing import Any

import aiohttp
import pytest
from aiohttp import FormData

from syncer.deskkit.emulation import Faults
from syncer.desks.tikting.emulator import Account, TiktingEmulator, extended
from syncer.desks.tikting.emulator_accounts import guid_of
from syncer.desks.tikting.emulator_endpoints import FIXTURES, Endpoint
from tests.desks.test_tikting_emulator import DAY, Caller, calling, claims, form_of, small_world

ANN, BO = guid_of("ann@example.org"), guid_of("bo@example.org")
SYNC, RITA = guid_of("sync@example.org"), guid_of("rita1@example.org")
MEMBER = Account(email="rita1@example.org", password="pw", roles=("Member",), permissions=())
PRINTER, VPN, LAPTOP, KEYBOARD = 1001, 1002, 1003, 1004


def made(**switches: Any) -> TiktingEmulator:
    return TiktingEmulator(small_world(), switches=extended(**switches), others=[MEMBER])


def with_endpoint(name: str, **shape: Any) -> TiktingEmulator:
    return made(endpoints={name: Endpoint(**shape)})


async def sent(caller: Caller, method: str, path: str, **body: Any) -> tuple[int, Any]:
    async with caller.client.request(method, path, headers=caller.headers, **body) as answer:
        return answer.status, await answer.json(content_type=None) if "json" in answer.content_type else None


async def act(caller: Caller, action: str, ticket: int = VPN, **body: Any) -> tuple[int, Any]:
    return await sent(caller, "POST", f"/fixture/tickets/{ticket}/{action}", **body)


async def replied(caller: Caller, ticket: int = VPN, call: str = "reply", **parts: str) -> tuple[int, Any]:
    return await act(caller, call, ticket, data=form_of(parts))


async def ticket_of(caller: Caller, id: int) -> dict[str, Any]:
    status, ticket = await caller.get(f"/api/TicketsApi/{id}")
    assert status == 200
    found: dict[str, Any] = ticket
    return found


async def told(caller: Caller, channel: str = "mail") -> list[tuple[int, str, list[str]]]:
    async with caller.client.get("/_control/notifications") as answer:
        return [(one["ticket"], one["kind"], one["to"]) for one in await answer.json() if one["channel"] == channel]


# --- what is served -----------------------------------------------------------------------------------


async def test_only_what_is_configured_is_served_and_only_in_the_profile_extended() -> None:
    async with calling(made(profile="documented")) as caller:
        assert (await replied(caller, Body="Hello"))[0] == 404
        assert (await caller.get("/fixture/users"))[0] == 404
    async with calling(made(endpoints={"ticket.pickup": FIXTURES["ticket.pickup"]})) as caller:
        assert (await replied(caller, Body="Hello"))[0] == 404
        assert (await act(caller, "pickup"))[0] == 204
        assert (await sent(caller, "PUT", f"/fixture/tickets/{VPN}/pickup"))[0] == 405
        assert (await act(caller, "pickup", 9))[0] == 404


async def test_each_fixture_is_a_call_that_needs_a_token() -> None:
    async with calling(made()) as caller:
        caller.headers = {}
        for endpoint in FIXTURES.values():
            status, _ = await sent(caller, endpoint.method, endpoint.path.replace("{id}", str(VPN)))
            assert status == 401
        assert len(FIXTURES) == 11


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("ticket.delete", {}),
        ("user.forgot_password", {}),
        ("ticket.reply", {"path": "https://elsewhere.example/{id}"}),
        ("ticket.reply", {"path": "//elsewhere.example/{id}"}),
        ("ticket.reply", {"path": "/a/../{id}"}),
        ("ticket.reply", {"path": "/a"}),
        ("ticket.reply", {"fields": {"id": "ticketId"}}),
        ("ticket.reply", {"path": "/a/{id}/{nobody}"}),
        ("ticket.reply", {"fields": {"files": "f"}, "encoding": "json"}),
        ("ticket.reply", {"fields": {"title": "t"}}),
        ("ticket.reply", {"success": (404,)}),
        ("ticket.reply", {"success": ()}),
        ("ticket.reply", {"success": (204,), "result_id": "id"}),
        ("ticket.reply", {"result_id": "$..id"}),
    ],
    ids=str,
)
def test_a_call_that_cannot_be_is_not_built(name: str, shape: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=name):
        with_endpoint(name, **{"method": "POST", "path": "/a/{id}"} | shape)


def test_two_calls_cannot_be_one() -> None:
    same = Endpoint(method="POST", path="/a/{id}")
    with pytest.raises(ValueError, match="several calls"):
        made(endpoints={"ticket.close": same, "ticket.resolve": same})


@pytest.mark.parametrize("encoding", ["json", "form", "multipart"])
async def test_a_call_is_taken_in_its_own_encoding_only(encoding: str) -> None:
    fields = {"message": "text", "public": None}
    desk = with_endpoint("ticket.reply", method="PATCH", path="/r/{id}", encoding=encoding, fields=fields)
    bodies: dict[str, dict[str, Any]] = {
        "json": {"json": {"text": "Hello"}},
        "form": {"data": {"text": "Hello"}},
        "multipart": {"data": form_of({"text": "Hello"})},
    }
    async with calling(desk) as caller:
        for name, body in bodies.items():
            assert (await sent(caller, "PATCH", f"/r/{VPN}", **body))[0] == (200 if name == encoding else 415)
        assert [reply["body"] for reply in (await ticket_of(caller, VPN))["replies"]] == ["Hello"]


@pytest.mark.parametrize(
    ("result_id", "place"), [("id", ["id"]), ("$.data.reply.id", ["data", "reply", "id"]), (None, None)]
)
async def test_the_answer_has_the_first_status_and_the_id_at_its_place(
    result_id: str | None, place: list[str] | None
) -> None:
    shape: dict[str, Any] = {"fields": {"message": "m"}, "success": (202, 200), "result_id": result_id}
    async with calling(with_endpoint("ticket.reply", method="POST", path="/r/{id}", **shape)) as caller:
        status, body = await sent(caller, "POST", f"/r/{VPN}", json={"m": "Hello"})
        assert status == 202
        for name in place or []:
            assert list(body) == [name]
            body = body[name]
        assert body == ((await ticket_of(caller, VPN))["replies"][0]["id"] if place else None)


async def test_a_ticket_may_be_named_in_body_or_query() -> None:
    shape: dict[str, Any] = {"fields": {"id": "ticketId", "message": "m"}}
    async with calling(with_endpoint("ticket.reply", method="POST", path="/r", **shape)) as caller:
        assert (await sent(caller, "POST", "/r", json={"ticketId": VPN, "m": "Hello"}))[0] == 200
        assert (await sent(caller, "POST", "/r", json={"ticketId": str(VPN), "m": "Hello"}))[0] == 400
        assert (await sent(caller, "POST", "/r", json={"m": "Hello"}))[0] == 404
    async with calling(with_endpoint("ticket.pickup", method="POST", path="/p?ticket={id}&v=1")) as caller:
        assert (await sent(caller, "POST", f"/p?v=1&ticket={VPN}"))[0] == 200
        assert (await ticket_of(caller, VPN))["assigneeId"] == SYNC


async def test_a_sub_path_holds_the_configured_calls_too() -> None:
    async with calling(made(base_path="/desk")) as caller:
        assert (await sent(caller, "POST", f"/desk/fixture/tickets/{VPN}/pickup"))[0] == 204
        assert (await act(caller, "pickup"))[0] == 404


# --- replies ------------------------------------------------------------------------------------------


async def test_a_reply_is_of_the_account_and_of_now_with_its_files() -> None:
    async with calling(made()) as caller:
        form = FormData(quote_fields=False, default_to_multipart=True)
        form.add_field("Body", "Täglich\n<b>neu</b> 🎫")
        form.add_field("IsPublic", "true")
        form.add_field("Files", b"one", filename="Übergröße.txt", content_type="text/plain")
        form.add_field("Files", b"two", filename="b.bin")
        form.add_field("Lost", b"x", filename="lost.txt")
        status, body = await act(caller, "reply", data=form)
        assert status == 201
        ticket = await ticket_of(caller, VPN)
        (reply,) = ticket["replies"]
        assert (reply["id"], reply["body"]) == (body["id"], "Täglich\n<b>neu</b> 🎫")
        assert (reply["creator"]["email"], reply["isPrivate"]) == ("sync@example.org", False)
        assert reply["createdDate"] == ticket["updatedDate"] > ticket["createdDate"]
        files = caller.desk.state()["tickets"][1]["replies"][0]["uploads"]
        assert [(file["name"], file["sha256"]) for file in files] == [
            ("Übergröße.txt", hashlib.sha256(b"one").hexdigest()),
            ("b.bin", hashlib.sha256(b"two").hexdigest()),
        ]
        async with caller.client.get(reply["attachments"][1]["url"], headers=caller.headers) as answer:
            assert await answer.read() == b"two"


async def test_a_public_reply_is_mailed_to_the_requester_and_a_private_one_to_nobody() -> None:
    async with calling(made()) as caller:
        assert (await replied(caller, Body="A note", IsPublic="False"))[0] == 201
        assert await told(caller) == []
        assert (await replied(caller, Body="Hello"))[0] == 201
        assert await told(caller) == await told(caller, "push") == [(VPN, "reply", ["rita1@example.org"])]
        assert [reply["isPrivate"] for reply in (await ticket_of(caller, VPN))["replies"]] == [True, False]
        caller.desk.switches.notify = False
        await replied(caller, Body="Quietly")
        assert len(await told(caller)) == 1


async def test_a_call_that_cannot_say_private_makes_a_public_reply() -> None:
    shape: dict[str, Any] = {"fields": {"message": "m", "public": None}}
    async with calling(with_endpoint("ticket.reply", method="POST", path="/r/{id}", **shape)) as caller:
        await sent(caller, "POST", f"/r/{VPN}", json={"m": "A note", "public": False, "IsPublic": False})
        assert [reply["isPrivate"] for reply in (await ticket_of(caller, VPN))["replies"]] == [False]


async def test_a_requesters_reply_tells_the_technicians() -> None:
    async with calling(made()) as caller:
        await caller.log_in(Email="rita1@example.org", Password="pw")
        assert (await replied(caller, PRINTER, "requester-reply", Body="Again"))[0] == 201
        assert (await replied(caller, VPN, "requester-reply", Body="Hello"))[0] == 201
        assert await told(caller) == [
            (PRINTER, "requester_reply", ["ann@example.org"]),
            (VPN, "requester_reply", ["bo@example.org"]),
        ]
        assert (await ticket_of(caller, VPN))["replies"][0]["creator"]["email"] == "rita1@example.org"


async def test_a_member_may_only_reply_as_requester_and_only_on_their_own() -> None:
    async with calling(made()) as caller:
        await caller.log_in(Email="rita1@example.org", Password="pw")
        assert (await replied(caller, VPN, "reply", Body="Hello"))[0] == 403
        assert (await replied(caller, LAPTOP, "requester-reply", Body="Hello"))[0] == 403
        assert (await act(caller, "pickup"))[0] == 403
        assert (await caller.get("/fixture/users"))[0] == 403
        caller.desk.switches.hide_unseen = True
        assert (await replied(caller, LAPTOP, "requester-reply", Body="Hello"))[0] == 404
        assert all(len(ticket.replies) == (ticket.id == PRINTER) for ticket in caller.desk.shelf.live)


@pytest.mark.parametrize(
    ("on_done", "status", "replies", "then"), [("accept", 201, 1, 4), ("refuse", 400, 0, 4), ("reopen", 201, 1, 1)]
)
async def test_a_reply_to_what_is_closed(on_done: str, status: int, replies: int, then: int) -> None:
    async with calling(made(on_done=on_done)) as caller:
        assert (await replied(caller, LAPTOP, Body="Still broken"))[0] == status
        ticket = await ticket_of(caller, LAPTOP)
        assert (len(ticket["replies"]), ticket["ticketStatusId"]) == (replies, then)


@pytest.mark.parametrize(
    "parts", [{}, {"Body": ""}, {"Body": " \n"}, {"body": "Hello"}, {"Body": "Hello", "IsPublic": "maybe"}], ids=str
)
async def test_a_reply_that_is_not_well_is_refused(parts: dict[str, str]) -> None:
    async with calling(made()) as caller:
        status, problem = await replied(caller, VPN, **parts)
        assert status == 400
        assert list(problem["errors"]) == ["IsPublic" if "IsPublic" in parts else "Body"]
        assert (await ticket_of(caller, VPN))["replies"] == []


async def test_a_field_given_twice_and_a_broken_body_are_400() -> None:
    async with calling(made()) as caller:
        form = form_of({"Body": "one"})
        form.add_field("Body", "two", content_type="text/plain")
        assert (await act(caller, "reply", data=form))[0] == 400
        headers = caller.headers | {"Content-Type": "multipart/form-data"}
        path = f"/fixture/tickets/{VPN}/reply"
        async with caller.client.post(path, data=b"--x", headers=headers) as answer:
            assert answer.status == 400
        for body in (b"[]", b"{", b""):
            headers = caller.headers | {"Content-Type": "application/json"}
            async with caller.client.post(f"/fixture/tickets/{VPN}/close", data=body, headers=headers) as answer:
                assert answer.status == 400
        assert (await ticket_of(caller, VPN))["replies"] == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_files_over_the_limit_are_413(chunked: bool) -> None:
    async with calling(made(max_body=20_000)) as caller:
        form = form_of({"Body": "See file"})
        form.add_field("Files", b"x" * 30_000, filename="big.bin")
        assert (await act(caller, "reply", data=form, chunked=chunked or None))[0] == 413
        assert (await ticket_of(caller, VPN))["replies"] == []


@pytest.mark.parametrize(("fault", "stored"), [("after", 1), ("cut_after", 1), ("cut_before", 0), ("before", 0)])
async def test_a_lost_answer_leaves_a_reply_to_be_found(fault: str, stored: int) -> None:
    async with calling(made()) as caller:
        caller.desk.carrier.set_faults(Faults(where="POST /fixture/tickets/.*/reply", first=[fault]))
        if fault.startswith("cut"):
            with pytest.raises(aiohttp.ClientError):
                await replied(caller, Body="Hello")
        else:
            assert (await replied(caller, Body="Hello"))[0] in (502, 503)
        assert len((await ticket_of(caller, VPN))["replies"]) == stored


# --- the rest of a ticket -----------------------------------------------------------------------------


async def test_close_and_resolve_end_a_ticket_and_tell_its_requester_once() -> None:
    async with calling(made()) as caller:
        assert (await act(caller, "resolve", json={"resolution": "Restarted"}))[0] == 200
        ticket = await ticket_of(caller, VPN)
        assert (ticket["ticketStatusId"], ticket["resolution"]) == (3, "Restarted")
        assert ticket["closedDate"] == ticket["updatedDate"]
        assert (await act(caller, "close", json={"comment": "Bye"}))[0] == 204
        assert (await act(caller, "close", json={}))[0] == 204
        ticket = await ticket_of(caller, VPN)
        assert (ticket["ticketStatusId"], ticket["resolution"]) == (4, "Restarted")
        assert [reply["body"] for reply in ticket["replies"]] == ["Bye"]
        assert await told(caller) == [
            (VPN, "resolved", ["rita1@example.org"]),
            (VPN, "closed", ["rita1@example.org"]),
        ]
        assert VPN in await caller.ids(listType="CompletedTickets")


async def test_a_ticket_is_closed_with_a_status_of_that_kind_only() -> None:
    async with calling(with_endpoint("ticket.close", method="POST", path="/c/{id}", fields={"status": "s"})) as caller:
        assert (await sent(caller, "POST", f"/c/{VPN}", json={"s": 3}))[0] == 400
        assert (await sent(caller, "POST", f"/c/{VPN}", json={"s": 4}))[0] == 200


async def update(caller: Caller, **changes: Any) -> tuple[int, Any]:
    return await sent(caller, "PUT", f"/fixture/tickets/{VPN}", json=changes)


async def test_an_update_changes_what_is_sent_and_nothing_else() -> None:
    async with calling(made()) as caller:
        before = await ticket_of(caller, VPN)
        changes = {
            "title": "Renamed",
            "description": "New text",
            "creatorId": BO.upper(),
            "assigneeId": ANN,
            "ticketStatusId": 2,
            "ticketPriorityId": 4,
            "ticketCategoryId": 402,
            "groupId": 301,
            "siteId": 101,
            "departmentId": 203,
            "tierLevelId": 52,
        }
        assert (await update(caller, **changes, resolution="not a field", id=9))[0] == 200
        after = await ticket_of(caller, VPN)
        assert after == before | changes | {"creatorId": BO, "updatedDate": after["updatedDate"]}
        assert after["updatedDate"] > before["updatedDate"]
        assert await told(caller) == [(VPN, "assigned", ["ann@example.org"])]
        assert await caller.ids(search="renamed") == [VPN]
        assert (await update(caller, ticketPriorityId=None, assigneeId=None))[0] == 200
        after = await ticket_of(caller, VPN)
        assert (after["ticketPriorityId"], after["assigneeId"], after["title"]) == (None, None, "Renamed")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 256),
        ("title", "two\nlines"),
        ("title", None),
        ("description", " "),
        ("creatorId", "8d3f0c2e-0000-4000-8000-000000000000"),
        ("creatorId", None),
        ("assigneeId", RITA),
        ("assigneeId", "ann@example.org"),
        ("ticketStatusId", 99),
        ("ticketStatusId", "2"),
        ("ticketStatusId", None),
        ("ticketPriorityId", True),
        ("ticketPriorityId", 1.0),
        ("siteId", 201),
        ("siteId", None),
        ("groupId", 1),
    ],
    ids=str,
)
async def test_an_update_that_is_not_well_changes_nothing(field: str, value: Any) -> None:
    async with calling(made()) as caller:
        before = await ticket_of(caller, VPN)
        status, problem = await update(caller, **{"description": "Not kept", field: value})
        assert status == 400
        assert list(problem["errors"]) == [field]
        assert await ticket_of(caller, VPN) == before


async def test_a_ticket_is_picked_up_by_the_account() -> None:
    async with calling(made()) as caller:
        assert (await act(caller, "pickup"))[0] == 204
        assert (await ticket_of(caller, VPN))["assigneeId"] == SYNC
        assert await told(caller) == []


async def test_forwarding_hands_a_ticket_to_a_group_or_a_technician_and_tells_them() -> None:
    async with calling(made()) as caller:
        assert (await act(caller, "forward", PRINTER, data={"groupId": "301"}))[0] == 200
        ticket = await ticket_of(caller, PRINTER)
        assert (ticket["groupId"], ticket["assigneeId"]) == (301, None)
        assert (await act(caller, "forward", PRINTER, data={"assigneeId": BO}))[0] == 200
        assert (await ticket_of(caller, PRINTER))["assigneeId"] == BO
        assert await told(caller) == [
            (PRINTER, "forwarded", ["ann@example.org"]),
            (PRINTER, "forwarded", ["bo@example.org"]),
        ]
        for data in ({}, {"groupId": ""}, {"groupId": "9"}, {"assigneeId": RITA}, [("groupId", "301")] * 2):
            assert (await act(caller, "forward", PRINTER, data=FormData(data)))[0] in (400, 415)


async def test_files_are_put_on_a_ticket_byte_for_byte() -> None:
    async with calling(made()) as caller:
        form = FormData()
        form.add_field("Files", bytes(range(256)), filename="a.bin")
        form.add_field("Files", b"", filename="empty.log")
        status, body = await act(caller, "files", PRINTER, data=form)
        files = (await ticket_of(caller, PRINTER))["attachments"]
        assert (status, body) == (201, {"file": {"id": files[1]["id"]}})
        assert [file["fileName"] for file in files] == ["a.png", "a.bin", "empty.log"]
        async with caller.client.get(files[1]["url"], headers=caller.headers) as answer:
            assert await answer.read() == bytes(range(256))
        assert (await act(caller, "files", PRINTER, data=form_of({"Files": "no file"})))[0] == 400


async def test_what_is_deleted_takes_no_call() -> None:
    async with calling(made()) as caller:
        await caller.control("delete", {"id": VPN})
        assert (await replied(caller, Body="Hello"))[0] == 404
        assert (await update(caller, title="x"))[0] == 404


# --- users --------------------------------------------------------------------------------------------


async def test_all_users_are_told_requesters_too() -> None:
    async with calling(made()) as caller:
        _, users = await caller.get("/fixture/users")
        assert {user["Id"] for user in users} == set(caller.desk.people.by_id)
        assert {"ann@example.org", "rita1@example.org"} < {user["Email"] for user in users}
        pages = [(await caller.get(f"/fixture/users?page={n}&length=4"))[1] for n in range(1, 5)]
        assert [user for page in pages for user in page] == users
        assert len(pages[0]) == 4
        assert (await caller.get("/fixture/users?page=0"))[0] == 400
        assert (await caller.get("/fixture/users?length=many"))[0] == 400


@pytest.mark.parametrize(
    ("term", "found"), [("RITA2", ["rita2@example.org"]), ("bo fix", ["bo@example.org"]), ("zz", [])]
)
async def test_users_are_searched_by_name_and_e_mail(term: str, found: list[str]) -> None:
    async with calling(made()) as caller:
        _, users = await caller.get(f"/fixture/users/search?term={term.replace(' ', '%20')}")
        assert [user["Email"] for user in users] == found
        assert (await caller.get("/fixture/users/search"))[0] == 400


@pytest.mark.parametrize("path", ["/find/{search}", "/find?q={search}"])
async def test_a_search_may_stand_in_the_path(path: str) -> None:
    async with calling(with_endpoint("user.search", method="GET", path=path)) as caller:
        _, users = await caller.get(path.replace("{search}", "rita2%40example.org"))
        assert [user["Email"] for user in users] == ["rita2@example.org"]


async def test_a_token_is_renewed_for_seven_more_days() -> None:
    async with calling(made()) as caller:
        caller.desk.carrier.clock.advance(6 * DAY)
        status, body = await sent(caller, "POST", "/fixture/refresh")
        assert status == 200
        assert claims(body["Token"])["nameidentifier"] == body["Id"] == SYNC
        old = dict(caller.headers)
        caller.desk.carrier.clock.advance(2 * DAY)
        assert (await caller.get(f"/api/TicketsApi/{VPN}"))[0] == 401
        caller.headers = {"Authorization": f"Bearer {body['Token']}"}
        assert old != caller.headers
        assert (await caller.get(f"/api/TicketsApi/{VPN}"))[0] == 200
        assert caller.desk.state()["logins"] == 1


async def test_configured_calls_are_in_the_log_of_requests() -> None:
    async with calling(made()) as caller:
        await act(caller, "pickup")
        assert caller.desk.carrier.counts()[f"POST /fixture/tickets/{VPN}/pickup 204"] == 1
