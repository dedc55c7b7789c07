"""Rezolve.ai against single odd answers over real HTTP: each is taken for what the contract says."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.contract import Download, Step, Unreadable
from syncer.desks.rezolve import wire
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.desk import Rezolve
from syncer.errors import AuthFailed, ConfigError, InDoubt, Rejected, Retryable, SyncerError
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.ticket import Ticket
from tests.desks.serving import opened
from tests.unit.test_rezolve_wire import AREAS, BODY, MARK, META, PEOPLE, PRIORITY, RECORD, STATE, SUBJECT, TYPE

T = "/api/v2/ticketing"
TOKEN, LIST, CREATE = "/realms/acme/token", f"{T}/ticket/list", f"{T}/ticket/create/it/17020"
PAGE = "<!doctype html><html>Cannot POST</html>"
EXPIRED = (401, {"success": False, "error": {"code": "TOKEN_EXPIRED", "message": "expired"}})
NO_ROLE = (401, {"error": True, "code": "USER_PERMISSION_FAILURE", "message": "no role", "status": 401})
STALE = {"error": True, "code": "ETAG_MISMATCH", "message": "etag does not match", "status": 409}
WHOLE = {**RECORD, "data": {**RECORD["data"], MARK: "IG-812"}}
MADE = {"success": True, "message": "ticket created successfully", "status": 200, "objectId": "REQ-2041",
        "ticket": WHOLE}  # fmt: skip


class Script:
    """Gives each path its answers in order, the last one again and again; what is not scripted is 404.

    An answer is a JSON value, a status, a pair of both, a text of HTML, None for a cut, or a function of the body,
    also one that takes its time.
    """

    def __init__(self, paths: dict[str, Any] | None = None) -> None:
        usual: dict[str, Any] = {
            TOKEN: {"access_token": "opaque-token-1", "expires_in": 3600, "token_type": "Bearer"},
            f"{T}/user/userinfo": {"success": True, "data": {"username": "bot", "roles": ["ticket_admin"]}},
            f"{T}/ticket-type": lambda body: {"data": {"value": [TYPE], "@odata.count": 1}},
            f"{T}/tenant/meta": META,
            f"{T}/tenant/sc/offers": {"data": {"offers": [{"id": "40112", "item_type": "17020"}]}},
            f"{T}/queue/list": {"data": {"queues": []}},
            f"{T}/user/list": {"data": {"users": PEOPLE, "totalCount": 1}},
            f"{T}/ticket/count": {"data": {"counts": {"all": 1}}},
            f"{T}/ticket/REQ-2041": {"success": True, "data": WHOLE},
            LIST: rows_of([WHOLE]),
        }
        self.paths = {
            path: answers if isinstance(answers, list) else [answers]
            for path, answers in {**usual, **(paths or {})}.items()
        }
        self.asked: list[tuple[web.Request, Any]] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = dict(await request.post()) if request.path == TOKEN else msgspec.json.decode(raw) if raw else None
        self.asked.append((request, body))
        if request.path not in self.paths:
            return web.json_response({"message": "Cannot find it"}, status=404)
        answers = self.paths[request.path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer(body)
        if inspect.isawaitable(answer):
            answer = await answer
        headers: dict[str, str] = {}
        if isinstance(answer, tuple) and len(answer) == 3:
            *answer, headers = answer
            answer = tuple(answer)
        match answer:
            case None:
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case (int() as status, str() as page):
                return web.Response(status=status, text=page, content_type="text/html", headers=headers)
            case (int() as status, value):
                return web.json_response(value, status=status, headers=headers)
            case int() as status:
                return web.Response(status=status)
            case str() as page:
                return web.Response(text=page, content_type="text/html")
            case value:
                return web.json_response(value)

    def sent(self, path: str) -> list[Any]:
        return [body for request, body in self.asked if request.path == path]


def rows_of(rows: list[dict[str, Any]], **how: Any) -> Callable[[Any], Any]:
    """A list that filters, sorts and pages as the contract says, or not quite."""

    def answer(body: Any) -> Any:
        column = {"createdAt": "created_at", "updatedAt": "updated_at"}[body["sort"]]
        found = list(rows)
        for one in body.get("filter", {}).get("operand", ()):
            if how.get("no_filter") or one["column"] in how.get("refused", ()):
                return (422, {"success": False, "error": {"code": "INVALID_FILTER", "message": "no such column"}})
            assert one["op"] == "GE"
            name = {"createdAt": "created_at", "updatedAt": "updated_at"}.get(one["column"], one["column"])
            found = [row for row in found if row[name] >= one["operand"]]
        if body["search"]:
            found = [row for row in found if how.get("indexed", True) and body["search"] in str(row)]
        found.sort(
            key=lambda row: (row[column], row["id_serial"]), reverse=how.get("order", body["searchOrder"]) == "DESC"
        )
        page = found[body["offset"] :][: min(body["top"], how.get("cap", 100))]
        if how.get("pointers"):
            page = [pointer(row) for row in page]
        if how.get("touch"):
            how["touch"](rows)
        return {"success": True, "data": {"tickets": page, "pagination": {"total": len(found)}}}

    return answer


def pointer(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "ticketNumber": row["object_id"], "subject": row["summary"], "status": "Open",
            "createdAt": row["created_at"], "updatedAt": row["updated_at"]}  # fmt: skip


def record(number: int, at: datetime, **more: Any) -> dict[str, Any]:
    stamp = wire.stamp(at)
    return {**RECORD, "id": f"u-{number}", "object_id": f"REQ-{number}", "etag": f"e-{number}", "id_serial": number,
            "created_at": stamp, "updated_at": stamp, **more}  # fmt: skip


def config(url: str, **more: Any) -> RezolveConfig:
    auth = {"kind": "client_credentials", "token_url": url + TOKEN, "client_id": "c", "client_secret": "s3cret-client"}
    own = {"team": "it", "offer": "40112", "external_id_field_id": MARK, "status_field_id": STATE,
           "fields": {"areas": AREAS}}  # fmt: skip
    block = {
        "name": "rz", "base_url": url, "realm": "acme", "tenant_id": "tenant-1", "auth": auth, "timeout": 3,
        "types": {"17020": own}, "budget": {"per_second": 5000, "parallel": 4}, "pause": 0.1, **more,
    }  # fmt: skip
    return RezolveConfig.model_validate(block)


def desk(script: Script, **more: Any) -> AbstractAsyncContextManager[Rezolve]:
    return opened(script, lambda url: Rezolve(config(url, **more)))


def draft(**fields: str) -> Draft:
    return Draft(
        source_id=TicketId("812"), version=Version("1"), key=Key("IG-812"), title="Printer [IG-812]", body="<p>x</p>",
        fields=fields,
    )  # fmt: skip


async def read(script: Script, **more: Any) -> Ticket | Unreadable:
    async with desk(script, **more) as rz:
        (found,) = await rz.fetch([TicketId("REQ-2041")])
    return found


async def refused(script: Script, **more: Any) -> SyncerError:
    async with desk(script, **more) as rz:
        with pytest.raises(SyncerError) as e:
            await rz.fetch([TicketId("REQ-2041")])
        assert "s3cret" not in repr(e.value) + e.value.message + e.value.hint + repr(vars(rz))
        assert "opaque-token" not in repr(e.value) + e.value.message + e.value.hint
    return e.value


async def created(script: Script, **more: Any) -> Any:
    async with desk(script, **more) as rz:
        await rz.admit()
        return await rz.create(draft(), [])


# --- log in -------------------------------------------------------------------------------------------


async def test_every_call_carries_tenant_realm_and_parameters() -> None:
    script = Script()
    assert isinstance(await read(script), Ticket)
    (form,) = script.sent(TOKEN)
    assert form == {"grant_type": "client_credentials", "client_id": "c", "client_secret": "s3cret-client"}
    request, _ = script.asked[-1]
    assert request.headers["Authorization"] == "Bearer opaque-token-1"
    assert (request.headers["x-tenantid"], request.headers["realmname"]) == ("tenant-1", "acme")
    assert (request.headers["issupportrequest"], request.headers["Accept"]) == ("false", "application/json")
    assert (request.query["type"], request.query["module"]) == ("template", "ticketing")
    assert "x-tenantid" not in script.asked[0][0].headers


async def test_the_password_grant_and_a_scope() -> None:
    script = Script()
    async with opened(script, lambda url: Rezolve(config(url, auth={
        "kind": "password", "token_url": url + TOKEN, "client_id": "c", "username": "bot", "password": "s3cret-bot",
        "scope": "tickets:write offline_access",
    }))) as rz:  # fmt: skip
        await rz.connect()
    (form,) = script.sent(TOKEN)
    assert form == {"grant_type": "password", "username": "bot", "password": "s3cret-bot", "client_id": "c",
                    "scope": "tickets:write offline_access"}  # fmt: skip


async def test_a_key_in_place_of_a_token_comes_with_the_tenant() -> None:
    script = Script()
    assert isinstance(await read(script, auth={"kind": "api_key", "key": "ak_test_s3cret"}), Ticket)
    assert script.sent(TOKEN) == []
    headers = script.asked[-1][0].headers
    assert (headers["X-API-Key"], headers["x-tenantid"]) == ("ak_test_s3cret", "tenant-1")
    error = await refused(Script({f"{T}/ticket/REQ-2041": EXPIRED}), auth={"kind": "api_key", "key": "ak_test_s3cret"})
    assert isinstance(error, AuthFailed)


async def test_a_token_that_ran_out_is_renewed_once_for_all_that_wait() -> None:
    script = Script({f"{T}/ticket/REQ-2041": [EXPIRED, EXPIRED, EXPIRED, {"data": WHOLE}]})
    async with desk(script) as rz:
        await rz.connect()
        found = await asyncio.gather(*(rz.fetch([TicketId("REQ-2041")]) for _ in range(3)))
    assert all(isinstance(one, Ticket) for (one,) in found)
    assert len(script.sent(TOKEN)) == 2


async def test_a_second_refusal_of_a_fresh_token_is_final() -> None:
    script = Script({f"{T}/ticket/REQ-2041": EXPIRED})
    assert isinstance(await refused(script), AuthFailed)
    assert len(script.sent(TOKEN)) == 2


async def test_a_missing_role_is_no_token_that_ran_out() -> None:
    script = Script({f"{T}/ticket/REQ-2041": NO_ROLE})
    error = await refused(script)
    assert isinstance(error, AuthFailed)
    assert "role" in error.hint
    assert len(script.sent(TOKEN)) == 1


async def test_a_refresh_token_is_used_and_then_the_grant_again() -> None:
    token = {"access_token": "opaque-token-1", "expires_in": 0.05, "refresh_token": "refresh-token-1"}
    script = Script({TOKEN: [token, (400, {"error": "invalid_grant"}), token]})
    async with desk(script) as rz:
        for _ in range(2):
            await rz.fetch([TicketId("REQ-2041")])
            await asyncio.sleep(0.06)
    grants = [form["grant_type"] for form in script.sent(TOKEN)]
    assert grants[:3] == ["client_credentials", "refresh_token", "client_credentials"]


@pytest.mark.parametrize(
    "answer", [(401, {"error": "invalid_client"}), (400, {"error": "x"}), PAGE, [[]], {"access_token": None}], ids=str
)
async def test_a_refused_log_in_is_told_as_that(answer: Any) -> None:
    error = await refused(Script({TOKEN: answer}))
    assert isinstance(error, AuthFailed)
    assert TOKEN in error.message


async def test_a_wrong_token_url_and_a_wrong_tenant_are_settings() -> None:
    assert "token_url" in (await refused(Script({TOKEN: (404, PAGE)}))).hint
    error = await refused(Script({f"{T}/tenant/meta": (404, {"message": "Tenant not found"})}))
    assert isinstance(error, ConfigError)
    assert "tenant_id" in error.hint


# --- reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "gone"),
    [((404, PAGE), True), ((404, {"message": "no ticket"}), True), ((403, ""), False),
     ({"success": False, "message": "no"}, False), ({"data": {**WHOLE, "deleted_seq": 3}}, True),
     ({"data": {**WHOLE, "object_id": "INC-9", "moved_to": "INC-9"}}, True)],
    ids=str,
)  # fmt: skip
async def test_a_ticket_that_cannot_be_read_says_whether_it_is_gone(answer: Any, gone: bool) -> None:
    found = await read(Script({f"{T}/ticket/REQ-2041": answer}))
    assert isinstance(found, Unreadable)
    assert found.gone == gone


async def test_a_limit_of_unknown_unit_is_kept() -> None:
    reset = str(int((datetime.now(UTC).timestamp() + 1.2) * 1000))
    script = Script({f"{T}/ticket/REQ-2041": [(429, {}, {"X-RateLimit-Reset": reset}), {"data": WHOLE}]})
    began = datetime.now(UTC)
    assert isinstance(await read(script), Ticket)
    assert 0.5 < (datetime.now(UTC) - began).total_seconds() < 2.5


async def test_the_type_that_lists_tickets_is_found_out_once() -> None:
    templates = {"data": {"rows": [{"id": "tpl_1", "name": "Laptop", "status": "active", "formFields": []}]}}
    kinds: list[str] = []

    def answer(body: Any) -> Any:
        kinds.append(script.asked[-1][0].query["type"])
        return {"template": templates, "agent": (422, {})}.get(kinds[-1]) or rows_of([WHOLE])(body)

    script = Script({LIST: answer})
    async with desk(script) as rz:
        assert "REQ-2041" in {ref.id async for page in rz.scan() for ref in page.refs}
    assert kinds[:3] == ["template", "agent", "user"]
    assert set(kinds[3:]) == {"user"}


async def test_without_a_list_nothing_is_claimed_to_be_found() -> None:
    script = Script({LIST: {"data": {"rows": [{"id": "tpl_1", "formFields": []}]}}})
    async with desk(script) as rz:
        await rz.connect()
        assert not rz.capabilities.finds_by_key
        account = await rz.check()
        assert any("cannot be listed" in one for one in account.findings)
        with pytest.raises(ConfigError, match="shows no tickets"):
            _ = [page async for page in rz.scan()]


async def test_an_empty_desk_may_still_be_looked_at() -> None:
    none = {"data": {"counts": {"all": 0}}}
    async with desk(Script({LIST: rows_of([]), f"{T}/ticket/count": none})) as rz:
        await rz.connect()
        assert rz.capabilities.finds_by_key
        assert await rz.find([Key("IG-812")], None) == {}
        assert [page.refs async for page in rz.scan() if page.refs] == []


BEGAN = datetime(2026, 2, 3, 9, tzinfo=UTC)


def crowd(count: int, same: int = 1) -> list[dict[str, Any]]:
    """Tickets, several of one moment."""
    return [record(n, BEGAN + timedelta(seconds=n // same)) for n in range(count)]


@pytest.mark.parametrize(
    "how",
    [{}, {"cap": 3}, {"pointers": True}, {"order": "DESC"}, {"refused": ("createdAt", "updatedAt")},
     {"no_filter": True}, {"order": "DESC", "no_filter": True}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("same", [1, 7, 60])
async def test_a_scan_sees_every_ticket_once_at_least(how: dict[str, Any], same: int) -> None:
    rows = crowd(60, same)
    script = Script({LIST: rows_of(rows, **how), **{f"{T}/ticket/{row['object_id']}": {"data": row} for row in rows}})
    async with desk(script, list_rows=5) as rz:
        pages = [page async for page in rz.scan()]
        assert {ref.id for page in pages for ref in page.refs} == {row["object_id"] for row in rows}
        later = Cursor(wire.stamp(BEGAN + timedelta(minutes=10)))
        assert [page.cursor async for page in rz.list_changed(later)][-1] == later
    assert pages[0].begins is not None
    assert pages[-1].cursor is not None
    assert pages[-1].cursor <= rows[-1]["updated_at"]
    assert any(page.note and "60 tickets" in page.note for page in pages)


async def test_a_desk_that_counts_more_than_it_shows_is_told_of() -> None:
    script = Script({LIST: rows_of(crowd(3)), f"{T}/ticket/count": {"data": {"counts": {"all": 5}}}})
    async with desk(script) as rz:
        notes = [page.note async for page in rz.scan() if page.note]
    assert notes[1:] == ["the desk counts 5 tickets and showed 3"]


async def test_a_type_without_an_offer_serves_reading_only() -> None:
    async with desk(Script(), types={"17020": {"fields": {"description": AREAS}}}) as rz:
        (ticket,) = await rz.fetch([TicketId("REQ-2041")])
        assert isinstance(ticket, Ticket)
        assert ticket.custom[BODY] == "<p>Since this morning.</p>"
        with pytest.raises(ConfigError) as e:
            await rz.admit()
    assert "team and offer" in e.value.problems[0]


@pytest.mark.parametrize("pointers", [False, True])
async def test_a_row_that_moves_while_it_is_listed_is_not_lost(pointers: bool) -> None:
    rows = crowd(40, 8)
    turn = iter(range(1, 9))

    def touch(rows: list[dict[str, Any]]) -> None:
        if (n := next(turn, None)) is not None:  # one that was listed already moves to the end: the rest moves up
            rows[n] = {**rows[n], "updated_at": wire.stamp(BEGAN + timedelta(minutes=n)), "etag": f"new-{n}"}
            script.paths[f"{T}/ticket/REQ-{n}"] = [{"data": rows[n]}]

    script = Script({f"{T}/ticket/{row['object_id']}": {"data": row} for row in rows})
    script.paths[LIST] = [rows_of(rows, touch=touch, pointers=pointers)]
    async with desk(script, list_rows=5) as rz:
        told = {(ref.id, ref.version) async for page in rz.list_changed(Cursor(wire.stamp(BEGAN))) for ref in page.refs}
    assert {id for id, _ in told} == {f"REQ-{n}" for n in range(40)}
    assert {(f"REQ-{n}", f"new-{n}") for n in range(1, 9)} <= told


async def test_rows_of_one_moment_that_move_up_past_the_overlap_are_not_lost() -> None:
    rows = crowd(16, 16)
    turn = iter([(0, 1), (2, 3, 4)])

    def touch(rows: list[dict[str, Any]]) -> None:
        for n in next(
            turn, ()
        ):  # all of them were listed already, and go to the end: more rows move up than pages share
            rows[n] = {**rows[n], "updated_at": wire.stamp(BEGAN + timedelta(minutes=n + 1)), "etag": f"new-{n}"}

    probe = rows_of(rows)
    script = Script()
    script.paths[LIST] = [probe, rows_of(rows, touch=touch)]
    async with desk(script, list_rows=5) as rz:
        told = {(ref.id, ref.version) async for page in rz.list_changed(Cursor(wire.stamp(BEGAN))) for ref in page.refs}
    assert told >= {(f"REQ-{n}", f"e-{n}") for n in range(5, 16)}
    assert told >= {(f"REQ-{n}", f"new-{n}") for n in range(5)}


async def test_deleted_rows_are_passed_over_and_moved_ones_told() -> None:
    rows = [record(1, BEGAN, deleted_seq=5), record(2, BEGAN, moved_to="INC-2")]
    async with desk(Script({LIST: rows_of(rows)})) as rz:
        pages = [page async for page in rz.scan()]
    assert {ref.id for page in pages for ref in page.refs} == {"REQ-2"}
    assert any(page.note and "1 tickets were moved" in page.note for page in pages)


# --- writing ------------------------------------------------------------------------------------------


async def test_a_create_is_sent_once_and_read_back() -> None:
    script = Script({CREATE: MADE})
    made = await created(script)
    assert (made.id, made.losses) == ("REQ-2041", ())
    (body,) = script.sent(CREATE)
    assert (body["attachments"], body["ticketRelation"], body["source"]) == ({}, None, "api")
    assert body["ticketBody"] == {"offerId": "40112", SUBJECT: "Printer", BODY: "<p>x</p>", MARK: "IG-812"}


async def test_a_marker_that_is_not_kept_is_counted() -> None:
    script = Script({CREATE: MADE, f"{T}/ticket/REQ-2041": {"data": RECORD}})
    assert (await created(script)).losses == ("marker_not_kept",)


@pytest.mark.parametrize("look", [500, NO_ROLE, {"data": {}}], ids=str)
async def test_a_look_that_fails_does_not_unmake_the_ticket(look: Any) -> None:
    paths = {CREATE: MADE, f"{T}/ticket/REQ-2041": look}
    assert (await created(Script(paths))).id == "REQ-2041"


REFUSED = {
    "error": True, "code": "INPUT_VALIDATION_FAILURE", "message": "no", "status": 400,
    "validationResult": {"result": False, "reason": {PRIORITY: ["Field is required"]}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((400, REFUSED), Rejected, "Priority: Field is required"),
        ((200, REFUSED), Rejected, "Priority: Field is required"),
        ((200, {"success": False, "error": {"code": "VALIDATION_ERROR", "message": "no"}}), Rejected, "no"),
        ((200, NO_ROLE[1]), AuthFailed, "USER_PERMISSION_FAILURE"),
        ((200, {"success": False, "message": "could not"}), InDoubt, "does not say that nothing was done"),
        ((200, {"success": False, "error": {"code": "INTERNAL_ERROR", "message": "no"}}), InDoubt, "INTERNAL_ERROR"),
        ((413, ""), Rejected, "413"),
        (NO_ROLE, AuthFailed, "USER_PERMISSION_FAILURE"),
        (403, AuthFailed, "team it, type 17020"),
        ((404, PAGE), ConfigError, "team it, type 17020"),
        ((404, {"code": "TENANT_NOT_FOUND", "error": True}), ConfigError, "TENANT"),
        ((302, ""), ConfigError, "302"),
        (500, InDoubt, "500"),
        (502, InDoubt, "502"),
        (None, InDoubt, "lost"),
        (PAGE, InDoubt, "cannot be read"),
        ([[]], InDoubt, "says nothing"),
        ({"success": True}, InDoubt, "objectId"),
        ({"success": False, "objectId": "REQ-2041"}, InDoubt, "at once"),
        ((429, {}, {"X-RateLimit-Reset": "1"}), Retryable, "429"),
    ],
    ids=str,
)
async def test_what_an_answer_to_a_create_comes_to(answer: Any, error: type[SyncerError], words: str) -> None:
    script = Script({CREATE: answer})
    with pytest.raises(error, match=words) as e:
        await created(script)
    assert len(script.sent(CREATE)) == 1
    assert e.value.hint or answer is None  # a connection that broke says what happened, and no more


async def test_a_token_that_ran_out_did_nothing_so_the_create_goes_once_more() -> None:
    script = Script({CREATE: [EXPIRED, MADE]})
    assert (await created(script)).id == "REQ-2041"
    assert len(script.sent(CREATE)) == 2


async def test_what_is_missing_is_told_before_the_first_announcement() -> None:
    async with desk(Script(), types={"9": {"team": "it", "offer": "1"}}) as rz:
        with pytest.raises(ConfigError) as e:
            await rz.admit()
    assert "17020 (Incident)" in e.value.problems[0]


async def test_a_fence_keeps_a_write_from_leaving() -> None:
    def closed() -> None:
        raise Retryable("not ours any more")

    script = Script({CREATE: MADE})
    async with desk(script) as rz:
        with pytest.raises(Retryable, match="not ours"):
            await rz.create(draft(), [], closed)
    assert script.sent(CREATE) == []


# --- what was lost ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{}, {"indexed": False}, {"indexed": False, "pointers": True}, {"cap": 2}], ids=str)
async def test_a_lost_create_is_found_by_its_time_whatever_the_index(how: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    rows = [record(n, now - timedelta(days=9 - n)) for n in range(8)]
    script = Script({LIST: rows_of(rows, **how), **{f"{T}/ticket/{row['object_id']}": {"data": row} for row in rows}})
    ours = record(50, now, data={**RECORD["data"], MARK: "IG-812"}, summary="Printer")

    def lost(body: Any) -> None:
        rows.append(ours)
        rows.append({**ours, "id": "twin", "object_id": "REQ-51", "id_serial": 51})

    script.paths[CREATE] = [lost]
    script.paths[f"{T}/ticket/REQ-50"] = [{"data": ours}]
    script.paths[f"{T}/ticket/REQ-51"] = [{"data": rows[-1] | {"object_id": "REQ-51"}}]
    async with desk(script) as rz:
        await rz.admit()
        assert await rz.find([Key("IG-812")], None) == {}
        with pytest.raises(InDoubt):
            await rz.create(draft(), [])
        script.paths[f"{T}/ticket/REQ-51"] = [{"data": {**ours, "object_id": "REQ-51", "id_serial": 51}}]
        before = len(script.asked)
        assert await rz.find([Key("IG-812"), Key("IG-9")], None) == {"IG-812": "REQ-50"}
        looked = {request.path for request, _ in script.asked[before:]} - {LIST}
    assert looked <= {f"{T}/ticket/REQ-50", f"{T}/ticket/REQ-51", *(f"{T}/ticket/REQ-{n}" for n in range(8))}


async def test_a_look_goes_no_further_back_than_it_must() -> None:
    now = datetime.now(UTC)
    rows = [record(n, now - timedelta(days=n + 1)) for n in range(3)]
    read = {f"{T}/ticket/{row['object_id']}": {"data": row} for row in rows}
    script = Script({LIST: rows_of(rows, indexed=False), CREATE: None, **read})
    async with desk(script) as rz:
        with pytest.raises(InDoubt):
            await rz.create(draft(), [])
        assert await rz.find([Key("IG-812")], None) == {}
        (scan,) = [body for body in script.sent(LIST) if "filter" in body]
        since = wire.moment(scan["filter"]["operand"][0]["operand"])
        assert since is not None
        assert timedelta(minutes=9) < now - since < timedelta(minutes=12)
        before = len(script.sent(LIST))
        await rz.find([Key("IG-of-an-earlier-life")], None)
        since_when = [b["filter"]["operand"][0]["operand"] for b in script.sent(LIST)[before:] if "filter" in b]
        assert since_when[0] == "1970-01-01T00:00:00.000Z"


# --- steps --------------------------------------------------------------------------------------------


class Tickets(Script):
    """One ticket that can be changed under its etag."""

    def __init__(self, stale: list[Any], **paths: Any) -> None:
        self.row = {**WHOLE, "data": {**WHOLE["data"], AREAS: ["n"]}}
        self.stale = stale
        super().__init__({
            f"{T}/ticket/REQ-2041": lambda body: {"data": self.row},
            f"{T}/ticket/REQ-2041/update": self._update,
            **paths,
        })  # fmt: skip

    def _update(self, body: Any) -> Any:
        if self.stale:
            self.row = {**self.row, "etag": f"moved-{len(self.stale)}"}
            return self.stale.pop(0)
        assert body["etag"] == self.row["etag"]
        update = body["ticketUpdate"]
        self.row = {**self.row, "etag": self.row["etag"] + "+", "data": {**self.row["data"], **update}}
        if STATE in update:
            self.row["status_type"] = update[STATE]
        return {"success": True, "status": 200, "ticket": self.row}

    @property
    def updates(self) -> list[Any]:
        return self.sent(f"{T}/ticket/REQ-2041/update")


async def test_a_status_is_reached_hop_by_hop_and_seen() -> None:
    script = Tickets([])
    made = draft(status="Work in progress")
    async with desk(script) as rz:
        (step,) = rz.steps(made)
        id = TicketId("REQ-2041")
        assert await rz.happened(id, made, step) is None
        await rz.step(id, made, step, [], lambda: None)
        assert await rz.happened(id, made, step) == ""
        await rz.step(id, made, step, [], lambda: None)
    assert [one["ticketUpdate"] for one in script.updates] == [{STATE: "Work in progress"}]


async def test_a_transition_that_needs_a_field_is_named_by_its_label() -> None:
    script = Tickets([])
    script.row["data"][AREAS] = []
    made = draft(status="Work in progress")
    async with desk(script) as rz:
        with pytest.raises(Rejected, match="need Areas"):
            await rz.step(TicketId("REQ-2041"), made, Step("status"), [], lambda: None)
    assert script.updates == []


async def test_a_change_that_is_taken_and_not_kept_is_no_success_and_not_tried_for_ever() -> None:
    script = Tickets([(200, {"success": True})] * 9)
    async with desk(script) as rz:
        with pytest.raises(Rejected, match="stays in status Open") as e:
            await rz.step(TicketId("REQ-2041"), draft(status="Work in progress"), Step("status"), [], lambda: None)
    assert (e.value.reason, len(script.updates)) == ("refused", 1)


@pytest.mark.parametrize("status", [409, 412, 428, 400])
async def test_a_stale_etag_is_read_anew_three_times(status: int) -> None:
    made = draft(status="Work in progress")
    async with desk(script := Tickets([(status, STALE)] * 3)) as rz:
        await rz.step(TicketId("REQ-2041"), made, Step("status"), [], lambda: None)
    assert [one["etag"] for one in script.updates] == ["a9d4", "moved-3", "moved-2", "moved-1"]
    async with desk(script := Tickets([(status, STALE)] * 9)) as rz:
        with pytest.raises(Rejected, match="4 times"):
            await rz.step(TicketId("REQ-2041"), made, Step("status"), [], lambda: None)
    assert len(script.updates) == 4


@pytest.mark.parametrize(
    ("answer", "error"), [(500, InDoubt), (None, InDoubt), ((404, PAGE), Rejected), ((400, REFUSED), Rejected)], ids=str
)
async def test_what_an_answer_to_a_change_comes_to(answer: Any, error: type[SyncerError]) -> None:
    async with desk(Tickets([answer])) as rz:
        with pytest.raises(error) as e:
            await rz.step(TicketId("REQ-2041"), draft(status="Work in progress"), Step("status"), [], lambda: None)
        assert e.value.hint or answer is None


def comment(id: str, *, public: bool = True) -> CommentDraft:
    return CommentDraft(id, Key(f"IG-812-c{id}"), None, f"<p>said {id}</p>", public)


async def test_a_transcript_is_one_change_and_seen_by_its_marker() -> None:
    own = {"team": "it", "offer": "40112", "external_id_field_id": MARK, "transcript_field_id": SUBJECT}
    made = msgspec.structs.replace(draft(), comments=(comment("1"), comment("2")))
    async with desk(script := Tickets([]), types={"17020": own}) as rz:
        assert (rz.capabilities.takes_comments, rz.capabilities.keeps_private) == (True, False)
        (step,) = rz.steps(made)
        id = TicketId("REQ-2041")
        assert await rz.happened(id, made, step) is None
        file = Download("log.txt", "text/plain", 3, b"abc")
        written = await rz.step(id, made, step, [file], lambda: None)
        assert await rz.happened(id, made, step) == ""
    assert written.losses == ("file_not_taken",)
    text = script.row["data"][SUBJECT]
    assert text.startswith("<p>said 1</p><hr><p>said 2</p>")
    assert "log.txt (3 bytes)" in text
    assert text.endswith("[IG-812-transcript]</p>")


async def test_notes_go_where_settings_say_and_are_found_there() -> None:
    notes: list[Any] = []
    path = f"{T}/ticket/REQ-2041/notes"

    def asked(body: Any) -> Any:
        notes.append(body)
        return {"data": {"notes": kept()}}

    def kept() -> list[Any]:
        return [{"id": n, "kind": one["kind"], "author": {"email": "ada@example.org"}, "body": one["body"],
                 "createdAt": "2026-02-03T09:10:11.000Z"} for n, one in enumerate(notes) if one]  # fmt: skip

    script = Tickets([], **{path: asked})
    where = f"{T}/ticket/{{objectId}}/notes"
    made = msgspec.structs.replace(draft(), comments=(comment("1"), comment("2", public=False)))
    async with desk(script, notes_read_path=where, notes_write_path=where) as rz:
        assert (rz.capabilities.takes_comments, rz.capabilities.keeps_private) == (True, True)
        first, second = rz.steps(made)
        assert await rz.happened(TicketId("REQ-2041"), made, first) is None
        for step in (first, second):
            await rz.step(TicketId("REQ-2041"), made, step, [], lambda: None)
        assert await rz.happened(TicketId("REQ-2041"), made, second) == "2"
        (ticket,) = await rz.fetch([TicketId("REQ-2041")])
    assert isinstance(ticket, Ticket)
    assert [(c.author, c.public) for c in ticket.comments] == [("u1", True), ("u1", False)]


# --- looking around -----------------------------------------------------------------------------------


async def test_a_check_names_who_what_and_what_is_missing() -> None:
    script = Script({f"{T}/user/userinfo": {"data": {"username": "bot", "roles": ["ticket_user"]}},
                     f"{T}/queue/list": 403})  # fmt: skip
    async with desk(script) as rz:
        account = await rz.check()
    assert account.name == "bot"
    assert "1 types, 1 tickets" in account.detail
    told = "\n".join(account.findings)
    for words in ("ticket_user", "list of queues cannot be read", "comments cannot be read"):
        assert words in told
    async with desk(Script(), types={}) as rz:
        assert any("no ticket type is configured" in one for one in (await rz.check()).findings)


async def test_lists_are_asked_for_once_and_people_of_both_kinds() -> None:
    script = Script()
    async with desk(script) as rz:
        values = [value async for value in rz.lookups()]
        await rz.fetch([TicketId("REQ-2041")])
    assert {value.kind for value in values} <= set(rz.capabilities.lookup_kinds)
    assert [r.query["type"] for r, _ in script.asked if r.path == f"{T}/user/list"] == ["agent", "user"]
    assert len(script.sent(f"{T}/tenant/meta")) == 1
    assert (await rz.person("new@example.org")) is not None
