"""InvGate as a source against single odd answers over real HTTP: each is taken for what the contract says."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.contract import Unreadable
from syncer.desks.invgate import wire
from syncer.desks.invgate.calls import PROBES
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.desk import InvGate
from syncer.errors import AuthFailed, ConfigError, Fatal, NotFound, Rejected, Retryable, SyncerError
from syncer.model.ids import Cursor, TicketId
from syncer.model.ticket import Ticket
from tests.desks.serving import opened, served
from tests.desks.test_invgate_desk import config

SAMPLES = Path(wire.__file__).parent / "samples"
TOKEN = "/oauth/v2.0/access_token"
PAGE = "<!doctype html><html>Please log in</html>"
OAUTH = {"kind": "oauth2", "client_id": "syncer", "client_secret": "s3cret-of-the-client"}
BASIC = {"kind": "basic", "user": "api", "key": "s3cret-of-the-user"}


def sample(name: str) -> Any:
    return msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())


class Script:
    """Gives each path its answers in order, the last one again and again; what is not scripted is 404.

    An answer is a JSON value, a status, a pair of both, a text of HTML, bytes of a file, or a web.Response.
    """

    def __init__(self, **endpoints: Any) -> None:
        self.paths = {TOKEN: [sample("token")], "/api/v1/sd.version": [sample("sd_version")]}
        for name, answers in endpoints.items():
            path = name if name.startswith("/") else f"/api/v1/{name}"
            self.paths[path] = answers if isinstance(answers, tuple) else (answers,)  # type: ignore[assignment]
        self.asked: list[web.Request] = []
        self.forms: list[dict[str, str]] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        if request.path == TOKEN:
            self.forms.append({key: str(value) for key, value in (await request.post()).items()})
        if request.path not in self.paths:
            return web.json_response(sample("error_404"), status=404)
        answers = list(self.paths[request.path])
        self.paths[request.path] = answers[1:] or answers
        match answers[0]:
            case web.Response() as made:
                return web.Response(status=made.status, body=made.body, headers=made.headers)
            case (int() as status, value):
                return web.json_response(value, status=status)
            case int() as status:
                return web.json_response({"error": "no", "status": status}, status=status)
            case str() as page:
                return web.Response(text=page, content_type="text/html")
            case bytes() as body:
                return web.Response(body=body, content_type="application/octet-stream")
            case value:
                return web.json_response(value)

    def count(self, path: str) -> int:
        return sum(1 for request in self.asked if request.path.endswith(path))


def desk(script: Script, **more: Any) -> AbstractAsyncContextManager[InvGate]:
    return opened(script, lambda url: InvGate(config(url, **{"auth": OAUTH, "pause": 0.2, **more})))


async def raised(script: Script, **more: Any) -> SyncerError:
    """What reading ticket 4711 comes to."""
    async with desk(script, **more) as old:
        with pytest.raises(SyncerError) as e:
            await old.fetch([TicketId("4711")])
    text = repr(e.value) + e.value.message + e.value.hint + repr(vars(old))
    assert "s3cret" not in text
    assert "opaque-1" not in text
    return e.value


# --- log in -------------------------------------------------------------------------------------------


async def test_the_token_is_asked_for_by_form_with_a_reading_scope_for_each_call() -> None:
    script = Script(incidents=sample("incidents"))
    async with desk(script) as old:
        await old.fetch([TicketId("4711")])
    (form,) = script.forms
    assert form["grant_type"] == "client_credentials"
    assert (form["client_id"], form["client_secret"]) == ("syncer", "s3cret-of-the-client")
    scopes = form["scope"].split(" ")
    assert all(s.startswith("api.v1.") and s.endswith(":get") for s in scopes)
    asked = {"sd.version", "incidents.by.view", "incidents.details.by.view", "incidents.by.status", *PROBES}
    asked |= {"incident.observer", "incident.link", "timetracking"}
    assert {s.removeprefix("api.v1.").removesuffix(":get") for s in scopes} == asked
    assert script.asked[-1].headers["Authorization"] == "Bearer opaque-1"


@pytest.mark.parametrize(
    "answer",
    [sample("token_refused"), (400, sample("token_refused")), 401, 403, PAGE, [], {"access_token": None}],
    ids=str,
)
async def test_a_refused_log_in_is_told_as_that_whatever_it_looks_like(answer: Any) -> None:
    error = await raised(Script(**{TOKEN: answer}, incidents=sample("incidents")))
    assert isinstance(error, AuthFailed)
    assert "log-in" in error.message
    assert "client_secret" in error.hint


@pytest.mark.parametrize("status", [404, 405, 302])
async def test_a_wrong_token_address_names_its_setting(status: int) -> None:
    error = await raised(Script(**{TOKEN: status}, incidents=sample("incidents")))
    assert isinstance(error, ConfigError)
    assert "token_url" in error.hint


async def test_scopes_that_were_not_granted_are_cut_to_what_is_needed() -> None:
    refused = (400, {"error": "invalid_scope"})
    script = Script(**{TOKEN: (refused, sample("token"))}, incidents=sample("incidents"))
    async with desk(script) as old:
        await old.fetch([TicketId("4711")])
    full, cut = (set(form["scope"].split()) for form in script.forms)
    assert cut < full
    assert {"api.v1.incidents:get", "api.v1.incidents.by.view:get", "api.v1.users:get"} <= cut


async def test_configured_scopes_are_asked_for_and_a_refusal_names_them() -> None:
    script = Script(**{TOKEN: {"error": "invalid_scope"}}, incidents=sample("incidents"))
    error = await raised(script, auth={**OAUTH, "scopes": ["api.v1.incidents:get"]})
    assert [form["scope"] for form in script.forms] == ["api.v1.incidents:get"]
    assert "auth.scopes" in error.hint


@pytest.mark.parametrize("life", ["absent", None, "3600", 0, "soon", -5])
async def test_a_life_that_is_not_told_is_an_hour_and_ends_a_minute_early(
    life: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = {"access_token": "opaque-1"} if life == "absent" else {"access_token": "opaque-1", "expires_in": life}
    script = Script(**{TOKEN: token}, incidents=sample("incidents"))
    now = 0.0
    monkeypatch.setattr("syncer.deskkit.credential.time", SimpleNamespace(monotonic=lambda: now))
    async with desk(script) as old:
        for now, log_ins in ((1000.0, 1), (1000.0 + 3539, 1), (1000.0 + 3541, 2)):
            await old.fetch([TicketId("4711")])
            assert len(script.forms) == log_ins, now


async def test_a_token_that_ends_under_many_requests_is_renewed_once() -> None:
    script = Script(incidents=(*[401] * 8, sample("incidents")))
    async with desk(script) as old:
        found = await asyncio.gather(*(old.fetch([TicketId("4711")]) for _ in range(8)))
    assert all(isinstance(tickets[0], Ticket) for tickets in found)
    assert len(script.forms) == 2


async def test_a_call_refused_twice_is_final_and_names_the_scope() -> None:
    script = Script(incidents=403)
    error = await raised(script)
    assert isinstance(error, AuthFailed)
    assert "api.v1.incidents:get" in error.hint
    assert (script.count("/incidents"), len(script.forms)) == (2, 2)


async def test_a_basic_credential_that_is_refused_is_not_sent_again() -> None:
    script = Script(incidents=401)
    error = await raised(script, auth=BASIC)
    assert isinstance(error, AuthFailed)
    assert "auth" in error.hint
    assert script.count("/incidents") == 1


# --- what an answer means -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (400, Rejected), (405, Rejected), (409, Rejected), (413, Rejected), (414, Rejected), (422, Rejected),
        (428, Rejected), (sample("error_in_200"), Rejected), (302, ConfigError), (b"{broken", Fatal),
    ],
    ids=str,
)  # fmt: skip
async def test_a_refusal_is_final_and_of_the_right_class(answer: Any, error: type[SyncerError]) -> None:
    script = Script(incidents=answer)
    assert type(await raised(script)) is error
    assert script.count("/incidents") == 1


async def test_a_log_in_page_costs_one_new_token_and_no_more() -> None:
    script = Script(incidents=PAGE)
    assert type(await raised(script)) is AuthFailed
    assert (script.count("/incidents"), len(script.forms)) == (2, 2)


async def test_a_404_is_one_ticket_that_is_gone_and_never_several() -> None:
    script = Script(incidents=404)
    async with desk(script) as old:
        (found,) = await old.fetch([TicketId("4711")])
        assert isinstance(found, Unreadable)
        assert found.gone
        with pytest.raises(NotFound):
            await old.fetch([TicketId("4711"), TicketId("4712")])
    assert script.count("/incidents") == 2


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_an_outage_is_waited_out(status: int) -> None:
    script = Script(incidents=(status, (status, {}), web.Response(status=status, text=PAGE), sample("incidents")))
    async with desk(script) as old:
        (ticket,) = await old.fetch([TicketId("4711")])
    assert isinstance(ticket, Ticket)


@pytest.mark.parametrize("hint", ["1", None], ids=["Retry-After", "without"])
async def test_a_throttled_call_waits_as_told_or_for_the_pause(hint: str | None) -> None:
    headers = {"Retry-After": hint} if hint else {}
    script = Script(
        incidents=(web.Response(status=429, text="Too many requests", headers=headers), sample("incidents"))
    )
    async with desk(script, pause=0.5) as old:
        started = asyncio.get_running_loop().time()
        (ticket,) = await old.fetch([TicketId("4711")])
        took = asyncio.get_running_loop().time() - started
        assert isinstance(ticket, Ticket)
        assert took >= (1.0 if hint else 0.5)
        assert "429" in (old.budget.limiting() or "")


def test_the_defaults_are_those_of_the_contract() -> None:
    made = InvGateConfig.model_validate({"name": "old", "base_url": "https://x.example", "view_id": 1, "auth": OAUTH})
    assert (made.pause, made.users_timeout, made.overlap_minutes) == (30.0, 120.0, 15)
    assert (made.budget.per_second, made.budget.parallel, made.bulk) == (4, 3, 100)


# --- reading ------------------------------------------------------------------------------------------


async def test_comments_are_asked_for_where_the_bulk_call_does_not_show_them() -> None:
    rows = {id: {k: v for k, v in row.items() if k != "comments"} for id, row in sample("incidents").items()}
    script = Script(incidents=rows, **{"incident.comment": sample("comments")})
    async with desk(script) as old:
        (ticket,) = await old.fetch([TicketId("4711")])
    assert isinstance(ticket, Ticket)
    assert [c.public for c in ticket.comments] == [True, False, True]
    assert "4711" in {request.query.get("request_id") for request in script.asked}


async def test_no_comments_are_asked_for_where_the_bulk_call_shows_them() -> None:
    rows = {"1": {"id": 1, "comments": []}, "2": {"id": 2}}
    script = Script(incidents=rows)
    async with desk(script) as old:
        found = await old.fetch([TicketId("1"), TicketId("2")])
    assert all(isinstance(t, Ticket) and t.comments == () for t in found)
    assert script.count("incident.comment") == 0


async def test_a_row_that_nobody_dates_ends_no_delta_and_is_looked_at() -> None:
    def page(ids: list[int], key: str | None) -> Any:
        return {"data": [{"id": id} for id in ids], "next_page_key": key, "metadata": []}

    rows = {
        "1": {"id": 1, "last_update": 9000},
        "3": {"id": 3, "last_update": "8000"},
        "4": {"id": 4, "last_update": 5},
    }
    first = page([1, 2], "a")
    views = (first, first, page([3], "b"), page([4], "c"), page([5], None))
    async with desk(Script(incidents=rows, **{"incidents.details.by.view": views})) as old:
        pages = [page async for page in old.list_changed(Cursor("7000"))]
    assert [ref.id for page in pages for ref in page.refs] == ["1", "2", "3"]
    assert pages[-1].cursor == "9000"


async def test_a_page_key_that_comes_again_ends_the_walk() -> None:
    view = {**sample("details_by_view"), "next_page_key": "same"}
    async with desk(Script(**{"incidents.details.by.view": view})) as old:
        assert len([page async for page in old.list_changed(Cursor("0"))]) == 3


LISTS = {
    **{f"incident.attributes.{kind}": sample(kind) for kind in ("status", "priority", "type", "source")},
    "categories": (sample("categories"), []),
    "users": sample("users"),
}


async def test_lists_that_are_missing_or_forbidden_leave_the_others_readable() -> None:
    script = Script(
        **LISTS,
        locations=403,
        groups=405,
        companies=sample("error_in_200"),
        **{"cf.fields.all": sample("cf_fields_all")},
    )
    async with desk(script) as old:
        kinds = {value.kind async for value in old.lookups()}
    assert kinds == {"status", "priority", "type", "source", "category", "custom_field", "person"}


async def test_a_list_that_is_needed_is_not_left_out() -> None:
    async with desk(Script(**{**LISTS, "users": 403})) as old:
        with pytest.raises(AuthFailed, match="no permission for users"):
            _ = [value async for value in old.lookups()]


@pytest.mark.parametrize("end", [[], sample("categories")], ids=["empty", "again"])
async def test_categories_are_read_page_by_page_until_one_brings_nothing_new(end: Any) -> None:
    second = [{"id": 60 + n, "name": f"Leaf {n}", "parent_category_id": "55"} for n in range(3)]
    script = Script(**{**LISTS, "categories": (sample("categories"), second, end)})
    async with desk(script) as old:
        found = [value async for value in old.lookups() if value.kind == "category"]
    assert [value.id for value in found] == ["50", "55", "60", "61", "62"]
    assert found[-1].path == ("Hardware", "Printers", "Leaf 2")
    asked = [dict(request.query) for request in script.asked if request.path.endswith("/categories")]
    assert asked == [{"page_size": "500", "page": page} for page in ("1", "2", "3")]


async def test_options_of_trees_are_read_and_a_type_may_be_told_in_the_configuration() -> None:
    fields = [{"uid": "7", "label": "Site", "type": "Jerarquía"}, {"uid": 8, "label": "R&amp;D", "type": "list"}]
    script = Script(**LISTS, **{"cf.fields.all": fields, "cf.field.options.tree": sample("cf_options_tree"),
                                "cf.field.options.list": sample("cf_options_list")})  # fmt: skip
    async with desk(script, field_types={"jerarquía": "tree"}) as old:
        found = [value async for value in old.lookups() if value.kind == "custom_option"]
    assert [value.path for value in found if value.parent == "7"][1] == ("Site", "Europe", "Spain")
    assert {value.path[0] for value in found if value.parent == "8"} == {"R&D"}


async def test_the_list_of_users_may_take_longer_than_other_calls() -> None:
    script = Script(**LISTS)
    slow = script._answer

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/users"):
            await asyncio.sleep(1.2)
        return await slow(request)

    script._answer = answer  # type: ignore[method-assign]
    async with desk(script, timeout=0.5) as old:
        assert "person" in {value.kind async for value in old.lookups()}


async def test_a_check_names_each_missing_right_and_each_missing_call() -> None:
    script = Script(**{
        **LISTS, **dict.fromkeys((*PROBES, "incident.link", "timetracking"), 428), "incident.observer": 403,
        "locations": 403, "groups": 404, "incidents.by.status": 403,
        "incidents.by.view": sample("incidents_by_view"),
    })  # fmt: skip
    async with desk(script) as old:
        account = await old.check()
        asked = len(script.asked)
        await old.check()
    assert account.findings == (
        "no permission for locations (scope api.v1.locations:get)",
        "this instance has no groups",
        "no permission for incident.observer (scope api.v1.incident.observer:get)",
    )
    assert "v8.15.13" in account.detail
    assert len(script.asked) - asked < 6
    assert {request.method for request in script.asked if request.path != TOKEN} == {"GET"}


@pytest.mark.parametrize("answer", [404, sample("error_in_200"), [], {}, None, 428], ids=str)
async def test_somebody_the_desk_does_not_know_is_nobody(answer: Any) -> None:
    async with desk(Script(user=(answer,))) as old:
        assert await old.person("77") is None


async def test_somebody_gone_is_known_and_not_active() -> None:
    script = Script(user=sample("user_deleted"))
    async with desk(script) as old:
        found = await old.person("305")
    assert found is not None
    assert (found.id, found.active) == ("305", False)
    assert script.asked[-1].query["include_disabled"] == "1"


# --- files --------------------------------------------------------------------------------------------


def attachment(url: str) -> dict[str, Any]:
    return {**sample("attachment"), "url": url}


async def fetched(script: Script, spool: Path, **more: Any) -> bytes:
    async with desk(script, **more) as old:
        got = await old.download(TicketId("1"), "901", spool)
    assert got.path is not None
    content = got.path.read_bytes()
    got.path.unlink()
    return content


async def refused(script: Script, spool: Path, **more: Any) -> Rejected:
    async with desk(script, **more) as old:
        with pytest.raises(Rejected) as e:
            await old.download(TicketId("1"), "901", spool)
    assert not list(spool.iterdir())
    return e.value


async def test_a_file_of_the_own_host_is_read_with_the_credential(tmp_path: Path) -> None:
    script = Script(**{"incident.attachment": attachment("/files/901?sig=a%2Fb"), "/files/901": b"bytes"})
    assert await fetched(script, tmp_path) == b"bytes"
    assert script.asked[-1].headers["Authorization"] == "Bearer opaque-1"
    assert script.asked[-1].raw_path == "/files/901?sig=a%2Fb"


async def test_a_file_that_refuses_the_credential_is_asked_for_without_and_then_with_a_new_one(tmp_path: Path) -> None:
    script = Script(**{"incident.attachment": attachment("/f"), "/f": (403, b"open")})
    assert await fetched(script, tmp_path) == b"open"
    assert "Authorization" not in script.asked[-1].headers
    script = Script(**{"incident.attachment": attachment("/f"), "/f": (401, 401, b"late")})
    assert await fetched(script, tmp_path) == b"late"
    assert len(script.forms) == 2


async def test_an_outage_while_a_file_is_read_is_waited_out(tmp_path: Path) -> None:
    script = Script(**{"incident.attachment": attachment("/f"), "/f": (503, 429, b"bytes")})
    assert await fetched(script, tmp_path) == b"bytes"


@pytest.mark.parametrize("meta", [{"id": 901}, {"id": 901, "url": None}, [], {"id": 901, "url": ""}], ids=str)
async def test_a_file_without_an_address_is_refused_not_guessed(meta: Any, tmp_path: Path) -> None:
    script = Script(**{"incident.attachment": meta, "/": b"the start page"})
    assert (await refused(script, tmp_path)).reason == "file_unreadable"


@pytest.mark.parametrize("answer", [404, 410, PAGE, 400], ids=str)
async def test_a_file_that_is_not_given_leaves_nothing_behind(answer: Any, tmp_path: Path) -> None:
    script = Script(**{"incident.attachment": attachment("/f"), "/f": answer})
    assert (await refused(script, tmp_path)).reason == "file_unreadable"


async def test_a_file_over_the_limit_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncer.desks.invgate.files.FILE_LIMIT", 1000)
    script = Script(**{"incident.attachment": attachment("/f"), "/f": b"x" * 5000})
    assert (await refused(script, tmp_path)).reason == "file_too_large"


async def test_a_declared_host_gives_files_without_ever_seeing_a_credential(tmp_path: Path) -> None:
    storage = Script(**{"/f": b"stored"})
    async with served(storage) as url:
        away = url.replace("127.0.0.1", "localhost")
        script = Script(**{"incident.attachment": attachment(f"{away}/f")})
        assert (await refused(script, tmp_path)).reason == "file_elsewhere"
        assert not storage.asked
        assert await fetched(script, tmp_path, file_hosts=["localhost"]) == b"stored"
        moved = web.Response(status=302, headers={"Location": f"{away}/f"})
        script = Script(**{"incident.attachment": attachment("/f"), "/f": moved})
        assert (await refused(script, tmp_path)).reason == "file_elsewhere"
        assert await fetched(script, tmp_path, file_hosts=[away.removeprefix("http://")]) == b"stored"
    assert all("Authorization" not in request.headers for request in storage.asked)


async def test_a_circle_of_redirects_ends(tmp_path: Path) -> None:
    moved = web.Response(status=302, headers={"Location": "/f"})
    script = Script(**{"incident.attachment": attachment("/f"), "/f": moved})
    assert (await refused(script, tmp_path)).reason == "file_unreadable"
    assert script.count("/f") == 3


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/f", "http://127.0.0.1:1/f", "http://[", "//h/f"]
)
async def test_no_other_address_is_asked(url: str, tmp_path: Path) -> None:
    script = Script(**{"incident.attachment": attachment(url)})
    assert (await refused(script, tmp_path)).reason in {"file_elsewhere", "file_unreadable"}


async def test_a_file_that_drips_in_for_ever_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 1)
    monkeypatch.setattr("syncer.deskkit.http.DOWNLOAD_MOST", 0.5)
    script = Script(**{"incident.attachment": attachment("/f")})
    plain = script._answer

    async def drip(request: web.Request) -> web.StreamResponse:
        if request.path != "/f":
            return await plain(request)
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(50):
            await answer.write(b"x")
            await asyncio.sleep(0.1)
        return answer

    script._answer = drip  # type: ignore[method-assign]
    async with desk(script) as old:
        with pytest.raises(Retryable, match="broke off"):
            await old.download(TicketId("1"), "901", tmp_path)
    assert not list(tmp_path.iterdir())


async def test_a_desk_that_stays_down_is_no_reason_to_lose_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 2)
    async with desk(Script(**{"incident.attachment": attachment("/f"), "/f": 503})) as old:
        with pytest.raises(Retryable):
            await old.download(TicketId("1"), "901", tmp_path)
    assert not list(tmp_path.iterdir())
