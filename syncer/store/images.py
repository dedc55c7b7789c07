"""Table `image`: what the target showed of tickets when they were last verified and nothing was wrong."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from syncer.model.ids import TicketId
from syncer.store.schema import Conn


async def keep(conn: Conn | asyncpg.Pool, route: int, images: Sequence[tuple[TicketId, str]]) -> None:
    """Each (source id, print); a newer one replaces an older."""
    await conn.execute(
        "insert into image (route, source_id, print) select $1, a.s, a.p from unnest($2::text[], $3::text[]) a (s, p)"
        " on conflict (source_id, route) do update set print = excluded.print, at = clock_timestamp()",
        route, [id for id, _ in images], [print for _, print in images],
    )  # fmt: skip


async def of(conn: Conn | asyncpg.Pool, route: int, ids: Sequence[TicketId]) -> dict[TicketId, str]:
    """Those there are of these tickets."""
    rows = await conn.fetch(
        "select source_id, print from image where route = $1 and source_id = any($2::text[])", route, ids
    )
    return {TicketId(row[0]): row[1] for row in rows}
