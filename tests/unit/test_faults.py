"""A fault schedule does what it says, the same each time, and the log tells what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from syncer.deskkit.emulation import Carrier, Entry, Faults, control_routes
from syncer.deskkit.kept import KeptTicket


class Counting:
    """A desk of one call that counts what really happened."""

    def __init__(self) -> None:
        self.carrier = Carrier()
        self.done = 0

    def state(self) -> dict[str, Any]:
        return {"done": self.done}

    def block(self, url: str) -> dict[str, Any]:
        return {"base_url": url}

    def kept(self) -> list[KeptTicket]:
        return []

    def app(self) -> web.Application:
        async def do(_: web.Request) -> web.Response:
            self.done += 1
            return web.json_response({"number": self.done})

        app = web.Application(middlewares=[self.carrier.middleware()])  # type: ignore[list-item]
        app.add_routes([web.post("/do", do), web.get("/look", do), *control_routes(self)])
        return app


@asynccontextmanager
async def serving(faults: Faults) -> AsyncIterator[tuple[Counting, aiohttp.ClientSession]]:
    desk = Counting()
    desk.carrier.set_faults(faults)
    runner = web.AppRunner(desk.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
            yield desk, session
    finally:
        await runner.cleanup()


async def _post(session: aiohttp.ClientSession, path: str = "/do") -> str:
    """What a client sees: a status with its type, half a body, or a lost connection."""
    try:
        async with session.post(path, timeout=aiohttp.ClientTimeout(total=0.3)) as response:
            await response.read()
            return f"{response.status} {response.content_type.partition('/')[2]}"
    except TimeoutError:
        return "nothing"
    except aiohttp.ClientPayloadError:
        return "half"
    except aiohttp.ClientError:
        return "cut"


@pytest.mark.parametrize(
    ("fault", "seen", "done"),
    [
        ("before", "503 html", 0), ("cut_before", "cut", 0),
        ("after", "502 html", 1), ("cut_after", "cut", 1), ("html", "200 html", 1), ("half", "half", 1),
        ("hang", "nothing", 1), ("ok", "200 json", 1),
    ],
)  # fmt: skip
async def test_each_fault_is_seen_as_named_and_does_its_work_or_not(fault: str, seen: str, done: int) -> None:
    async with serving(Faults(first=[fault])) as (desk, session):
        assert await _post(session) == seen
        assert desk.done == done
        assert desk.carrier.log[0].fault == ("" if fault == "ok" else fault)
        assert await _post(session) == "200 json"


async def test_the_share_of_faults_is_that_of_the_schedule_and_repeats_with_its_seed() -> None:
    async def names(seed: int) -> list[str]:
        faults = Faults(seed=seed, before=0.2, after=0.1)
        async with serving(faults) as (desk, session):
            for _ in range(400):
                await _post(session)
            return [entry.fault for entry in desk.carrier.log]

    one = await names(1)
    counts = Counter(one)
    assert counts["before"] == pytest.approx(80, abs=30)
    assert counts["after"] == pytest.approx(40, abs=25)
    assert one == await names(1)
    assert one != await names(2)


async def test_only_the_requests_meant_go_wrong() -> None:
    async with serving(Faults(where=r"POST /do", before=1.0)) as (desk, session):
        assert await _post(session) == "503 html"
        async with session.get("/look") as response:
            assert response.status == 200
        assert desk.done == 1


async def test_a_limit_is_answered_with_429_and_nothing_is_done() -> None:
    async with serving(Faults(per_second=5)) as (desk, session):
        seen = Counter([await _post(session) for _ in range(30)])
        assert seen["429 html"] >= 15
        assert desk.done == seen["200 json"]
    for told, expected in ((True, "1"), (False, None)):
        async with serving(Faults(per_second=1, retry_after=told)) as (_, session):
            refused = []
            for _ in range(8):
                async with session.post("/do") as response:
                    if response.status == 429:
                        refused.append(response.headers.get("Retry-After"))
            assert set(refused) == {expected}


@pytest.mark.parametrize("told", [True, False])
async def test_a_refusal_has_the_status_that_was_asked_for_and_tells_what_it_was_sent(told: bool) -> None:
    async with serving(Faults(before=1.0, refusal=422, retry_after=told)) as (desk, session):
        async with session.post("/do", headers={"Authorization": "Bearer secret"}) as response:
            assert response.status == 422
            assert "Retry-After" not in response.headers
            assert "Bearer secret" in await response.text()
        desk.carrier.set_faults(Faults(first=["before"], refusal=429, retry_after=told))
        async with session.post("/do") as response:
            assert response.status == 429
            assert response.headers.get("Retry-After") == ("1" if told else None)
        assert desk.done == 0


async def test_the_log_has_every_request_but_those_of_the_judge() -> None:
    async with serving(Faults()) as (desk, session):
        for _ in range(3):
            await _post(session)
        async with session.get("/_control/counts") as response:
            assert await response.json() == {"POST /do 200": 3}
        async with session.get("/_control/state") as response:
            assert await response.json() == {"done": 3}
        assert desk.carrier.busiest_second() == 3


async def test_faults_and_clock_are_set_from_another_process() -> None:
    async with serving(Faults()) as (desk, session):
        async with session.post("/_control/faults", json={"first": ["before"]}) as response:
            assert response.status == 200
        assert await _post(session) == "503 html"
        before = desk.carrier.clock.now()
        async with session.post("/_control/clock", json={"advance": 3600}) as response:
            assert (await response.json())["now"] == pytest.approx(before + 3600, abs=30)


def test_the_busiest_second_slides() -> None:
    carrier = Carrier()
    for at in (0.0, 0.6, 0.9, 1.2, 1.5, 1.65, 3.0):
        carrier.log.append(Entry(at=at, method="GET", path="/", status=200))
    assert carrier.busiest_second() == 4
