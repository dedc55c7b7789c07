"""A whole setup: both desks, a config folder, a database of its own; and how to make it new for the next try."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from syncer.sandbox import folder
from tests.flows.desks import PATIENCE, Desks
from tests.flows.judge import judge

LEDGER = (
    "plan_record",
    "skipped",
    "waiver",
    "dead_letter",
    "relation",
    "checkpoint",
    "search_lag",
    "first_sweep",
    "effect",
    "lookup_map",
    "run",
    "lease",
    "plan",
    "route",
)
LISTS = ("lookup_value",)


class Place:
    """Where a migration happens. `admin` is a connection that lives in the desks' thread."""

    def __init__(self, desks: Desks, home: Path, dsn: str, admin: asyncpg.Connection) -> None:
        self.desks = desks
        self.config = home / "syncer.yaml"
        self.home = home / ".syncer"
        self._dsn = dsn
        self._admin = admin

    def configure(self, *, timeout: float = 2, search_lag: float = 0.1, parallel: int = 2) -> None:
        """Write the config: how patient, how many at once."""
        folder.fill(self.config.parent, self.desks.old_url, self.desks.new_url, self.desks.new.people_csv())
        text = self.config.read_text()
        for before, after in (
            (r"database: embedded", f"database: {self._dsn}"),
            (r"timeout: 5", f"timeout: {timeout}"),
            (r"search_lag: 0.5", f"search_lag: {search_lag}"),
            (r"parallel: 32", f"parallel: {parallel}"),
        ):
            text, times = re.subn(before, after, text)
            assert times, before
        self.config.write_text(text)

    def reset(self, *, lists: bool = True) -> None:
        """As if nothing had ever been migrated; without `lists`, both desks' value lists stay known."""
        self.desks.settle()
        self.desks.reset()
        self.sql("; ".join(f"delete from {table}" for table in (*LEDGER, *(LISTS if lists else ()))))
        shutil.rmtree(self.home, ignore_errors=True)

    def sql(self, statement: str) -> None:
        """Statements of a test's own."""
        self.desks.elsewhere.do(self._admin.execute(statement))

    def rows(self, query: str) -> list[Any]:
        """What the database says."""
        return self.desks.elsewhere.do(self._admin.fetch(query))

    def buried(self) -> None:
        """Wait until the database and the desks have noticed that a life is over."""
        self.desks.settle()
        until = time.monotonic() + PATIENCE
        query = "select 1 from pg_stat_activity where datname = current_database() and application_name = 'syncer'"
        while self.rows(query):
            assert time.monotonic() < until, "a connection of a dead life is still there"
            time.sleep(0.003)

    def later(self) -> None:
        """An hour passes between two lives: no request of the first can still be under way."""
        self.sql("update effect set attempt_at = attempt_at - interval '1 hour', done_at = done_at - interval '1 hour'")

    def judge(self) -> None:
        """Raises Broken unless all is over, once, whole and silent."""
        self.desks.settle()
        judge(self.desks, self.home)

    @property
    def tickets(self) -> int:
        """How many there are to be moved."""
        return len(self.desks.old.tables.tickets)


@contextmanager
def place_of(desks: Desks, home: Path, dsn: str) -> Iterator[Place]:
    """A place in this folder with this database."""
    admin = desks.elsewhere.do(_connect(dsn))
    try:
        # The server is never killed here, only its clients: what they committed stays, and nobody waits for the disk.
        desks.elsewhere.do(admin.execute(f"alter database {urlsplit(dsn).path[1:]} set synchronous_commit = off"))
        place = Place(desks, home, dsn, admin)
        place.configure()
        place.reset()
        yield place
    finally:
        desks.elsewhere.do(admin.close(timeout=10))


async def _connect(dsn: str) -> asyncpg.Connection:
    return await asyncpg.connect(dsn)
