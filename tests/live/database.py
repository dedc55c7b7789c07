"""The database of a real server, read and set back without its API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import asyncpg

from tests.elsewhere import Elsewhere

_NUMBERED = """
    select c.table_name
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name = 'id'
    and c.data_type in ('integer', 'bigint', 'smallint')
"""
_TABLES = """
    select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
"""
# A row is compared as it is stored: not every type knows what is equal.
_NUMBERED_BACK = """
    delete from "{name}" now where not exists (select from {schema}."{name}" was where was.id = now.id and was *= now);
    insert into "{name}" select * from {schema}."{name}" where id not in (select id from "{name}")
"""
_WHOLE_BACK = 'delete from "{name}"; insert into "{name}" select * from {schema}."{name}"'


class Database:
    """Asked by code that does not wait: a loop of its own does."""

    def __init__(self, dsn: str) -> None:
        self._elsewhere = Elsewhere()
        # Its administrator, who may let constraints be while rows are taken away.
        owner = urlsplit(dsn)
        self._dsn = owner._replace(netloc="postgres@").geturl()
        self._connection: asyncpg.Connection = self._elsewhere.do(asyncpg.connect(self._dsn))

    def rows(self, query: str, *values: object) -> list[Mapping[str, Any]]:
        """What a query finds."""
        return cast("list[Mapping[str, Any]]", self._elsewhere.do(self._connection.fetch(query, *values)))

    def run(self, statements: str) -> None:
        """Statements without values, all or none."""
        self._elsewhere.do(self._connection.execute(statements))

    def mark(self, name: str) -> Mark:
        """How it is at this moment, remembered under this name."""
        copies = [f'create table mark_{name}."{one}" as table "{one}"' for one in self.names(_TABLES)]
        self.run("; ".join((f"drop schema if exists mark_{name} cascade; create schema mark_{name}", *copies)))
        return Mark(self, f"mark_{name}")

    def known_mark(self, name: str) -> Mark:
        """How it was when this name was first used, if need be by tests that died since."""
        known = self.rows("select 1 from pg_namespace where nspname = $1", f"mark_{name}")
        return Mark(self, f"mark_{name}") if known else self.mark(name)

    def names(self, query: str) -> list[str]:
        """Of tables."""
        return [row["table_name"] for row in self.rows(query)]

    def close(self) -> None:
        """Let go of it."""
        self._elsewhere.do(self._connection.close(timeout=10))
        self._elsewhere.end()


class Mark:
    """A moment to which a database can be set back: rows that came since go, those that were changed are as they were,
    those that went are there again. What counts up goes on, so that no number comes twice."""

    def __init__(self, database: Database, schema: str) -> None:
        numbered, names = set(database.names(_NUMBERED)), database.names(_TABLES)
        back = [
            (_NUMBERED_BACK if name in numbered else _WHOLE_BACK).format(name=name, schema=schema) for name in names
        ]
        unbound, bound = ("set session_replication_role = replica", "set session_replication_role = origin")
        self._database, self._statements = database, "; ".join((unbound, *back, bound))

    def back(self) -> None:
        """As it was."""
        self._database.run(self._statements)
