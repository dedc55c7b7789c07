"""What a pass wrote down is durable before it goes on, in few commits, and under its own number only."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from syncer.errors import LeaseLost, StoreUnavailable
from syncer.model.draft import PrivateNote
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import EffectState
from syncer.store import dead_letters, effects, runs
from tests.store.ledger import intents, journal_of, writing

NOTE = PrivateNote(TicketId("1"), "7", "Ada", datetime(2025, 7, 31, tzinfo=UTC), "between us: größer 🖨")


async def test_an_announcement_returns_when_it_is_durable(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        found = await effects.one(pool, writer.route, TicketId("1"))
        assert found is not None
        assert (found.state, found.run) == (EffectState.ANNOUNCED, writer.run)


async def test_many_at_once_share_a_few_commits(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        ids = [str(n) for n in range(1000)]
        await asyncio.gather(*(journal.announce(one) for one in intents(*ids)))
        assert await effects.count(pool, writer.route) == {"announced": 1000}
        assert await commits(pool) <= 3
        for id in ids:
            journal.done(TicketId(id), TicketId(f"9{id}"))
        await journal.flush()
        assert await effects.count(pool, writer.route) == {"done": 1000}
        assert await commits(pool) <= 3


async def commits(pool: asyncpg.Pool) -> int:
    """How many transactions wrote the effects as they are now."""
    found: int = await pool.fetchval("select count(distinct xmin::text) from effect")
    return found


async def test_private_notes_are_on_disk_before_their_ticket_is_announced(
    pool: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync, write = os.fsync, effects.write

    def synced(fd: int) -> None:
        order.append(f"synced {(tmp_path / 'private-notes.jsonl').read_text().count(NOTE.body)}")
        sync(fd)

    async def written(*args: Any) -> tuple[bool, int, int]:
        order.append(f"announced {len(args[4])}")
        return await write(*args)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(effects, "write", written)
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0], [NOTE])
    assert order == ["synced 1", "announced 1"]


async def test_a_sealed_ticket_is_never_announced_again(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer:
        await writer.announce("1")
        await writer.done(("1", "901"))
        async with journal_of(writer, tmp_path) as journal:
            with pytest.raises(AssertionError, match="1 of 1 announcements were refused"):
                await journal.announce(intents("1")[0])


async def test_a_writer_that_was_followed_learns_it_and_leaves_nothing(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        await pool.execute("update lease set epoch = epoch + 1 where route = $1", writer.route)
        journal.done(TicketId("1"), TicketId("901"))
        journal.park(TicketId("2"), "refused", "why")
        with pytest.raises(LeaseLost):
            await journal.announce(intents("3")[0])
        with pytest.raises(LeaseLost):
            await journal.flush()
        with pytest.raises(LeaseLost):
            await journal.announce(intents("4")[0])
        assert await effects.count(pool, writer.route) == {"announced": 1}
        assert await dead_letters.count(pool, writer.route) == {}


async def test_the_checkpoint_of_a_writer_that_was_followed_does_not_move_and_this_is_said(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.advance(Cursor("100"))
        await pool.execute("update lease set epoch = epoch + 1 where route = $1", writer.route)
        with pytest.raises(LeaseLost):
            await journal.advance(Cursor("200"))
        assert await runs.checkpoint(pool, writer.route) == "100"


async def test_the_checkpoint_moves_after_everything_before_it(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await asyncio.gather(*(journal.announce(one) for one in intents("1", "2")))
        journal.done(TicketId("1"), TicketId("901"))
        journal.close(TicketId("2"), EffectState.REFUSED)
        journal.park(TicketId("2"), "refused", "why")
        await journal.advance(Cursor("100"))
        assert await runs.checkpoint(pool, writer.route) == "100"
        assert await effects.count(pool, writer.route) == {"done": 1, "refused": 1}
        assert await dead_letters.count(pool, writer.route) == {"refused": 1}


async def test_what_cannot_be_written_keeps_the_checkpoint_where_it_is(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        journal.park(TicketId("1"), "refused", "a NUL \x00 that no database takes")
        with pytest.raises(asyncpg.PostgresError):
            await journal.advance(Cursor("100"))
        assert await runs.checkpoint(pool, writer.route) is None


async def test_a_ticket_that_passed_after_all_is_parked_no_more(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer:
        async with pool.acquire() as conn:
            await dead_letters.park(conn, writer.route, writer.run, [(TicketId("1"), "refused", "why")])
        async with journal_of(writer, tmp_path) as journal:
            await journal.announce(intents("1")[0])
            journal.done(TicketId("1"), TicketId("901"))
            await journal.flush()
        assert await dead_letters.count(pool, writer.route) == {}


async def test_an_attempt_closed_beside_its_next_announcement_leaves_that_open(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        journal.close(TicketId("1"), EffectState.ABSENT)
        await journal.announce(intents("1")[0])
        found = await effects.one(pool, writer.route, TicketId("1"))
        assert found is not None
        assert (found.state, found.attempts) == (EffectState.ANNOUNCED, 2)


async def test_a_lost_connection_is_replaced_and_nothing_said_is_lost(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        ended = await pool.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and query like '%announced%'"
        )
        assert len(ended) == 1
        journal.done(TicketId("1"), TicketId("901"))
        await journal.announce(intents("2")[0])
        await journal.flush()
        assert await effects.count(pool, writer.route) == {"done": 1, "announced": 1}


async def test_a_database_away_for_longer_than_the_lease_ends_the_pass(
    pool: asyncpg.Pool, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []

    async def away(*_: object) -> tuple[bool, int, int]:
        tried.append(time.monotonic())
        raise OSError("connection refused")

    async with writing(pool, life=2.0) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        monkeypatch.setattr(writer.lease, "renew", away)
        monkeypatch.setattr(effects, "write", away)
        with pytest.raises(StoreUnavailable, match="connection refused") as stopped:
            await journal.announce(intents("2")[0])
        assert len(tried) > 2
        with pytest.raises(LeaseLost):
            writer.lease.check()
        assert "run the same command again" in stopped.value.hint


async def test_a_database_away_for_a_moment_is_waited_for(
    pool: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, outages = effects.write, [OSError("connection refused"), asyncpg.CannotConnectNowError("starting up")]

    async def away_at_first(*args: Any) -> tuple[bool, int, int]:
        if outages:
            raise outages.pop()
        return await write(*args)

    monkeypatch.setattr(effects, "write", away_at_first)
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        assert not outages
        assert await effects.count(pool, writer.route) == {"announced": 1}
