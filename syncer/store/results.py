"""What became of the records of a plan, from all that is on record of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg

from syncer.model.ids import TicketId
from syncer.store.plans import PREFETCH
from syncer.store.schema import Conn

_ACTUAL = """
select r.source_id, r.outcome, r.reason, r.detail,
  case when d.state in ('parked', 'retry') then 'parked'
       when e.state = 'done' then case when e.run = any($3::bigint[]) then 'created' else 'unchanged' end
       when d.state = 'dropped' or s.source_id is not null then 'skipped'
       else 'open' end,
  case when d.state in ('parked', 'retry') then d.reason
       when e.state = 'done' then ''
       when d.state = 'dropped' then 'dropped'
       else coalesce(s.rule, '') end,
  coalesce(d.detail, '')
from plan_record r
left join effect e on e.source_id = r.source_id and e.route = $2 and e.step = 'ticket'
left join dead_letter d on d.source_id = r.source_id and d.route = $2
left join skipped s on s.source_id = r.source_id and s.route = $2
where r.plan = $1
order by r.source_id collate "C"
"""


async def runs_of(pool: asyncpg.Pool, plan: int) -> list[int]:
    """The runs that carried it out, or went on with that."""
    return [row[0] for row in await pool.fetch("select id from run where plan = $1 order by id", plan)]


async def compared(
    conn: Conn, plan: int, route: int, runs: list[int]
) -> AsyncIterator[tuple[TicketId, tuple[str, str, str], tuple[str, str, str]]]:
    """Each record: as it was planned, as it is; both as (outcome, reason, detail). Inside a transaction."""
    async for row in conn.cursor(_ACTUAL, plan, route, runs, prefetch=PREFETCH):
        yield TicketId(row[0]), (row[1], row[2], row[3]), (row[4], row[5], row[6])
