"""Tikting as a target, answered as its contract allows or a proxy may: nothing is doubled, nothing misread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from syncer.deskkit.contract import Download, Newer
from syncer.deskkit.emulation import Faults
from syncer.desks.tikting.desk import Tikting
from syncer.desks.tikting.emulator import FALLBACK_GUID, Switches, TiktingEmulator
from syncer.errors import AuthFailed, ConfigError, Fatal, InDoubt, Rejected, Retryable, SyncerError
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import StatusClass
from tests.desks.serving import opened
from tests.desks.test_tikting_desk import WORLD, config, draft, tickets

Answer = Callable[[web.Request], web.Response]
REGISTER, LIST, LOGIN = "/api/TicketsApi/register", "/api/TicketsApi", "/api/Users/authenticate"
JSON = "application/json"
PAGE = "<html>Please log in</html>"


class Odd:
    """An emulator some of whose calls are answered by a test, as long as it has answers left."""

    def __init__(self, emulator: TiktingEmulator) -> None:
        self.emulator = emulator
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[web.Request] = []
        self.bodies: list[bytes] = []

    def app(self) -> web.Application:
        @web.middleware
        async def odd(request: web.Request, handler: Any) -> web.StreamResponse:
            if not request.path.startswith("/_control"):
                self.asked.append(request)
            left = self.answers.get(request.path)
            if left:
                self.bodies.append(await request.read())
                return left.pop(0)(request)
            response: web.StreamResponse = await handler(request)
            return response

        app = self.emulator.app()
        app.middlewares.insert(0, odd)
        return app

    def count(self, path: str) -> int:
        return sum(1 for request in self.asked if request.path == path)


@asynccontextmanager
async def odd(emulator: TiktingEmulator | None = None, **more: Any) -> AsyncIterator[tuple[Odd, Tikting]]:
    """A desk on an odd site. Every answer of the test must have been given in the end."""
    site = Odd(emulator or TiktingEmulator(WORLD))
    async with opened(site, lambda url: Tikting(config(url, **more))) as new:
        yield site, new
    assert {path: left for path, left in site.answers.items() if left} == {}


def said(status: int, text: str = "", content_type: str = "text/html", **headers: str) -> Answer:
    return lambda request: web.Response(status=status, text=text, content_type=content_type, headers=headers)


def sent(value: Any, status: int = 200, **headers: str) -> Answer:
    return said(status, msgspec.json.encode(value).decode(), JSON, **headers)


REGISTERED = [
    (said(200, PAGE), InDoubt),
    (sent({"id": 5}), InDoubt),
    (said(204), InDoubt),
    (said(201, PAGE), InDoubt),
    (sent({"id": 5}, 201, Location="https://desk.example/api/TicketsApi/6"), InDoubt),
    (said(302, Location="/tickets/5"), InDoubt),
    (said(303, Location="/tickets/5"), InDoubt),
    (said(408), InDoubt),
    (said(500, "boom"), InDoubt),
    (said(502, PAGE), InDoubt),
    (said(503, PAGE), InDoubt),
    (said(504), InDoubt),
    (said(301, Location="https://desk.example/"), ConfigError),
    (said(308, Location="https://desk.example/"), ConfigError),
    (said(404), ConfigError),
    (said(405), ConfigError),
    (said(415), ConfigError),
    (said(403), AuthFailed),
    (said(400, "The SiteId field is required."), Rejected),
    (said(409), Rejected),
    (said(422), Rejected),
    (said(413), Rejected),
]


@pytest.mark.parametrize(("answer", "error"), REGISTERED, ids=lambda v: getattr(v, "__name__", ""))
async def test_an_answer_to_a_registration_is_a_doubt_unless_the_desk_surely_did_nothing(
    answer: Answer, error: type[SyncerError]
) -> None:
    async with odd() as (site, new):
        one = await draft(new)
        site.answers[REGISTER] = [answer]
        with pytest.raises(SyncerError) as raised:
            await new.create(one, ())
        assert type(raised.value) is error
        assert site.count(REGISTER) == 1


@pytest.mark.parametrize(
    ("answer", "id"),
    [
        (sent({"Id": "77"}, 201), "77"),
        (sent({}, 201, Location="http://internal:8080/helpdesk/api/TicketsApi/78/"), "78"),
        (said(201, "{", JSON, Location="/api/TicketsApi/79"), "79"),
        (sent({"id": 9223372036854775807}, 201, location="/x/9223372036854775807?v=1"), "9223372036854775807"),
    ],
)
async def test_the_id_of_a_ticket_is_in_the_body_or_at_the_end_of_location(answer: Answer, id: str) -> None:
    async with odd() as (site, new):
        one = await draft(new)
        site.answers[REGISTER] = [answer]
        assert (await new.create(one, ())).id == id


@pytest.mark.parametrize("refusal", [said(401), said(302, Location="/Account/Login?ReturnUrl=%2Fapi"), said(401, PAGE)])
async def test_a_refused_token_costs_one_log_in_and_a_second_refusal_ends_it(refusal: Answer) -> None:
    async with odd() as (site, new):
        one = await draft(new)
        site.answers[REGISTER] = [refusal]
        assert (await new.create(one, ())).id == str(tickets(site.emulator)[0]["id"])
        assert (site.count(LOGIN), site.count(REGISTER)) == (2, 2)
        site.answers[REGISTER] = [refusal, refusal]
        with pytest.raises(AuthFailed):
            await new.create(await draft(new, 2), ())
        assert (site.count(LOGIN), site.count(REGISTER)) == (3, 4)
        site.answers[LIST] = [refusal]
        assert Key("IG-1") in await new.find([Key("IG-1")], None)
        assert site.count(LOGIN) == 4


async def test_a_token_that_ends_under_many_creates_costs_one_log_in_and_each_is_made_once() -> None:
    emulator = TiktingEmulator(WORLD)
    async with odd(emulator, budget={"per_second": 5000, "parallel": 32}) as (site, new):
        drafts = [await draft(new, n) for n in range(1, 97)]
        emulator.carrier.set_faults(Faults(latency=0.05))
        under_way = [asyncio.create_task(new.create(d, ())) for d in drafts]
        while len(tickets(emulator)) < 32:
            await asyncio.sleep(0.005)
        emulator.carrier.clock.advance(8 * 86400)  # every token given so far has run out
        await asyncio.gather(*under_way)
        assert site.count(LOGIN) == 2
    assert sorted(t["title"] for t in tickets(emulator)) == sorted(d.title for d in drafts)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (sent({"items": []}), Fatal),
        (sent(None), Fatal),
        (sent([{"number": 5, "title": "A title [IG-1]"}]), Fatal),
        (said(200, PAGE), AuthFailed),
        (said(200, "[", JSON), Fatal),
        (said(400), ConfigError),
        (said(404), ConfigError),
        (said(405), ConfigError),
    ],
)
async def test_a_list_that_cannot_be_read_is_never_an_absent_ticket(answer: Answer, error: type[SyncerError]) -> None:
    async with odd() as (site, new):
        await new.check()
        site.answers[LIST] = [answer]
        with pytest.raises(SyncerError) as raised:
            await new.find([Key("IG-1")], None)
        assert type(raised.value) is error


async def test_a_ticket_without_a_readable_title_is_never_an_absent_one() -> None:
    async with odd() as (site, new):
        made = await new.create(await draft(new), ())
        path = f"/api/TicketsApi/{int(made.id) + 1}"
        site.answers[path] = [sent({"id": int(made.id) + 1, "headline": "A title [IG-2]"})]
        with pytest.raises(Fatal, match="has no title"):
            await new.find([Key("IG-2")], Newer(made.id, ()))


async def test_a_title_cut_in_the_list_is_read_from_the_ticket() -> None:
    async with odd() as (site, new):
        made = await new.create(await draft(new), ())
        site.answers[LIST] = [sent([{"TicketId": made.id, "Id": None, "Title": None, "Subject": "A ti..."}])]
        assert await new.find([Key("IG-1")], None) == {Key("IG-1"): made.id}


async def test_a_page_of_known_rows_is_not_the_end_of_a_list() -> None:
    async with odd() as (site, new):
        other = [{"id": n, "title": f"A title [IG-1{n}]"} for n in range(1, 51)]

        def third(request: web.Request) -> web.Response:
            page, preset = (msgspec.json.decode(site.bodies[-1])[name] for name in ("page", "listType"))
            shown = [{"id": 60, "title": "A title [IG-1]"}] if (page, preset) == (3, "AllTickets") else []
            return sent(shown)(request)

        site.answers[LIST] = [sent(other), sent(other), third]
        assert await new.find([Key("IG-1")], None) == {Key("IG-1"): "60"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(400), ConfigError),
        (said(404), ConfigError),
        (said(301, Location="https://desk.example/"), ConfigError),
        (said(200, PAGE), AuthFailed),
        (sent({"Id": "x"}), AuthFailed),
        (said(403), AuthFailed),
    ],
)
async def test_a_log_in_that_fails_is_no_fault_of_a_ticket(answer: Answer, error: type[SyncerError]) -> None:
    async with odd() as (site, new):
        site.answers[LOGIN] = [answer]
        with pytest.raises(SyncerError) as raised:
            await new.connect()
        assert type(raised.value) is error


@pytest.mark.parametrize("answer", [said(403), said(404), said(405)])
async def test_technicians_that_may_not_be_listed_do_not_hide_the_other_lists(answer: Answer) -> None:
    async with odd() as (site, new):
        site.answers["/api/Users/GroupUsers"] = [answer]
        with capture_logs() as logs:
            kinds = {value.kind async for value in new.lookups()}
    assert {"status", "site", "department"} <= kinds
    assert "person" not in kinds
    assert [entry["event"] for entry in logs] == ["technicians_not_listed"]


async def test_what_a_desk_echoes_shows_no_secret() -> None:
    # A password that no other test has made known as a secret, and first: only the beginning of an answer is shown.
    password = "echoed-pass-phrase"

    def echo(request: web.Request) -> web.Response:
        return web.Response(status=400, text=f"{password} {dict(request.headers)}")

    emulator = TiktingEmulator(WORLD, password=password)
    async with odd(emulator, auth={"email": "sync@example.org", "password": password}) as (site, new):
        one = await draft(new)
        for path, call in ((REGISTER, lambda: new.create(one, ())), (LIST, lambda: new.find([one.key], None))):
            site.answers[path] = [echo]
            with pytest.raises(SyncerError) as raised:
                await call()
            shown = str(raised.value) + raised.value.hint
            assert "Bearer ey" not in shown
            assert password not in shown
            assert "Authorization" in shown


async def test_only_the_largest_file_stays_behind_and_the_ticket_names_it() -> None:
    emulator = TiktingEmulator(WORLD, switches=Switches(max_body=20_000))
    async with odd(emulator) as (site, new):
        files = [Download(f"{n}.bin", "application/octet-stream", n, content=b"x" * n) for n in (9_000, 50_000, 0)]
        for number in (1, 2):
            written = await new.create(await draft(new, number), files)
            assert written.losses == ("file_too_large",)
        assert site.count(REGISTER) == 3  # what was refused once is not sent again
    for ticket in tickets(emulator):
        assert [u["name"] for u in ticket["uploads"]] == ["9000.bin", "0.bin"]
        assert ticket["description"].endswith(
            "[File 50000.bin (50000 bytes) was too large for Tikting and is not here.]"
        )


async def test_a_large_file_is_streamed_with_its_length_told(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"0123456789abcdef" * 65_536)
    async with odd() as (site, new):
        await new.create(await draft(new), [Download("l", "text/plain", large.stat().st_size, path=large)])
        (request,) = [r for r in site.asked if r.path == REGISTER]
        assert int(request.headers["Content-Length"]) > large.stat().st_size
        assert "Transfer-Encoding" not in request.headers


@pytest.mark.parametrize(
    ("status", "error"), [(b"401 Unauthorized", AuthFailed), (b"413 Payload Too Large", Rejected)], ids=["401", "413"]
)
async def test_an_answer_in_the_middle_of_an_upload_is_heard(
    status: bytes, error: type[SyncerError], tmp_path: Path
) -> None:
    """A server that has seen enough answers and closes while we still send."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = b'{"Token": "a.b.c"}'
        if b"/register" in head:
            await reader.read(100_000)
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    large = tmp_path / "large"
    large.write_bytes(b"x" * 30_000_000)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    new = Tikting(config(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    async with server:
        for _ in range(5):
            with pytest.raises(SyncerError) as raised:
                await new.create(made(), [Download("l", "text/plain", large.stat().st_size, path=large)])
            assert type(raised.value) is error
    await new.close()


def made() -> Draft:
    return Draft(source_id=TicketId("1"), version=Version("1"), key=Key("IG-1"), title="t [IG-1]", body="b",
                 fields={"requester": FALLBACK_GUID})  # fmt: skip


@pytest.mark.parametrize("closed", [StatusClass.CLOSED, StatusClass.RESOLVED])
async def test_a_closed_ticket_that_the_search_hides_is_found_among_the_completed(closed: StatusClass) -> None:
    emulator = TiktingEmulator(WORLD, switches=Switches(search_closed=False))
    async with odd(emulator, register_status="any") as (_, new):
        one = await draft(new)
        statuses = [v async for v in new.lookups() if v.kind == "status" and v.status_class == closed]
        one.fields["status"] = statuses[0].id
        made = await new.create(one, ())
        assert await new.find([one.key], None) == {one.key: made.id}


async def test_tickets_that_come_in_during_a_walk_hide_none() -> None:
    emulator = TiktingEmulator(WORLD, switches=Switches(appear=3, length_cap=2))
    async with odd(emulator) as (_, new):
        made = {n: (await new.create(await draft(new, n), ())).id for n in range(1, 14)}
        assert await new.find([Key("IG-1"), Key("IG-13")], None) == {Key("IG-1"): made[1], Key("IG-13"): made[13]}


async def test_two_tickets_with_one_marker_are_the_lower_one_and_told() -> None:
    async with odd() as (_, new):
        first = await new.create(await draft(new), ())
        second = await new.create(await draft(new), ())
        with capture_logs() as logs:
            assert await new.find([Key("IG-1")], None) == {Key("IG-1"): first.id}
        (told,) = [entry for entry in logs if entry["event"] == "several_tickets_with_one_marker"]
        assert told["others"] == [second.id]


async def test_a_log_in_that_took_the_time_of_an_attempt_sends_nothing_in_it() -> None:
    async with odd(timeout=3) as (site, new):
        one = await draft(new)
        site.answers[REGISTER] = [said(401)]
        site.emulator.carrier.set_faults(Faults(where=f"POST {LOGIN}", latency=2))
        with pytest.raises(Retryable, match="goes again"):
            await new.create(one, ())
        assert site.count(REGISTER) == 1
        site.emulator.carrier.set_faults(Faults())
        assert (await new.create(one, ())).id == str(tickets(site.emulator)[0]["id"])
