"""Applies the numbered SQL files in order, once each, whoever comes first."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from importlib.resources import files

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from syncer.errors import ConfigError

Conn = asyncpg.Connection | PoolConnectionProxy
LOCK = 0x53594E43
_NAME = re.compile(r"(\d{4})_\w+\.sql")


def migrations() -> list[tuple[int, str, str]]:
    """(number, name, SQL) of each file in migrations/, in order."""
    found = []
    for file in files("syncer.store").joinpath("migrations").iterdir():
        if match := _NAME.fullmatch(file.name):
            found.append((int(match[1]), file.name, file.read_text(encoding="utf-8")))
    return sorted(found)


async def applied(pool: asyncpg.Pool) -> list[tuple[str, datetime]]:
    """The migrations this database has had, and when."""
    return [(r[0], r[1]) for r in await pool.fetch("select name, at from schema_version order by number")]


def _checksum(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()


async def migrate(conn: Conn) -> list[str]:
    """Bring the schema up to date; the names applied now.

    Raises ConfigError when the database is newer than this syncer, or a file that was applied has changed.
    Processes that start together wait for each other.
    """
    applied_now = []
    await conn.execute("select pg_advisory_lock($1)", LOCK)
    try:
        await conn.execute(
            "create table if not exists schema_version (number int primary key, name text not null,"
            " checksum text not null, at timestamptz not null default now())"
        )
        applied = {r["number"]: r for r in await conn.fetch("select * from schema_version")}
        known = migrations()
        if applied and max(applied) > known[-1][0]:
            raise ConfigError(
                f"the database is at version {max(applied)}, this syncer knows {known[-1][0]}",
                hint="Install the newer syncer that made it.",
            )
        for number, name, sql in known:
            if number in applied:
                if applied[number]["checksum"] != _checksum(sql):
                    raise ConfigError(
                        f"migration {name} is not the one that was applied to this database",
                        hint="Install an unmodified syncer.",
                    )
                continue
            async with conn.transaction():
                await conn.execute(sql)
                await conn.execute(
                    "insert into schema_version (number, name, checksum) values ($1, $2, $3)",
                    number,
                    name,
                    _checksum(sql),
                )
            applied_now.append(name)
    finally:
        await conn.execute("select pg_advisory_unlock($1)", LOCK)
    return applied_now
