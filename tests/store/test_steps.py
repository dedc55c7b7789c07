"""A ticket that takes several calls: each step has a row of its own, and the ticket is over with the last."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from syncer.model.ids import TicketId
from syncer.model.link import EffectState, Intent
from syncer.store import dead_letters, effects
from tests.store.ledger import intents, journal_of, writing

ONE = TicketId("1")


def step(name: str) -> Intent:
    (ticket,) = intents("1")
    return replace(ticket, step=name)


async def test_a_ticket_is_over_with_its_last_step(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        journal.made(ONE, TicketId("901"))
        await journal.announce(step("comment 7"))
        journal.done(ONE, TicketId("77"), "comment 7")
        await journal.announce(step("status"))
        await journal.flush()
        (unfinished,) = (await journal.unfinished()).values()
        assert (unfinished.target_id, unfinished.done, list(unfinished.doubts)) == ("901", {"comment 7"}, ["status"])
        link = (await journal.known([ONE]))[ONE]
        assert (link.state, link.target_id) == (EffectState.MADE, "901")
        assert await effects.count(pool, writer.route) == {"made": 1}
        assert await journal.doubts() == [], "the ticket itself is not in doubt"
        assert await effects.open_doubts(pool, writer.route) == 2

        journal.done(ONE, TicketId(""), "status")
        journal.done(ONE, TicketId("901"))
        await journal.flush()
        assert await journal.unfinished() == {}
        assert await effects.count(pool, writer.route) == {"done": 1}


async def test_made_and_over_in_one_group_is_over(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        journal.made(ONE, TicketId("901"))
        journal.done(ONE, TicketId("901"))
        await journal.flush()
        assert await effects.count(pool, writer.route) == {"done": 1}


async def test_a_ticket_that_is_made_is_never_announced_again(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        journal.made(ONE, TicketId("901"))
        await journal.flush()
        with pytest.raises(AssertionError, match="1 of 1 announcements were refused"):
            await journal.announce(intents("1")[0])


async def test_a_step_that_did_not_happen_is_announced_again(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        journal.made(ONE, TicketId("901"))
        await journal.announce(step("status"))
        journal.close(ONE, EffectState.ABSENT, "status")
        await journal.announce(step("comment 7"))
        assert list((await journal.unfinished())[ONE].doubts) == ["comment 7"]
        await journal.announce(step("status"))
        assert set((await journal.unfinished())[ONE].doubts) == {"comment 7", "status"}


async def test_a_parked_ticket_is_forgiven_with_its_last_step_and_not_before(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    async with writing(pool) as writer, journal_of(writer, tmp_path) as journal:
        await journal.announce(intents("1")[0])
        journal.made(ONE, TicketId("901"))
        journal.park(ONE, "refused", "status: no")
        await journal.flush()
        journal.done(ONE, TicketId(""), "comment 7")
        await journal.flush()
        assert await dead_letters.count(pool, writer.route) == {"refused": 1}
        journal.done(ONE, TicketId("901"))
        await journal.flush()
        assert await dead_letters.count(pool, writer.route) == {}
