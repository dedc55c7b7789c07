"""Table `undone`, and what the ledger forgets of tickets that were taken back."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from msgspec import Struct

from syncer.errors import LeaseLost
from syncer.model.ids import Key, TicketId, Version
from syncer.store.schema import Conn


class Made(Struct, frozen=True):
    """A ticket that a run has made, and everything that is known to have been lost on its way."""

    source_id: TicketId
    key: Key
    version: Version
    target_id: TicketId
    losses: tuple[str, ...]


class Outcome(Struct, frozen=True):
    """What became of it."""

    made: Made
    result: str
    detail: str


async def made_by(pool: asyncpg.Pool, route: int, run: int) -> list[Made]:
    """Every ticket that this run made and nobody has tried to take back, the youngest first."""
    rows = await pool.fetch(
        "select e.source_id, e.key, e.source_version, e.target_id,"
        "  coalesce((select array_agg(loss) from effect s, unnest(s.losses) loss"
        "    where s.source_id = e.source_id and s.route = e.route), '{}')"
        " from effect e where e.route = $1 and e.run = $2 and e.step = 'ticket' and e.state in ('made', 'done')"
        " and not exists (select 1 from undone u where u.source_id = e.source_id and u.route = e.route"
        "   and u.made_by = $2 and u.result <> 'impossible')"
        " order by e.done_at desc, e.source_id",
        route, run,
    )  # fmt: skip
    return [Made(TicketId(r[0]), Key(r[1]), Version(r[2]), TicketId(r[3]), tuple(r[4])) for r in rows]


async def note(conn: Conn, route: int, epoch: int, made_by: int, run: int, outcomes: Sequence[Outcome]) -> None:
    """Put these on record, and forget the effects of what was reversed: it may be migrated anew. Raises LeaseLost."""
    async with conn.transaction():
        ours = await conn.fetchval("select 1 from lease where route = $1 and epoch = $2 for share", route, epoch)
        if ours is None:
            raise LeaseLost("another syncer has become the writer of this route", hint="See: syncer status")
        await conn.execute(
            "insert into undone (route, source_id, target_id, made_by, run, result, detail)"
            " select $1, a.s, a.t, $2, $3, a.r, a.d"
            " from unnest($4::text[], $5::text[], $6::text[], $7::text[]) a (s, t, r, d)"
            " on conflict (source_id, route, made_by) do update"
            " set run = excluded.run, result = excluded.result, detail = excluded.detail, at = clock_timestamp()",
            route, made_by, run, [o.made.source_id for o in outcomes], [o.made.target_id for o in outcomes],
            [o.result for o in outcomes], [o.detail for o in outcomes],
        )  # fmt: skip
        gone = [o.made.source_id for o in outcomes if o.result == "reversed"]
        for table in ("effect", "relation", "image"):
            await conn.execute(
                f"delete from {table} where route = $1 and source_id = any($2::text[])",  # noqa: S608 - our own names
                route, gone,
            )  # fmt: skip


async def counts(pool: asyncpg.Pool, route: int, made_by: int) -> dict[str, int]:
    """How many of a run's tickets ended how."""
    rows = await pool.fetch(
        "select result, count(*) from undone where route = $1 and made_by = $2 group by result", route, made_by
    )
    return {row[0]: row[1] for row in rows}
