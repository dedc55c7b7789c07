"""InvGate as a target: what each answer to a write means; a lost one is found or left in doubt, never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace

from syncer.deskkit.contract import Download, Newer, Step
from syncer.deskkit.emulation import Faults
from syncer.desks.invgate.desk import InvGate
from syncer.desks.invgate.emulator import InvGateEmulator, Switches
from syncer.errors import AuthFailed, ConfigError, InDoubt, LeaseLost, Rejected, Retryable, SyncerError
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.ticket import File
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.desks.serving import opened
from tests.desks.test_invgate_answers import OAUTH, PAGE, TOKEN, Script
from tests.desks.test_invgate_desk import config

OK = {"status": "OK", "info": "made", "request_id": "4711"}
KEY = Key("TK-7")
DRAFT = Draft(
    TicketId("7"), Version("v"), KEY, "Printer [TK-7]", "<p>It burns</p>",
    {"requester": "301", "creator": "302", "category": "5", "priority": "3", "type": "1", "status": "6",
     "location": "", "created_at": "1700000000"},
)  # fmt: skip


def target(script: Any, **more: Any) -> AbstractAsyncContextManager[InvGate]:
    return opened(script, lambda url: InvGate(config(url, **{"auth": OAUTH, "acting_user": 9, "pause": 0.2, **more})))


def onto(emulator: InvGateEmulator, **more: Any) -> AbstractAsyncContextManager[InvGate]:
    return opened(emulator, lambda url: InvGate(config(url, acting_user=_agent(emulator), **more)))


def no_fence() -> None:
    """We are the writer."""


async def made(script: Script, files: tuple[Download, ...] = (), **more: Any) -> Any:
    async with target(script, **more) as new:
        await new.admit()
        return await new.create(DRAFT, files)


async def test_a_request_is_made_of_what_the_draft_has_and_nothing_empty() -> None:
    bodies: list[Any] = []

    class Heard(Script):
        async def _answer(self, request: web.Request) -> web.StreamResponse:
            if request.path.endswith("/incident"):
                bodies.append(await request.json())
            return await super()._answer(request)

    assert (await made(Heard(incident=OK))).id == "4711"
    assert bodies == [
        {"title": "Printer [TK-7]", "description": "<p>It burns</p>", "customer_id": 301, "creator_id": 302,
         "category_id": 5, "priority_id": 3, "type_id": 1, "date": 1700000000}
    ]  # fmt: skip


async def test_a_request_nobody_is_said_to_have_opened_is_its_requesters() -> None:
    emulator = InvGateEmulator(emptied(generate(1, 5)))
    async with onto(emulator) as new:
        draft = _fitting(emulator)
        fields = {name: value for name, value in draft.fields.items() if name != "creator"}
        id = (await new.create(replace(draft, fields=fields), ())).id
    made = emulator.state()["tickets"][id]
    assert made["creator_id"] == made["user_id"] == int(fields["requester"])


@pytest.mark.parametrize(
    ("answer", "error"),
    [({"status": "OK"}, InDoubt), ({"status": "OK", "request_id": "new"}, InDoubt), ([], InDoubt), (b"{", InDoubt),
     (500, InDoubt), (502, InDoubt), (408, InDoubt), (429, Retryable), (401, AuthFailed), (403, AuthFailed),
     (PAGE, InDoubt), (404, ConfigError), (405, ConfigError), (302, ConfigError), (400, Rejected), (409, Rejected),
     (428, Rejected), (413, Rejected), ({"status": "ERROR", "info": "no"}, Rejected)],
    ids=str,
)  # fmt: skip
async def test_an_answer_to_a_write_is_taken_for_what_it_says(answer: Any, error: type[SyncerError]) -> None:
    script = Script(incident=answer)
    with pytest.raises(SyncerError) as raised:
        await made(script)
    assert type(raised.value) is error or (error is AuthFailed and isinstance(raised.value, AuthFailed))
    assert script.count("/incident") == (2 if answer == 401 else 1), "a write is never repeated but after a 401"


async def test_a_lost_answer_is_a_doubt() -> None:
    emulator = InvGateEmulator(emptied(generate(1, 5)))
    async with onto(emulator) as new:
        emulator.carrier.set_faults(Faults(where="POST /api/v1/incident", first=["cut_after"]))
        with pytest.raises(InDoubt):
            await new.create(_fitting(emulator), ())
    assert len(emulator.state()["tickets"]) == 1


async def test_a_token_that_ran_out_is_replaced_and_the_write_goes_once_more() -> None:
    script = Script(incident=(401, OK))
    assert (await made(script)).id == "4711"
    assert script.count("access_token") == 2


async def test_nothing_leaves_when_the_attempt_has_no_time_left() -> None:
    slow = 0

    class Slow(Script):
        async def _answer(self, request: web.Request) -> web.StreamResponse:
            nonlocal slow
            if request.path == TOKEN and slow:
                await asyncio.sleep(0.8)
            slow += request.path == TOKEN
            return await super()._answer(request)

    script = Slow(incident=(401, OK))
    with pytest.raises(Retryable, match="no time is left") as raised:
        await made(script, timeout=1.2)
    assert raised.value.after == 0
    assert script.count("/incident") == 1, "the second one would have left too late for its announcement"


async def test_who_may_not_write_any_more_sends_nothing() -> None:
    def fenced() -> None:
        raise LeaseLost("another syncer")

    script = Script(incident=OK)
    async with target(script) as new:
        with pytest.raises(LeaseLost):
            await new.create(DRAFT, (), fenced)
    assert script.count("/incident") == 0


# --- files


def _fitting(emulator: InvGateEmulator, **changes: Any) -> Draft:
    """A draft of values this desk has."""
    state = emulator.state()
    users = [u for u in state["users"].values() if not u["is_disabled"] and not u["is_deleted"]]
    fields = DRAFT.fields | {"requester": str(users[0]["id"]), "creator": str(users[0]["id"])}
    return replace(DRAFT, fields=fields | {"category": min(state["categories"])}, **changes)


async def test_files_go_with_the_request_or_where_the_text_is_long_with_a_comment() -> None:
    emulator = InvGateEmulator(emptied(generate(1, 5)))
    file = Download("a.txt", "text/plain", 1, content=b"a")
    async with onto(emulator) as new:
        short = _fitting(emulator, files=(File("1"),))
        long = replace(short, body="x" * 9000)
        assert [step.name for step in new.steps(short)] == ["status"]
        apart = new.steps(long)[0]
        assert apart.name == "files"
        ids = [(await new.create(draft, [file])).id for draft in (short, long)]
        await new.step(ids[1], long, apart, [file], no_fence)
        assert await new.happened(ids[1], long, apart) is not None
    first, second = (emulator.state()["tickets"][id] for id in ids)
    assert [f["name"] for f in first["files"]] == ["a.txt"]
    assert [f["name"] for c in second["comments"] for f in c["files"]] == ["a.txt"]


def _agent(emulator: InvGateEmulator) -> int:
    users = emulator.state()["users"].values()
    return int(next(u["id"] for u in users if u["user_type"] != 1 and not u["is_disabled"] and not u["is_deleted"]))


# --- the way to a status


@pytest.mark.parametrize("status", [2, 4, 5, 6, 7, 8])
async def test_a_request_is_led_to_each_status_and_a_second_time_changes_nothing(status: int) -> None:
    emulator = InvGateEmulator(emptied(generate(1, 5)))
    async with onto(emulator) as new:
        draft = _fitting(emulator)
        draft = replace(draft, fields=draft.fields | {"status": str(status)})
        id = (await new.create(draft, ())).id
        for _ in range(2):
            losses = (await new.step(id, draft, Step("status"), (), no_fence)).losses
            assert await new.happened(id, draft, Step("status")) == ""
        comments = emulator.state()["tickets"][id]["comments"]
    now = emulator.state()["tickets"][id]["status_id"]
    assert now in ({1, 2} if status == 2 else {status})
    assert len(comments) == (1 if status in (5, 6) else 0)
    assert losses == (() if now == status else ("status_as_good",))


async def test_an_ok_that_did_nothing_is_noticed() -> None:
    emulator = InvGateEmulator(emptied(generate(1, 5)), switches=Switches(hollow_ok=True))
    async with onto(emulator) as new:
        draft = _fitting(emulator)
        draft = replace(draft, fields=draft.fields | {"status": "8"})
        id = (await new.create(draft, ())).id
        with pytest.raises(Rejected, match="stays in status 1; 8 was wanted"):
            await new.step(id, draft, Step("status"), (), no_fence)
        assert await new.happened(id, draft, Step("status")) is None


async def test_an_account_that_may_not_solve_is_told_so() -> None:
    emulator = InvGateEmulator(emptied(generate(1, 5)), switches=Switches(may_solve=False))
    async with onto(emulator) as new:
        draft = _fitting(emulator)
        id = (await new.create(draft, ())).id
        with pytest.raises(Rejected, match="may not solve"):
            await new.step(id, draft, Step("status"), (), no_fence)


async def test_a_comment_is_found_by_its_marker_and_only_by_its_own() -> None:
    emulator = InvGateEmulator(emptied(generate(1, 5)))
    one, two = (CommentDraft(str(n), Key(f"TK-7-c{n}"), None, f"<p>said {n}</p>", n == 1) for n in (1, 2))
    async with onto(emulator) as new:
        draft = replace(_fitting(emulator), comments=(one, two))
        id = (await new.create(draft, ())).id
        steps = [step for step in new.steps(draft) if step.comment]
        await new.step(id, draft, steps[0], (), no_fence)
        found = [await new.happened(id, draft, step) for step in steps]
        await new.step(id, draft, steps[1], (), no_fence)
    said = emulator.state()["tickets"][id]["comments"]
    assert found == [str(said[0]["id"]), None]
    assert [c["customer_visible"] for c in said] == [True, False]


# --- what a lost answer left behind


def row(id: int, title: str) -> dict[str, Any]:
    return {"id": id, "title": title, "description": "", "comments": []}


def there(rows: dict[int, Any], absent: Any = None) -> Callable[[web.Request], Any]:
    """An `incidents` call over these; a row that is a status breaks the call."""

    def answer(request: web.Request) -> Any:
        ids = [int(id) for id in request.query.getall("ids[]")]
        found = [rows[id] for id in ids if id in rows]
        if odd := next((one for one in found if isinstance(one, int)), None):
            return odd
        if not found and absent is not None:
            return absent
        return {str(one["id"]): one for one in found}

    return answer


class Desk(Script):
    """A view of so many pages, and tickets behind it."""

    def __init__(self, answer: Callable[[web.Request], Any], pages: list[list[int]]) -> None:
        super().__init__()
        self._tickets, self._pages = answer, pages

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/incidents"):
            value = self._tickets(request)
            return (
                web.json_response({"error": "no"}, status=value) if isinstance(value, int) else web.json_response(value)
            )
        if request.path.endswith("incidents.details.by.view"):
            at = int(request.query.get("page_key", "0"))
            more = str(at + 1) if at + 1 < len(self._pages) else None
            rows = [{"id": id} for id in (self._pages[at] if self._pages else [])]
            return web.json_response({"status": "OK", "data": rows, "next_page_key": more})
        return await super()._answer(request)


async def test_the_youngest_are_looked_at_also_where_a_page_has_few() -> None:
    pages = [[n, n - 1] for n in range(60, 0, -2)]
    rows = {n: row(n, "x [TK-7]" if n in (31, 44) else "y [TK-8]") for n in range(1, 61)}
    async with target(Desk(there(rows), pages)) as new:
        assert await new.find([KEY, Key("TK-9")], None) == {"TK-7": "31"}, "the lowest of several"


async def test_each_later_id_is_looked_at_and_no_view_can_hide_it() -> None:
    async with target(Desk(there({105: row(105, "x [TK-7]")}), []), bulk=4, probe_misses=8) as new:
        assert await new.find([KEY], Newer(TicketId("100"), set())) == {"TK-7": "105"}
        assert await new.find([Key("TK-9")], Newer(TicketId("100"), set())) == {}


@pytest.mark.parametrize("absent", [None, 404, 400])
async def test_a_ticket_that_is_refused_in_its_own_way_may_be_there(absent: Any) -> None:
    rows = {102: 409, 103: row(103, "x [TK-7]")}
    async with target(Desk(there(rows, absent), []), bulk=4, probe_misses=8) as new:
        with pytest.raises(Rejected, match="409"):
            await new.find([KEY], Newer(TicketId("100"), set()))
    async with target(Desk(there({103: row(103, "x [TK-7]")}, absent), []), bulk=4, probe_misses=8) as new:
        assert await new.find([KEY], Newer(TicketId("100"), set())) == {"TK-7": "103"}
