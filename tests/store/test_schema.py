"""Migrations: in order, once each, all or nothing, and never on a database of a newer syncer."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from syncer.errors import ConfigError
from syncer.store import schema


@pytest.fixture
async def empty(dsn: str) -> str:
    """The DSN of a database without a schema."""
    conn = await asyncpg.connect(dsn)
    await conn.execute("drop schema public cascade; create schema public")
    await conn.close()
    return dsn


def _now(monkeypatch: pytest.MonkeyPatch, *more: tuple[int, str, str]) -> None:
    """These files are in migrations/ as well."""
    known = [*schema.migrations(), *more]
    monkeypatch.setattr(schema, "migrations", lambda: known)


async def _migrate(dsn: str) -> list[str]:
    conn = await asyncpg.connect(dsn)
    try:
        return await schema.migrate(conn)
    finally:
        await conn.close()


async def _tables(dsn: str) -> set[str]:
    conn = await asyncpg.connect(dsn)
    try:
        rows = await conn.fetch("select table_name from information_schema.tables where table_schema = 'public'")
        return {row[0] for row in rows}
    finally:
        await conn.close()


def test_the_files_are_numbered_from_one_without_a_gap() -> None:
    assert [number for number, _, _ in schema.migrations()] == list(range(1, len(schema.migrations()) + 1))


async def test_an_empty_database_gets_all_of_them_in_order_and_then_none(empty: str) -> None:
    assert await _migrate(empty) == [name for _, name, _ in schema.migrations()]
    assert {"effect", "lease", "checkpoint", "schema_version"} <= await _tables(empty)
    assert await _migrate(empty) == []


async def test_only_what_is_new_is_applied(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _now(monkeypatch, (901, "0901_a.sql", "create table a (id int)"), (902, "0902_b.sql", "alter table a add b int"))
    assert await _migrate(dsn) == ["0901_a.sql", "0902_b.sql"]


async def test_one_that_fails_leaves_nothing_of_itself_and_keeps_those_before(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _now(monkeypatch, (901, "0901_a.sql", "create table a (id int)"),
         (902, "0902_b.sql", "create table b (id int); select 1 / 0"))  # fmt: skip
    with pytest.raises(asyncpg.DivisionByZeroError):
        await _migrate(dsn)
    assert {"a", "b"} & await _tables(dsn) == {"a"}
    monkeypatch.undo()
    _now(monkeypatch, (901, "0901_a.sql", "create table a (id int)"), (902, "0902_b.sql", "create table b (id int)"))
    assert await _migrate(dsn) == ["0902_b.sql"]


async def test_a_database_of_a_newer_syncer_is_left_alone(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    await conn.execute("insert into schema_version (number, name, checksum) values (999, '0999_later.sql', 'x')")
    await conn.close()
    with pytest.raises(ConfigError, match="the database is at version 999") as refused:
        await _migrate(dsn)
    assert "newer syncer" in refused.value.hint


async def test_a_file_that_was_changed_after_it_was_applied_is_refused(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = [(number, name, sql + "\n-- changed") for number, name, sql in schema.migrations()]
    monkeypatch.setattr(schema, "migrations", lambda: changed)
    with pytest.raises(ConfigError, match=r"0001_ledger\.sql is not the one that was applied"):
        await _migrate(dsn)


async def test_those_who_start_together_apply_each_file_once(empty: str) -> None:
    applied = await asyncio.gather(*(_migrate(empty) for _ in range(6)))
    names = [name for _, name, _ in schema.migrations()]
    assert sorted(applied, key=len) == [[], [], [], [], [], names]


async def test_a_refusal_lets_the_next_one_in(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _now(monkeypatch, (901, "0901_a.sql", "select 1 / 0"))
    conn = await asyncpg.connect(dsn)
    try:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await schema.migrate(conn)
        monkeypatch.undo()
        assert await asyncio.wait_for(_migrate(dsn), 20) == []
    finally:
        await conn.close()
