"""Table `waiver`: findings somebody goes on in spite of, by whom and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct


class Waived(Struct, frozen=True):
    """One waiver; `count` is how many tickets its finding was about then."""

    count: int
    by: str
    reason: str
    at: datetime


async def held(pool: asyncpg.Pool, route: int) -> dict[str, Waived]:
    """All of a route, by the code of the finding."""
    rows = await pool.fetch("select code, count, by, reason, at from waiver where route = $1", route)
    return {row[0]: Waived(*row[1:]) for row in rows}


async def give(pool: asyncpg.Pool, route: int, findings: Sequence[tuple[str, int]], by: str, reason: str) -> None:
    """Waive these, each (code, count); an older waiver of the same finding is replaced."""
    await pool.execute(
        "insert into waiver (route, code, count, by, reason) select $1, a.code, a.count, $4, $5"
        " from unnest($2::text[], $3::bigint[]) a (code, count)"
        " on conflict (route, code) do update set count = excluded.count, by = excluded.by, reason = excluded.reason,"
        " at = clock_timestamp()",
        route, [code for code, _ in findings], [count for _, count in findings], by, reason,
    )  # fmt: skip


async def take_back(pool: asyncpg.Pool, route: int, codes: Sequence[str]) -> list[str]:
    """These hold no more; those that did."""
    rows = await pool.fetch(
        "delete from waiver where route = $1 and code = any($2::text[]) returning code", route, list(codes)
    )
    return sorted(row[0] for row in rows)
