"""Table `effect`: announced before the first byte leaves, acknowledged after; the ticket's row is its link.

Every writing statement reads the lease row under its epoch, `for share`: a takeover waits for statements under way,
and a statement that comes after a takeover finds nothing and writes nothing. Rows to be changed are found by
`on conflict`, which always takes the key: a planner without statistics might read the whole table for a join.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from syncer.model.ids import Key, TicketId, Version
from syncer.model.link import Acknowledged, Doubt, EffectState, Intent, Link, Unfinished
from syncer.store.schema import Conn

_FENCE = "fence as (select 1 from lease where route = $1 and epoch = $2 for share)"
_BOTH = f"""
with {_FENCE},
announced as (
  insert into effect (route, source_id, step, key, state, run, epoch, source_version, fingerprint)
  select $1, a.source_id, a.step, a.key, 'announced', $3, $2, a.version, a.fingerprint
  from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
    a (source_id, step, key, version, fingerprint), fence
  on conflict (source_id, route, step) do update
  set state = 'announced', attempt_at = clock_timestamp(), attempts = effect.attempts + 1, key = excluded.key,
      run = excluded.run, epoch = excluded.epoch, source_version = excluded.source_version,
      fingerprint = excluded.fingerprint
  where effect.state not in ('made', 'done')
  returning 1),
acknowledged as (
  insert into effect (route, source_id, step, key, state, run, epoch, source_version, fingerprint, target_id, losses)
  select distinct on (a.source_id, a.step)
    $1::int, a.source_id, a.step, '', a.state, $3::bigint, $2::bigint, '', ''::bytea, a.target_id,
    string_to_array(a.losses, ' ')
  from unnest($9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
    with ordinality a (source_id, step, state, target_id, losses, n), fence
  order by a.source_id, a.step, a.n desc
  on conflict (source_id, route, step) do update
  set state = excluded.state, target_id = excluded.target_id, done_at = coalesce(effect.done_at, clock_timestamp()),
      losses = effect.losses || excluded.losses
  returning 1)
select (select count(*) from fence), (select count(*) from announced), (select count(*) from acknowledged)
"""
_SETTLE = f"""
with {_FENCE}
update effect e set state = a.state
from unnest($3::text[], $4::text[], $5::text[]) a (source_id, step, state), fence
where e.route = $1 and e.source_id = any($3) and e.source_id = a.source_id and e.step = a.step
  and e.state = 'announced'
"""


async def write(
    conn: Conn,
    route: int,
    epoch: int,
    run: int,
    intents: Sequence[Intent],
    outcomes: Sequence[Acknowledged],
) -> tuple[bool, int, int]:
    """Announce and acknowledge in one statement: (the lease is ours, announced, acknowledged)."""
    row = await conn.fetchrow(
        _BOTH,
        route,
        epoch,
        run,
        [i.source_id for i in intents],
        [i.step for i in intents],
        [i.key for i in intents],
        [i.version for i in intents],
        [i.fingerprint for i in intents],
        [o.source_id for o in outcomes],
        [o.step for o in outcomes],
        [str(o.state) for o in outcomes],
        [o.target_id for o in outcomes],
        [" ".join(o.losses) for o in outcomes],
    )
    assert row is not None
    return bool(row[0]), row[1], row[2]


async def settle(conn: Conn, route: int, epoch: int, states: Sequence[tuple[TicketId, str, EffectState]]) -> None:
    """Close announced effects without a target, by ticket and step: refused by the desk, or surely absent."""
    await conn.execute(
        _SETTLE,
        route,
        epoch,
        [s for s, _, _ in states],
        [step for _, step, _ in states],
        [str(x) for _, _, x in states],
    )


async def links(conn: Conn | asyncpg.Pool, route: int, ids: Sequence[TicketId]) -> dict[TicketId, Link]:
    """What is known of these tickets, dead letters included; the unknown ones are left out."""
    rows = await conn.fetch(
        "select source_id, e.state, e.key, e.source_version, e.target_id,"
        " case d.state when 'parked' then d.reason when 'dropped' then 'dropped' end as parked"
        " from (select * from effect where route = $1 and source_id = any($2::text[]) and step = 'ticket') e"
        " full join (select * from dead_letter where route = $1 and source_id = any($2::text[])) d using (source_id)",
        route,
        ids,
    )
    return {
        TicketId(id): Link(
            TicketId(id),
            EffectState(state) if state else EffectState.ABSENT,
            Key(key or ""),
            Version(version or ""),
            TicketId(target) if target else None,
            parked,
        )
        for id, state, key, version, target, parked in rows
    }


async def doubts(conn: asyncpg.Pool, route: int) -> list[Doubt]:
    """Tickets announced and never closed."""
    rows = await conn.fetch(
        "select e.source_id, e.key, extract(epoch from clock_timestamp() - e.attempt_at)::float8"
        " from effect e where e.route = $1 and e.state = 'announced' and e.step = 'ticket'",
        route,
    )
    return [Doubt(TicketId(s), Key(k), age) for s, k, age in rows]


async def youngest_doubt(conn: asyncpg.Pool, route: int, step: str) -> float | None:
    """Seconds since the last attempt announced and never closed, of steps that begin with this word."""
    age = await conn.fetchval(
        "select extract(epoch from clock_timestamp() - max(attempt_at))::float8 from effect"
        " where route = $1 and state = 'announced' and starts_with(step, $2 || ' ')",
        route, step,
    )  # fmt: skip
    return None if age is None else float(age)


async def unfinished(conn: asyncpg.Pool, route: int) -> dict[TicketId, Unfinished]:
    """Tickets that are on the target while steps are left."""
    rows = await conn.fetch(
        "select t.source_id, t.target_id, e.step, e.state, extract(epoch from clock_timestamp() - e.attempt_at)::float8"
        " from effect t join effect e on e.route = t.route and e.source_id = t.source_id"
        " where t.route = $1 and t.state = 'made'",
        route,
    )
    found: dict[TicketId, Unfinished] = {}
    for source, target, step, state, age in rows:
        one = found.setdefault(TicketId(source), Unfinished(TicketId(target), set(), {}))
        if state == EffectState.DONE:
            one.done.add(step)
        elif state == EffectState.ANNOUNCED:
            one.doubts[step] = age
    return found


async def open_doubts(conn: asyncpg.Pool, route: int) -> int:
    """How many open effects nobody has been asked about: the next run looks what became of them, or ends them."""
    return int(
        await conn.fetchval(
            "select count(*) from effect e where e.route = $1 and e.state in ('announced', 'made')"
            " and not exists (select 1 from dead_letter d"
            " where d.route = $1 and d.source_id = e.source_id and d.state <> 'retry')",
            route,
        )
    )


async def around_doubts(conn: asyncpg.Pool, route: int) -> tuple[TicketId | None, list[TicketId]]:
    """The highest numeric target id that was acknowledged before the oldest open attempt, and all above it."""
    rows = await conn.fetch(
        "with oldest as materialized (select min(attempt_at) as at from effect"
        "   where route = $1 and state = 'announced' and step = 'ticket'),"
        " made as materialized (select target_id::numeric as id, done_at from effect"
        "   where route = $1 and state in ('made', 'done') and step = 'ticket' and target_id ~ '^[0-9]{1,18}$'),"
        " floor as materialized (select max(id) as id from made, oldest where done_at < oldest.at)"
        " select made.id::text, made.id = floor.id from made, floor where made.id >= floor.id",
        route,
    )
    floor = next((TicketId(r[0]) for r in rows if r[1]), None)
    return floor, [TicketId(r[0]) for r in rows]


async def known_keys(conn: asyncpg.Pool, keys: Sequence[Key]) -> set[Key]:
    """Those of these keys under which a ticket was ever announced, by any route."""
    rows = await conn.fetch("select key from effect where key = any($1::text[]) and step = 'ticket'", keys)
    return {Key(row[0]) for row in rows}


async def count(conn: asyncpg.Pool, route: int) -> dict[str, int]:
    """How many tickets by the state of their first step, which is `done` when their last one is."""
    rows = await conn.fetch(
        "select state, count(*) from effect where route = $1 and step = 'ticket' group by state", route
    )
    return {r[0]: r[1] for r in rows}


class Effect(Struct, frozen=True):
    """What was done about one ticket on the target."""

    key: Key
    state: EffectState
    run: int
    attempts: int
    attempt_at: datetime
    target_id: TicketId | None
    done_at: datetime | None


async def one(conn: asyncpg.Pool, route: int, id: TicketId) -> Effect | None:
    """The effect of a ticket; None when nothing was ever announced."""
    row = await conn.fetchrow(
        "select key, state, run, attempts, attempt_at, target_id, done_at from effect"
        " where route = $1 and source_id = $2 and step = 'ticket'",
        route, id,
    )  # fmt: skip
    return None if row is None else Effect(row[0], EffectState(row[1]), *row[2:])


async def newest(conn: asyncpg.Pool, route: int, most: int) -> list[tuple[Key, TicketId]]:
    """Markers and target ids of the tickets sealed last."""
    rows = await conn.fetch(
        "select key, target_id from effect where route = $1 and state = 'done' and step = 'ticket'"
        " order by done_at desc limit $2",
        route, most,
    )  # fmt: skip
    return [(Key(r[0]), TicketId(r[1])) for r in rows]


async def sealed(pool: asyncpg.Pool, route: int, after: str, most: int) -> list[asyncpg.Record]:
    """(source id, source version, target id, all losses, seconds from its first write to its last) of so many sealed
    tickets behind this one, by source id, letter by letter."""
    return await pool.fetch(
        "select e.source_id, e.source_version, e.target_id,"
        "  coalesce((select array_agg(loss) from effect s, unnest(s.losses) loss"
        "    where s.source_id = e.source_id and s.route = e.route), '{}'),"
        "  extract(epoch from (select max(s.done_at) from effect s"
        "    where s.source_id = e.source_id and s.route = e.route) - e.attempt_at)::float8"
        " from effect e where e.route = $1 and e.state = 'done' and e.step = 'ticket'"
        ' and e.source_id collate "C" > $2 order by e.source_id collate "C" limit $3',
        route, after, most,
    )  # fmt: skip


async def settled(conn: Conn | asyncpg.Pool, route: int, ids: Sequence[TicketId]) -> set[TicketId]:
    """Those of these tickets that are over, parked, or left behind by a rule."""
    rows = await conn.fetch(
        "select a.id from unnest($2::text[]) a (id)"
        " where exists (select 1 from effect e where e.source_id = a.id and e.route = $1 and e.step = 'ticket'"
        "   and e.state = 'done')"
        " or exists (select 1 from dead_letter d where d.source_id = a.id and d.route = $1)"
        " or exists (select 1 from skipped s where s.source_id = a.id and s.route = $1)",
        route, ids,
    )  # fmt: skip
    return {TicketId(row[0]) for row in rows}


async def forget(conn: Conn | asyncpg.Pool, route: int, ids: Sequence[TicketId]) -> None:
    """These tickets were never announced: what was made of them is gone from the target."""
    await conn.execute("delete from effect where route = $1 and source_id = any($2::text[])", route, ids)


async def crosswalk(conn: Conn, route: int) -> asyncpg.cursor.CursorFactory[asyncpg.Record]:
    """(source id, key, target id, done at) of every sealed ticket, to be read inside a transaction."""
    return conn.cursor(
        "select source_id, key, target_id, done_at from effect"
        " where route = $1 and state = 'done' and step = 'ticket' order by done_at, source_id",
        route,
        prefetch=1000,
    )
