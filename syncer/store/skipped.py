"""Table `skipped`: records that a rule of the mapping left behind, by the last run that met them."""

from __future__ import annotations

from collections.abc import Sequence

from syncer.model.ids import TicketId
from syncer.store.schema import Conn


async def add(conn: Conn, route: int, run: int, records: Sequence[tuple[TicketId, str]]) -> None:
    """Each (source id, rule); a later run takes the place of an earlier one."""
    await conn.execute(
        "insert into skipped (route, source_id, run, rule)"
        " select distinct on (a.s) $1::int, a.s, $2::bigint, a.rule from unnest($3::text[], $4::text[]) a (s, rule)"
        " on conflict (source_id, route) do update set run = excluded.run, rule = excluded.rule",
        route, run, [id for id, _ in records], [rule for _, rule in records],
    )  # fmt: skip
