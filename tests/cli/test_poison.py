"""A ticket the target cannot swallow stops only itself; a target that swallows none stops the run."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import web

from syncer.desks.invgate.emulator import InvGateEmulator
from syncer.desks.tikting.emulator import TiktingEmulator
from syncer.sandbox import folder
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.desks.serving import served

from .front_door import Answer, syncer


class Breaking:
    """A Tikting that answers 500 to each registration that holds `poison`, and does nothing then."""

    def __init__(self, emulator: TiktingEmulator, poison: bytes) -> None:
        self._emulator = emulator
        self.poison = poison
        self.broke = 0

    def app(self) -> web.Application:
        @web.middleware
        async def breaking(request: web.Request, handler: Any) -> web.StreamResponse:
            if request.path.endswith("/register") and self.poison in await request.read():
                self.broke += 1
                return web.Response(status=500, text="Object reference not set to an instance of an object.")
            response: web.StreamResponse = await handler(request)
            return response

        app = self._emulator.app()
        app.middlewares.insert(0, breaking)
        return app


async def migrated(tmp_path: Path, dsn: str, poison: bytes) -> tuple[Answer, Breaking, TiktingEmulator]:
    world = generate(1, 12)
    new = TiktingEmulator(emptied(world))
    breaking = Breaking(new, poison)
    async with AsyncExitStack() as stack:
        old_url, new_url = [
            await stack.enter_async_context(served(desk)) for desk in (InvGateEmulator(world), breaking)
        ]
        folder.fill(tmp_path, old_url, new_url, new.people_csv())
        config = tmp_path / "syncer.yaml"
        text = config.read_text().replace("database: embedded", f"database: {dsn}")
        config.write_text(text.replace("timeout: 5", "timeout: 1"))
        answer = await asyncio.to_thread(syncer, "migrate", "--yes", "--config", config, "--json")
    return answer, breaking, new


async def test_a_ticket_that_breaks_the_target_is_parked_and_the_others_pass(tmp_path: Path, dsn: str) -> None:
    answer, breaking, new = await migrated(tmp_path, dsn, b"[IG-1005]")
    assert answer.code == 1, answer.err
    (parked,) = answer.document["parked"]
    assert parked["reason"] == "no_answer"
    assert answer.document["counts"]["created"] == 11
    assert breaking.broke == 6
    titles = [ticket["title"] for ticket in new.state()["tickets"]]
    assert len(titles) == 11
    assert not any("[IG-1005]" in title for title in titles)


async def test_a_target_that_breaks_on_every_ticket_ends_the_run_and_parks_none(tmp_path: Path, dsn: str) -> None:
    answer, _, new = await migrated(tmp_path, dsn, b"CreatorId")
    assert answer.code == 3, answer.err
    assert "not there" in answer.err
    assert "the same command" in answer.err
    assert new.state()["tickets"] == []
