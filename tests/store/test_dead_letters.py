"""What could not pass is kept with its newest reason until it passed, or a person said otherwise."""

from __future__ import annotations

import asyncpg
import pytest

from syncer.model.ids import TicketId
from syncer.store import dead_letters
from tests.store.ledger import Writer, writing


async def park(writer: Writer, *letters: tuple[str, str, str]) -> None:
    async with writer.pool.acquire() as conn:
        given = [(TicketId(id), reason, detail) for id, reason, detail in letters]
        await dead_letters.park(conn, writer.route, writer.run, given)


async def states(writer: Writer) -> dict[str, tuple[str, str]]:
    """Reason and state of each."""
    return {one.source_id: (one.reason, one.state) for one in await dead_letters.letters(writer.pool, writer.route)}


async def test_a_newer_reason_replaces_an_older_one(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        await park(writer, ("1", "unmapped", "a"), ("2", "refused", "b"))
        await park(writer, ("1", "refused", "c"))
        (one,) = await dead_letters.letters(pool, writer.route, ["1"])
        assert (one.reason, one.detail, one.run, one.state) == ("refused", "c", writer.run, "parked")
        assert await dead_letters.count(pool, writer.route) == {"refused": 2}


async def test_a_ticket_parked_twice_in_one_group_is_one_letter(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        await park(writer, ("1", "refused", "a"), ("1", "refused", "b"))
        assert await states(writer) == {"1": ("refused", "parked")}


async def test_what_a_person_dropped_stays_dropped(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer, pool.acquire() as conn:
        await park(writer, ("1", "refused", "a"))
        assert await dead_letters.mark(pool, writer.route, ["1", "404"], "dropped") == ["1"]
        await park(writer, ("1", "unmapped", "b"))
        await dead_letters.clear(conn, writer.route, [TicketId("1")])
        assert await states(writer) == {"1": ("refused", "dropped")}
        assert await dead_letters.count(pool, writer.route) == {}
        assert await dead_letters.states(pool, writer.route) == {("dropped", "refused"): 1}


async def test_one_to_be_tried_again_that_fails_again_is_parked_again(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        await park(writer, ("1", "refused", "a"))
        await dead_letters.mark(pool, writer.route, ["1"], "retry")
        await park(writer, ("1", "refused", "b"))
        assert await states(writer) == {"1": ("refused", "parked")}


async def test_one_that_was_tried_and_left_behind_goes_unless_its_ticket_is_in_doubt(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        await writer.announce("2")
        await park(writer, ("1", "refused", "a"), ("2", "in_doubt", "look"), ("3", "refused", "not asked for"))
        await dead_letters.mark(pool, writer.route, ["1", "2"], "retry")
        await dead_letters.answer(pool, writer.route, ["1", "2", "3"])
        assert await states(writer) == {"2": ("in_doubt", "parked"), "3": ("refused", "parked")}


async def test_letters_are_found_by_id_and_reason_oldest_first(pool: asyncpg.Pool) -> None:
    async with writing(pool) as writer:
        for id, reason in (("3", "refused"), ("1", "unmapped"), ("2", "refused")):
            await park(writer, (id, reason, ""))
        found = await dead_letters.letters(pool, writer.route)
        assert [one.source_id for one in found] == ["3", "1", "2"]
        assert [one.source_id for one in await dead_letters.letters(pool, writer.route, reason="refused")] == ["3", "2"]
        assert [one.source_id for one in await dead_letters.letters(pool, writer.route, most=1)] == ["3"]


async def test_routes_keep_their_letters_apart(pool: asyncpg.Pool) -> None:
    async with writing(pool) as one, writing(pool, "other") as two:
        await park(one, ("1", "refused", "a"))
        await dead_letters.mark(pool, two.route, ["1"], "dropped")
        assert await states(one) == {"1": ("refused", "parked")}
        assert await states(two) == {}


@pytest.mark.parametrize("detail", ["", "größer 🖨 \\ ' \" { }", "x" * 100_000])
async def test_a_reason_is_kept_as_it_was_said(pool: asyncpg.Pool, detail: str) -> None:
    async with writing(pool) as writer:
        await park(writer, ("1", "refused", detail))
        assert (await dead_letters.letters(pool, writer.route))[0].detail == detail
