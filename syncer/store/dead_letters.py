"""Table `dead_letter`: records that could not pass, why, and whether somebody asked to try again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from syncer.model.ids import TicketId
from syncer.store.schema import Conn


class Letter(Struct, frozen=True):
    """One parked record."""

    source_id: TicketId
    run: int
    at: datetime
    reason: str
    detail: str
    state: str


async def park(conn: Conn, route: int, run: int, letters: Sequence[tuple[TicketId, str, str]]) -> None:
    """Park records: (source id, reason, detail). A newer reason replaces an older one; a dropped one stays."""
    await conn.execute(
        "insert into dead_letter (route, source_id, run, reason, detail)"
        " select distinct on (a.s) $1::int, a.s, $2::bigint, a.reason, a.detail"
        " from unnest($3::text[], $4::text[], $5::text[]) a (s, reason, detail)"
        " on conflict (source_id, route) do update set run = excluded.run, at = clock_timestamp(),"
        " reason = excluded.reason, detail = excluded.detail, state = 'parked' where dead_letter.state <> 'dropped'",
        route, run, [x[0] for x in letters], [x[1] for x in letters], [x[2] for x in letters],
    )  # fmt: skip


async def clear(conn: Conn, route: int, ids: Sequence[TicketId]) -> None:
    """These have passed after all."""
    await conn.execute(
        "delete from dead_letter where route = $1 and source_id = any($2::text[]) and state <> 'dropped'", route, ids
    )


async def letters(
    pool: asyncpg.Pool, route: int, ids: Sequence[str] = (), *, reason: str | None = None, most: int | None = None
) -> list[Letter]:
    """All of a route, or these, or those of one reason; oldest first."""
    rows = await pool.fetch(
        "select source_id, run, at, reason, detail, state from dead_letter"
        " where route = $1 and (cardinality($2::text[]) = 0 or source_id = any($2))"
        " and ($3::text is null or reason = $3) order by at, source_id limit $4",
        route, list(ids), reason, most,
    )  # fmt: skip
    return [Letter(TicketId(r[0]), r[1], r[2], r[3], r[4], r[5]) for r in rows]


async def mark(pool: asyncpg.Pool, route: int, ids: Sequence[str], state: str) -> list[str]:
    """Ask to try these again (`retry`), leave them for good (`dropped`) or undo that; the ids that were there."""
    rows = await pool.fetch(
        "update dead_letter set state = $3 where route = $1 and source_id = any($2::text[]) returning source_id",
        route, list(ids), state,
    )  # fmt: skip
    return sorted(r[0] for r in rows)


async def answer(pool: asyncpg.Pool, route: int, ids: Sequence[str]) -> None:
    """These were tried and neither came over nor were parked again: a rule left them behind, their letters go.

    A letter whose ticket is still in doubt stays: somebody has to know of it.
    """
    await pool.execute(
        "with asked as (select source_id, exists (select 1 from effect e where e.route = $1"
        "   and e.source_id = d.source_id and e.state = 'announced') as open"
        "   from dead_letter d where route = $1 and source_id = any($2::text[]) and state = 'retry'),"
        " back as (update dead_letter d set state = 'parked' from asked a"
        "   where d.route = $1 and d.source_id = a.source_id and a.open)"
        " delete from dead_letter d using asked a where d.route = $1 and d.source_id = a.source_id and not a.open",
        route, list(ids),
    )  # fmt: skip


async def count(pool: asyncpg.Pool, route: int) -> dict[str, int]:
    """How many are parked now, by reason."""
    rows = await pool.fetch(
        "select reason, count(*) from dead_letter where route = $1 and state <> 'dropped' group by reason", route
    )
    return {r[0]: r[1] for r in rows}


async def states(pool: asyncpg.Pool, route: int) -> dict[tuple[str, str], int]:
    """How many by (state, reason), the dropped ones too."""
    rows = await pool.fetch(
        "select state, reason, count(*) from dead_letter where route = $1 group by state, reason order by 3 desc, 2",
        route,
    )
    return {(r[0], r[1]): r[2] for r in rows}
