"""Lists and decisions in Postgres: what is pulled, what is kept, which version says what."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from syncer.model.lookups import Decision, How, LookupValue, Outcome, StatusClass
from syncer.store import lookups, runs

FULL = LookupValue(
    "person",
    "7",
    "Ann 'Ä' \"😀\" \\u0000",
    ("A", 'B, "C"', "{}"),
    "3",
    True,
    StatusClass.PENDING,
    "a@example.org",
    "ann",
)
PLAIN = LookupValue("priority", "10", "High")


def decision(source_id: str, target_id: str | None = "1", how: How = How.EXACT, **more: object) -> Decision:
    outcome = Outcome.MAP if target_id else Outcome.DROP
    fields = {"outcome": outcome, "target_id": target_id, "how": how, **more}
    return Decision("status", "status", source_id, **fields)  # type: ignore[arg-type]


@pytest.fixture
async def route(pool: asyncpg.Pool) -> int:
    return await runs.route_id(pool, "old_to_new")


async def test_values_come_back_as_they_were_pulled(pool: asyncpg.Pool) -> None:
    assert not await lookups.any_values(pool, "old")
    await lookups.replace(pool, "old", [PLAIN, FULL, LookupValue("priority", "9", "Low")])
    assert await lookups.values(pool, "old") == [FULL, LookupValue("priority", "9", "Low"), PLAIN]
    assert await lookups.values(pool, "old", ["person"]) == [FULL]
    assert await lookups.values(pool, "old", []) == []
    assert await lookups.values(pool, "new") == []
    assert await lookups.any_values(pool, "old")
    assert not await lookups.any_values(pool, "new")


async def test_what_is_no_longer_listed_becomes_inactive_in_the_kinds_that_came_only(pool: asyncpg.Pool) -> None:
    low = LookupValue("priority", "9", "Low")
    await lookups.replace(pool, "old", [PLAIN, low, FULL])
    await lookups.replace(pool, "new", [PLAIN, low])
    await lookups.replace(pool, "old", [LookupValue("priority", "10", "Higher")])
    found = {v.id: (v.name, v.active) for v in await lookups.values(pool, "old")}
    assert found == {"10": ("Higher", True), "9": ("Low", False), "7": (FULL.name, True)}
    assert all(v.active for v in await lookups.values(pool, "new"))
    await lookups.replace(pool, "old", [low])
    assert {v.id: v.active for v in await lookups.values(pool, "old", ["priority"])} == {"10": False, "9": True}
    await lookups.replace(pool, "old", [])
    assert {v.id: v.active for v in await lookups.values(pool, "old", ["priority"])} == {"10": False, "9": True}


async def test_a_value_listed_twice_or_with_a_nul_is_no_obstacle(pool: asyncpg.Pool) -> None:
    await lookups.replace(pool, "old", [PLAIN, LookupValue("priority", "10", "H\0i\0\0\\\0gh\\u0000")])
    assert [v.name for v in await lookups.values(pool, "old")] == ["Hi\\gh\\u0000"]


async def test_single_values_are_added_and_leave_the_others_alone(pool: asyncpg.Pool) -> None:
    await lookups.replace(pool, "old", [PLAIN])
    await lookups.add(pool, "old", [LookupValue("priority", "11", "Found later", active=False)])
    await lookups.add(pool, "old", [])
    assert {v.id: v.active for v in await lookups.values(pool, "old")} == {"10": True, "11": False}


async def test_pulls_and_finds_at_once_do_not_stand_in_each_others_way(pool: asyncpg.Pool) -> None:
    lists = [LookupValue("person", str(n), f"P{n}") for n in range(3000)]
    await lookups.replace(pool, "old", lists)
    for _ in range(3):
        await asyncio.gather(
            lookups.replace(pool, "old", lists[::2]),
            lookups.replace(pool, "old", lists[::-3]),
            lookups.add(pool, "old", lists[::-1]),
        )
    await lookups.replace(pool, "old", lists[::2])
    found = {value.id: value.active for value in await lookups.values(pool, "old")}
    assert found == {str(n): n % 2 == 0 for n in range(3000)}


async def test_twenty_thousand_people_can_be_pulled_again_and_again(pool: asyncpg.Pool) -> None:
    people = [
        LookupValue("person", str(n), f"Person {n}", email=f"p{n}@example.org", username=f"u{n}") for n in range(20_000)
    ]
    for pulled in (people, people[:-1], people):
        await lookups.replace(pool, "old", pulled)
        found = await lookups.values(pool, "old")
        assert len(found) == 20_000
        assert sum(value.active for value in found) == len(pulled)


async def test_versions_count_up_and_each_can_be_read_again(pool: asyncpg.Pool, route: int) -> None:
    assert await lookups.version(pool, route) == 0
    assert await lookups.decisions(pool, route) == []
    first = [decision("1"), decision("2", "5", How.FUZZY, score=0.93, by="ann"), decision("3", None)]
    assert await lookups.decide(pool, route, first) == 1
    assert await lookups.decide(pool, route, [decision("1", "2"), decision("4")]) == 2
    assert await lookups.decisions(pool, route, 1) == first
    assert await lookups.decisions(pool, route) == [decision("1", "2"), *first[1:], decision("4")]
    assert await lookups.decisions(pool, route, 0) == []
    assert await lookups.version(pool, route) == 2


async def test_only_what_differs_is_put_on_record(pool: asyncpg.Pool, route: int) -> None:
    assert await lookups.decide(pool, route, [decision("1"), decision("2")]) == 1
    assert await lookups.decide(pool, route, [decision("1"), decision("2", score=0.5)]) == 1
    assert await lookups.decide(pool, route, []) == 1
    assert await lookups.decide(pool, route, [decision("1"), decision("2", how=How.HAND, by="ann")]) == 2
    assert await pool.fetchval("select count(*) from lookup_map where route = $1", route) == 3
    # Back to what held before the last version is news again.
    assert await lookups.decide(pool, route, [decision("1", "9")]) == 3
    assert await lookups.decide(pool, route, [decision("1")]) == 4


async def test_the_last_of_two_decisions_about_one_value_counts(pool: asyncpg.Pool, route: int) -> None:
    await lookups.decide(pool, route, [decision("1", "5"), decision("1", "6")])
    assert await lookups.decisions(pool, route) == [decision("1", "6")]


async def test_one_source_list_may_go_to_two_target_lists(pool: asyncpg.Pool, route: int) -> None:
    both = [Decision("group", kind, "1", Outcome.MAP, "2", How.HAND) for kind in ("group", "level")]
    await lookups.decide(pool, route, both)
    assert await lookups.decisions(pool, route) == both


async def test_what_a_hand_decided_gives_way_to_a_hand_only(pool: asyncpg.Pool, route: int) -> None:
    by_hand = decision("1", None, How.HAND, by="ann")
    await lookups.decide(pool, route, [by_hand])
    assert await lookups.decide(pool, route, [decision("1", "5")]) == 1
    assert await lookups.decisions(pool, route) == [by_hand]
    assert await lookups.decide(pool, route, [decision("1", "5", How.HAND)]) == 2


async def test_a_decision_can_be_taken_back_and_one_that_never_was_cannot(pool: asyncpg.Pool, route: int) -> None:
    back = decision("1", None, How.HAND, outcome=Outcome.UNDECIDED)
    assert await lookups.decide(pool, route, [back]) == 0
    await lookups.decide(pool, route, [decision("1")])
    assert await lookups.decide(pool, route, [back]) == 2
    assert await lookups.decisions(pool, route) == [back]


async def test_routes_do_not_share_decisions(pool: asyncpg.Pool, route: int) -> None:
    other = await runs.route_id(pool, "other")
    await lookups.decide(pool, route, [decision("1")])
    assert await lookups.decide(pool, other, [decision("1", "9")]) == 1
    assert await lookups.decisions(pool, route) == [decision("1")]


async def test_callers_at_once_get_a_version_each_and_lose_nothing(pool: asyncpg.Pool, route: int) -> None:
    one_each = [lookups.decide(pool, route, [decision(str(n)), decision("same", str(n))]) for n in range(12)]
    assert sorted(await asyncio.gather(*one_each)) == list(range(1, 13))
    assert len(await lookups.decisions(pool, route)) == 13
    same = [lookups.decide(pool, route, [decision("new")]) for _ in range(8)]
    assert set(await asyncio.gather(*same)) == {13}


async def test_twenty_thousand_decisions_are_stored_once(pool: asyncpg.Pool, route: int) -> None:
    many = [decision(str(n)) for n in range(20_000)]
    for expected in (1, 1):
        assert await lookups.decide(pool, route, many) == expected
    assert len(await lookups.decisions(pool, route)) == 20_000
