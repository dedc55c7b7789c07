"""A desk that allows R requests a second never sees more in any second, and nearly R of them: by its own log.

Every request counts: logging in, lists, searches, registrations.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from syncer.deskkit.budget import Budget, Departure
from syncer.deskkit.emulation import Carrier, Faults
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.desk import InvGate
from syncer.desks.invgate.emulator import InvGateEmulator
from syncer.desks.tikting.emulator import TiktingEmulator
from syncer.model.ids import TicketId
from syncer.sandbox import folder
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.cli.front_door import Answer, syncer
from tests.desks.serving import served

TICKETS = 360
MOST_BELIEVED = 0.5
STILL = 0.25
FAST = "budget: {per_second: 5000, parallel: 32}"


def used(carrier: Carrier) -> float:
    """Requests a second in the long run; logging in comes before there is anything to press with."""
    log = list(carrier.log)[5:]
    return (len(log) - 1) / (log[-1].at - log[0].at)


class Standstills:
    """How much of the time this process, which the emulated desks are part of, got no processor.

    A desk that stands still finds at once what arrived meanwhile: its log is no judge then, and is believed so far.
    """

    def __init__(self) -> None:
        self.lost = self.longest = 0.0
        self.began = time.monotonic()
        self.share = 0.0

    def worth(self, limit: float) -> int:
        """So many requests may have gathered in the longest of them; never so many that a burst would pass."""
        return int(min(self.longest, MOST_BELIEVED) * limit)

    async def watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            late = time.monotonic() - before - 0.01
            # One request too many in a second of 40 takes no more than 26 ms.
            self.longest = max(self.longest, late)
            if late > 0.05:
                self.lost += late
            self.share = self.lost / (time.monotonic() - self.began)


@asynccontextmanager
async def standstills() -> AsyncIterator[Standstills]:
    """Watches while the block lasts."""
    found = Standstills()
    watching = asyncio.create_task(found.watch())
    try:
        yield found
    finally:
        watching.cancel()


# --- whole migrations, by the front door


@asynccontextmanager
async def migration(
    place: Path, dsn: str, old_limit: int | None, new_limit: int | None, tickets: int = TICKETS
) -> AsyncIterator[tuple[InvGateEmulator, TiktingEmulator, Callable[[], Awaitable[Answer]]]]:
    """Two emulated desks, limits in the config, and the command; the source is read ticket by ticket."""
    world = generate(1, tickets)
    old, new = InvGateEmulator(world), TiktingEmulator(emptied(world))
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(served(desk)) for desk in (old, new)]
        folder.fill(place, urls[0], urls[1], new.people_csv())
        config = place / "syncer.yaml"
        before, between, after = config.read_text().replace("embedded", dsn, 1).split(FAST)
        blocks = [f"budget: {{per_second: {limit or 5000}, parallel: 16}}" for limit in (old_limit, new_limit)]
        config.write_text(before + blocks[0] + "\n    bulk: 1" + between + blocks[1] + after)

        # The lists are there already: what is measured is the migration.
        prepared = await asyncio.to_thread(syncer, "lookups", "match", "--config", config)
        assert prepared.code == 0, prepared.err
        for desk in (old, new):
            desk.carrier.log.clear()

        async def migrate() -> Answer:
            return await asyncio.to_thread(syncer, "migrate", "--yes", "--json", "--config", config)

        yield old, new, migrate


@pytest.mark.parametrize(("old_limit", "new_limit"), [(50, None), (None, 50), (60, 60)])
async def test_a_migration_keeps_to_the_limits_and_uses_them(
    tmp_path: Path, dsn: str, old_limit: int | None, new_limit: int | None
) -> None:
    async with migration(tmp_path, dsn, old_limit, new_limit) as (old, new, migrate), standstills() as stood:
        answer = await migrate()
    assert answer.code in (0, 1), answer.err
    limited = [(desk.carrier, limit) for desk, limit in ((old, old_limit), (new, new_limit)) if limit is not None]
    for carrier, limit in limited:
        assert len(carrier.log) > 300
        assert carrier.busiest_second() <= limit + stood.worth(limit)
    # Where both are limited, one of them waits for the other.
    assert max(used(carrier) / limit for carrier, limit in limited) >= 0.95 - stood.share


# --- one desk, pressed


async def press(desk: InvGate, count: int) -> None:
    """So many requests, all of them wanted at once."""
    await asyncio.gather(*(desk.fetch([TicketId("1001")]) for _ in range(count)))


@asynccontextmanager
async def source(limit: float, parallel: int = 8, **more: Any) -> AsyncIterator[tuple[InvGateEmulator, InvGate]]:
    emulator = InvGateEmulator(generate(1, 3))
    async with served(emulator) as url:
        block = {
            "name": "old", "base_url": url, "view_id": 1, "also_read": [], "timeout": 10,
            "auth": {"kind": "oauth2", "client_id": "syncer", "client_secret": "sandbox-secret"},
            "budget": {"per_second": limit, "parallel": parallel}, **more,
        }  # fmt: skip
        desk = InvGate(InvGateConfig.model_validate(block))
        try:
            yield emulator, desk
        finally:
            await desk.close()


async def test_small_limits_are_kept_and_used_too() -> None:
    async def one(limit: int, count: int) -> None:
        async with source(limit) as (emulator, desk):
            await press(desk, count)
        assert len(emulator.carrier.log) == count + 1, "the log-in counts"
        assert emulator.carrier.busiest_second() <= limit + stood.worth(limit)
        assert used(emulator.carrier) >= (0.95 - stood.share) * limit

    async with standstills() as stood:
        await asyncio.gather(one(2, 25), one(4, 45), one(10, 100), one(25, 250))


async def test_a_desk_that_answers_slowly_and_unevenly_is_used_all_the_same() -> None:
    async with source(40, parallel=32) as (emulator, desk), standstills() as stood:
        emulator.carrier.set_faults(Faults(latency=0.15, before=0.02))
        await press(desk, 320)
    assert emulator.carrier.busiest_second() <= 40 + stood.worth(40)
    assert used(emulator.carrier) >= (0.95 - stood.share) * 40


async def test_what_gathered_while_we_or_the_network_stood_still_is_no_burst_on_the_desk() -> None:
    async with source(40, parallel=32) as (emulator, desk), standstills() as stood:
        pressing = asyncio.create_task(press(desk, 160))
        for _ in range(6):
            await asyncio.sleep(0.43)
            time.sleep(STILL)  # both ends stand still: what left before arrives with what leaves after
        await pressing
    more = max(0.0, stood.longest - STILL - 0.05)  # the machine's own doing
    assert emulator.carrier.busiest_second() <= 40 + int(min(more, MOST_BELIEVED) * 40)


async def test_nothing_is_sent_before_the_time_a_429_names() -> None:
    async with source(100, parallel=1) as (emulator, desk):
        emulator.carrier.set_faults(Faults(per_second=5))
        await press(desk, 20)
    log = list(emulator.carrier.log)
    refused = [n for n, entry in enumerate(log) if entry.status == 429]
    assert refused
    for n in refused:
        assert log[n + 1].at - log[n].at >= 1.0, "Retry-After: 1"
    assert sum(entry.status == 200 for entry in log) == 21, "and in the end all had their answer"


class Bucket(Budget):
    """A deliberate break: a bucket of one second's worth that fills up as it is emptied, so a burst counts twice."""

    _tokens, _at = 0.0, 0.0

    async def take(self) -> None:
        while True:
            now = time.monotonic()
            self._tokens = min(self.per_second, self._tokens + (now - self._at) * self.per_second)
            self._at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return
            await asyncio.sleep((1 - self._tokens) / self.per_second)

    async def depart(self) -> Departure:
        return Departure(time.monotonic())


class Planned(Budget):
    """A deliberate break: even pacing, and no look at what really left."""

    async def depart(self) -> Departure:
        return Departure(self._clock())


async def test_a_bucket_of_tokens_oversteps() -> None:
    async with source(10, parallel=32) as (emulator, desk):
        desk.budget = desk._http.budget = Bucket(10)
        await press(desk, 40)
    assert emulator.carrier.busiest_second() > 15, "the proof has lost its teeth"


async def test_slots_alone_overstep_after_a_standstill() -> None:
    async with source(40, parallel=32) as (emulator, desk):
        desk.budget = desk._http.budget = Planned(40)
        pressing = asyncio.create_task(press(desk, 80))
        await asyncio.sleep(0.5)
        time.sleep(0.4)
        await pressing
    assert emulator.carrier.busiest_second() > 45, "the proof has lost its teeth"
