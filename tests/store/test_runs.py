"""Runs, checkpoints and what was measured: each says what it is, and killed runs do not look alive."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from syncer.errors import LeaseLost
from syncer.model.ids import Cursor
from syncer.store import runs
from tests.store.ledger import writing


async def test_a_route_has_one_number_also_when_many_ask_at_once(pool: asyncpg.Pool) -> None:
    numbers = await asyncio.gather(*(runs.route_id(pool, "move") for _ in range(20)))
    assert len(set(numbers)) == 1
    assert await runs.route_id(pool, "other") != numbers[0]


async def test_a_run_that_was_killed_is_called_interrupted_by_the_next(pool: asyncpg.Pool) -> None:
    route, other = await runs.route_id(pool, "move"), await runs.route_id(pool, "other")
    killed = await runs.begin(pool, route, "migrate", 3)
    elsewhere = await runs.begin(pool, other, "migrate", 0)
    ended = await runs.begin(pool, route, "migrate", 3)
    await runs.end(pool, ended, "done", {"read": 5}, {"title_cut": 2}, "all well")
    await runs.begin(pool, route, "delta", 3)
    found = {run.id: run for run in await runs.latest(pool)}
    assert (found[killed].state, found[killed].message) == ("interrupted", "killed")
    assert found[killed].ended_at is not None
    assert found[elsewhere].state == "running"
    assert (found[ended].state, found[ended].message) == ("done", "all well")
    assert (found[ended].counts, found[ended].losses) == ({"read": 5}, {"title_cut": 2})


async def test_counts_are_noted_while_a_run_goes_on(pool: asyncpg.Pool) -> None:
    run = await runs.begin(pool, await runs.route_id(pool, "move"), "migrate", 0)
    await runs.note(pool, run, {"read": 3}, {})
    (found,) = await runs.latest(pool, "move")
    assert (found.state, found.counts, found.ended_at) == ("running", {"read": 3}, None)


async def test_there_is_no_checkpoint_before_the_first_and_then_the_last_one(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer, pool.acquire() as conn:
        assert await runs.checkpoint(pool, writer.route) is None
        for cursor in ("100", "", "90"):  # the desk's own words: whatever it says is the newest
            await runs.advance(conn, writer.route, writer.lease.epoch, writer.run, Cursor(cursor))
            assert await runs.checkpoint(pool, writer.route) == cursor


async def test_a_checkpoint_shares_the_fate_of_its_transaction(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer, pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await runs.advance(conn, writer.route, writer.lease.epoch, writer.run, Cursor("100"))
        await transaction.rollback()
        assert await runs.checkpoint(pool, writer.route) is None


async def test_only_the_writer_moves_the_checkpoint(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer, pool.acquire() as conn:
        await runs.advance(conn, writer.route, writer.lease.epoch, writer.run, Cursor("100"))
        with pytest.raises(LeaseLost):
            await runs.advance(conn, writer.route, writer.lease.epoch - 1, writer.run, Cursor("200"))
        assert await runs.checkpoint(pool, writer.route) == "100"


async def test_the_largest_search_lag_is_remembered_and_blindness_until_it_passes(pool: asyncpg.Pool) -> None:
    route = await runs.route_id(pool, "move")
    assert await runs.search_lag(pool, route) is None
    for measured, known in ((0.5, 0.5), (0.2, 0.5), (1.5, 1.5), (float("inf"), float("inf")), (0.3, 0.3)):
        await runs.measured(pool, route, measured)
        assert await runs.search_lag(pool, route) == known
