"""Tables `plan` and `plan_record`: what a migration would do with every record. A plan is kept whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
import msgspec
from msgspec import Struct

from syncer.model.ids import TicketId, Version
from syncer.model.plan import Prediction
from syncer.store.schema import Conn

_COLUMNS = ("source_id", "version", "outcome", "reason", "detail", "fingerprint", "losses", "traits")
_NAMES = ", ".join(_COLUMNS)
_MAKING = """
create temp table if not exists making (
  source_id text primary key, version text, outcome text not null, reason text not null, detail text not null,
  fingerprint bytea not null, losses text[] not null, traits smallint[] not null
)
"""
PREFETCH = 2000
LONG = 3600.0


class Head(Struct, frozen=True, kw_only=True):
    """A plan without its records."""

    id: int
    hash: str
    parent: str | None
    made_at: datetime
    lookup_version: int
    basis: dict[str, str]
    report: str


class Making:
    """A plan under way, in a table of this connection alone: it is gone with us when we are killed."""

    def __init__(self, conn: Conn, route: int) -> None:
        self._conn = conn
        self._route = route
        self._traits: dict[str, int] = {}

    async def begin(self, parent: int | None = None) -> None:
        """With nothing, or with all that another plan says."""
        await self._conn.execute(_MAKING)
        await self._conn.execute("truncate making")
        if parent is not None:
            names = await self._conn.fetchval("select traits from plan where id = $1", parent)
            self._traits = {name: number for number, name in enumerate(names)}
            await self._conn.execute(
                f"insert into making ({_NAMES}) select {_NAMES} from plan_record where plan = $1",  # noqa: S608
                parent,
            )

    async def add(self, predictions: Sequence[Prediction]) -> None:
        """More records; one that is there is replaced."""
        ids = [one.source_id for one in predictions]
        async with self._conn.transaction():
            await self._conn.execute("delete from making where source_id = any($1::text[])", ids)
            await self._conn.copy_records_to_table("making", columns=_COLUMNS, records=map(self._row, predictions))

    def _row(self, one: Prediction) -> tuple[object, ...]:
        numbers = [self._traits.setdefault(trait, len(self._traits)) for trait in one.traits]
        return (
            one.source_id, one.version, one.outcome, one.reason, one.detail, one.fingerprint, list(one.losses), numbers,
        )  # fmt: skip

    async def planned(self, ids: Sequence[TicketId]) -> dict[TicketId, Prediction]:
        """What it says of these records so far, without their traits."""
        rows = await self._conn.fetch(
            "select source_id, version, outcome, reason, detail, fingerprint, losses from making"
            " where source_id = any($1::text[])",
            ids,
        )
        return {TicketId(r[0]): _prediction(r) for r in rows}

    async def counted(self) -> dict[tuple[str, str], tuple[int, list[str]]]:
        """How many end so, by (outcome, reason), with some of their ids."""
        rows = await self._conn.fetch(
            "select outcome, reason, count(*), (array_agg(source_id order by source_id))[1:5] from making"
            " group by outcome, reason"
        )
        return {(r[0], r[1]): (r[2], list(r[3])) for r in rows}

    async def lost(self) -> dict[str, int]:
        """How often each loss is foreseen, the most frequent first."""
        rows = await self._conn.fetch(
            "select loss, count(*) from making, unnest(losses) loss group by loss order by 2 desc, 1"
        )
        return {r[0]: r[1] for r in rows}

    def trait_names(self) -> list[str]:
        """What the numbers of traits mean so far."""
        return list(self._traits)

    async def traits(self) -> list[tuple[TicketId, list[int]]]:
        """The traits of every record that was read, by their numbers."""
        rows = await self._conn.fetch(
            'select source_id, traits from making where cardinality(traits) > 0 order by source_id collate "C"'
        )
        return [(TicketId(row[0]), list(row[1])) for row in rows]

    async def hash(self, basis: Mapping[str, str]) -> str:
        """SHA-256 over what the plan was made with and every record, in the order of their ids."""
        digest = hashlib.sha256(json.dumps(basis, sort_keys=True).encode())
        async with self._conn.transaction():
            rows = self._conn.cursor(
                "select source_id, version, outcome, reason, fingerprint, losses from making"
                ' order by source_id collate "C"',
                prefetch=PREFETCH,
            )
            async for row in rows:
                digest.update(msgspec.msgpack.encode(tuple(row)))
        return digest.hexdigest()

    async def keep(
        self, hash: str, parent: str | None, lookup_version: int, basis: Mapping[str, str], report: str
    ) -> int:
        """On record from now on. The same plan made again is the same plan: its report is replaced."""
        async with self._conn.transaction():
            await self._conn.execute("delete from plan where route = $1 and hash = $2", self._route, hash)
            id = await self._conn.fetchval(
                "insert into plan (route, hash, parent, lookup_version, basis, traits, report)"
                " values ($1, $2, $3, $4, $5, $6, $7) returning id",
                self._route, hash, parent, lookup_version, json.dumps(basis), list(self._traits), report,
            )  # fmt: skip
            await self._conn.execute(
                f"insert into plan_record (plan, {_NAMES}) select $1, {_NAMES} from making",  # noqa: S608
                id,
                timeout=LONG,  # of millions of records: one statement, so that a plan is kept whole or not at all
            )
        await self._conn.execute("analyze plan_record")
        return int(id)


async def found(pool: asyncpg.Pool, route: int, prefix: str = "") -> list[Head]:
    """The plans of a route whose hash begins so, newest first."""
    rows = await pool.fetch(
        "select id, hash, parent, made_at, lookup_version, basis, report from plan"
        " where route = $1 and starts_with(hash, $2) order by made_at desc",
        route, prefix,
    )  # fmt: skip
    return [
        Head(id=r[0], hash=r[1], parent=r[2], made_at=r[3], lookup_version=r[4], basis=json.loads(r[5]), report=r[6])
        for r in rows
    ]


async def planned(conn: Conn | asyncpg.Pool, plan: int, ids: Sequence[TicketId]) -> dict[TicketId, Prediction]:
    """What the plan says of these records, without their traits; unknown ones are left out."""
    rows = await conn.fetch(
        "select source_id, version, outcome, reason, detail, fingerprint, losses from plan_record"
        " where plan = $1 and source_id = any($2::text[])",
        plan, ids,
    )  # fmt: skip
    return {TicketId(r[0]): _prediction(r) for r in rows}


async def records(conn: Conn, plan: int) -> AsyncIterator[tuple[Prediction, list[int]]]:
    """Every record with the numbers of its traits, in the order of their ids. Inside a transaction."""
    async for row in conn.cursor(
        f'select {_NAMES} from plan_record where plan = $1 order by source_id collate "C"',  # noqa: S608
        plan,
        prefetch=PREFETCH,
    ):
        yield _prediction(row), row[7]


async def ids(pool: asyncpg.Pool, plan: int, size: int) -> AsyncIterator[list[TicketId]]:
    """The ids of all its records, in lists of this size. Each is a query of its own: a migration lasts for hours, and
    a transaction as long would keep the database from tidying up."""
    after = ""
    while True:
        rows = await pool.fetch(
            "select source_id from plan_record where plan = $1 and source_id > $2 order by source_id limit $3",
            plan, after, size,
        )  # fmt: skip
        if not rows:
            return
        yield [TicketId(row[0]) for row in rows]
        after = rows[-1][0]


async def trait_names(conn: Conn | asyncpg.Pool, plan: int) -> list[str]:
    """What the numbers of traits mean."""
    return list(await conn.fetchval("select traits from plan where id = $1", plan))


async def forget(pool: asyncpg.Pool, older: timedelta) -> int:
    """Delete plans made so long ago, never a route's newest, nor one that a run on record carried out."""
    said = await pool.execute(
        "delete from plan p where made_at < clock_timestamp() - $1::interval"
        " and made_at < (select max(n.made_at) from plan n where n.route = p.route)"
        " and not exists (select 1 from run r where r.plan = p.id)",
        older,
    )
    return int(said.split()[-1])


def _prediction(row: asyncpg.Record) -> Prediction:
    return Prediction(
        source_id=TicketId(row[0]), version=Version(row[1]) if row[1] is not None else None, outcome=row[2],
        reason=row[3], detail=row[4], fingerprint=row[5], losses=tuple(row[6]),
    )  # fmt: skip
