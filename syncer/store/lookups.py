"""Tables `lookup_value` and `lookup_map`: the desks' lists as pulled, and what was decided about their values."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import asyncpg
import msgspec

from syncer.model.lookups import Decision, How, LookupValue, Outcome, StatusClass
from syncer.store.schema import Conn

# Postgres holds no NUL in text; in JSON it is this, unless the backslash is itself escaped.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


async def replace(pool: asyncpg.Pool, desk: str, values: Sequence[LookupValue]) -> None:
    """Remember what a pull found. Of the kinds that came, values no longer listed become inactive, never deleted;
    other kinds stay as they are."""
    async with pool.acquire() as conn, conn.transaction():
        await _upsert(conn, desk, values)
        # The upsert stamped what is listed with this transaction's time.
        await conn.execute(
            "update lookup_value set active = false"
            " where desk = $1 and kind = any($2::text[]) and active and seen_at <> now()",
            desk, list({v.kind for v in values}),
        )  # fmt: skip


async def add(pool: asyncpg.Pool, desk: str, values: Sequence[LookupValue]) -> None:
    """Remember single values that no list had shown."""
    if values:
        async with pool.acquire() as conn, conn.transaction():
            await _upsert(conn, desk, values)


async def _upsert(conn: Conn, desk: str, values: Sequence[LookupValue]) -> None:
    # One writer for each desk: two pulls at once would lock each other's rows in different orders.
    await conn.execute("select pg_advisory_xact_lock(hashtextextended('lookup_value ' || $1, 0))", desk)
    # A list read page by page may show a value twice; the later one counts.
    unique = {(v.kind, v.id): v for v in values}
    await conn.execute(
        "insert into lookup_value"
        " (desk, kind, id, name, path, parent, active, status_class, email, username, form, brought, seen_at)"
        " select $1, v.*, now() from json_to_recordset($2::json) v"
        " (kind text, id text, name text, path text[], parent text, active bool, status_class text, email text,"
        " username text, form text, brought bool)"
        " on conflict (desk, kind, id) do update set name = excluded.name, path = excluded.path,"
        " parent = excluded.parent, active = excluded.active, status_class = excluded.status_class,"
        " email = excluded.email, username = excluded.username, form = excluded.form, brought = excluded.brought,"
        " seen_at = excluded.seen_at",
        desk, _json(list(unique.values())),
    )  # fmt: skip


async def values(pool: asyncpg.Pool, desk: str, kinds: Collection[str] | None = None) -> list[LookupValue]:
    """A desk's values, inactive ones included: all kinds or these, by kind and id."""
    rows = await pool.fetch(
        "select kind, id, name, path, parent, active, status_class, email, username, form, brought from lookup_value"
        " where desk = $1 and ($2::text[] is null or kind = any($2)) order by kind, length(id), id",
        desk, None if kinds is None else list(kinds),
    )  # fmt: skip
    return [
        LookupValue(r[0], r[1], r[2], tuple(r[3]), r[4], r[5], StatusClass(r[6]) if r[6] else None, *r[7:])
        for r in rows
    ]


async def any_values(pool: asyncpg.Pool, desk: str) -> bool:
    """Whether this desk's lists were ever pulled."""
    return bool(await pool.fetchval("select exists (select from lookup_value where desk = $1)", desk))


async def decisions(pool: asyncpg.Pool, route: int, version: int | None = None) -> list[Decision]:
    """What is decided for each value, as of a version or now; those taken back are `undecided`."""
    rows = await pool.fetch(
        "select distinct on (kind, target_kind, source_id)"
        " kind, target_kind, source_id, outcome, target_id, how, score, decided_by from lookup_map"
        " where route = $1 and ($2::bigint is null or version <= $2)"
        " order by kind, target_kind, source_id, version desc",
        route, version,
    )  # fmt: skip
    return [Decision(r[0], r[1], r[2], Outcome(r[3]), r[4], How(r[5]), r[6], r[7]) for r in rows]


async def decide(pool: asyncpg.Pool, route: int, decisions: Sequence[Decision]) -> int:
    """Put on record, as the next version, those of the decisions that are news; the version that holds then.

    News differs in outcome, target or how. What was decided by hand gives way to another hand only, even if that
    came in after the caller had looked.
    """
    unique = {(d.kind, d.target_kind, d.source_id): d for d in decisions}
    async with pool.acquire() as conn, conn.transaction():
        # Callers take turns on the route's row; statements after this one see what the last of them left.
        await conn.execute("select from route where id = $1 for no key update", route)
        current = await _version(conn, route)
        told = await conn.execute(
            "insert into lookup_map"
            " (route, version, kind, target_kind, source_id, outcome, target_id, how, score, decided_by)"
            " select $1, $2, d.* from json_to_recordset($3::json) d"
            " (kind text, target_kind text, source_id text, outcome text, target_id text, how text, score float8,"
            ' "by" text)'
            " left join (select distinct on (kind, target_kind, source_id) * from lookup_map where route = $1"
            " order by kind, target_kind, source_id, version desc) c using (kind, target_kind, source_id)"
            " where (d.outcome, d.target_id, d.how) is distinct from (c.outcome, c.target_id, c.how)"
            " and (c.how is distinct from 'hand' or d.how = 'hand')"
            " and (c.outcome is not null or d.outcome <> 'undecided')",
            route, current + 1, _json(list(unique.values())),
        )  # fmt: skip
        return current if told == "INSERT 0 0" else current + 1


async def version(pool: asyncpg.Pool, route: int) -> int:
    """The newest version of a route's decisions; 0 before the first."""
    return await _version(pool, route)


async def _version(conn: Conn | asyncpg.Pool, route: int) -> int:
    return int(await conn.fetchval("select coalesce(max(version), 0) from lookup_map where route = $1", route))


def _json(rows: Sequence[msgspec.Struct]) -> str:
    return _NUL.sub(rb"\1", msgspec.json.encode(rows)).decode()
