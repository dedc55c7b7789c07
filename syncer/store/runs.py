"""Tables `route`, `run`, `checkpoint`, `first_sweep`, `search_lag`: what was done when, how far, what was measured."""

from __future__ import annotations

import json
import os
import socket
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from msgspec import Struct

from syncer.errors import LeaseLost
from syncer.model.ids import Cursor
from syncer.store.schema import Conn


class Run(Struct, frozen=True):
    """One execution, as it stands."""

    id: int
    route: str
    kind: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    counts: dict[str, int]
    losses: dict[str, int]
    message: str


async def route_id(pool: asyncpg.Pool, name: str) -> int:
    """The number of a route, which gets one when it is first asked for."""
    found = await pool.fetchval("select id from route where name = $1", name)
    if found is None:
        await pool.execute("insert into route (name) values ($1) on conflict do nothing", name)
        found = await pool.fetchval("select id from route where name = $1", name)
    return int(found)


async def begin(pool: asyncpg.Pool, route: int, kind: str, lookup_version: int, plan: int | None = None) -> int:
    """A new run; runs of this route that were killed are called interrupted from now on."""
    await pool.execute(
        "update run set state = 'interrupted', ended_at = clock_timestamp(), message = 'killed'"
        " where route = $1 and state = 'running'",
        route,
    )
    return int(
        await pool.fetchval(
            "insert into run (route, kind, lookup_version, holder, plan) values ($1, $2, $3, $4, $5) returning id",
            route, kind, lookup_version, f"{socket.gethostname()}:{os.getpid()}", plan,
        )
    )  # fmt: skip


async def note(conn: Conn | asyncpg.Pool, run: int, counts: dict[str, int], losses: dict[str, int]) -> None:
    """The counts so far."""
    await conn.execute(
        "update run set counts = $2, losses = $3 where id = $1", run, json.dumps(counts), json.dumps(losses)
    )


async def end(
    pool: asyncpg.Pool, run: int, state: str, counts: dict[str, int], losses: dict[str, int], message: str
) -> None:
    """The run is over, in this state."""
    await note(pool, run, counts, losses)
    await pool.execute(
        "update run set state = $2, message = $3, ended_at = clock_timestamp() where id = $1", run, state, message
    )


async def latest(pool: asyncpg.Pool, route: str | None = None, most: int = 20) -> list[Run]:
    """The newest runs first."""
    rows = await pool.fetch(
        "select r.id, o.name, r.kind, r.state, r.started_at, r.ended_at, r.counts, r.losses, r.message"
        " from run r join route o on o.id = r.route where $1::text is null or o.name = $1 order by r.id desc limit $2",
        route, most,
    )  # fmt: skip
    return [_run(r) for r in rows]


def _run(row: asyncpg.Record) -> Run:
    values: list[Any] = list(row)
    values[6], values[7] = json.loads(values[6]), json.loads(values[7])
    return Run(*values)


async def of_route(pool: asyncpg.Pool, route: int, run: int) -> str | None:
    """What kind of run this was; None where the route has no such run."""
    found = await pool.fetchval("select kind from run where id = $1 and route = $2", run, route)
    return None if found is None else str(found)


async def checkpoint(pool: asyncpg.Pool, route: int) -> Cursor | None:
    """Where the next delta begins; None before a backfill has been through."""
    found = await pool.fetchval("select cursor from checkpoint where route = $1", route)
    return Cursor(found) if found is not None else None


async def checkpointed(pool: asyncpg.Pool, route: int) -> tuple[Cursor, datetime] | None:
    """The checkpoint and when it was put on record."""
    row = await pool.fetchrow("select cursor, at from checkpoint where route = $1", route)
    return (Cursor(row[0]), row[1]) if row is not None else None


async def numbers(pool: asyncpg.Pool) -> dict[int, tuple[str, str]]:
    """Every run there is a row of: its route and state."""
    rows = await pool.fetch("select r.id, o.name, r.state from run r join route o on o.id = r.route")
    return {r[0]: (r[1], r[2]) for r in rows}


async def forget(pool: asyncpg.Pool, older: timedelta) -> list[int]:
    """Delete the rows of runs that ended so long ago, never a route's newest; their numbers."""
    rows = await pool.fetch(
        "delete from run r where coalesce(ended_at, started_at) < clock_timestamp() - $1::interval"
        " and id < (select max(n.id) from run n where n.route = r.route) returning id",
        older,
    )
    return sorted(r[0] for r in rows)


async def advance(conn: Conn, route: int, epoch: int, run: int, cursor: Cursor) -> None:
    """Move the checkpoint, under our epoch only. Raises LeaseLost when it is not the route's any more."""
    said = await conn.execute(
        "with fence as (select 1 from lease where route = $1 and epoch = $2 for share)"
        " insert into checkpoint (route, cursor, run) select $1, $3, $4 from fence"
        " on conflict (route) do update set cursor = excluded.cursor, run = excluded.run, at = clock_timestamp()",
        route, epoch, cursor, run,
    )  # fmt: skip
    if said == "INSERT 0 0":
        raise LeaseLost("another syncer has become the writer of this route", hint="See: syncer status")


async def first_began(pool: asyncpg.Pool, route: int, cursor: Cursor) -> Cursor:
    """Where the first sweep of this route ever began: here, unless an earlier life was cut short."""
    await pool.execute("insert into first_sweep (route, cursor) values ($1, $2) on conflict do nothing", route, cursor)
    return Cursor(await pool.fetchval("select cursor from first_sweep where route = $1", route))


async def search_lag(pool: asyncpg.Pool, route: int) -> float | None:
    """The measured lag of the target's search; None before the recovery self-test."""
    found = await pool.fetchval("select seconds from search_lag where route = $1", route)
    return float(found) if found is not None else None


async def measured(pool: asyncpg.Pool, route: int, seconds: float) -> None:
    """Remember a measured lag, the largest seen; infinity is a search that showed nothing, until it does."""
    await pool.execute(
        "insert into search_lag (route, seconds) values ($1, $2)"
        " on conflict (route) do update set seconds = case when search_lag.seconds = 'infinity' then excluded.seconds"
        " else greatest(search_lag.seconds, excluded.seconds) end,"
        " at = clock_timestamp()",
        route, seconds,
    )  # fmt: skip
