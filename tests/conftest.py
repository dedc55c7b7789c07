"""A real Postgres for every test that asks for one: `dsn`, an empty database, and `pool` on it.

And `odd`, for tests of one odd answer that need no server.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest
from aioresponses import aioresponses
from hypothesis import settings

from syncer.store import schema
from syncer.store.embedded import EmbeddedPostgres
from syncer.store.pool import connect

# How long one example takes says something of the machine, and nothing of the code.
settings.register_profile("syncer", deadline=None)
settings.load_profile("syncer")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The DSN of a server for this session (of this xdist worker), with the migrated database `template`."""
    # Not tmp_path_factory: for root that lies in a folder which the server's user cannot enter.
    with tempfile.TemporaryDirectory(prefix="syncer-tests-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        with EmbeddedPostgres(Path(name) / "postgres") as server:
            _apart(_make_template(server.dsn))
            yield server.dsn


@pytest.fixture
def dsn(postgres: str) -> Iterator[str]:
    """The DSN of a database of this test's own, with the schema and no rows; for tests with and without a loop."""
    name = f"test_{next(_numbers)}"
    _apart(_execute(postgres, f"create database {name} template template strategy file_copy"))
    yield _database(postgres, name)
    _apart(_execute(postgres, f"drop database {name} with (force)"))


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on this test's database, opened as syncer opens its own."""
    async with connect(dsn) as pool:
        yield pool


class _Answer(aiohttp.ClientResponse):
    """aioresponses 0.7 makes its answers without what aiohttp 3.14 asks for in addition."""

    def __init__(self, *args: Any, **more: Any) -> None:
        more.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **more)


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses]:
    """Answers by URL in place of the network; a URL without one is a lost connection."""
    monkeypatch.setattr("aioresponses.core.ClientResponse", _Answer)
    with aioresponses() as answers:
        yield answers


async def _make_template(server: str) -> None:
    await _execute(server, "create database template")
    conn = await asyncpg.connect(_database(server, "template"))
    try:
        await schema.migrate(conn)
    finally:
        await conn.close()


async def _execute(dsn: str, statement: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(statement)
    finally:
        await conn.close()


def _database(dsn: str, name: str) -> str:
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


def _apart(work: Coroutine[Any, Any, None]) -> None:
    # In a thread of its own: the loop of the test, running or yet to come, is not touched.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()
