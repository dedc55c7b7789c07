"""The emulated ServiceOps against its contract over real HTTP: pages, order and conditions of a search."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from syncer.deskkit.emulation import Faults
from tests.desks.test_motadata_emulator import (
    ANA,
    BO,
    ID,
    LAPTOP,
    OLD,
    PRINTER,
    START,
    WAITS,
    custom,
    flat,
    relation,
    site,
    world,
)

# Searching requests (contract 4)


async def test_a_search_without_condition_gives_the_newest_first_by_tens() -> None:
    async with site() as desk:
        for _ in range(7):
            desk.emulator.staff.create()
        answer = await desk.search()
        assert answer["totalCount"] == 12
        assert [row["id"] for row in answer["objectList"]] == list(range(76, 66, -1))
        assert [row["id"] for row in (await desk.search(offset=10))["objectList"]] == [LAPTOP, PRINTER]
        assert (await desk.search(offset=12))["objectList"] == []


async def test_a_size_over_the_cap_is_cut_down_silently() -> None:
    async with site(size_cap=2, default_size=1, with_total=False) as desk:
        answer = await desk.search(size=2000)
        assert len(answer["objectList"]) == 2
        assert "totalCount" not in answer
        assert len((await desk.search())["objectList"]) == 1
        assert (await desk.call("POST", "/api/v1/request/search/byqual?size=many", json={}))[0] == 400


@pytest.mark.parametrize(
    ("direction", "by_creation", "by_change"),
    [("desc", [69, 68, 67, 66, 65], [67, 69, 68, 66, 65]), ("asc", [65, 66, 67, 68, 69], [65, 66, 68, 69, 67])],
)
async def test_the_direction_of_a_sort_is_a_matter_of_the_server(
    direction: str, by_creation: list[int], by_change: list[int]
) -> None:
    async with site(sort_direction=direction) as desk:
        for sort, ids in (("createdTime", by_creation), ("updatedTime", by_change), ("id", by_creation)):
            assert [row["id"] for row in (await desk.search(sort_by=sort))["objectList"]] == ids
        assert [row["id"] for row in (await desk.search())["objectList"]] == [69, 68, 67, 66, 65]
        assert [row["id"] for row in (await desk.search(sort_by="colour"))["objectList"]] == [69, 68, 67, 66, 65]


async def test_a_sort_can_be_unknown_or_none_at_all() -> None:
    async with site(sorts=frozenset({"createdTime"})) as desk:
        assert [row["id"] for row in (await desk.search(sort_by="updatedTime"))["objectList"]] == [69, 68, 67, 66, 65]
    async with site(sort_direction="random") as desk:
        ids = [row["id"] for row in (await desk.search(sort_by="createdTime"))["objectList"]]
        assert sorted(ids) == [65, 66, 67, 68, 69]
        assert ids not in (sorted(ids), sorted(ids, reverse=True))


async def test_a_change_moves_a_request_to_the_top_of_the_changed_ones() -> None:
    async with site() as desk:
        assert (await desk.search(sort_by="updatedTime"))["objectList"][0]["id"] == OLD
        await desk.patch(PRINTER, subject="Jam again")
        assert (await desk.search(sort_by="updatedTime"))["objectList"][0]["id"] == PRINTER


async def test_pages_shift_while_requests_come_in_and_go() -> None:
    async with site(appear=1) as desk:
        first = await desk.search(size=2)
        second = await desk.search(size=2, offset=2)
        assert first["objectList"][1]["id"] == second["objectList"][0]["id"]
        assert second["totalCount"] == first["totalCount"] + 1
    async with site() as desk:
        await desk.search(size=2)
        desk.emulator.staff.vanish(WAITS)
        assert [row["id"] for row in (await desk.search(size=2, offset=2))["objectList"]] == [LAPTOP, PRINTER]


async def test_the_index_lags_as_long_as_the_faults_say() -> None:
    async with site() as desk:
        desk.emulator.carrier.set_faults(Faults(search_lag=5))
        made = await desk.create()
        answer = await desk.search()
        assert answer["totalCount"] == 5
        assert made["id"] not in {row["id"] for row in answer["objectList"]}
        desk.emulator.carrier.clock.advance(6)
        assert made["id"] in {row["id"] for row in (await desk.search())["objectList"]}


UPDATED = "request.updatedTime"


@pytest.mark.parametrize(
    ("qual", "ids"),
    [
        (relation(ID, "equal", 66, "LongValueRest"), {66}),
        (relation(ID, "not_in", [65, 66], "ListLongValueRest"), {67, 68, 69}),
        (relation("request.statusId", "in", [9, 10], "ListLongValueRest"), {65, 66}),
        (relation("request.priorityId", "equal", 4, "LongValueRest"), {66}),
        (relation("request.urgencyId", "not_equal", 2, "LongValueRest"), set()),
        (relation("request.impactId", "equal", 1, "LongValueRest"), {65, 69}),
        (relation("request.categoryId", "equal", 22, "LongValueRest"), {65, 66, 67, 68, 69}),
        (relation("request.groupId", "equal", 61, "LongValueRest"), {65, 66, 67, 68, 69}),
        (relation("request.requesterId", "equal", BO, "LongValueRest"), {69}),
        (relation("request.technicianId", "equal", ANA, "LongValueRest"), {68}),
        (relation("request.subject", "contains", "AP"), {66}),
        (relation("request.subject", "not_contains", "o"), {69}),
        (relation("request.subject", "start_with", "o"), {67, 68}),
        (relation("request.subject", "End_With", "s"), {69}),
        (relation("request.description", "contains", "noise"), {65, 66, 67, 68, 69}),
        (relation("request.name", "equal", "inc-48", "EnumValueRest"), {67}),
        (relation("request.tags", "equal", "vpn"), {65}),
        (relation("request.tags", "All_Members_Exist", ["vpn", "p1"], "ListStringValueRest"), {65}),
        (relation("request.tags", "all_members_exist", ["vpn", "p2"], "ListStringValueRest"), set()),
        (relation("request.tags", "Any_Member_Exist", ["vpn", "p2"], "ListStringValueRest"), {65}),
        (relation(UPDATED, "GreaterThanOrEqual", (START + 500) * 1000, "LongValueRest"), {67, 69}),
        (relation(UPDATED, "greater_than_or_equal", "2023-11-14T22:21:40Z", "TimeValueRest"), {67, 69}),
        (relation(UPDATED, "greater_than", (START + 900) * 1000 + 469, "LongValueRest"), set()),
        (relation("request.createdTime", "less_than", "2023-11-14T22:15:00", "TimeValueRest"), {65}),
        (relation("request.createdTime", "less_than_or_equal", START * 1000 + 455, "LongValueRest"), {65}),
        (relation(custom("Order"), "equal", "po-7"), {65}),
        (relation(custom("Affected users"), "equal", 0, "LongValueRest"), {65, 66, 67, 68, 69}),
    ],
)  # fmt: skip
async def test_a_condition_finds_what_it_says(qual: Any, ids: set[int]) -> None:
    async with site() as desk:
        assert await desk.found(flat(qual)) == ids
        assert await desk.found(qual) == ids


async def test_containers_join_conditions() -> None:
    old, jam = relation("request.subject", "equal", "Old"), relation("request.subject", "contains", "jam")
    high = relation("request.priorityId", "equal", 3, "LongValueRest")
    binary = {"type": "BinaryQualificationRest", "leftQual": old, "operator": "OR", "rightQual": jam}
    batch = {"type": "BatchQualificationRest", "operator": "OR", "quals": [old, jam]}
    async with site() as desk:
        assert await desk.found(flat(old, jam)) == set()
        assert await desk.found(flat(binary, high)) == {OLD, PRINTER}
        assert await desk.found(binary | {"operator": "AND"}) == set()
        assert await desk.found(batch) == {OLD, PRINTER}
        assert await desk.found(flat({"type": "UnaryQualificationRest", "operator": "NOT", "qual": high})) == {LAPTOP}


async def test_today_and_yesterday_are_days_of_the_server() -> None:
    def created(day: str, operator: str = "equal") -> Any:
        return relation("request.createdTime", operator, "") | {
            "rightOperand": {"type": "VariableOperandRest", "value": day}
        }

    async with site() as desk:
        made = desk.emulator.staff.create()
        assert await desk.found(flat(created("today"))) == {made}
        assert await desk.found(flat(created("today", "GreaterThanOrEqual"))) == {made}
        assert await desk.found(flat(created("today", "greater_than"))) == set()
        assert await desk.found(flat(created("today", "less_than_or_equal"))) == {65, 66, 67, 68, 69, made}
        assert made not in await desk.found(flat(created("today", "less_than")))
        desk.emulator.carrier.clock.advance(86_400)
        assert await desk.found(flat(created("today"))) == set()
        assert await desk.found(flat(created("yesterday"))) == {made}


@pytest.mark.parametrize(
    "qual",
    [
        {"type": "NestedQualificationRest"},
        {"type": "FlatQualificationRest"},
        {"type": "FlatQualificationRest", "quals": ["x"]},
        {"type": "BinaryQualificationRest", "leftQual": flat(), "operator": "XOR", "rightQual": flat()},
        {"type": "UnaryQualificationRest", "operator": "MAYBE", "qual": flat()},
        relation("request.colour", "equal", "x"),
        relation(custom("Nothing"), "equal", "x"),
        relation({"type": "DbOperandRest", "key": "name"}, "equal", "x"),
        relation("request.subject", "sounds_like", "x"),
        relation("request.subject", "equal", "x", "LongValueRest"),
        relation("request.subject", "equal", "x", "ColourValueRest"),
        relation(UPDATED, "equal", "some day", "TimeValueRest"),
        relation(UPDATED, "equal", "x") | {"rightOperand": {"type": "VariableOperandRest", "value": "tomorrow"}},
        relation(UPDATED, "equal", "x") | {"rightOperand": {"type": "DbOperandRest", "key": "id"}},
    ],
)  # fmt: skip
async def test_what_is_no_condition_is_refused(qual: Any) -> None:
    async with site() as desk:
        body = {"qualDetails": qual}
        assert (await desk.call("POST", "/api/v1/request/search/byqual", json=body))[0] == 400


async def test_operators_may_be_wanted_in_one_style_only() -> None:
    for style, good, bad in (("underscore", "not_equal", "NotEqual"), ("camel", "NotEqual", "not_equal")):
        async with site(operator_style=style) as desk:
            assert LAPTOP in await desk.found(relation("request.subject", good, "x"))
            body = {"qualDetails": relation("request.subject", bad, "x")}
            assert (await desk.call("POST", "/api/v1/request/search/byqual", json=body))[0] == 400


async def test_a_condition_may_not_work() -> None:
    broken = frozenset({UPDATED, "customField"})
    recent = relation(UPDATED, "GreaterThanOrEqual", START * 2000, "LongValueRest")
    async with site(broken_filters=broken) as desk:
        assert len(await desk.found(recent)) == 5
        assert len(await desk.found(relation(custom("Order"), "equal", "x"))) == 5
        assert len(await desk.found(flat(recent, relation(ID, "equal", 66, "LongValueRest")))) == 1
    async with site(broken_filters=broken, broken_filter="nothing") as desk:
        assert await desk.found(recent) == set()
    async with site(broken_filters=broken, broken_filter="refused") as desk:
        assert (await desk.call("POST", "/api/v1/request/search/byqual", json={"qualDetails": recent}))[0] == 400
    async with site(time_values=frozenset({"TimeValueRest"})) as desk:
        assert (await desk.call("POST", "/api/v1/request/search/byqual", json={"qualDetails": recent}))[0] == 400


async def test_a_condition_sees_changes_at_once() -> None:
    marked = relation(custom("External Id"), "equal", "zd:1")
    async with site() as desk:
        assert await desk.found(marked) == set()
        await desk.patch(OLD, customField={"External Id": "zd:1"})
        assert await desk.found(marked) == {OLD}
        desk.emulator.staff.rename_field("External Id", "Old id")
        desk.emulator.staff.rename_field("Order", "External Id")
        assert await desk.found(marked) == set()
        assert await desk.found(relation(custom("Old id"), "equal", "zd:1")) == {OLD}
        desk.emulator.staff.vanish(OLD)
        assert await desk.found(relation(custom("Old id"), "equal", "zd:1")) == set()


async def test_paging_through_many_requests_is_quick() -> None:
    one = world().tickets[0]
    seeds = msgspec.structs.replace(world(), tickets=[msgspec.structs.replace(one, files=[]) for _ in range(20_000)])
    async with site(seeds, size_cap=2000) as desk:
        begun = time.monotonic()
        for offset in range(0, 20_000, 2_000):
            assert len((await desk.search(size=2000, offset=offset, sort_by="updatedTime"))["objectList"]) == 2000
            assert (await desk.patch(PRINTER + offset, subject="Moved"))[0] == 200
        for number in range(200):
            await desk.search(size=1, offset=number)
        assert time.monotonic() - begun < 20


async def test_other_modules_share_the_grammar_and_are_empty() -> None:
    async with site() as desk:
        for module in ("problem", "change", "release"):
            body = {"qualDetails": flat(relation(ID, "equal", 1, "LongValueRest"))}
            answer = await desk.ok("POST", f"/api/v1/{module}/search/byqual", body)
            assert answer == {"objectList": [], "totalCount": 0}
            wrong = {"qualDetails": {"type": "NestedQualificationRest"}}
            assert (await desk.call("POST", f"/api/v1/{module}/search/byqual", json=wrong))[0] == 400
