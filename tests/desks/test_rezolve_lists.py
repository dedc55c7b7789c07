"""The emulated tenant's lists and counts, and what moving and deleting does to them, over real HTTP."""

from __future__ import annotations

import time
from typing import Any

import pytest

from syncer.deskkit.emulation import Faults
from syncer.deskkit.world import World
from syncer.desks.rezolve.emulator import Auth
from syncer.sandbox.seed import generate
from tests.desks.test_rezolve_emulator import (
    CHANGE,
    CHANGE_OFFER,
    LAPTOP,
    OLD,
    ORPHAN,
    PRINTER,
    QUERY,
    REQUEST,
    TOM,
    WAITS,
    listing,
    site,
    world,
)

ALL = [PRINTER, LAPTOP, OLD, WAITS, ORPHAN]  # by the time they were created


def where(*conditions: tuple[str, str, Any], op: str = "AND") -> dict[str, Any]:
    operands = [
        {"id": f"c{number}", "column": column, "op": how, "operand": operand}
        for number, (column, how, operand) in enumerate(conditions)
    ]
    return {"op": op, "operand": operands}


# Lists (3.4)


async def test_a_list_is_paged_and_counted() -> None:
    async with site() as tenant:
        first = await tenant.page(top=2)
        assert [row["object_id"] for row in first["tickets"]] == ALL[:2]
        assert first["pagination"] == {"total": 5, "top": 2, "offset": 0, "hasMore": True}
        last = await tenant.page(top=2, offset=4)
        assert [row["object_id"] for row in last["tickets"]] == ALL[4:]
        assert last["pagination"]["hasMore"] is False
        assert (await tenant.page(offset=9))["tickets"] == []


async def test_a_list_is_sorted_as_asked_or_newest_first() -> None:
    async with site() as tenant:
        assert await tenant.listed() == ALL
        assert await tenant.listed(searchOrder="DESC") == ALL[::-1]
        tenant.emulator.steering.edit(OLD, Order="x")
        assert (await tenant.listed(sort="updatedAt"))[-1] == OLD
        assert (await tenant.listed(sort="status"))[0] == OLD
        await tenant.update(ORPHAN, Due_Date="2026-01-01T00:00:00.000Z", Priority=tenant.option("Priority", "Low"))
        assert (await tenant.listed(sort="dueDate"))[-1] == ORPHAN
        assert (await tenant.listed(sort="priority"))[0] == ORPHAN
        _, answer = await tenant.call("POST", "/ticket/list", json={"top": 1, "offset": 0})
        assert answer["data"]["tickets"][0]["object_id"] == ORPHAN
    async with site(order_obeyed=False) as tenant:
        assert await tenant.listed() == ALL[::-1]


async def test_a_tie_is_broken_by_the_serial_number() -> None:
    seeds = world()
    for seed in seeds.tickets:
        seed.created = seed.updated = 1_700_000_000
    async with site(seeds) as tenant:
        rows = (await tenant.page(sort="updatedAt"))["tickets"]
    serials = [row["id_serial"] for row in rows]
    assert serials == sorted(serials)


@pytest.mark.parametrize(
    ("conditions", "op", "found"),
    [
        ([("createdAt", "EQ", "2023-11-14T22:15:00.000Z")], "AND", [LAPTOP]),
        ([("createdAt", "EQ", "2023-11-14T23:15:00.000+01:00")], "AND", [LAPTOP]),
        ([("createdAt", "NE", "2023-11-14T22:15:00.000Z")], "AND", [PRINTER, OLD, WAITS, ORPHAN]),
        ([("createdAt", "GT", "2023-11-14T22:16:40.000Z")], "AND", [WAITS, ORPHAN]),
        ([("createdAt", "GE", "2023-11-14T22:16:40.000Z")], "AND", [OLD, WAITS, ORPHAN]),
        ([("createdAt", "LT", "2023-11-14T22:16:40.000Z")], "AND", [PRINTER, LAPTOP]),
        ([("createdAt", "LE", "2023-11-14T22:16:40Z")], "AND", [PRINTER, LAPTOP, OLD]),
        ([("createdAt", "IN", ["2023-11-14T22:13:20.000Z", "2023-11-14T22:16:40.000Z"])], "AND", [PRINTER, OLD]),
        ([("updatedAt", "GE", "2023-11-14T22:18:20.000Z")], "AND", [OLD, WAITS, ORPHAN]),
        ([("updatedAt", "LT", "2023-11-14T22:15:01.000Z")], "AND", [PRINTER]),
        ([("status", "EQ", "waiting for user")], "AND", [WAITS]),
        ([("status", "EQ", "in_progress")], "AND", [PRINTER]),
        ([("status", "NE", "Open")], "AND", [PRINTER, OLD, WAITS, ORPHAN]),
        ([("status", "IN", ["Open", "resolved"])], "AND", [LAPTOP, ORPHAN]),
        ([("summary", "LIKE", "jam")], "AND", [PRINTER]),
        ([("summary", "LIKE", "%a%s")], "AND", [WAITS]),
        ([("summary", "LIKE", "a%")], "AND", []),
        ([("summary", "GT", "old")], "AND", [WAITS, ORPHAN]),
        ([("summary", "EQ", "Old"), ("status", "EQ", "Open")], "AND", []),
        ([("summary", "EQ", "Old"), ("status", "EQ", "Open")], "OR", [LAPTOP, OLD]),
        (
            [("createdAt", "GT", "2023-11-14T22:13:20.000Z"), ("createdAt", "LE", "2023-11-14T22:16:40.000Z")],
            "AND",
            [LAPTOP, OLD],
        ),
        ([("createdAt", "EQ", "2023-11-14T22:15:00.000Z"), ("summary", "EQ", "Old")], "OR", [LAPTOP, OLD]),
    ],
)
async def test_a_filter_keeps_what_its_conditions_say(conditions: Any, op: str, found: list[str]) -> None:
    async with site() as tenant:
        assert await tenant.listed(filter=where(*conditions, op=op)) == found
        assert (await tenant.page(filter=where(*conditions, op=op)))["pagination"]["total"] == len(found)
        assert await tenant.listed(filter=where(*conditions, op=op), searchOrder="DESC") == found[::-1]


@pytest.mark.parametrize(
    "wrong",
    [
        where(("createdAt", "LIKE", "2023")),
        where(("createdAt", "GE", "yesterday")),
        where(("createdAt", "GE", ["2023-11-14T22:15:00.000Z"])),
        where(("status", "IN", "Open")),
        where(("status", "eq", "Open")),
        where(("status", ["EQ"], "Open")),  # type: ignore[arg-type]
        where(("priority", "EQ", "high")),
        where(("updated_at", "GE", "2023-11-14T22:15:00.000Z")),
        where(("status", "EQ", "Open"), op="and"),
        {"op": "AND", "operand": [{"column": "status", "op": "EQ", "operand": "Open"}]},
        {"field": "status", "op": "eq", "value": "Open"},
        ["status"],
    ],
)
async def test_a_filter_that_does_not_fit_is_422(wrong: Any) -> None:
    async with site() as tenant:
        status, answer = await tenant.call("POST", "/ticket/list", json=listing(filter=wrong))
    assert (status, answer["success"], answer["error"]["code"]) == (422, False, "INVALID_FILTER")


async def test_date_columns_may_have_other_names_or_none() -> None:
    moment = "2023-11-14T22:18:20.000Z"
    for names, camel, snake in (("snake", 422, 200), ("none", 422, 422)):
        async with site(date_columns=names) as tenant:
            for column, wanted in (("updatedAt", camel), ("updated_at", snake)):
                body = listing(filter=where((column, "GE", moment)))
                assert (await tenant.call("POST", "/ticket/list", json=body))[0] == wanted, (names, column)


@pytest.mark.parametrize(
    "wrong",
    [
        {"top": None}, {"top": 0}, {"top": "9"}, {"top": True}, {"offset": -1}, {"offset": None}, {"sort": "etag"},
        {"searchOrder": "asc"}, {"sortOrder": {}}, {"search": None},
    ],
)  # fmt: skip
async def test_a_list_that_does_not_fit_is_400(wrong: dict[str, Any]) -> None:
    async with site() as tenant:
        status, answer = await tenant.call("POST", "/ticket/list", json=listing(**wrong))
        assert (status, answer["error"]["code"]) == (400, "VALIDATION_ERROR")
        assert (await tenant.call("POST", "/ticket/list", json=[]))[0] == 400


async def test_more_than_a_hundred_are_refused_or_capped() -> None:
    seeds = generate(1, 130)
    async with site(seeds) as tenant:
        assert (await tenant.call("POST", "/ticket/list", json=listing(top=101)))[0] == 400
        assert len((await tenant.page(top=100))["tickets"]) == 100
    async with site(seeds, top_over_100="cap") as tenant:
        data = await tenant.page(top=500)
        assert len(data["tickets"]) == data["pagination"]["top"] == 100
        assert data["pagination"]["total"] == 130


async def test_search_looks_into_searchable_texts() -> None:
    async with site() as tenant:
        assert await tenant.listed(search="PAPER") == ALL
        assert await tenant.listed(search="po-7") == [PRINTER]
        assert await tenant.listed(search="laptop") == [LAPTOP]
        assert await tenant.listed(search="Finance") == []
        await tenant.create(tenant.draft(External_Id="other:77", Source_Status="hidden words"))
        assert await tenant.listed(search="other:77") == ["INC-2004"]
        assert await tenant.listed(search="hidden words") == []


async def test_a_new_ticket_is_found_and_listed_after_its_delay() -> None:
    async with site(search_delay=10.0, list_delay=5.0) as tenant:
        tenant.emulator.carrier.set_faults(Faults(search_lag=10.0))
        await tenant.create(tenant.draft(External_Id="other:77"))
        assert "INC-2004" not in await tenant.listed()
        tenant.emulator.carrier.clock.advance(6)
        assert "INC-2004" in await tenant.listed()
        tenant.emulator.carrier.clock.advance(10)
        assert await tenant.listed(search="other:77") == []
        tenant.emulator.carrier.clock.advance(6)
        assert await tenant.listed(search="other:77") == ["INC-2004"]


async def test_what_was_not_found_at_once_is_found_later_without_a_change() -> None:
    async with site(search_delay=10.0) as tenant:
        await tenant.create(tenant.draft(External_Id="other:77"))
        assert "INC-2004" in await tenant.listed()
        assert await tenant.listed(search="other:77") == []
        tenant.emulator.carrier.clock.advance(11)
        assert await tenant.listed(search="other:77") == ["INC-2004"]


async def test_another_type_answers_the_catalogues_templates() -> None:
    for wanted in ("template", "agent", "user", "ticket", "none"):
        async with site(list_type=wanted) as tenant:
            for asked in ("template", "agent", "user", "ticket"):
                params = QUERY | {"type": asked}
                status, answer = await tenant.call("POST", "/ticket/list", json=listing(), params=params)
                if asked == wanted:
                    assert answer["data"]["tickets"][0]["object_id"] == PRINTER
                elif asked == "ticket":
                    assert (status, answer["error"]["code"]) == (400, "VALIDATION_ERROR")
                else:
                    assert answer["data"]["rows"][0]["id"] == "tpl_40112"
                    assert answer["data"]["rows"][0]["formFields"]
                    assert answer["data"]["count"] == len(answer["data"]["rows"])


async def test_rows_of_the_first_generation_are_pointers() -> None:
    async with site(row_generation=1) as tenant:
        (row, *_) = (await tenant.page())["tickets"]
    assert (row["ticketNumber"], row["subject"], row["status"]) == (PRINTER, "Jam & <noise>", "in_progress")
    assert (row["priority"], row["category"], row["subcategory"]) == ("high", "Hardware", "Printers")
    assert (row["assignee"]["email"], row["requester"]["name"]) == (TOM, "Mia Ortiz")
    assert (row["createdAt"], row["updatedAt"]) == ("2023-11-14T22:13:20.000Z", "2023-11-14T22:15:00.000Z")
    assert not row.keys() & {"etag", "data", "object_id"}


@pytest.mark.parametrize(
    ("lack", "keys"), [("", set()), ("etag", {"etag"}), ("data", {"data"}), ("both", {"etag", "data"})]
)
async def test_rows_lack_what_the_switch_says(lack: str, keys: set[str]) -> None:
    async with site(rows_lack=lack) as tenant:
        (row, *_) = (await tenant.page())["tickets"]
        assert {"etag", "data"} - row.keys() == keys
        assert (await tenant.ticket(PRINTER)).items() >= row.items()


@pytest.mark.parametrize("rows_at", ["data.tickets", "data.rows", "data.value", "tickets"])
@pytest.mark.parametrize("total_at", ["data.pagination.total", "data.count", "data.@odata.count", "nowhere"])
async def test_rows_and_total_are_where_the_switches_say(rows_at: str, total_at: str) -> None:
    def found(answer: Any, path: str) -> Any:
        for key in path.replace("@odata.count", "@").split("."):
            answer = answer.get("@odata.count" if key == "@" else key) if isinstance(answer, dict) else None
        return answer

    async with site(rows_at=rows_at, total_at=total_at) as tenant:
        _, answer = await tenant.call("POST", "/ticket/list", json=listing(top=2))
    rows = {path for path in ("data.tickets", "data.rows", "data.value", "tickets") if found(answer, path)}
    assert rows == {rows_at}
    totals = ("data.pagination.total", "data.count", "data.@odata.count")
    assert {path for path in totals if found(answer, path) == 5} == {total_at} - {"nowhere"}


async def test_a_page_shifts_when_its_rows_change_meanwhile() -> None:
    async with site(touched_per_page=1) as tenant:
        first = await tenant.listed(sort="updatedAt", top=2)
        second = await tenant.listed(sort="updatedAt", top=2, offset=2)
        assert first == [PRINTER, LAPTOP]
        assert second == [WAITS, ORPHAN]  # OLD was skipped
    async with site() as tenant:
        assert await tenant.listed(sort="updatedAt", top=2, offset=2) == [OLD, WAITS]


async def test_a_role_shows_only_its_tickets_and_counts_them() -> None:
    async def shown(auth: Auth) -> tuple[list[str], int]:
        async with site(auth=auth) as tenant:
            _, answer = await tenant.call("POST", "/ticket/count", json={"filterIds": ["all"]})
            return await tenant.listed(), answer["data"]["counts"]["all"]

    agent = Auth(client_roles=("ticket_agent",), teams=("buro-zurich",))
    assert await shown(agent) == ([LAPTOP], 1)
    assert await shown(Auth(client_roles=("ticket_agent",))) == (ALL, 5)
    assert await shown(Auth(client_roles=("tenant_admin",))) == (ALL, 5)
    async with site(auth=agent) as tenant:
        assert (await tenant.call("GET", f"/ticket/{PRINTER}"))[0] == 404
        etag = tenant.emulator.tables.tickets[PRINTER].etag
        assert (await tenant.patch(PRINTER, etag, tenant.fields(Order="x")))[0] == 404
        tenant.emulator.steering.edit(PRINTER, **{"Assigned To": "service-account-syncer"})
        assert await tenant.listed() == [PRINTER, LAPTOP]
    async with site(auth=Auth(client_roles=("ticket_user",))) as tenant:
        assert await tenant.listed() == []
        await tenant.create()
        assert await tenant.listed() == ["INC-2004"]
        tenant.emulator.steering.edit(OLD, **{"Requested For": "service-account-syncer"})
        assert await tenant.listed() == [OLD, "INC-2004"]


async def test_counts_are_by_filter_id() -> None:
    async with site() as tenant:
        _, answer = await tenant.call("POST", "/ticket/count", json={"filterIds": ["all", "open", "closed"]})
        assert answer["data"]["counts"] == {"all": 5, "open": 3, "closed": 2}
        status, answer = await tenant.call("POST", "/ticket/count", json={"filterIds": ["mine"]})
        assert (status, answer["error"]["code"], answer["error"]["details"]) == (422, "INVALID_FILTER_ID", ["mine"])
        bodies: list[Any] = [{}, {"filterIds": []}, {"filterIds": [["all"]]}, []]
        for wrong in bodies:
            assert (await tenant.call("POST", "/ticket/count", json=wrong))[0] == 400
        tenant.emulator.steering.delete(PRINTER)
        _, answer = await tenant.call("POST", "/ticket/count", json={"filterIds": ["all"]})
        assert answer["data"]["counts"]["all"] == 4


async def test_a_deleted_ticket_is_gone_or_still_listed() -> None:
    async with site() as tenant:
        tenant.emulator.steering.delete(PRINTER)
        assert PRINTER not in await tenant.listed()
        assert (await tenant.call("GET", f"/ticket/{PRINTER}"))[0] == 404
    async with site(deleted_rows=True) as tenant:
        tenant.emulator.steering.delete(PRINTER)
        (row, *_) = (await tenant.page())["tickets"]
        assert (row["object_id"], row["deleted_seq"] > 0) == (PRINTER, True)
        assert (await tenant.ticket(PRINTER))["deleted_seq"] == row["deleted_seq"]
        assert (await tenant.update(PRINTER, Order="x"))[0] == 404


async def test_a_moved_ticket_keeps_its_uuid_under_another_display_id() -> None:
    for follows, status in ((False, 404), (True, 200)):
        async with site(old_id_follows=follows) as tenant:
            before = await tenant.ticket(PRINTER)
            new = tenant.emulator.steering.move(PRINTER, CHANGE)
            after = await tenant.ticket(new)
            assert new == after["moved_to"] == "CHG-2002"
            assert (after["id"], after["id_serial"]) == (before["id"], before["id_serial"])
            assert after["etag"] != before["etag"]
            assert after["data"]["offerId"] == CHANGE_OFFER
            assert after["data"][tenant.uuid("Order", CHANGE)] == "PO-7"
            assert after["data"][tenant.uuid("Priority", CHANGE)] == tenant.option("Priority", "High", CHANGE)
            assert (await tenant.call("GET", f"/ticket/{PRINTER}"))[0] == status
            assert PRINTER not in await tenant.listed()
            again = tenant.emulator.steering.move(new, REQUEST)
            assert again == "REQ-2002"
            assert (await tenant.call("GET", f"/ticket/{PRINTER}"))[0] == status


async def test_a_list_of_twenty_thousand_is_read_in_seconds() -> None:
    seeds = generate(1, 500)
    seeds = World(**{name: getattr(seeds, name) for name in seeds.__struct_fields__} | {"tickets": seeds.tickets * 40})
    async with site(seeds) as tenant:
        began, read = time.monotonic(), 0
        for offset in range(0, 20_000, 100):
            data = await tenant.page(offset=offset, sort="updatedAt", filter=where(("summary", "NE", "x")))
            read += len(data["tickets"])
        assert read == 20_000
        assert time.monotonic() - began < 20
