"""One writer for each route, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal

import asyncpg
import pytest

from syncer.errors import LeaseLost
from syncer.store import leases, runs
from syncer.store.leases import Lease
from syncer.store.pool import connect


async def test_a_second_writer_is_refused_with_the_name_of_the_first(pool: asyncpg.Pool) -> None:
    route = await runs.route_id(pool, "move")
    async with leases.hold(pool, route):
        with pytest.raises(LeaseLost, match=rf"another syncer is at work on this route \(.*:{os.getpid()}\)"):
            async with leases.hold(pool, route):
                pytest.fail("two writers")


async def test_whoever_comes_after_gets_a_higher_number(pool: asyncpg.Pool) -> None:
    route = await runs.route_id(pool, "move")
    epochs = []
    for _ in range(3):
        async with leases.hold(pool, route) as lease:
            epochs.append(lease.epoch)
    assert epochs == sorted(set(epochs))


async def test_of_many_at_once_one_becomes_the_writer(pool: asyncpg.Pool, dsn: str) -> None:
    route = await runs.route_id(pool, "move")
    refused = 0
    all_refused = asyncio.Event()

    async def compete() -> str:
        nonlocal refused
        try:
            async with leases.hold(pool, route):
                await asyncio.wait_for(all_refused.wait(), 60)  # so long that nobody comes after instead of beside
                return "held"
        except LeaseLost:
            refused += 1
            if refused == 4:
                all_refused.set()
            return "refused"

    ends = await asyncio.gather(*(compete() for _ in range(5)))
    assert sorted(ends) == ["held", *["refused"] * 4]


async def test_routes_have_writers_of_their_own(pool: asyncpg.Pool) -> None:
    one, two = await runs.route_id(pool, "move"), await runs.route_id(pool, "other")
    async with leases.hold(pool, one), leases.hold(pool, two):
        assert {name: who.alive for name, who in (await leases.holders(pool)).items()} == {"move": True, "other": True}


async def test_a_lease_is_renewed_while_it_is_held(pool: asyncpg.Pool) -> None:
    route = await runs.route_id(pool, "move")
    async with leases.hold(pool, route, life=4.0) as lease:
        first = (await leases.holders(pool))["move"].until
        assert first is not None
        for _ in range(300):
            now = (await leases.holders(pool))["move"]
            if now.until is not None and now.until > first:
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("not renewed")
        lease.check()
        assert now.alive
    assert not (await leases.holders(pool))["move"].alive


async def test_a_writer_that_stood_still_may_not_write_and_is_taken_over(
    pool: asyncpg.Pool, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The process stands still from the start, however long the next writer takes to connect.
    monkeypatch.setattr(Lease, "keep", lambda self: asyncio.sleep(3600))
    route = await runs.route_id(pool, "move")
    async with leases.hold(pool, route, life=0.6) as paused:
        await asyncio.sleep(0.8)
        with pytest.raises(LeaseLost, match="stood still"):
            paused.check()
        async with connect(dsn) as other, leases.hold(other, route) as taken:
            assert taken.epoch > paused.epoch
            with pytest.raises(LeaseLost, match="another syncer has become the writer"):
                await paused.renew()
            with pytest.raises(LeaseLost):
                paused.check()
            taken.check()
    async with leases.hold(pool, route) as again:
        again.check()


def _hold_for_ever(dsn: str, held: object) -> None:
    async def main() -> None:
        async with connect(dsn) as pool, leases.hold(pool, await runs.route_id(pool, "move"), life=600):
            held.set()  # type: ignore[attr-defined]
            await asyncio.sleep(600)

    asyncio.run(main())


async def test_a_killed_writer_is_followed_at_once_however_long_its_lease(pool: asyncpg.Pool, dsn: str) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=_hold_for_ever, args=(dsn, held), daemon=True)
    process.start()
    try:
        assert await asyncio.to_thread(held.wait, 60)
        route = await runs.route_id(pool, "move")
        with pytest.raises(LeaseLost):
            async with leases.hold(pool, route):
                pytest.fail("two writers")
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.join, 60)
        for _ in range(100):  # until the server has seen the connection go
            if not (await leases.holders(pool))["move"].alive:
                break
            await asyncio.sleep(0.05)
        async with leases.hold(pool, route) as lease:
            lease.check()
    finally:
        process.kill()
        await asyncio.to_thread(process.join, 60)
