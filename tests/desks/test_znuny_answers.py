"""Znuny against single odd answers over real HTTP: each is taken for what it means."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.contract import Download, Newer, Step, Unreadable
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.desk import Znuny
from syncer.errors import AuthFailed, ConfigError, Fatal, InDoubt, Rejected, Retryable, SyncerError
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import File, Ticket
from tests.desks.serving import opened

SESSION, CREATE, GET, SEARCH = "POST /Session", "POST /Ticket", "POST /TicketList", "POST /TicketSearch"
CUT = "cut"
NOBODY = "User does not have access to the ticket!"


def update(id: int) -> str:
    return f"PATCH /Ticket/{id}"


def error(operation: str, kind: str, said: str = NOBODY) -> dict[str, Any]:
    return {"Error": {"ErrorCode": f"{operation}.{kind}", "ErrorMessage": f"{operation}: {said}"}}


DENIED = error("TicketGet", "AccessDenied")


def config(url: str, **more: Any) -> ZnunyConfig:
    block = {
        "name": "zn", "base_url": url, "auth": {"user": "sync", "password": "s3cret-word"}, "timeout": 5, "pause": 0.2,
        "budget": {"per_second": 5000, "parallel": 8}, "queue": "Raw", "probe_misses": 20,
        "lists": {"agents": [{"login": "tom", "email": "tom@desk.example", "name": "Tom"}]},
    }  # fmt: skip
    return ZnunyConfig.model_validate({**block, **more})


def row(id: int, **more: Any) -> dict[str, Any]:
    known = {
        "TicketID": id, "TicketNumber": f"20240701{id}", "Title": f"Ticket {id}", "Queue": "Raw", "State": "new",
        "StateType": "new", "Priority": "3 normal", "Owner": "root@localhost", "Lock": "unlock", "Age": 90_000,
        "CustomerUserID": "mia@acme.example", "Created": f"2024-07-01 10:{id // 60:02}:{id % 60:02}",
        "Changed": f"2024-07-01 12:{id // 60:02}:{id % 60:02}", "Article": [said(id * 10)],
        "DynamicField": [{"Name": "ExternalID", "Value": f"IG-{id}"}],
    }  # fmt: skip
    return known | more


def said(id: int, **more: Any) -> dict[str, Any]:
    known = {"ArticleID": id, "Body": f"words {id}", "From": "mia@acme.example", "SenderType": "customer"}
    return known | {"IsVisibleForCustomer": 1, "CreateTime": "2024-07-01 10:00:00"} | more


class Server:
    """A Znuny with these tickets; `answers` gives routes other answers, in order, the last one again and again.

    An answer is a JSON value, a pair of status and text, CUT, or a function of the body.
    """

    def __init__(self, *rows: dict[str, Any], **answers: Any) -> None:
        self.rows = {one["TicketID"]: one for one in rows}
        known: dict[str, Any] = {SESSION: {"SessionID": "s3ssion-1"}, GET: self._get, SEARCH: self._search}
        known[CREATE] = {"TicketID": "70", "TicketNumber": "1", "ArticleID": "700"}
        known |= {route: found for route, found in answers.pop("answers", {}).items()}
        self.answers = {route: found if isinstance(found, list) else [found] for route, found in known.items()}
        self.asked: list[tuple[str, Any]] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    def sent(self, route: str) -> list[Any]:
        """The bodies of these calls."""
        return [body for name, body in self.asked if name == route]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        data, route = await request.read(), f"{request.method} {request.path}"
        body = msgspec.json.decode(data) if data else dict(request.query)
        self.asked.append((route, body))
        if route not in self.answers:
            return web.Response(
                status=500, text=f"HTTP::REST Error while determine Operation for request URI '{route}'."
            )
        found = self.answers[route]
        self.answers[route] = found[1:] or found
        answer = found[0](body) if callable(found[0]) else found[0]
        if answer == CUT:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if isinstance(answer, tuple):
            return web.Response(status=answer[0], text=answer[1], content_type="text/html")
        return web.json_response(answer)

    def _get(self, body: dict[str, Any]) -> dict[str, Any]:
        ids = [int(id) for id in body["TicketID"]]
        if any(id not in self.rows for id in ids):
            return DENIED
        return {"Ticket": [self.rows[id] for id in ids]}

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        rows = list(self.rows.values())
        for key, name in (("TicketCreateTimeNewerDate", "Created"), ("TicketLastChangeTimeNewerDate", "Changed")):
            rows = [one for one in rows if one[name] >= body.get(key, "")]
        for condition in (value for key, value in body.items() if key == "DynamicField_ExternalID"):
            wanted = condition.get("Equals")
            rows = [one for one in rows if wanted in (None, one["DynamicField"][0]["Value"])]
        key = "Changed" if body.get("SortBy") == "Changed" else "Created"
        rows.sort(key=lambda one: str(one[key]), reverse=body.get("OrderBy") == "Down")
        ids = [str(one["TicketID"]) for one in rows[: body.get("Limit", 500)]]
        return {"TicketID": ids} if ids else {}


def desk(server: Server, **more: Any) -> AbstractAsyncContextManager[Znuny]:
    return opened(server, lambda url: Znuny(config(url, **more)))


def draft(**more: Any) -> Draft:
    known: dict[str, Any] = {
        "source_id": TicketId("7"), "version": Version("1"), "key": Key("IG-70"), "title": "Down", "body": "<p>b</p>",
        "fields": {"requester": "mia@acme.example", "status": "new"},
    }  # fmt: skip
    return Draft(**{**known, **more})


def comment(number: int = 1, **more: Any) -> CommentDraft:
    known: dict[str, Any] = {
        "id": str(number), "key": Key(f"IG-70-c{number}"), "author": None, "body": "<p>hi</p>", "public": False
    }  # fmt: skip
    return CommentDraft(**{**known, **more})


def no_fence() -> None:
    """We are the writer."""


async def refs(pages: Any) -> list[str]:
    return [ref.id async for page in pages for ref in page.refs]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 1)
    monkeypatch.setattr("syncer.desks.znuny.reading.ONE_SECOND", 0.01)


# --- logging in


async def test_a_session_that_ended_is_replaced_by_one_caller() -> None:
    server = Server(*(row(n) for n in range(1, 6)))
    server.answers[SESSION] = [{"SessionID": "old"}, {"SessionID": "new"}]

    def get(body: dict[str, Any]) -> dict[str, Any]:
        return error("TicketGet", "AuthFail") if body["SessionID"] == "old" else server._get(body)

    server.answers[GET] = [get]
    async with desk(server) as zn:
        found = await asyncio.gather(*(zn.fetch([TicketId(str(n))]) for n in range(1, 6)))
    assert all(isinstance(one, Ticket) for (one,) in found)
    assert len(server.sent(SESSION)) == 2


async def test_a_write_goes_again_with_a_new_session() -> None:
    server = Server()
    server.answers[CREATE] = [error("TicketCreate", "AuthFail"), {"TicketID": "70"}]
    async with desk(server) as zn:
        await zn.admit()
        assert (await zn.create(draft(), [])).id == "70"
    assert len(server.sent(SESSION)) == 2


async def test_a_refused_log_in_is_not_tried_again() -> None:
    server = Server(answers={SESSION: error("SessionCreate", "AuthFail")})
    async with desk(server) as zn:
        for _ in range(3):
            with pytest.raises(AuthFailed, match=r"SessionCreate\.AuthFail") as e:
                await zn.check()
            assert "s3cret" not in repr(e.value) + e.value.message + e.value.hint
    assert len(server.sent(SESSION)) == 1


@pytest.mark.parametrize("session", ["POST /Session", None])
async def test_what_opens_the_desk_is_told_to_nobody(session: str | None) -> None:
    """Although the server repeats what it was sent."""
    server = Server(answers={SEARCH: lambda body: (422, f"not so: {body}"), CREATE: lambda body: (500, f"oh: {body}")})
    async with desk(server, routes={"session": session}) as zn:
        await zn.admit()
        told = ""
        for work in (zn.check(), zn.create(draft(), [])):
            with pytest.raises(SyncerError) as e:
                await work
            told += repr(e.value) + e.value.message + e.value.hint
        told += repr(zn) + repr(vars(zn)["_config"])
    assert "not so: " in told
    assert "s3cret" not in told
    assert "s3ssion" not in told


async def test_without_a_session_name_and_password_go_along() -> None:
    server = Server(row(1))
    async with desk(server, routes={"session": None}) as zn:
        assert await refs(zn.scan()) == ["1", "1"]
    assert not server.sent(SESSION)
    assert {(body["UserLogin"], body["Password"]) for _, body in server.asked} == {("sync", "s3cret-word")}


async def test_routes_are_those_of_the_web_service() -> None:
    server = Server(row(1), row(2))
    server.answers["GET /T/1,2"] = [{"Ticket": [row(1), row(2)]}]
    async with desk(server, routes={"get": "GET /T/:TicketID"}, formatted=False) as zn:
        found = await zn.fetch([TicketId("1"), TicketId("2")])
    assert [one.id for one in found] == ["1", "2"]
    (asked,) = server.sent("GET /T/1,2")
    assert asked["SessionID"] == "s3ssion-1"


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        ({"Ticket": []}, ConfigError),
        ((404, "no such page"), ConfigError),
        ((200, "<html>log in</html>"), ConfigError),
        ((500, "HTTP::REST Error while determine Operation for request URI '/x'."), ConfigError),
        (CUT, Retryable),
        ((503, "later"), Retryable),
    ],
)
async def test_what_is_no_session_is_told_as_what_it_is(answer: Any, raised: type[SyncerError]) -> None:
    async with desk(Server(answers={SESSION: answer})) as zn:
        with pytest.raises(raised) as e:
            await zn.connect()
    assert e.value.hint


# --- looking around


async def test_a_check_says_what_is_odd() -> None:
    """The zone by how old a ticket says it is, the marker's field by a ticket that should have it."""
    server = Server(row(1, DynamicField=[]))
    server.answers[SEARCH] = [{"TicketID": ["1"]}]
    async with desk(server) as zn:
        found = (await zn.check()).findings
    assert any("does timezone say what OTRSTimeZone does" in one for one in found)
    assert any("there is no dynamic field 'ExternalID'" in one for one in found)
    assert any("lists.customers, lists.queues" in one for one in found)


async def test_a_desk_that_shows_nothing_is_not_taken_for_an_empty_one_without_a_word() -> None:
    async with desk(Server()) as zn:
        assert any("lack the permission ro" in one for one in (await zn.check()).findings)
        pages = [page async for page in zn.scan()]
    assert [page.note for page in pages if page.note]
    assert pages[-1].cursor == "1970-01-01 00:00:00"


@pytest.mark.parametrize("answer", [{"status": "ERROR"}, {"TicketID": None}, {"TicketID": []}, [[]], (200, "<html>")])
async def test_what_is_no_list_of_ids_is_no_empty_one(answer: Any) -> None:
    async with desk(Server(answers={SEARCH: answer})) as zn:
        with pytest.raises(ConfigError):
            await refs(zn.scan())


async def test_more_tickets_of_one_second_than_a_search_shows_are_all_seen() -> None:
    same = [row(n, Created="2024-07-01 10:00:00", Changed="2024-07-01 12:00:00") for n in range(1, 20)]
    later = [row(n) for n in range(20, 30)]
    async with desk(Server(*same, *later), page_size=4) as zn:
        assert set(await refs(zn.scan())) == {str(n) for n in range(1, 30)}
        assert set(await refs(zn.list_changed(Cursor("2024-07-01 12:00:00")))) == {str(n) for n in range(1, 30)}


async def test_a_ticket_that_changes_while_its_page_is_read_hides_no_other() -> None:
    """The last of a page has a later time by now: the next search must not begin there."""
    server = Server(*(row(n) for n in range(1, 9)))
    moved: list[int] = []

    def get(body: dict[str, Any]) -> dict[str, Any]:
        if len(body["TicketID"]) > 1 and not moved:
            moved.append(body["TicketID"][-1])
            server.rows[moved[0]] = row(moved[0], Changed="2024-07-01 13:00:00")
        return server._get(body)

    server.answers[GET] = [get]
    async with desk(server, page_size=3) as zn:
        found = await refs(zn.list_changed(Cursor("2024-07-01 12:00:00")))
    assert moved == [3]
    assert set(found) == {str(n) for n in range(1, 9)}


async def test_a_server_that_sorts_by_nothing_is_read_to_the_end() -> None:
    server = Server(*(row(n) for n in range(1, 12)))
    order = [5, 11, 2, 8, 1, 10, 3, 9, 4, 7, 6]

    def search(body: dict[str, Any]) -> dict[str, Any]:
        since = body.get("TicketCreateTimeNewerDate", "")
        return {"TicketID": [id for id in order if server.rows[id]["Created"] >= since][: body["Limit"]]}

    server.answers[SEARCH] = [search]
    async with desk(server, page_size=3) as zn:
        assert set(await refs(zn.scan())) == set(map(str, order))


async def test_a_condition_that_is_ignored_brings_nothing_older() -> None:
    server = Server(*(row(n) for n in range(1, 12)))
    server.answers[SEARCH] = [lambda body: server._search({k: v for k, v in body.items() if "Newer" not in k})]
    async with desk(server, page_size=3, overlap_minutes=1) as zn:
        assert set(await refs(zn.list_changed(Cursor("2024-07-01 12:01:09")))) == {"9", "10", "11"}


async def test_a_condition_that_shows_nothing_though_something_changed_stops_the_run() -> None:
    server = Server(row(1))
    server.answers[SEARCH] = [lambda body: {} if "TicketLastChangeTimeNewerDate" in body else {"TicketID": ["1"]}]
    async with desk(server) as zn:
        with pytest.raises(Fatal, match="a search since"):
            await refs(zn.list_changed(Cursor("2024-07-01 11:00:00")))


# --- people


async def test_whoever_has_an_address_may_ask_and_nobody_is_made() -> None:
    """But for those who left: their login is refused, and their address is where it is the login."""
    server = Server()
    customers = [
        {"email": "Mia@acme.example", "login": "mia"},
        {"email": "left@acme.example", "active": False},
        {"email": "gone@acme.example", "login": "gone", "active": False},
    ]
    async with desk(server, lists={"customers": customers}) as zn:
        known = {
            word: await zn.known(word) for word in ("New.One@acme.example", "mia@ACME.example", "gone@acme.example")
        }
        assert known == {word: word.lower() for word in known}
        for word in ("left@acme.example", "a..b@acme.example", "ä@acme.example", "eva@localhost", "a@b_c.example", "x"):
            assert await zn.known(word) is None
        with pytest.raises(Rejected, match="no valid e-mail"):
            await zn.invite(LookupValue("person", "7", "Eva", email="eva"), no_fence)
        assert not server.asked
        for id in known.values():
            await zn.admit()
            await zn.create(draft(fields={"requester": id or "", "status": "new"}), [])
    sent = [body["Ticket"]["CustomerUser"] for body in server.sent(CREATE)]
    assert sent == ["new.one@acme.example", "mia", "gone@acme.example"]


async def test_whoever_left_is_listed_as_not_active_and_a_field_by_its_label() -> None:
    lists = {
        "agents": [{"login": "tom", "email": "tom@desk.example", "active": False}],
        "customers": [{"email": "mia@acme.example", "active": False}, {"email": "eva@acme.example"}],
        "dynamic_fields": {"OrderNo": {"label": "Order no", "form": "choice", "options": ["A"]}},
    }
    async with desk(Server(), lists=lists) as zn:
        found = {(one.kind, one.id): one async for one in zn.lookups()}
    active = {id: one.active for (kind, id), one in found.items() if kind == "person"}
    assert active == {"tom@desk.example": False, "mia@acme.example": False, "eva@acme.example": True}
    assert found["custom_field", "OrderNo"].name == "Order no"
    assert found["custom_option", "OrderNo/A"].path == ("Order no", "A")


async def test_one_that_cannot_be_seen_takes_no_other_along() -> None:
    server = Server(*(row(n) for n in (1, 2, 4, 5)))
    async with desk(server) as zn:
        found = await zn.fetch([TicketId(str(n)) for n in range(1, 6)])
        assert await zn.values([TicketId("3"), TicketId("1")]) == [
            {"queue": "Raw", "status": "new", "priority": "3 normal"}
        ]
    assert [one.id for one in found] == ["1", "2", "3", "4", "5"]
    assert [isinstance(one, Unreadable) and one.gone for one in found] == [False, False, True, False, False]


async def test_one_that_breaks_takes_no_other_along() -> None:
    async with desk(Server(row(1, Article=[{"Body": "x"}]), row(2))) as zn:
        broken, whole = await zn.fetch([TicketId("1"), TicketId("2")])
    assert isinstance(broken, Unreadable)
    assert not broken.gone
    assert isinstance(whole, Ticket)


async def test_what_changed_in_this_second_is_read_again() -> None:
    server = Server(row(1, Age=7_200))
    server.answers[GET] = [{"Ticket": [row(1, Age=7_200)]}, {"Ticket": [row(1, Age=7_201, Title="Later")]}]
    async with desk(server) as zn:
        (ticket,) = await zn.fetch([TicketId("1")])
    assert isinstance(ticket, Ticket)
    assert ticket.title == "Later"


# --- texts and files


def html(id: int, text: str, *files: dict[str, Any], contents: bool) -> dict[str, Any]:
    listed = [{"Filename": "file-2", "ContentType": 'text/html; charset="utf-8"', "FileID": "1", "FilesizeRaw": "9",
               "Content": text}, *files]  # fmt: skip
    shown = [
        one | {"Content": base64.b64encode(one["Content"].encode()).decode() if contents else ""} for one in listed
    ]
    return said(id, Attachment=shown)


async def test_formatted_texts_are_fetched_as_they_were_and_their_files_once(tmp_path: Path) -> None:
    files = [{"Filename": f"{n}.txt", "ContentType": "text/plain", "FileID": str(n), "FilesizeRaw": "5",
              "Content": f"file{n}"} for n in (2, 3)]  # fmt: skip
    server = Server(row(1), row(2))

    def get(body: dict[str, Any]) -> dict[str, Any]:
        shown = html(10, "<p>so</p>", *files, contents=bool(body.get("GetAttachmentContents")))
        rows = {1: row(1, Article=[shown]), 2: row(2)}
        return {"Ticket": [rows[id] for id in body["TicketID"]]}

    server.answers[GET] = [get]
    async with desk(server) as zn:
        first, second = await zn.fetch([TicketId("1"), TicketId("2")])
        assert isinstance(first, Ticket)
        assert isinstance(second, Ticket)
        assert (first.body, second.body) == ("<p>so</p>", "words 20")
        for file in first.files:
            got = await zn.download(TicketId("1"), file.id, tmp_path)
            assert got.content == f"file{file.id[-1]}".encode()
        with pytest.raises(Rejected, match="does not show it"):
            await zn.download(TicketId("1"), "10/9", tmp_path)
    asked = [(body["TicketID"], body.get("GetAttachmentContents")) for body in server.sent(GET)]
    assert asked == [([1, 2], 0), ([1], 1), ([1], 1)], "bytes only of whose text is formatted; the last for the unknown"


async def test_a_file_that_came_short_is_refused_and_a_large_one_lies_on_disk(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8192
    listed = [{"Filename": "a", "FileID": "1", "FilesizeRaw": "9", "Content": base64.b64encode(b"short").decode()},
              {"Filename": "b", "FileID": "2", "FilesizeRaw": str(len(data)), "ContentID": "<img@x>",
               "Content": base64.b64encode(data).decode()}]  # fmt: skip
    server = Server(row(1, Article=[said(10, Attachment=listed)]))
    async with desk(server) as zn:
        with pytest.raises(Rejected, match="5 of 9 bytes"):
            await zn.download(TicketId("1"), "10/1", tmp_path)
        got = await zn.download(TicketId("1"), "10/2", tmp_path)
    assert got.path is not None
    assert got.path.read_bytes() == data
    assert got.shown_as == ("cid:img@x",)


# --- finding


async def test_a_marker_is_looked_for_exactly() -> None:
    server = Server(row(70), row(71, DynamicField=[{"Name": "ExternalID", "Value": "ig-72"}]))
    server.answers[SEARCH] = [
        lambda body: (
            {"TicketID": ["71"]} if body["DynamicField_ExternalID"]["Equals"] == "IG-72" else server._search(body)
        )
    ]
    async with desk(server) as zn:
        assert await zn.find([Key("IG-70"), Key("IG-72"), Key("IG-7")], None) == {"IG-70": "70"}


async def test_a_search_that_looks_for_something_else_says_nothing_of_absence() -> None:
    async with desk(Server(row(1), row(2), answers={SEARCH: {"TicketID": ["1", "2"]}})) as zn:
        with pytest.raises(ConfigError, match="shows tickets without it"):
            await zn.find([Key("IG-9")], None)


async def test_newer_tickets_are_looked_at_by_their_ids() -> None:
    server = Server(row(60), row(61), row(75), answers={SEARCH: {}})
    async with desk(server) as zn:
        assert await zn.find([Key("IG-75")], Newer(TicketId("60"), {"61"})) == {"IG-75": "75"}
        assert await zn.find([Key("IG-99")], Newer(TicketId("60"), {"61"})) == {}
        server.rows.clear()
        with pytest.raises(Rejected, match="not to be seen any more"):
            await zn.find([Key("IG-99")], Newer(TicketId("60"), set()))


# --- writing


REFUSALS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = {
    "owner": (
        error("TicketCreate", "InvalidParameter", "Ticket->OwnerID or Ticket->Owner parameter is invalid!"),
        lambda body: body["Ticket"]["Owner"] == "root@localhost" and body["Ticket"]["Lock"] == "unlock",
    ),
    "custom": (
        error("TicketCreate", "InvalidParameter", "DynamicField->Value parameter is invalid!"),
        lambda body: body["DynamicField"] == [{"Name": "ExternalID", "Value": "IG-70"}],
    ),
    "sender": (
        error("TicketCreate", "InvalidParameter", "Article->From parameter is invalid!"),
        lambda body: "From" not in body["Article"],
    ),
    "apart": (
        error("TicketCreate", "MissingParameter", "Article parameter is missing or not valid!"),
        lambda body: isinstance(body["Article"], dict) and len(body["Attachment"]) == 2,
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
async def test_a_ticket_goes_without_what_is_refused_of_it(what: str) -> None:
    refusal, without = REFUSALS[what]
    server = Server()
    server.answers[CREATE] = [lambda body: {"TicketID": "70"} if without(body) else refusal]
    files = [Download("a.txt", "text/plain", 1, content=b"x") for _ in range(2)] if what == "apart" else []
    wanted = draft(fields=draft().fields | {"assignee": "tom@desk.example"}, custom={"Severity": "Severity/hi"})
    async with desk(server) as zn:
        await zn.admit()
        assert (await zn.create(wanted, files)).id == "70"
    assert len(server.sent(CREATE)) == 2


async def test_where_nobody_has_another_name_it_goes_without_an_owner() -> None:
    refusal, _ = REFUSALS["owner"]
    server = Server()
    server.answers[CREATE] = [lambda body: refusal if "Owner" in body["Ticket"] else {"TicketID": "70"}]
    wanted = draft(fields=draft().fields | {"assignee": "tom@desk.example"})
    async with desk(server) as zn:
        await zn.admit()
        assert (await zn.create(wanted, [])).id == "70"
    assert [body["Ticket"].get("Owner") for body in server.sent(CREATE)] == ["tom", "root@localhost", None]


async def test_a_file_that_is_called_otherwise_is_told_and_counted() -> None:
    server = Server()
    files = [Download(name, "text/plain", 1, content=b"x") for name in ("a.txt", "..", "file-1")]
    async with desk(server) as zn:
        made = await zn.create(draft(), files)
    assert made.losses == ("value_not_kept", "value_not_kept")
    (sent,) = server.sent(CREATE)
    assert [one["Filename"] for one in sent["Attachment"]] == ["a.txt", "file", "attached file-1"]
    for line in ("[File .. (1 bytes) is here as file.]", "[File file-1 (1 bytes) is here as attached file-1.]"):
        assert line in sent["Article"]["Body"]
    assert "a.txt" not in sent["Article"]["Body"]


async def test_files_that_are_too_much_stay_behind_and_are_named() -> None:
    """Those that are too large by the settings, and all of them where the server takes less than that."""
    server = Server()
    server.answers[CREATE] = [lambda body: (413, "Payload Too Large") if "Attachment" in body else {"TicketID": "70"}]
    files = [Download("big.bin", "x/y", 2_000_000, content=b""), Download("a.txt", "text/plain", 1, content=b"x")]
    async with desk(server, max_request_mb=1) as zn:
        await zn.admit()
        made = await zn.create(draft(), files)
    assert made.losses == ("file_too_large", "file_too_large")
    first, second = (body["Article"]["Body"] for body in server.sent(CREATE))
    assert "big.bin (2000000 bytes)" in first
    assert "a.txt" not in first
    assert "a.txt (1 bytes)" in second


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (error("TicketCreate", "AccessDenied", "Can not create tickets in given Queue or QueueID!"), Rejected),
        (error("TicketCreate", "InvalidParameter", "Ticket->StateID or Ticket->State parameter is invalid!"), Rejected),
        (error("TicketCreate", "InvalidParameter", "Ticket->CustomerUser parameter is invalid!"), Rejected),
        (error("TicketCreate", "InvalidParameter", "DynamicField->Name parameter is invalid!"), Rejected),
        ((413, "Payload Too Large"), Rejected),
        ((422, "no"), Rejected),
        ((500, '{"faultcode":"Server","faultstring":"Article could not be created"}'), InDoubt),
        ((500, "HTTP::REST Error while determine Operation for request URI '/Ticket'."), ConfigError),
        ((200, "<html>log in</html>"), InDoubt),
        ({"status": "ERROR"}, InDoubt),
        ({}, InDoubt),
        (CUT, InDoubt),
        ((429, "slower"), Retryable),
        ((502, "bad gateway"), InDoubt),
        ((401, "who"), AuthFailed),
    ],
)
async def test_what_an_answer_to_a_create_means(answer: Any, raised: type[SyncerError]) -> None:
    server = Server(answers={CREATE: answer})
    async with desk(server) as zn:
        await zn.admit()
        with pytest.raises(raised) as e:
            await zn.create(draft(), [])
    assert type(e.value) is raised or not isinstance(e.value, InDoubt)
    if raised is Rejected and isinstance(answer, dict) and "State" not in str(answer):
        assert e.value.hint, "how to mend it"


async def test_a_comment_tells_its_id_or_is_looked_for_by_its_marker() -> None:
    server = Server(row(70, Article=[said(700), said(701, Body="hi\n\n[ext:IG-70-c1]\n\n[1] https://x.example")]))
    server.answers[update(70)] = [{"TicketID": "70", "ArticleID": 705}, {"TicketID": "70", "TicketNumber": "1"}]
    step = Step("comment 1", comment())
    async with desk(server) as zn:
        for id in ("705", "701"):
            assert (await zn.step(TicketId("70"), draft(), step, [], no_fence)).id == id
        assert await zn.happened(TicketId("70"), draft(), step) == "701"
        assert await zn.happened(TicketId("70"), draft(), Step("comment 2", comment(2))) is None
    assert {body["Article"]["IsVisibleForCustomer"] for body in server.sent(update(70))} == {0}


async def test_a_comment_goes_without_a_sender_or_files_that_are_refused() -> None:
    refusal = error("TicketUpdate", "InvalidParameter", "Article->From parameter is invalid!")

    def take(body: dict[str, Any]) -> Any:
        if "From" in body["Article"]:
            return refusal
        return (413, "Payload Too Large") if "Attachment" in body else {"TicketID": "70", "ArticleID": "701"}

    server = Server(answers={update(70): take})
    step = Step("comment 1", comment(author="tom@desk.example", files=(File("1"),)))
    async with desk(server) as zn:
        made = await zn.step(TicketId("70"), draft(), step, [Download("a", "x/y", 1, content=b"x")], no_fence)
    assert (made.id, made.losses) == ("701", ("comment_author_as_text", "file_too_large"))


async def test_the_last_look_sets_what_is_not_as_drafted_and_counts_what_stays_so() -> None:
    server = Server(row(70, State="open", Queue="Junk"))

    def take(body: dict[str, Any]) -> dict[str, Any]:
        if "DynamicField" in body:
            return error("TicketUpdate", "InvalidParameter", "DynamicField->Value parameter is invalid!")
        server.rows[70] = row(70, State=body["Ticket"]["State"], Queue="Junk")
        return {"TicketID": "70"}

    server.answers[update(70)] = [take]
    wanted = draft(
        fields=draft().fields | {"status": "closed successful", "assignee": "tom@desk.example"},
        custom={"Severity": "x"},
    )
    async with desk(server) as zn:
        assert await zn.happened(TicketId("70"), wanted, Step("end")) is None
        made = await zn.step(TicketId("70"), wanted, Step("end"), [], no_fence)
    assert sorted(made.losses) == ["assignee_as_text", "value_not_kept", "value_not_kept"]
    assert server.rows[70]["State"] == "closed successful"


async def test_a_state_that_is_changed_back_parks_its_ticket() -> None:
    server = Server(row(70, State="open"), answers={update(70): {"TicketID": "70"}})
    async with desk(server) as zn:
        with pytest.raises(Rejected, match="stays 'open'; 'new' was wanted"):
            await zn.step(TicketId("70"), draft(), Step("end"), [], no_fence)


async def test_a_ticket_that_is_as_drafted_is_not_written_to() -> None:
    def shut() -> None:
        raise AssertionError("nothing is to be written")

    async with desk(Server(row(70))) as zn:
        assert await zn.happened(TicketId("70"), draft(), Step("end")) == ""
        assert (await zn.step(TicketId("70"), draft(), Step("end"), [], shut)).losses == ()


# --- lists


async def test_names_and_people_are_those_of_the_settings_and_of_tickets() -> None:
    server = Server(row(1, Queue="Own", State="parked", StateType="pending reminder", Owner="jo", Type="Incident"),
                    row(2, CustomerUserID="ana", DynamicField=[{"Name": "Room", "Value": "214"}]))  # fmt: skip
    async with desk(server) as zn:
        values = [value async for value in zn.lookups()]
        assert len({(value.kind, value.id) for value in values}) == len(values)
        names = {(value.kind, value.id) for value in values}
        people = {("person", id) for id in ("agent/jo", "customer/ana", "mia@acme.example")}
        found = {("queue", "Own"), ("status", "parked"), ("type", "Incident"), ("custom_field", "Room")}
        assert found | people <= names
        assert next(one for one in values if one.id == "parked").status_class == "pending"
        tom = await zn.person("tom@desk.example")
        assert tom is not None
        assert (tom.name, tom.username) == ("Tom", "tom")


async def test_so_many_tickets_are_looked_through_for_names() -> None:
    server = Server(*(row(n, Queue=f"Q{n}") for n in range(1, 5)))
    async with desk(server, lookup_tickets=2) as zn:
        queues = {value.id async for value in zn.lookups() if value.kind == "queue"}
    assert queues == {"Raw", "Q4", "Q3"}
