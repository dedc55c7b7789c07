"""What is told or stopped before the first write, by the front door: brakes, mails, private notes, plans."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.emulation import Handler
from syncer.deskkit.world import SeedComment, SeedFile
from syncer.desks.invgate.emulator import InvGateEmulator
from syncer.desks.tikting.emulator import TiktingEmulator
from syncer.sandbox import folder
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.cli.front_door import Answer, in_store, syncer
from tests.desks.serving import served
from tests.flows.place import LEDGER

TICKETS = 40
SECRET = "only-for-the-staff-"


@dataclass
class Desks:
    """Both desks and a config for them."""

    old: InvGateEmulator
    new: TiktingEmulator
    config: Path
    heard: list[bytes]
    """Each request that reached the target, whatever it said to it."""

    async def do(self, *args: str, answer: str = "") -> Answer:
        return await asyncio.to_thread(syncer, *args, "--config", self.config, answer=answer)

    def written(self) -> list[str]:
        """Whatever reached the target that is not known to be reading."""
        reads = {("POST", "/api/Users/authenticate"), ("POST", "/api/TicketsApi")}
        return [
            f"{e.method} {e.path}"
            for e in self.new.carrier.log
            if e.method != "GET" and (e.method, e.path.rstrip("/")) not in reads
        ]


class Ears:
    """An emulator whose every request is kept, also what it refuses."""

    def __init__(self, emulator: TiktingEmulator) -> None:
        self._emulator = emulator
        self.heard: list[bytes] = []

    def app(self) -> web.Application:
        @web.middleware
        async def hear(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.heard.append(request.path_qs.encode() + await request.read())
            return await handler(request)

        app = self._emulator.app()
        app.middlewares.insert(0, hear)
        return app


@pytest.fixture
async def desks(tmp_path: Path, dsn: str) -> AsyncIterator[Desks]:
    made = generate(1, TICKETS)
    tickets = [msgspec.structs.replace(one, comments=[_marked(c) for c in one.comments]) for one in made.tickets]
    world = msgspec.structs.replace(made, tickets=tickets)
    old = InvGateEmulator(world)
    new = TiktingEmulator(emptied(world))
    async with AsyncExitStack() as stack:
        ears = Ears(new)
        old_url, new_url = [await stack.enter_async_context(served(desk)) for desk in (old, ears)]
        folder.fill(tmp_path, old_url, new_url, new.people_csv())
        config = tmp_path / "syncer.yaml"
        config.write_text(config.read_text().replace("database: embedded", f"database: {dsn}"))
        yield Desks(old, new, config, ears.heard)


def _marked(comment: SeedComment) -> SeedComment:
    """A private note that can be recognised, as can its file."""
    if not comment.private:
        return comment
    secret = SeedFile("between us.txt", SECRET.encode())
    return msgspec.structs.replace(comment, body=f"{SECRET}{comment.body}", files=[secret])


async def test_a_plan_writes_nothing_and_tells_of_mails(desks: Desks) -> None:
    answer = await desks.do("plan")
    assert answer.code == 0, answer.err
    assert "\nMails that the target may send:\n" in answer.out
    assert desks.written() == []
    desks.new.carrier.log.clear()
    told = (await desks.do("check")).out
    assert "  mails: " in told
    assert desks.written() == []


async def test_nobody_is_mailed_before_somebody_accepted_it(desks: Desks) -> None:
    """Told whom, on which occasion and how to be silent; accepted once, it is remembered."""
    text = desks.config.read_text()
    desks.config.write_text(text.replace("    accept_mails: true  # emulated desks mail nobody\n", ""))
    for command in ("migrate", "delta"):
        refused = await desks.do(command, "--yes")
        assert refused.code == 2
        assert "may mail people, and nobody has accepted that: nothing was written" in refused.err
        assert "it may mail assignees and agents of its group on a new ticket" in refused.err
        assert desks.written() == []
    asked = await desks.do("migrate", answer="n\n")
    assert (asked.code, "Is that all right?" in asked.err) == (130, True)
    assert desks.written() == []
    assert (await desks.do("migrate", "--yes", "--accept-mails")).code == 0
    assert (await desks.do("delta", "--yes")).code == 0


async def test_what_was_accepted_for_some_readers_is_not_accepted_for_others(desks: Desks, dsn: str) -> None:
    text = desks.config.read_text()
    desks.config.write_text(text.replace("    accept_mails: true  # emulated desks mail nobody\n", ""))
    assert (await desks.do("migrate", "--yes", "--accept-mails")).code == 0
    desks.new.carrier.log.clear()
    store = await asyncpg.connect(dsn)
    try:
        codes = [row["code"] for row in await store.fetch("select code from waiver order by code")]
        assert "mails:ticket:assignee+group" in codes
        await store.execute("update waiver set code = 'mails:ticket:group' where code = 'mails:ticket:assignee+group'")
    finally:
        await store.close()
    refused = await desks.do("delta", "--yes")
    assert refused.code == 2
    assert "it may mail assignees and agents of its group on a new ticket" in refused.err


async def test_nothing_begins_before_a_person_agreed(desks: Desks) -> None:
    nobody = await desks.do("migrate")
    assert (nobody.code, "nobody is there to answer: Begin?" in nobody.err) == (2, True)
    assert desks.written() == []


async def test_no_private_note_reaches_the_target_and_all_are_kept(desks: Desks) -> None:
    answer = await desks.do("migrate", "--yes")
    assert answer.code == 0, answer.err
    assert len(desks.new.shelf.live) == TICKETS
    assert any(b"[IG-1001]" in request for request in desks.heard)
    assert not any(SECRET.encode() in request for request in desks.heard)
    lines = (desks.config.parent / ".syncer/runs/1/private-notes.jsonl").read_text().splitlines()
    kept = [json.loads(line) for line in lines]
    private = {
        (id, str(comment["id"])): comment["message"]
        for id, ticket in desks.old.state()["tickets"].items()
        for comment in ticket["comments"]
        if not comment["customer_visible"]
    }
    assert len(private) > 5
    assert len(kept) == len(private)
    assert {(note["ticket"], note["comment"]): note["body"] for note in kept} == private


async def test_an_emptied_source_stops_the_run_before_its_first_write(desks: Desks) -> None:
    assert (await desks.do("migrate", "--yes")).code == 0
    desks.new.carrier.log.clear()
    for id in list(desks.old.tables.tickets)[: TICKETS - 5]:
        desks.old.vanish(id)
    answer = await desks.do("migrate", "--yes")
    assert answer.code == 3
    assert f"shows 5 tickets, but {TICKETS} were migrated" in answer.err
    assert "\nnext: " in answer.err
    assert desks.written() == []


async def test_a_rewritten_source_stops_a_delta_before_its_first_write(desks: Desks) -> None:
    assert (await desks.do("migrate", "--yes")).code == 0
    desks.new.carrier.log.clear()
    for id in list(desks.old.tables.tickets)[: TICKETS - 5]:
        desks.old.edit(id, title="Rewritten by a script")
    answer = await desks.do("delta")
    assert answer.code == 3
    assert f"of {TICKETS} migrated tickets have changed" in answer.err
    assert "brakes.change" in answer.err
    assert desks.written() == []


async def test_a_marker_that_another_migration_has_taken_is_told_before_the_first_write(desks: Desks, dsn: str) -> None:
    """By the plan and by the run; with another prefix the same tickets go there a second time."""
    assert (await desks.do("migrate", "--yes")).code == 0
    await asyncio.to_thread(in_store, dsn, _forget)
    desks.new.carrier.log.clear()
    for command in (("plan",), ("migrate", "--yes"), ("migrate", "--yes", "--no-plan")):
        told = await desks.do(*command)
        assert told.code == 2, told.out + told.err
        assert "marked IG-10" in told.err
        assert "no route of this database made it" in told.err
        assert "another marker_prefix of route" in told.err
    assert desks.written() == []
    text = desks.config.read_text()
    desks.config.write_text(text.replace("    target: new\n", "    target: new\n    marker_prefix: IGB\n"))
    again = await desks.do("migrate", "--yes")
    assert again.code == 0, again.err
    assert len(desks.new.shelf.live) == 2 * TICKETS


async def test_a_marker_that_this_database_knows_is_no_surprise(desks: Desks, dsn: str) -> None:
    """A run that was cut short before its checkpoint goes on."""
    assert (await desks.do("migrate", "--yes")).code == 0
    await asyncio.to_thread(in_store, dsn, lambda pool: pool.execute("delete from checkpoint"))
    again = await desks.do("migrate", "--yes")
    assert again.code == 0, again.err
    assert len(desks.new.shelf.live) == TICKETS


async def _forget(pool: asyncpg.Pool) -> None:
    """Another database, as far as tickets go."""
    for table in LEDGER:
        await pool.execute(f"delete from {table}")


async def test_a_source_that_shows_nothing_is_told_of_by_the_plan_and_by_the_run(desks: Desks) -> None:
    for id in list(desks.old.tables.tickets):
        desks.old.vanish(id)
    for command in (("plan",), ("migrate", "--yes")):
        told = await desks.do(*command)
        assert "old showed no ticket at all: is it empty, or may the account see none?" in told.out + told.err
    assert desks.written() == []
