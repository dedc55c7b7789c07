"""A ticket one desk cannot swallow stops only itself; a target that swallows none stops the run."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import web

from syncer.deskkit.world import World
from syncer.desks.invgate.emulator import InvGateEmulator
from syncer.desks.tikting.emulator import TiktingEmulator
from syncer.sandbox import folder
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.desks.serving import served

from .front_door import Answer, syncer


class Breaking:
    """A desk that refuses each call to `path` that holds `poison` with a status of ours, and does nothing then."""

    def __init__(self, emulator: Any, path: str, poison: bytes, status: int = 500, after: int = 0) -> None:
        self._emulator = emulator
        self.path = path
        self.poison = poison
        self.status = status
        self.broke = 0
        self.after = after
        """So many calls pass first."""

    def app(self) -> web.Application:
        @web.middleware
        async def breaking(request: web.Request, handler: Any) -> web.StreamResponse:
            held = request.query_string.encode() + await request.read() if request.path.endswith(self.path) else b""
            if held and self.poison in held and self.after:
                self.after -= 1
            elif held and self.poison in held:
                self.broke += 1
                return web.Response(status=self.status, text="Object reference not set to an instance of an object.")
            response: web.StreamResponse = await handler(request)
            return response

        app: web.Application = self._emulator.app()
        app.middlewares.insert(0, breaking)
        return app


async def migrated(tmp_path: Path, dsn: str, world: World, old: Any, new: Any, people: str) -> Answer:
    async with AsyncExitStack() as stack:
        old_url, new_url = [await stack.enter_async_context(served(desk)) for desk in (old, new)]
        folder.fill(tmp_path, old_url, new_url, people)
        config = tmp_path / "syncer.yaml"
        text = config.read_text().replace("database: embedded", f"database: {dsn}")
        config.write_text(text.replace("timeout: 5", "timeout: 1"))
        return await asyncio.to_thread(syncer, "migrate", "--yes", "--config", config, "--json")


async def loaded(
    tmp_path: Path, dsn: str, poison: bytes, status: int, after: int = 0
) -> tuple[Answer, Breaking, TiktingEmulator]:
    world = generate(1, 12)
    new = TiktingEmulator(emptied(world))
    breaking = Breaking(new, "/register", poison, status, after)
    answer = await migrated(tmp_path, dsn, world, InvGateEmulator(world), breaking, new.people_csv())
    return answer, breaking, new


async def parked(place: Path) -> list[Any]:
    answer = await asyncio.to_thread(syncer, "parked", "list", "--config", place / "syncer.yaml", "--json")
    found: list[Any] = answer.document["parked"]
    return found


async def test_a_ticket_that_breaks_the_target_is_parked_and_the_others_pass(tmp_path: Path, dsn: str) -> None:
    answer, breaking, new = await loaded(tmp_path, dsn, b"[IG-1005]", 500)
    assert answer.code == 1, answer.err
    (one,) = answer.document["parked"]
    assert one["reason"] == "no_answer"
    assert answer.document["counts"]["created"] == 11, answer.out
    assert breaking.broke == 6
    titles = [ticket["title"] for ticket in new.state()["tickets"]]
    assert len(titles) == 11
    assert not any("[IG-1005]" in title for title in titles)


async def test_a_target_that_breaks_on_every_ticket_ends_the_run_and_parks_none(tmp_path: Path, dsn: str) -> None:
    answer, _, new = await loaded(tmp_path, dsn, b"CreatorId", 500)
    assert answer.code == 3, answer.err
    assert "not there" in answer.err
    assert "the same command" in answer.err
    assert new.state()["tickets"] == []
    assert await parked(tmp_path) == []


async def test_a_target_that_turns_all_away_from_some_moment_on_ends_the_run_and_parks_none(
    tmp_path: Path, dsn: str
) -> None:
    answer, breaking, new = await loaded(tmp_path, dsn, b"CreatorId", 429, after=4)
    assert answer.code == 3, answer.err
    assert breaking.broke >= 6
    assert answer.out == ""
    assert len(new.state()["tickets"]) == 4
    assert await parked(tmp_path) == []


async def test_a_file_that_breaks_the_source_parks_its_ticket_and_the_others_pass(tmp_path: Path, dsn: str) -> None:
    world = generate(1, 12)
    old, new = InvGateEmulator(world), TiktingEmulator(emptied(world))
    file = next(file["id"] for ticket in old.state()["tickets"].values() for file in ticket["files"])
    breaking = Breaking(old, "/incident.attachment", f"id={file}".encode())
    answer = await migrated(tmp_path, dsn, world, breaking, new, new.people_csv())
    assert breaking.broke > 1
    assert answer.code == 1, answer.err
    (one,) = answer.document["parked"]
    assert one["reason"] == "unreadable"
    assert answer.document["counts"]["created"] == 11, answer.out
    assert len(new.state()["tickets"]) == 11
