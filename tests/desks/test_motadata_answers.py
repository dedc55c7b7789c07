"""ServiceOps against single odd answers over real HTTP: each is taken for what the contract says."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download, Newer, Step, Unreadable
from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.desk import Motadata
from syncer.errors import AuthFailed, ConfigError, Fatal, InDoubt, Rejected, Retryable, SyncerError
from syncer.model.draft import CommentDraft, Draft, TextFile
from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.ticket import File, Ticket
from tests.desks.serving import opened

KEY = {"kind": "api_key", "key": "k%40ey%2Bs3cret"}
PASSWORD = {"kind": "password", "client_id": "syncer", "client_secret": "s3cret-client", "username": "bot",
            "password": "s3cret-user"}  # fmt: skip
TOKEN = "/api/oauth/token"
REQUEST = "/api/v1/request"
SEARCH = f"{REQUEST}/search/byqual"
REQUESTERS = "/api/v1/requester/search/byqual"
PAGE = "<!doctype html><html>Please log in</html>"
CUT = "cut"


def config(url: str, **more: Any) -> MotadataConfig:
    block = {"name": "ops", "base_url": url, "auth": KEY, "timeout": 5, "search_lag": 0.5, "pause": 0.2,
             "budget": {"per_second": 5000, "parallel": 8}, **more}  # fmt: skip
    return MotadataConfig.model_validate(block)


def row(id: int, **more: Any) -> dict[str, Any]:
    base = {"id": id, "name": f"INC-{id - 19}", "subject": f"Request {id}", "createdTime": 1767000000000 + id}
    return {**base, "updatedTime": 1767000001000 + id, "statusName": "Open", "requesterEmail": "ana@x.org", **more}


def rows(*found: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {"objectList": list(found), "totalCount": len(found) if total is None else total}


def of(id: int) -> str:
    return f"{REQUEST}/{id}"


def talk_of(id: int) -> str:
    return f"{of(id)}/conversation/search/byqual"


class Script:
    """Gives each path (or METHOD path) its answers in order, the last one again and again; else 404.

    An answer is a JSON value, a status, a pair of both, a text of HTML, bytes, CUT, a function of the request, or a
    web.Response.
    """

    def __init__(self, paths: dict[str, Any]) -> None:
        known = {TOKEN: {"access_token": "tok-1", "expires_in": 43199}, **paths}
        self.paths = {path: answers if isinstance(answers, tuple) else (answers,) for path, answers in known.items()}
        self.asked: list[web.Request] = []
        self.bodies: list[Any] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        body = await request.read()
        try:
            self.bodies.append(msgspec.json.decode(body) if body else None)
        except msgspec.DecodeError:
            self.bodies.append(body)
        name = f"{request.method} {request.path}"
        name = name if name in self.paths else request.path
        if name not in self.paths:
            return web.json_response({"error": "no such thing", "status": 404}, status=404)
        answers = self.paths[name]
        self.paths[name] = answers[1:] or answers
        answer = answers[0](request, self.bodies[-1]) if callable(answers[0]) else answers[0]
        match answer:
            case "cut":
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case web.Response() as made:
                return web.Response(status=made.status, body=made.body, headers=made.headers)
            case [int() as status, value]:
                return web.json_response(value, status=status)
            case int() as status:
                return web.Response(status=status)
            case str() as page:
                return web.Response(text=page, content_type="text/html")
            case bytes() as body:
                return web.Response(body=body, content_type="application/octet-stream")
            case value:
                return web.json_response(value)

    def sent(self, name: str) -> list[Any]:
        """The bodies of these calls."""
        pairs = zip(self.asked, self.bodies, strict=True)
        return [body for request, body in pairs if f"{request.method} {request.path}" == name]


def desk(script: Script, **more: Any) -> AbstractAsyncContextManager[Motadata]:
    return opened(script, lambda url: Motadata(config(url, **more)))


def draft(**more: Any) -> Draft:
    fields = {"requester": "ana@x.org", "priority": "High"}
    known: dict[str, Any] = {
        "source_id": TicketId("7"), "version": Version("1"), "key": Key("IG-7"), "title": "Down [IG-7]",
        "body": "<p>b</p>", "fields": fields,
    }  # fmt: skip
    return Draft(**{**known, **more})


async def raised(paths: dict[str, Any], **more: Any) -> SyncerError:
    """What looking through the list comes to; no secret is ever told."""
    async with desk(Script(paths), **more) as ops:
        with pytest.raises(SyncerError) as e:
            [page async for page in ops.scan()]
    text = repr(e.value) + e.value.message + e.value.hint + repr(vars(ops))
    assert "s3cret" not in text
    assert "tok-1" not in text
    return e.value


def no_fence() -> None:
    """We may write."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 2)


# --- log in -------------------------------------------------------------------------------------------


async def test_a_key_is_sent_exactly_as_it_is_and_a_refused_one_not_again() -> None:
    script = Script({SEARCH: 401})
    async with desk(script) as ops:
        with pytest.raises(AuthFailed) as e:
            await ops.check()
    assert script.asked[0].headers["Authorization"] == "Apikey k%40ey%2Bs3cret"
    assert len(script.asked) == 1
    assert "(http)" in e.value.message
    assert "https" in e.value.hint


@pytest.mark.parametrize("key", ["two words", "", "line\n", "schlüssel"])
async def test_a_key_that_is_no_key_is_told_before_it_is_sent(key: str) -> None:
    script = Script({SEARCH: rows()})
    async with desk(script, auth={"kind": "api_key", "key": key}) as ops:
        with pytest.raises(ConfigError, match=r"auth\.key"):
            await ops.check()
    assert script.asked == []


@pytest.mark.parametrize("form", ["multipart", "urlencoded"])
async def test_the_password_grant_is_asked_as_the_settings_say(form: str) -> None:
    forms: list[Any] = []

    async def token(request: web.Request) -> web.Response:
        forms.append((request.content_type, dict(await request.post()), request.headers["Authorization"]))
        return web.json_response({"access_token": "tok-1"})

    async def search(request: web.Request) -> web.Response:
        forms.append(request.headers["Authorization"])
        return web.json_response(rows())

    app = web.Application()
    app.router.add_post(TOKEN, token)
    app.router.add_post(SEARCH, search)
    auth = {**PASSWORD, "form": form}
    async with opened(SimpleNamespace(app=lambda: app), lambda url: Motadata(config(url, auth=auth))) as ops:
        await ops.check()
    kind, fields, basic = forms[0]
    assert kind == {"multipart": "multipart/form-data", "urlencoded": "application/x-www-form-urlencoded"}[form]
    assert fields == {"username": "bot", "password": "s3cret-user", "grant_type": "password"}
    assert base64.b64decode(basic.removeprefix("Basic ")) == b"syncer:s3cret-client"
    assert forms[1] == "Bearer tok-1"


@pytest.mark.parametrize("answer", [401, [400, {"error": "invalid_grant"}], 403, PAGE, [200, []], {"x": 1}], ids=str)
async def test_a_refused_log_in_is_told_as_that_with_its_scheme(answer: Any) -> None:
    error = await raised({TOKEN: answer}, auth=PASSWORD)
    assert isinstance(error, AuthFailed)
    assert "log-in by http was refused" in error.message
    assert "client_secret" in error.hint


async def test_a_log_in_that_is_not_there_is_a_wrong_address() -> None:
    assert isinstance(await raised({TOKEN: 404}, auth=PASSWORD), ConfigError)


def jwt(**claims: Any) -> str:
    return f"eyJh.{base64.urlsafe_b64encode(msgspec.json.encode(claims)).decode().rstrip('=')}.sig"


@pytest.mark.parametrize(
    ("token", "told", "life"),
    [
        ("opaque", 43199, 43199), (jwt(exp=1_000_000 + 7200), 43199, 7200), (jwt(exp=1_000_000 + 172800), 43199, 43199),
        ("opaque", None, 3600), ("a.b.c", "7199", 7199), (jwt(exp="soon"), -1, 3600),
    ],
)  # fmt: skip
async def test_a_token_is_used_until_two_minutes_before_the_earlier_end(
    token: str, told: Any, life: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    clock = SimpleNamespace(monotonic=lambda: now, time=lambda: 1_000_000.0)
    monkeypatch.setattr("syncer.desks.motadata.access.time", clock)
    monkeypatch.setattr("syncer.deskkit.credential.time", clock)
    script = Script({TOKEN: {"access_token": token, "expires_in": told}, SEARCH: rows()})
    async with desk(script, auth=PASSWORD) as ops:
        for now, log_ins in ((1000.0, 1), (1000.0 + life - 121, 1), (1000.0 + life - 119, 2)):
            await ops.check()
            assert sum(r.path == TOKEN for r in script.asked) == log_ins, now


async def test_a_token_that_ends_under_many_calls_is_replaced_once_and_a_second_401_is_final() -> None:
    script = Script({SEARCH: (401,) * 8 + (rows(),), REQUESTERS: rows()})
    async with desk(script, auth=PASSWORD) as ops:
        await asyncio.gather(*(ops.check() for _ in range(8)))
    assert sum(r.path == TOKEN for r in script.asked) == 2
    script = Script({SEARCH: 401})
    async with desk(script, auth=PASSWORD) as ops:
        with pytest.raises(AuthFailed):
            await ops.check()
    assert sum(r.path == SEARCH for r in script.asked) == 2


# --- the list -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (404, ConfigError, "unsupported server generation"), (PAGE, ConfigError, "no JSON"),
        (b"", ConfigError, "empty"),
        ({"rows": []}, ConfigError, "objectList"), (403, AuthFailed, "403"), (302, ConfigError, "302"),
        (400, ConfigError, "400"), (503, Retryable, "503"), (rows({"name": "INC-1"}), Fatal, "no id"),
    ],
    ids=str,
)  # fmt: skip
async def test_a_list_that_cannot_be_read_stops_the_run(answer: Any, error: type[SyncerError], said: str) -> None:
    found = await raised({SEARCH: answer})
    assert type(found) is error
    assert said in found.message


def listing(ids: list[int], cap: int = 1000, *, total: bool = True, hidden: tuple[int, ...] = ()) -> Any:
    def answer(request: web.Request, body: Any) -> Any:
        offset, size = int(request.query["offset"]), min(cap, int(request.query["size"]))
        shown = [row(id) for id in ids if id not in hidden][offset : offset + size]
        return {"objectList": shown, **({"totalCount": len(ids)} if total else {})}

    return answer


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize(("cap", "total"), [(1000, True), (7, True), (1, True), (3, False)])
async def test_a_scan_sees_all_whatever_the_cap_and_the_order(cap: int, total: bool, down: bool) -> None:
    ids = sorted(range(1, 61), reverse=down)
    async with desk(Script({SEARCH: listing(ids, cap, total=total)}), page_size=20) as ops:
        pages = [page async for page in ops.scan()]
    assert {int(ref.id) for page in pages for ref in page.refs} == set(ids)
    assert pages[0].begins == pages[-1].cursor
    assert any(page.swept for page in pages)
    versions = {ref.version for page in pages for ref in page.refs if ref.id == "5"}
    assert versions == {"1767000001005"}


async def test_what_is_counted_and_not_shown_is_looked_at_by_id_and_the_rest_is_told() -> None:
    ids = [10, 11, 12, 13, 14]
    script = Script({SEARCH: listing(ids, hidden=(11, 13)), of(11): row(11), of(13): 500})
    async with desk(script) as ops:
        pages = [page async for page in ops.scan()]
    assert {ref.id for page in pages for ref in page.refs} == {"10", "11", "12", "14"}
    assert "1 more" in str(pages[-1].note)


async def test_changes_are_what_is_not_older_than_the_overlap_and_the_cursor_never_goes_back() -> None:
    minute = 60_000
    old, edge, new = row(1, updatedTime=10**12), row(2, updatedTime=10**12 + 5 * minute), row(3, updatedTime=2 * 10**12)
    async with desk(Script({SEARCH: rows(old, edge, new)})) as ops:
        pages = [page async for page in ops.list_changed(Cursor(str(10**12 + 10 * minute)))]
        assert {ref.id for page in pages for ref in page.refs} == {"2", "3"}
        assert pages[-1].cursor == str(2 * 10**12)
        last = [page async for page in ops.list_changed(Cursor(str(3 * 10**12)))][-1]
        assert last.cursor == str(3 * 10**12)


async def test_a_limit_told_in_milliseconds_is_waited_for() -> None:
    headers = {"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "600"}
    script = Script({SEARCH: (web.Response(status=429, headers=headers), rows()), REQUESTERS: rows()})
    async with desk(script, pause=0.01) as ops:
        began = time.monotonic()
        await ops.check()
    assert 0.55 < time.monotonic() - began < 3


# --- tickets ------------------------------------------------------------------------------------------


async def test_a_ticket_is_read_with_its_conversations_to_the_last_page() -> None:
    said = [{"id": n, "conversationType": "note", "details": f"<p>{n}</p>"} for n in range(1, 8)]

    def talk(request: web.Request, body: Any) -> Any:
        offset = int(request.query["offset"])
        return {"objectList": said[offset : offset + 3], "totalCount": 7}

    async with desk(Script({of(5): row(5), talk_of(5): talk})) as ops:
        (ticket,) = await ops.fetch([TicketId("5")])
    assert isinstance(ticket, Ticket)
    assert [c.id for c in ticket.comments] == [str(n) for n in range(1, 8)]


@pytest.mark.parametrize("refusal", [400, 500])
async def test_a_server_that_wants_a_condition_is_asked_type_by_type(refusal: int) -> None:
    def talk(request: web.Request, body: Any) -> Any:
        if not body:
            return refusal
        kind = body["qualDetails"]["quals"][0]["rightOperand"]["value"]["value"]
        return rows({"id": sum(kind.encode()), "conversationType": kind, "details": kind})

    script = Script({of(5): row(5), talk_of(5): talk})
    async with desk(script) as ops:
        for _ in range(2):
            (ticket,) = await ops.fetch([TicketId("5")])
            assert isinstance(ticket, Ticket)
            assert {c.body for c in ticket.comments} == {
                    "note", "collaborate", "requestor_to_technician", "technician_to_requester",
                }  # fmt: skip
    assert sum(body == {} for body in script.sent(f"POST {talk_of(5)}")) == 2


async def test_a_ticket_that_is_gone_is_told_as_that() -> None:
    async with desk(Script({})) as ops:
        (found,) = await ops.fetch([TicketId("5")])
    assert isinstance(found, Unreadable)
    assert found.gone


async def test_a_ticket_whose_conversations_have_no_such_path_is_not_gone() -> None:
    async with desk(Script({of(5): row(5)})) as ops:
        (found,) = await ops.fetch([TicketId("5")])
    assert isinstance(found, Unreadable)
    assert (found.gone, "conversations" in found.reason) == (False, True)


@pytest.mark.parametrize("answer", [b"", PAGE, {}, [200, []], row(6), 403, 400], ids=str)
async def test_an_answer_that_is_no_ticket_fails_that_ticket_only(answer: Any) -> None:
    async with desk(Script({of(5): answer})) as ops:
        with pytest.raises(Rejected):
            await ops.fetch([TicketId("5")])


async def test_conversations_that_cannot_be_read_are_not_taken_for_none() -> None:
    odd: tuple[Any, ...] = (PAGE, {"list": []}, 403)
    for answer in odd:
        async with desk(Script({of(5): row(5), talk_of(5): answer})) as ops:
            with pytest.raises(SyncerError):
                await ops.fetch([TicketId("5")])


async def test_people_come_from_requests_and_from_the_list_of_requesters_where_it_works() -> None:
    listed = {"name": "Ana Lima", "email": "ANA@x.org", "userLogOnName": "ana"}
    one = row(5, requesterName="Ana", assigneeEmail="t@x.org")
    paths = {SEARCH: rows(one), REQUESTERS: rows(listed)}
    async with desk(Script(paths)) as ops:
        people = {v.id: v async for v in ops.lookups() if v.kind == "person"}
    assert {id: (v.name, v.username) for id, v in people.items()} == {
        "ana@x.org": ("Ana Lima", "ana"), "t@x.org": ("t@x.org", None),
    }  # fmt: skip
    async with desk(Script({SEARCH: rows(one), REQUESTERS: 500})) as ops:
        values = [v async for v in ops.lookups()]
        assert {v.id for v in values if v.kind == "person"} == {"ana@x.org", "t@x.org"}
        assert (await ops.person("ana@x.org")) == next(v for v in values if v.id == "ana@x.org")
        stranger = await ops.person("new@x.org")
        assert stranger is not None
        assert stranger.email == "new@x.org"
        assert getattr(await ops.person("Sync Bot"), "name", "") == "Sync Bot"


async def test_names_come_from_documents_requests_and_configured_paths() -> None:
    paths = {
        SEARCH: rows(row(5, statusName="Waiting", categoryName="Net", customField={"Site": ""})),
        "/api/request/status/search/byqual": rows({"id": 9, "name": "Open"}, {"id": 14, "name": "Parked"}),
        "/api/request/category": [{"id": 1, "name": "Hardware"}],
    }
    lists = {"status": "/api/request/status/search/byqual", "category": "/api/request/category"}
    async with desk(Script(paths), lookup_paths=lists) as ops:
        values = [v async for v in ops.lookups()]
        assert {v.kind for v in values} <= set(ops.capabilities.lookup_kinds)
    names: dict[str, list[str]] = {}
    for v in values:
        names.setdefault(v.kind, []).append(v.id)
    assert names["status"] == ["Open", "In Progress", "Pending", "Resolved", "Closed", "Parked", "Waiting"]
    assert names["category"] == ["Hardware", "Net"]
    assert names["custom_field"] == ["Site"]


# --- files of a source --------------------------------------------------------------------------------


async def test_a_file_is_read_only_where_the_settings_say_how(tmp_path: Path) -> None:
    file = "0a%2F1/log.txt"
    script = Script({"/api/file/0a/1": b"bytes"})
    async with desk(script) as ops:
        with pytest.raises(Rejected) as e:
            await ops.download(TicketId("5"), file, tmp_path)
        assert e.value.reason == "no_download_path"
    async with desk(script, attachment_download_path="/api/file/{refFileName}") as ops:
        got = await ops.download(TicketId("5"), file, tmp_path)
    assert got.path is not None
    assert (got.name, got.path.read_bytes(), got.content_type) == ("log.txt", b"bytes", "text/plain")
    assert script.asked[-1].headers["Authorization"].startswith("Apikey ")


@pytest.mark.parametrize("answer", [PAGE, 404, 403, 401])
async def test_a_file_that_does_not_come_leaves_nothing_behind(answer: Any, tmp_path: Path) -> None:
    script = Script({"/api/file/r": answer})
    async with desk(script, attachment_download_path="/api/file/{refFileName}", auth=PASSWORD) as ops:
        with pytest.raises(Rejected):
            await ops.download(TicketId("5"), "r/log.txt", tmp_path)
    assert not list(tmp_path.iterdir())


# --- writing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (400, Rejected), (403, Rejected), (422, Rejected), (404, ConfigError), (302, ConfigError), (429, Retryable),
        (500, InDoubt), (502, InDoubt), (503, InDoubt), (504, InDoubt), (408, InDoubt), (CUT, InDoubt),
        (PAGE, InDoubt), (b"", InDoubt), (b"{half", InDoubt), ({}, InDoubt), ([200, []], InDoubt), (401, AuthFailed),
        ({"id": 0}, InDoubt),
    ],
    ids=str,
)  # fmt: skip
async def test_a_create_is_sent_once_and_its_answer_is_of_the_right_class(
    answer: Any, error: type[SyncerError]
) -> None:
    script = Script({REQUEST: answer})
    async with desk(script) as ops:
        with pytest.raises(SyncerError) as e:
            await ops.create(draft(), ())
    assert type(e.value) is error
    assert len(script.sent(f"POST {REQUEST}")) == 1
    assert "s3cret" not in e.value.message


async def test_a_desk_that_is_down_did_nothing() -> None:
    ops = Motadata(config("http://127.0.0.1:9"))
    with pytest.raises(Retryable):
        await ops.create(draft(), ())
    await ops.close()


async def test_a_token_that_ran_out_at_a_create_is_replaced_and_the_fence_asked_each_time() -> None:
    fences = 0

    def fence() -> None:
        nonlocal fences
        fences += 1

    script = Script({REQUEST: (401, {"id": 9})})
    async with desk(script, auth=PASSWORD) as ops:
        assert (await ops.create(draft(), (), fence)).id == "9"
    assert fences == 2


def a_file(name: str = "log.txt", size: int = 4) -> Download:
    return Download(name, "text/plain", size, content=b"x" * size)


async def test_files_without_a_way_are_named_and_counted() -> None:
    script = Script({REQUEST: {"id": 9}})
    async with desk(script) as ops:
        made = await ops.create(draft(), [a_file()])
    assert made.losses == ("file_not_taken",)
    assert "[File log.txt (4 bytes) was not brought over.]" in script.sent(f"POST {REQUEST}")[0]["description"]


async def test_files_go_first_and_the_request_names_them() -> None:
    script = Script({"/api/oprfile": ({"refFileName": "ref-1", "link": None}, 413, [200, {}]), REQUEST: {"id": 9}})
    files = [a_file("a.txt"), a_file("b.txt"), a_file("c.txt"), a_file("d.txt", 2_000_000)]
    async with desk(script, attachment_upload_path="/api/oprfile", max_file_mb=1) as ops:
        made = await ops.create(draft(), files)
    assert made.losses == ("file_too_large", "file_refused", "file_too_large")
    (body,) = script.sent(f"POST {REQUEST}")
    assert body["fileAttachments"] == [{"refFileName": "ref-1", "realName": "a.txt"}]
    assert all(name in body["description"] for name in ("b.txt", "c.txt", "d.txt"))
    upload = script.asked[0]
    assert upload.content_type == "multipart/form-data"
    assert b'name="file"; filename="a.txt"' in script.bodies[0]


@pytest.mark.parametrize(
    ("answer", "error"), [(CUT, Retryable), (503, Retryable), (404, ConfigError), (PAGE, ConfigError)]
)
async def test_an_upload_that_fails_makes_no_ticket_and_no_doubt(answer: Any, error: type[SyncerError]) -> None:
    script = Script({"/api/oprfile": answer, REQUEST: {"id": 9}})
    async with desk(script, attachment_upload_path="/api/oprfile") as ops:
        with pytest.raises(error):
            await ops.create(draft(), [a_file()])
    assert script.sent(f"POST {REQUEST}") == []


async def test_files_that_took_longer_than_an_attempt_lasts_are_there_for_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Script({"/api/oprfile": {"refFileName": "ref-1", "realName": "a.txt"}, REQUEST: {"id": 9}})
    left: Iterator[Retryable | float] = iter([Retryable("no time is left", after=0.0), 30.0])

    def told(_: Attempt, what: str) -> float:
        now = next(left)
        if isinstance(now, Retryable):
            raise now
        return now

    monkeypatch.setattr(Attempt, "left", told)
    async with desk(script, attachment_upload_path="/api/oprfile") as ops:
        with pytest.raises(Retryable, match="no time is left"):
            await ops.create(draft(), [a_file()])
        assert script.sent(f"POST {REQUEST}") == [], "nobody counts a doubt from so long ago"
        assert (await ops.create(draft(), [a_file()])).id == "9"
    assert sum(request.path == "/api/oprfile" for request in script.asked) == 1
    (body,) = script.sent(f"POST {REQUEST}")
    assert body["fileAttachments"] == [{"refFileName": "ref-1", "realName": "log.txt"}]


def said(public: bool = True, **more: Any) -> CommentDraft:
    return CommentDraft("3", Key("IG-7-c3"), None, "<p>Ada wrote:</p>hello", public, **more)


async def test_the_steps_come_in_their_order_the_status_last() -> None:
    whole = draft(fields={"requester": "a@x.org", "assignee": "t@x.org", "status": "Closed"}, comments=(said(),),
                  texts=(TextFile("IG-7-rest.html", "<p>" + "word " * 5000),))  # fmt: skip
    async with desk(Script({})) as ops:
        assert [s.name for s in ops.steps(whole)] == ["verify", "assign", "rest 1", "rest 2", "comment 3", "status"]
        assert [s.name for s in ops.steps(draft())] == ["verify"]
    async with desk(Script({}), attachment_upload_path="/api/oprfile") as ops:
        assert [s.name for s in ops.steps(whole)] == ["verify", "assign", "comment 3", "status"]


async def test_a_look_after_the_create_counts_what_did_not_stick_and_then_the_description_bears_the_marker() -> None:
    script = Script({of(9): row(9, priorityName="Low", tags=[]), REQUEST: {"id": 9}})
    async with desk(script) as ops:
        done = await ops.step(TicketId("9"), draft(), Step("verify"), (), no_fence)
        assert sorted(done.losses) == ["marker_as_text", "value_not_kept"]
        await ops.create(draft(), ())
    assert script.sent(f"POST {REQUEST}")[0]["description"].endswith("<p>[ext:IG-7]</p>")
    script = Script({of(9): row(9, priorityName="high", tags=["ext:IG-7"]), REQUEST: {"id": 9}})
    async with desk(script) as ops:
        assert (await ops.step(TicketId("9"), draft(), Step("verify"), (), no_fence)).losses == ()
        await ops.create(draft(), ())
    assert "ext:" not in script.sent(f"POST {REQUEST}")[0]["description"]


ASSIGN = draft(fields={"requester": "a@x.org", "assignee": "t@x.org", "group": "Net"})


async def test_an_assignee_who_is_refused_or_ignored_is_left_out_and_counted() -> None:
    for patch, after, group, losses in (
        ({}, row(9, assigneeEmail="T@x.org"), None, ()),
        (b"", row(9, assigneeEmail="T@x.org"), None, ()),
        ({}, row(9), None, ("assignee_as_text",)),
        ((400, 400), row(9), None, ("assignee_as_text",)),
        ((400, 400, {}), row(9), "groupName", ("assignee_as_text",)),
        ((400, 400, 400, 400), row(9), "groupName", ("assignee_as_text", "value_not_kept")),
    ):
        script = Script({f"PATCH {of(9)}": patch, f"GET {of(9)}": after})
        async with desk(script, group_key=group) as ops:
            done = await ops.step(TicketId("9"), ASSIGN, Step("assign"), (), no_fence)
        assert done.losses == losses, (patch, after)
        sent = script.sent(f"PATCH {of(9)}")
        assert sent[0] == {"assigneeEmail": "t@x.org", **({"groupName": "Net"} if group else {})}


async def test_a_server_that_wants_the_subject_with_each_patch_gets_it_from_then_on() -> None:
    def patch(request: web.Request, body: Any) -> Any:
        return {} if "subject" in body else 500

    script = Script({f"PATCH {of(9)}": patch, f"GET {of(9)}": row(9, assigneeEmail="t@x.org")})
    async with desk(script) as ops:
        for _ in range(2):
            await ops.step(TicketId("9"), ASSIGN, Step("assign"), (), no_fence)
    assert [b.get("subject") for b in script.sent(f"PATCH {of(9)}")] == [None, "Request 9", "Request 9"]


CLOSED = draft(fields={"requester": "a@x.org", "status": "Closed"})


class Desk9:
    """Request 9 with a status that a PATCH changes, unless a rule forbids it."""

    def __init__(self, status: str = "Open", refuses: str = "", how: Any = 400, deaf: bool = False) -> None:
        self.status, self.refuses, self.how, self.deaf = status, refuses, how, deaf

    def paths(self) -> dict[str, Any]:
        return {f"PATCH {of(9)}": self.patch, f"GET {of(9)}": lambda request, body: row(9, statusName=self.status)}

    def patch(self, request: web.Request, body: Any) -> Any:
        if body["statusName"] == self.refuses:
            return self.how
        if not self.deaf:
            self.status = body["statusName"]
        return {}


async def test_closed_is_reached_by_way_of_resolved_each_in_a_call_of_its_own() -> None:
    for before, sent in (("Open", ["Resolved", "Closed"]), ("resolved", ["Closed"]), ("Closed", [])):
        script = Script(Desk9(before).paths())
        async with desk(script) as ops:
            await ops.step(TicketId("9"), CLOSED, Step("status"), (), no_fence)
        assert script.sent(f"PATCH {of(9)}") == [{"statusName": status} for status in sent]


@pytest.mark.parametrize("how", [400, 500, 422])
async def test_a_status_that_a_rule_forbids_parks_the_ticket_after_two_tries(how: int) -> None:
    script = Script(Desk9(refuses="Closed", how=how).paths())
    async with desk(script) as ops:
        with pytest.raises(Rejected) as e:
            await ops.step(TicketId("9"), CLOSED, Step("status"), (), no_fence)
    assert e.value.reason == "refused"
    assert [b["statusName"] for b in script.sent(f"PATCH {of(9)}")] == ["Resolved", "Closed", "Closed"]


async def test_a_status_that_was_ignored_or_is_the_systems_own_parks_the_ticket() -> None:
    async with desk(Script(Desk9(deaf=True).paths())) as ops:
        with pytest.raises(Rejected, match="stays 'Open'"):
            await ops.step(TicketId("9"), CLOSED, Step("status"), (), no_fence)
    script = Script(Desk9().paths())
    async with desk(script) as ops:
        approval = draft(fields={"requester": "a@x.org", "status": "Pending in approval"})
        with pytest.raises(Rejected, match="only ServiceOps"):
            await ops.step(TicketId("9"), approval, Step("status"), (), no_fence)
    assert script.sent(f"PATCH {of(9)}") == []


@pytest.mark.parametrize("answer", [502, 504, CUT])
async def test_a_status_whose_answer_was_lost_is_in_doubt_and_seen_by_reading(answer: Any) -> None:
    there = Desk9()
    script = Script({**there.paths(), f"PATCH {of(9)}": answer})
    async with desk(script) as ops:
        with pytest.raises(InDoubt):
            await ops.step(TicketId("9"), CLOSED, Step("status"), (), no_fence)
        assert await ops.happened(TicketId("9"), CLOSED, Step("status")) is None
        there.status = "closed"
        assert await ops.happened(TicketId("9"), CLOSED, Step("status")) == ""


async def test_a_comment_is_a_note_that_says_it_was_public_or_a_reply_where_that_is_wanted() -> None:
    path = f"{of(9)}/conversation"
    whole = draft(comments=(said(files=(File("f"),)), said()))
    for more, kind, losses in (
        ({}, "note", ["file_not_taken", "public_as_note"]),
        ({"public_replies": True}, "technician_to_requester", ["file_not_taken"]),
    ):
        script = Script({path: {"id": 31}})
        async with desk(script, **more) as ops:
            step = next(s for s in ops.steps(whole) if s.comment)
            done = await ops.step(TicketId("9"), whole, step, [a_file()], no_fence)
        assert (done.id, list(done.losses)) == ("31", losses)
        (body,) = script.sent(f"POST {path}")
        assert body["conversationType"] == kind
        assert body["details"].endswith("<p>[ext:IG-7-c3]</p>")
        assert "[File log.txt (4 bytes) was not brought over.]" in body["details"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [(400, Rejected), (404, Rejected), (403, Rejected), (429, Retryable), (500, InDoubt), (CUT, InDoubt),
     (PAGE, InDoubt), ({}, InDoubt)],
    ids=str,
)  # fmt: skip
async def test_a_comment_is_sent_once_and_found_by_its_marker(answer: Any, error: type[SyncerError]) -> None:
    path = f"{of(9)}/conversation"
    kept = {"id": 31, "details": "<p>x</p><p>[ext:IG-7-c3]</p>"}
    script = Script({path: answer, talk_of(9): (rows({"id": 30, "details": "[ext:IG-7-c3] quoted"}), rows(kept))})
    async with desk(script) as ops:
        step = Step("comment 3", said())
        with pytest.raises(SyncerError) as e:
            await ops.step(TicketId("9"), draft(), step, (), no_fence)
        assert type(e.value) is error
        assert await ops.happened(TicketId("9"), draft(), step) is None
        assert await ops.happened(TicketId("9"), draft(), step) == "31"
    assert len(script.sent(f"POST {path}")) == 1


# --- what a lost answer left behind -------------------------------------------------------------------


def with_marker(ids: list[int], marked: dict[int, dict[str, Any]], cap: int = 1000) -> Any:
    def answer(request: web.Request, body: Any) -> Any:
        offset, size = int(request.query["offset"]), min(cap, int(request.query["size"]))
        return rows(*(row(id, **marked.get(id, {})) for id in ids[offset : offset + size]), total=len(ids))

    return answer


TITLE = {"subject": "Down [IG-7]"}


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("cap", [1000, 7])
async def test_a_marker_is_found_among_the_newest_from_whichever_end(cap: int, down: bool) -> None:
    ids = sorted(range(1, 500), reverse=down)
    script = Script({SEARCH: with_marker(ids, {495: TITLE, 497: TITLE, 3: {"subject": "Old [IG-8]"}}, cap)})
    async with desk(script, page_size=20) as ops:
        assert await ops.find([Key("IG-7"), Key("IG-8")], None) == {"IG-7": "495"}
    assert len(script.asked) <= 9


async def test_without_an_order_that_can_be_seen_the_whole_list_is_looked_through() -> None:
    ids = [n for pair in zip(range(1, 100), range(200, 101, -1), strict=True) for n in pair]
    async with desk(Script({SEARCH: with_marker(ids, {ids[-1]: TITLE})}), page_size=10) as ops:
        assert await ops.find([Key("IG-7")], None) == {"IG-7": str(ids[-1])}


async def test_each_newer_id_is_looked_at_and_no_list_can_hide_it() -> None:
    misses = {of(101): 404, of(102): b"", of(103): PAGE, of(104): 400, of(106): row(106)}
    script = Script({SEARCH: rows(row(100)), of(105): row(105, **TITLE), of(100): row(100), **misses})
    async with desk(script, probe_misses=5) as ops:
        assert await ops.find([Key("IG-7")], Newer(TicketId("100"), {"106"})) == {"IG-7": "105"}
    assert all(request.path != of(106) for request in script.asked)


async def test_a_500_is_no_only_while_the_desk_shows_what_is_known_to_be_there() -> None:
    paths = {SEARCH: rows(row(100)), of(101): 500, of(102): row(102, **TITLE)}
    async with desk(Script({**paths, of(100): row(100)}), probe_misses=3) as ops:
        assert await ops.find([Key("IG-7")], Newer(TicketId("100"), set())) == {"IG-7": "102"}
    async with desk(Script({**paths, of(100): 500}), probe_misses=3) as ops:
        with pytest.raises(Retryable):
            await ops.find([Key("IG-7")], Newer(TicketId("100"), set()))


async def test_what_we_may_not_see_is_not_taken_to_be_absent() -> None:
    paths = {SEARCH: rows(row(100)), of(100): row(100), of(101): 403}
    async with desk(Script(paths), probe_misses=3) as ops:
        with pytest.raises(Rejected, match="403"):
            await ops.find([Key("IG-7")], Newer(TicketId("100"), set()))


@pytest.mark.parametrize("odd", [400, b"", PAGE], ids=["400", "empty", "page"])
async def test_an_odd_no_counts_only_while_the_desk_shows_what_is_known_to_be_there(odd: Any) -> None:
    paths = {SEARCH: rows(row(100)), of(101): odd, of(102): row(102, **TITLE)}
    async with desk(Script({**paths, of(100): row(100)}), probe_misses=3) as ops:
        assert await ops.find([Key("IG-7")], Newer(TicketId("100"), set())) == {"IG-7": "102"}
    async with desk(Script({**paths, of(100): odd}), probe_misses=3) as ops:
        with pytest.raises(Rejected):
            await ops.find([Key("IG-7")], Newer(TicketId("100"), set()))


async def test_a_search_for_the_marker_is_checked_and_given_up_where_it_is_refused() -> None:
    def search(request: web.Request, body: Any) -> Any:
        return rows(row(8), row(5, **TITLE)) if body else rows(row(9))

    script = Script({SEARCH: search})
    async with desk(script, marker_search=True, marker_field="Ext", operator_style="title") as ops:
        assert await ops.find([Key("IG-7")], None) == {"IG-7": "5"}
    leaf = script.bodies[0]["qualDetails"]["quals"][0]
    assert (leaf["leftOperand"]["fieldName"], leaf["operator"]) == ("Ext", "Equal")
    script = Script({SEARCH: (500, 500, 500, rows(row(5, **TITLE)))})
    async with desk(script, marker_search=True) as ops:
        for _ in range(2):
            assert await ops.find([Key("IG-7")], None) == {"IG-7": "5"}
    assert sum(bool(body) for body in script.bodies) == 3  # the first call and its repetitions


# --- check --------------------------------------------------------------------------------------------


async def test_check_tells_what_a_person_should_know() -> None:
    script = Script({SEARCH: {"objectList": [row(5)]}, of(5): row(5), talk_of(5): rows()})
    async with desk(script, marker_field="Ext", lookup_paths={"status": "/api/x/byqual"}) as ops:
        account = await ops.check()
        asked = len(script.asked)
        await ops.check()
    assert len(script.asked) == asked + 1
    said = " ".join(account.findings)
    assert all(word in said for word in ("'Ext'", "/api/x/byqual", REQUESTERS, "does not tell how many"))
    async with desk(Script({SEARCH: rows(row(5))})) as ops:
        assert "cannot be read" in " ".join((await ops.check()).findings)
