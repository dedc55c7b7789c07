"""`syncer parked retry` against both emulators over real HTTP: exactly these tickets, and a look before each write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from syncer.desks.invgate.emulator import InvGateEmulator
from syncer.desks.tikting.emulator import TiktingEmulator
from syncer.model.ids import TicketId
from syncer.sandbox import folder
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from syncer.store import dead_letters, effects, runs
from tests.desks.serving import served

from .front_door import Answer, syncer

REGISTER = "POST /api/TicketsApi/register"


@dataclass
class Place:
    """Two emulated desks, a config for them, and the database."""

    old: InvGateEmulator
    new: TiktingEmulator
    config: Path
    pool: asyncpg.Pool

    async def do(self, *args: str) -> Answer:
        """A command with this config."""
        return await asyncio.to_thread(syncer, *args, "--config", self.config, "--json")

    async def letters(self) -> dict[str, tuple[str, str]]:
        """Parked tickets by id: reason and state."""
        found = await dead_letters.letters(self.pool, await runs.route_id(self.pool, "move"))
        return {one.source_id: (one.reason, one.state) for one in found}

    def registered(self) -> int:
        """How many registrations arrived, whatever became of them."""
        return sum(1 for e in self.new.carrier.log if f"{e.method} {e.path}" == REGISTER)

    def carrying(self, key: str) -> int:
        """How many tickets of the target carry this marker."""
        return sum(1 for one in self.new.state()["tickets"] if one["title"].endswith(f"[{key}]"))


@pytest.fixture
async def place(tmp_path: Path, dsn: str, pool: asyncpg.Pool) -> AsyncIterator[Place]:
    world = generate(1, 30)
    old = InvGateEmulator(world)
    new = TiktingEmulator(emptied(world))
    async with AsyncExitStack() as stack:
        old_url, new_url = [await stack.enter_async_context(served(desk)) for desk in (old, new)]
        folder.fill(tmp_path, old_url, new_url, new.people_csv())
        config = tmp_path / "syncer.yaml"
        text = config.read_text().replace("database: embedded", f"database: {dsn}").replace("timeout: 5", "timeout: 1")
        config.write_text(text)
        yield Place(old, new, config, pool)


async def migrated(place: Place) -> list[str]:
    """Everything over; the source ids."""
    answer = await place.do("migrate", "--yes")
    assert answer.code == 0, answer.err
    return [str(id) for id in place.old.tables.tickets]


async def test_retry_brings_over_exactly_the_tickets_that_were_named(place: Place) -> None:
    ids = await refused(place, 3)
    before, checkpoint = place.registered(), await _checkpoint(place)
    answer = await place.do("parked", "retry", "move", ids[0])
    assert answer.code == 0, answer.err
    assert answer.document["tried"]["counts"]["created"] == 1
    assert place.registered() == before + 1
    assert set(await place.letters()) == set(ids[1:])
    assert await _checkpoint(place) == checkpoint
    rest = await place.do("parked", "retry", "move", "--all", "--reason", "refused")
    assert (rest.code, await place.letters()) == (0, {})
    assert [place.carrying(f"IG-{id}") for id in ids] == [1, 1, 1]


async def refused(place: Place, count: int) -> list[str]:
    """A migration in which so many tickets were refused; their ids."""
    ids = await migrated(place)
    chosen = sorted(ids, key=int)[:count]
    for id in chosen:
        await _unmake(place, id, "refused", "refused")
    return chosen


async def test_a_ticket_in_doubt_that_is_there_is_adopted_without_a_write(place: Place) -> None:
    id = (await migrated(place))[7]
    await _doubt(place, id)
    before = place.registered()
    answer = await place.do("parked", "retry", "move", id)
    assert answer.code == 0, answer.err
    assert answer.document["tried"]["counts"]["adopted"] == 1
    assert place.registered() == before
    assert (place.carrying(f"IG-{id}"), await place.letters()) == (1, {})


async def test_a_ticket_in_doubt_that_is_not_there_is_written_once(place: Place) -> None:
    id = (await migrated(place))[7]
    await _doubt(place, id)
    _delete(place, f"IG-{id}")
    logged = len(place.new.carrier.log)
    answer = await place.do("parked", "retry", "move", id)
    assert answer.code == 0, answer.err
    calls = [f"{e.method} {e.path}" for e in list(place.new.carrier.log)[logged:]]
    assert calls.count(REGISTER) == 1
    assert "POST /api/TicketsApi" in calls[: calls.index(REGISTER)], "it looked first"
    assert (place.carrying(f"IG-{id}"), await place.letters()) == (1, {})


async def test_a_doubt_is_left_alone_when_the_search_shows_nothing_that_is_there(place: Place) -> None:
    id = (await migrated(place))[7]
    await _doubt(place, id)
    place.new.switches.search_match = "never"
    before = place.registered()
    answer = await place.do("parked", "retry", "move", id)
    assert (answer.code, answer.document["in_doubt_unseen"], answer.document["tried"]) == (1, [id], None)
    assert place.registered() == before
    assert await place.letters() == {id: ("in_doubt", "parked")}


async def test_a_ticket_that_changed_afterwards_is_not_tried_and_this_is_said(place: Place) -> None:
    id = (await migrated(place))[3]
    route = await runs.route_id(place.pool, "move")
    async with place.pool.acquire() as conn:
        await dead_letters.park(conn, route, 1, [(TicketId(id), "changed_after", "changed")])
    before = place.registered()
    answer = await place.do("parked", "retry", "move", "--all")
    assert (answer.code, list(answer.document["over_already"])) == (1, [id])
    assert (place.registered(), await place.letters()) == (before, {id: ("changed_after", "parked")})
    text = await asyncio.to_thread(syncer, "parked", "retry", "move", id, "--config", place.config)
    assert (text.code, "takes no updates" in text.out) == (1, True)


async def test_a_dropped_ticket_stays_behind_until_it_is_taken_back(place: Place) -> None:
    (id,) = await refused(place, 1)
    await place.do("parked", "drop", "move", id, "--yes")
    before = place.registered()
    again = await place.do("migrate", "--yes")
    assert (again.code, again.document["counts"]["skipped"], place.registered()) == (0, 1, before)
    every = await place.do("parked", "retry", "move", "--all")
    assert (every.document["tried"], place.registered()) == (None, before)
    assert await place.letters() == {id: ("refused", "dropped")}
    answer = await place.do("parked", "retry", "move", id)
    assert (answer.code, place.carrying(f"IG-{id}"), await place.letters()) == (0, 1, {})


async def test_a_ticket_that_a_rule_leaves_behind_now_is_parked_no_more(place: Place) -> None:
    (id,) = await refused(place, 1)
    mapping = place.config.with_name("mapping.yaml")
    every = "[New, Open, Pending, Waiting, Solved, Closed, Rejected, Cancelled]"
    mapping.write_text(mapping.read_text() + f"skip: {{status: {every}}}\n")
    answer = await place.do("parked", "retry", "move", id)
    assert (answer.code, answer.document["tried"]["counts"]["skipped"]) == (0, 1), answer.err
    assert await place.letters() == {}


async def test_retry_waits_for_nobody_and_marks_nothing_while_another_run_is_on(place: Place) -> None:
    from syncer.store import leases

    (id,) = await refused(place, 1)
    async with leases.hold(place.pool, await runs.route_id(place.pool, "move")):
        answer = await place.do("parked", "retry", "move", id)
    assert (answer.code, "at work" in answer.err) == (3, True)
    assert await place.letters() == {id: ("refused", "parked")}


async def test_status_shows_a_real_migration(place: Place) -> None:
    ids = await migrated(place)
    said = (await place.do("status")).document["routes"][0]
    assert (said["migrated"], said["doubts"], said["parked"]) == (len(ids), 0, {})
    assert said["next"] == f"syncer delta move --config {place.config}"
    pairs = (await place.do("idmap")).document["tickets"]
    assert sorted(one["old_id"] for one in pairs) == sorted(ids)


async def _unmake(place: Place, id: str, state: str, reason: str) -> None:
    """As if this one had not come over."""
    _delete(place, f"IG-{id}")
    await _reopen(place, id, state, reason)


async def _doubt(place: Place, id: str) -> None:
    """As if the answer to this one had been lost, and nobody could look then."""
    await _reopen(place, id, "announced", "in_doubt")


async def _reopen(place: Place, id: str, state: str, reason: str) -> None:
    route = await runs.route_id(place.pool, "move")
    await place.pool.execute(
        "update effect set state = $3, target_id = null, done_at = null where route = $1 and source_id = $2",
        route, id, state,
    )  # fmt: skip
    async with place.pool.acquire() as conn:
        await dead_letters.park(conn, route, 1, [(TicketId(id), reason, "as a test said")])


def _delete(place: Place, key: str) -> None:
    for one in place.new.state()["tickets"]:
        if one["title"].endswith(f"[{key}]"):
            ticket: Any = place.new.shelf.get(int(one["id"]))
            place.new.shelf.delete(ticket)


async def _checkpoint(place: Place) -> Any:
    assert await effects.count(place.pool, 1)
    return await runs.checkpointed(place.pool, await runs.route_id(place.pool, "move"))
