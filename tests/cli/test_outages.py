"""Desks, database, disk and people that stop a migration in the middle: nothing is lost, the same command goes on."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from syncer.store.embedded import running

from .trouble import TICKETS, Box, box, told

GOES_ON = "then: syncer migrate --yes --json --config "


@pytest.fixture
async def place(tmp_path: Path, dsn: str) -> AsyncIterator[Box]:
    async with box(tmp_path, dsn) as found:
        yield found


@pytest.fixture
def open_folder() -> Iterator[Path]:
    # Not tmp_path: for root that lies in a folder which the embedded server's user cannot enter.
    with tempfile.TemporaryDirectory(prefix="syncer-tests-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("side", ["old", "new"])
async def test_a_desk_that_is_down_at_the_start(place: Box, side: str) -> None:
    desk = getattr(place, side)
    await desk.down()
    told(await place.do("migrate", "--yes", "--json"), 3, f"{side}: ", f"127.0.0.1:{desk.port}", "right and up")
    assert place.writes() == 0
    await desk.up()
    await place.goes_on()


async def test_a_target_that_goes_down_in_the_middle(place: Box) -> None:
    process = await place.migrating()
    await place.new.down()
    answer = await place.end(process)
    told(answer, 3, "new: ", GOES_ON)
    assert answer.out == ""
    await place.new.up()
    await place.goes_on()


async def test_a_source_that_goes_down_in_the_middle(place: Box) -> None:
    place.edit(place.config, "view_id: 1 ", "view_id: 1\n    bulk: 2 ")
    place.edit(place.config, "per_second: 5000, parallel: 2", "per_second: 10, parallel: 1")
    process = await place.migrating(made=4)
    await place.old.down()
    told(await place.end(process), 3, "old: ", "right and up", GOES_ON)
    await place.old.up()
    place.edit(place.config, "per_second: 10, parallel: 1", "per_second: 5000, parallel: 2")
    await place.goes_on()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_person_who_stops_it(place: Box, number: signal.Signals) -> None:
    process = await place.migrating()
    process.send_signal(number)
    answer = await place.end(process)
    told(answer, 130, "stopping: finishing", GOES_ON)
    assert answer.out == ""
    await place.goes_on()


async def test_an_embedded_database_that_is_killed(open_folder: Path) -> None:
    async with box(open_folder, "embedded") as place:
        process = await place.migrating()
        server = running(place.place / ".syncer" / "postgres")
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)
        told(await place.end(process), 3, "database: ", GOES_ON)
        await place.goes_on()


async def test_a_server_that_ends_our_sessions_and_lets_nobody_in(place: Box, postgres: str, dsn: str) -> None:
    name = dsn.rpartition("/")[2].partition("?")[0]
    admin = await asyncpg.connect(postgres)
    try:
        process = await place.migrating()
        await admin.execute(f"alter database {name} allow_connections false")
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        told(await place.end(process), 3, "database: ", GOES_ON)
        told(await place.do("status", "--json"), 3, "database: ")
        await admin.execute(f"alter database {name} allow_connections true")
    finally:
        await admin.close()
    await place.goes_on()


async def test_a_database_whose_disk_is_full(place: Box, dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(
            "create function full_disk() returns trigger language plpgsql as $$ begin"
            " if (select count(*) from effect) > 12 then"
            " raise exception 'could not extend file: No space left on device' using errcode = '53100'; end if;"
            " return null; end $$;"
            " create trigger full_disk after insert on effect for each statement execute function full_disk()"
        )
        answer = await place.do("migrate", "--yes", "--json")
        told(answer, 3, "database: .*No space left on device", "Make room on the disk of the database", GOES_ON)
        assert 5 < place.registered() < TICKETS
        await conn.execute("drop trigger full_disk on effect")
    finally:
        await conn.close()
    await place.goes_on()


def _small_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))


async def test_a_disk_without_room_for_private_notes(place: Box) -> None:
    answer = await place.end(await place.start("migrate", "--yes", "--json", limit=_small_files))
    told(answer, 3, "private-notes.jsonl|this machine|spool", "ulimit|room", GOES_ON)
    assert answer.out == ""
    assert place.registered() < TICKETS
    await place.goes_on()


async def test_a_home_that_cannot_be_written(place: Box) -> None:
    (place.place / ".syncer").write_text("a file where a folder should be\n")
    told(await place.do("migrate", "--yes", "--json"), 3, ".syncer", "folder|directory|exists", GOES_ON)
    assert place.writes() == 0
    (place.place / ".syncer").unlink()
    await place.goes_on()
