"""Table `relation`: which tickets of the source are linked, and which of these links are still to be made."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from syncer.model.ids import Key, TicketId, Version
from syncer.model.link import Relation
from syncer.model.ticket import TicketLink
from syncer.store.schema import Conn

_ADD = """
insert into relation (route, source_id, other_id, kind)
select $1, r.* from unnest($3::text[], $4::text[], $5::text[]) r, lease l
where l.route = $1 and l.epoch = $2
on conflict do nothing
"""
_OPEN = """
select r.source_id, r.other_id, r.kind, a.key, a.source_version, a.target_id, b.target_id
from relation r
join effect a on a.source_id = r.source_id and a.route = $1 and a.step = 'ticket' and a.state = 'done'
left join effect b on b.source_id = r.other_id and b.route = $1 and b.step = 'ticket' and b.state = 'done'
left join effect l on l.source_id = r.source_id and l.route = $1
  and l.step = 'link ' || r.kind || ' ' || r.other_id and l.state in ('done', 'refused')
where r.route = $1 and l.source_id is null
order by length(r.source_id), r.source_id, r.other_id, r.kind
"""


async def add(conn: Conn, route: int, epoch: int, links: Sequence[tuple[TicketId, TicketLink]]) -> None:
    """Remember them; those that are known stay as they are. Nothing is written under an epoch that is over."""
    await conn.execute(
        _ADD, route, epoch, [id for id, _ in links], [link.id for _, link in links], [link.kind for _, link in links]
    )


async def still_open(pool: asyncpg.Pool, route: int) -> list[Relation]:
    """Links of tickets that are on the target, which nobody has made or been refused; `other` is None where the
    other ticket is not there."""
    rows = await pool.fetch(_OPEN, route)
    return [
        Relation(TicketId(source), TicketLink(TicketId(other), kind), Key(key), Version(version), TicketId(target),
                 None if there is None else TicketId(there))
        for source, other, kind, key, version, target, there in rows
    ]  # fmt: skip
