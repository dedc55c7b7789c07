"""Connections to Postgres, and its errors in our words."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from syncer.errors import ConfigError, StoreUnavailable
from syncer.store import schema

Pool: TypeAlias = asyncpg.Pool
OUTAGES = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InsufficientResourcesError,
           asyncpg.OperatorInterventionError, asyncpg.PostgresSystemError, TimeoutError,
           # A connection used between the server's last word and its end (asyncpg 0.31, seen November 2026).
           asyncpg.InternalClientError)  # fmt: skip
TROUBLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, asyncpg.InternalClientError)
"""Whatever a database can answer with."""
BY_INDEX = "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off"
FULL = "Make room on the disk of the database. Nothing is lost: then run the same command again."
HINT = "Nothing is lost: bring the database back and run the same command again."


def _tls(dsn: str) -> ssl.SSLContext | bool | None:
    """TLS is verified against the system's authorities unless the DSN says otherwise; loopback needs none."""
    url = urlsplit(dsn)
    if "sslmode" in parse_qs(url.query):
        return None  # asyncpg follows the DSN
    if url.hostname in {None, "localhost", "127.0.0.1", "::1"} or (url.hostname or "").startswith("/"):
        return False
    return ssl.create_default_context()


def without_password(dsn: str) -> str:
    """The DSN as it may be shown."""
    url = urlsplit(dsn)
    user, at, host = url.netloc.rpartition("@")
    query = urlencode([(k, v) for k, v in parse_qsl(url.query, keep_blank_values=True) if "password" not in k])
    return url._replace(netloc=user.partition(":")[0] + at + host, query=query).geturl()


@contextmanager
def in_our_words(what: str) -> Iterator[None]:
    """Turns an outage of the database into StoreUnavailable, wrong access into ConfigError."""
    try:
        yield
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as e:
        raise ConfigError(f"database: {e}", hint="Check `database` in the config: user, password, name.") from e
    except asyncpg.InsufficientPrivilegeError as e:
        raise ConfigError(f"database: {e}", hint="syncer's user must own its schema.") from e
    except asyncpg.DiskFullError as e:
        raise StoreUnavailable(f"database: {what}: {e}", hint=FULL) from e
    except OUTAGES as e:
        raise StoreUnavailable(f"database: {what}: {e or type(e).__name__}", hint=HINT) from e


@asynccontextmanager
async def connect(dsn: str, *, size: int = 6) -> AsyncIterator[asyncpg.Pool]:
    """A pool on a database whose schema is up to date. Raises StoreUnavailable or ConfigError."""
    with in_our_words(f"{without_password(dsn)} cannot be reached"):
        pool = await asyncpg.create_pool(
            dsn, min_size=1, max_size=size, ssl=_tls(dsn), timeout=10, command_timeout=60,
            server_settings={"application_name": "syncer", "jit": "off"},
        )  # fmt: skip
    try:
        with in_our_words("cannot be brought up to date"):
            async with pool.acquire() as conn:
                await schema.migrate(conn)
        yield pool
    finally:
        pool.terminate()


class Held:
    """One connection kept for the statements a pass sends again and again.

    Their plans are cached when the ledger is still empty and would read all of it once it is full: here the planner
    must take the index.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._conn: PoolConnectionProxy | None = None
        self._one = asyncio.Lock()

    @asynccontextmanager
    async def use(self) -> AsyncIterator[PoolConnectionProxy]:
        """The connection, for one user at a time; a broken one is replaced at the next use."""
        async with self._one:
            if self._conn is None:
                self._conn = await self._pool.acquire()
                await self._conn.execute(BY_INDEX)
            try:
                yield self._conn
            except OUTAGES:
                await self.close()
                raise

    async def close(self) -> None:
        """Give it back."""
        conn, self._conn = self._conn, None
        if conn is not None:
            await self._pool.release(conn)
