"""Announced, acknowledged, sealed: what the ledger lets happen, and what never."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from syncer.model.ids import TicketId
from syncer.model.link import TICKET, Acknowledged, EffectState
from syncer.store import dead_letters, effects
from tests.store.ledger import Writer, intents, writing


async def state(writer: Writer, id: str) -> tuple[str, str | None, int]:
    """State, target and number of attempts."""
    found = await effects.one(writer.pool, writer.route, TicketId(id))
    assert found is not None
    return str(found.state), found.target_id, found.attempts


async def settle(writer: Writer, *states: tuple[str, EffectState], epoch: int | None = None) -> None:
    async with writer.pool.acquire() as conn:
        closed = [(TicketId(id), TICKET, state) for id, state in states]
        await effects.settle(conn, writer.route, epoch or writer.lease.epoch, closed)


async def test_an_effect_goes_from_announced_to_done(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        assert await writer.announce("1", "2") == (True, 2, 0)
        assert await state(writer, "1") == ("announced", None, 1)
        assert await writer.done(("1", "901")) == (True, 0, 1)
        assert await state(writer, "1") == ("done", "901", 1)
        assert await state(writer, "2") == ("announced", None, 1)
        assert await effects.count(pool, writer.route) == {"done": 1, "announced": 1}


async def test_a_sealed_ticket_refuses_a_new_announcement_and_stays_as_it_is(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        await writer.announce("1")
        await writer.done(("1", "901"))
        assert await writer.announce("1", "2") == (True, 1, 0)
        assert await state(writer, "1") == ("done", "901", 1)
        await settle(writer, ("1", EffectState.ABSENT), ("1", EffectState.REFUSED))
        assert await state(writer, "1") == ("done", "901", 1)


async def test_a_stale_writer_writes_nothing(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        await writer.announce("1")
        await pool.execute("update lease set epoch = epoch + 1 where route = $1", writer.route)  # a takeover
        stale, ours = writer.lease.epoch, writer.lease.epoch + 1
        assert await writer.announce("1", "2", epoch=stale) == (False, 0, 0)
        assert await writer.done(("1", "901"), epoch=stale) == (False, 0, 0)
        await settle(writer, ("1", EffectState.ABSENT), epoch=stale)
        assert await state(writer, "1") == ("announced", None, 1)
        assert await effects.one(pool, writer.route, TicketId("2")) is None
        assert await writer.done(("1", "901"), epoch=ours) == (True, 0, 1)


async def test_a_takeover_waits_for_the_statement_under_way_and_the_next_one_is_refused(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer, pool.acquire() as conn:
        open_one = conn.transaction()
        await open_one.start()
        assert await effects.write(conn, writer.route, writer.lease.epoch, writer.run, intents("1"), []) == (True, 1, 0)
        takeover = asyncio.create_task(
            pool.execute("update lease set epoch = epoch + 1 where route = $1", writer.route)
        )
        done, _ = await asyncio.wait([takeover], timeout=0.3)
        assert not done
        await open_one.commit()
        await takeover
        assert await writer.announce("2") == (False, 0, 0)
        assert await state(writer, "1") == ("announced", None, 1)


async def test_another_attempt_is_counted_and_stamped_anew(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        await writer.announce("1")
        await pool.execute("update effect set attempt_at = attempt_at - interval '1 hour'")
        (old,) = await effects.doubts(pool, writer.route)
        await settle(writer, ("1", EffectState.ABSENT))
        assert await effects.doubts(pool, writer.route) == []
        await writer.announce("1")
        (new,) = await effects.doubts(pool, writer.route)
        assert await state(writer, "1") == ("announced", None, 2)
        assert (old.age > 3590, new.age < 60) == (True, True)
        assert (new.source_id, new.key) == ("1", "IG-1")


async def test_a_group_written_twice_changes_nothing_but_the_count_of_attempts(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer, pool.acquire() as conn:
        await writer.announce("1")
        for _ in range(2):
            done = [Acknowledged(TicketId("1"), TicketId("901"))]
            said = await effects.write(conn, writer.route, writer.lease.epoch, writer.run, intents("2"), done)
            assert said == (True, 1, 1)
        assert await state(writer, "1") == ("done", "901", 1)
        assert (await state(writer, "2"))[0] == "announced"


async def test_routes_do_not_see_each_others_tickets(pool: asyncpg.Pool) -> None:
    async with writing(pool) as one, writing(pool, "other") as two:
        await one.announce("1")
        await one.done(("1", "901"))
        assert await two.announce("1") == (True, 1, 0)
        assert await state(one, "1") == ("done", "901", 1)
        assert await state(two, "1") == ("announced", None, 1)
        assert await effects.newest(pool, two.route, 9) == []


async def test_a_link_tells_state_target_and_dead_letter(pool: asyncpg.Pool) -> None:
    ids = [TicketId(id) for id in "123456"]
    async with writing(pool) as writer, pool.acquire() as conn:
        await writer.announce("1", "2", "3")
        await writer.done(("1", "901"))
        letters = [(TicketId(id), "refused", "why") for id in "345"]
        await dead_letters.park(conn, writer.route, writer.run, letters)
        await dead_letters.mark(pool, writer.route, ["4"], "dropped")
        await dead_letters.mark(pool, writer.route, ["5"], "retry")
        links = await effects.links(pool, writer.route, ids)
    assert {id: (str(one.state), one.target_id, one.parked) for id, one in links.items()} == {
        "1": ("done", "901", None),
        "2": ("announced", None, None),
        "3": ("announced", None, "refused"),
        "4": ("absent", None, "dropped"),
        "5": ("absent", None, None),
    }


async def test_a_doubt_somebody_was_asked_about_is_not_open(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer, pool.acquire() as conn:
        await writer.announce("1", "2", "3")
        await dead_letters.park(conn, writer.route, writer.run, [(TicketId("1"), "in_doubt", "look")])
        assert await effects.open_doubts(pool, writer.route) == 2
        await dead_letters.mark(pool, writer.route, ["1"], "retry")
        assert await effects.open_doubts(pool, writer.route) == 3


async def test_the_floor_of_a_search_is_older_than_every_doubt(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        assert await effects.around_doubts(pool, writer.route) == (None, [])
        await writer.announce("1", "2", "3", "4", "5")
        await writer.done(("1", "9"), ("2", "10"), ("4", "guid-7"))
        await writer.done(("5", "12"))
        # 1 and 2 are acknowledged before 3 was last tried, 5 after it.
        await pool.execute("update effect set done_at = now() - interval '1 hour' where source_id in ('1', '2')")
        await pool.execute("update effect set attempt_at = now() - interval '1 minute' where source_id = '3'")
        floor, above = await effects.around_doubts(pool, writer.route)
    assert floor == "10", "by number, not by letters"
    assert sorted(above) == ["10", "12"]


@pytest.mark.parametrize("ids", [["1"], [str(n) for n in range(5000)]])
async def test_a_group_may_have_any_size(pool: asyncpg.Pool, ids: list[str]) -> None:
    async with writing(pool) as writer:
        assert await writer.announce(*ids) == (True, len(ids), 0)
        assert await writer.done(*((id, f"9{id}") for id in ids)) == (True, 0, len(ids))
        async with pool.acquire() as conn, conn.transaction():
            rows = [row async for row in await effects.crosswalk(conn, writer.route)]
    assert {row["source_id"]: row["target_id"] for row in rows} == {id: f"9{id}" for id in ids}
