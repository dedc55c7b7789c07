"""Table `cutover`: which steps of handing a route over were done, by whom, and which were taken back."""

from __future__ import annotations

from datetime import datetime

import asyncpg
from msgspec import Struct


class Done(Struct, frozen=True):
    """One step, as it was last left."""

    step: str
    state: str
    by: str
    detail: str
    at: datetime


async def standing(pool: asyncpg.Pool, route: int) -> dict[str, Done]:
    """The newest word on each step."""
    rows = await pool.fetch(
        "select distinct on (step) step, state, by, detail, at from cutover where route = $1 order by step, id desc",
        route,
    )
    return {row[0]: Done(*row) for row in rows}


async def note(pool: asyncpg.Pool, route: int, step: str, state: str, by: str, detail: str = "") -> None:
    """Put a word on a step on record."""
    await pool.execute(
        "insert into cutover (route, step, state, by, detail) values ($1, $2, $3, $4, $5)",
        route, step, state, by, detail,
    )  # fmt: skip
