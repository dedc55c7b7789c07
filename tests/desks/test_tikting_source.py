"""Tikting as a source, through real HTTP: every ticket, whatever its lists do, and each change that can be seen."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from structlog.testing import capture_logs

import syncer
from syncer.deskkit.contract import Page, Unreadable
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.desk import Tikting
from syncer.desks.tikting.listing import RESTRICTED
from syncer.errors import AuthFailed, ConfigError, Fatal, Rejected, Retryable
from syncer.model.ids import Cursor, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket
from tests.desks.serving import opened
from tests.desks.tikting_site import ANN, GRANTED, LIST, LOGIN, RITA, STATUS, Site, detail, row, said, sent

SAMPLES = Path(syncer.__file__).parent / "desks" / "tikting" / "samples"
Query = dict[str, Any]


def config(url: str, **more: Any) -> TiktingConfig:
    block = {"name": "old", "base_url": url, "timeout": 5, "budget": {"per_second": 5000, "parallel": 8},
             "auth": {"email": "sync@example.org", "password": "sandbox-secret"}, **more}  # fmt: skip
    return TiktingConfig.model_validate(block)


def desk(site: Site, **more: Any) -> AbstractAsyncContextManager[Tikting]:
    return opened(site, lambda url: Tikting(config(url, **more)))


def sample(name: str) -> Any:
    return msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())


async def pages(old: Tikting) -> list[Page]:
    return [page async for page in old.scan()]


async def scanned(old: Tikting) -> list[int]:
    return [int(ref.id) for page in await pages(old) for ref in page.refs]


async def notes(old: Tikting) -> str:
    return "\n".join(page.note for page in await pages(old) if page.note)


async def versions(old: Tikting) -> dict[str, Version | None]:
    """The version of each ticket as a delta sees it."""
    return {ref.id: ref.version async for page in old.list_changed(Cursor("everything")) for ref in page.refs}


async def one(old: Tikting, id: int) -> Ticket:
    (found,) = await old.fetch([TicketId(str(id))])
    assert isinstance(found, Ticket)
    return found


async def reads(ticket: Any, lists: Any = None, **more: Any) -> Ticket:
    """What becomes of this answer to GET."""
    site = Site()
    id = next(int(value) for key, value in ticket.items() if key.lower() in {"id", "ticketid"})
    site.tickets[id], site.rows[id] = ticket, row(id)
    site.lists = lists or site.lists
    async with desk(site, **more) as old:
        return await one(old, id)


# The whole list


def plain(site: Site) -> Callable[[Query], list[Any]]:
    return site.listed


def capped_before(site: Site) -> Callable[[Query], list[Any]]:
    """Never more than 3 rows, and pages are counted by these."""
    return lambda query: site.listed({**query, "length": min(3, query["length"])})


def capped_after(site: Site) -> Callable[[Query], list[Any]]:
    """Never more than 3 rows, but pages are counted by what was asked."""
    return lambda query: site.listed(query)[:3]


def last_page_again(site: Site) -> Callable[[Query], list[Any]]:
    """Past the end comes the last page, for ever."""

    def page(query: Query) -> list[Any]:
        last = max(1, -(-len(site.rows) // query["length"]))
        return site.listed({**query, "page": min(last, query["page"])})

    return page


def page_ignored(site: Site) -> Callable[[Query], list[Any]]:
    return lambda query: site.listed({**query, "page": 1})


def oldest_first(site: Site) -> Callable[[Query], list[Any]]:
    def page(query: Query) -> list[Any]:
        whole = [site.rows[id] for id in sorted(site.rows)]
        return whole[(query["page"] - 1) * query["length"] :][: query["length"]]

    return page


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 20, 23])
@pytest.mark.parametrize(
    "way", [plain, capped_before, capped_after, last_page_again, page_ignored, oldest_first], ids=lambda f: f.__name__
)
async def test_every_ticket_is_seen_once_however_pages_are_counted(way: Any, count: int) -> None:
    site = Site(range(100, 100 + count))
    site.page = way(site)
    async with desk(site, page_length=5) as old:
        assert sorted(await scanned(old)) == list(range(100, 100 + count))


async def test_rows_in_an_order_of_their_own_at_each_call_are_made_up_for_by_their_ids() -> None:
    site = Site(range(1, 61))
    dice = random.Random(7)

    def shuffled(query: Query) -> list[Any]:
        whole = dice.sample(list(site.rows.values()), len(site.rows))
        return whole[(query["page"] - 1) * query["length"] :][: query["length"]]

    site.page = shuffled
    async with desk(site, page_length=10) as old:
        found = await scanned(old)
    assert sorted(found) == list(range(min(found), max(found) + 1))
    assert len(found) > 50


async def test_a_row_that_slips_past_one_walk_is_seen_by_the_next() -> None:
    site = Site(range(1, 21))
    walks: list[int] = []

    def slipping(query: Query) -> list[Any]:
        if query["page"] == 1:
            walks.append(1)
        rows = site.listed(query)
        return [one for one in rows if one["id"] != 7] if len(walks) == 2 else rows

    site.page = slipping
    async with desk(site, page_length=5, probe_gaps=0) as old:
        seen = await pages(old)
    assert sorted(int(ref.id) for page in seen for ref in page.refs) == list(range(1, 21))
    # The first look, and three walks: the second and third differ from what was seen before but agree at last.
    assert len(walks) == 4
    swept = [number for number, page in enumerate(seen) if page.swept]
    assert len(swept) == 3
    late = [int(ref.id) for page in seen[swept[0] :] for ref in page.refs]
    assert late == [7]
    assert seen[0].begins == seen[-1].cursor == Cursor("everything")
    assert not any("moved" in (page.note or "") for page in seen)


async def test_two_walks_that_agree_are_enough() -> None:
    site = Site(range(1, 8))
    async with desk(site, page_length=50) as old:
        await pages(old)
    # One look, then two walks of a page with rows and an empty one.
    assert [(q["page"], q["length"]) for q in site.queries()] == [(1, 50), (1, 50), (2, 7), (1, 50), (2, 7)]
    assert {q["listType"] for q in site.queries()} == {"AllTickets"}


async def test_walks_that_never_agree_are_put_together_and_told() -> None:
    site = Site(range(1, 4))
    firsts = 0

    def growing(query: Query) -> list[Any]:
        nonlocal firsts
        if query["page"] == 1:
            firsts += 1
            site.rows[10 + firsts] = row(10 + firsts)
        return site.listed(query)

    site.page = growing
    async with desk(site, probe_gaps=0) as old:
        seen = await pages(old)
    assert sorted(int(ref.id) for page in seen for ref in page.refs) == [1, 2, 3, 11, 12, 13, 14]
    assert any("the list of old moved: 3 walks" in (page.note or "") for page in seen)


async def test_a_list_that_shows_the_same_rows_for_ever_is_told() -> None:
    site = Site(range(1, 31))
    site.page = lambda query: site.listed({"page": 1, "length": min(query["length"], 10)})
    async with desk(site, page_length=5, probe_gaps=0) as old:
        seen = await pages(old)
    assert sorted(int(ref.id) for page in seen for ref in page.refs) == list(range(21, 31))
    assert any("whatever page is asked: there may be more" in (page.note or "") for page in seen)


async def test_a_list_that_ends_with_its_last_page_again_is_whole_and_not_told() -> None:
    site = Site(range(1, 4))
    site.page = last_page_again(site)
    async with desk(site, page_length=50) as old:
        assert "whatever page" not in await notes(old)


async def test_a_list_without_an_end_stops_the_run() -> None:
    site = Site([1])
    site.page = lambda query: [row(query["page"])]
    async with desk(site, max_pages=20) as old:
        with pytest.raises(Fatal, match="over 20 pages") as raised:
            await pages(old)
    assert "max_pages" in raised.value.hint
    assert len(site.queries()) == 1 + 20


@pytest.mark.parametrize("odd", [{"title": "no id"}, {"id": "0f8a5d3c-0000-4000-8000-000000000000"}, "text", None])
async def test_a_row_without_an_id_stops_the_run_before_it_is_lost(odd: Any) -> None:
    site = Site([1, 2])
    calls = 0

    def page(query: Query) -> list[Any]:
        nonlocal calls
        calls += 1
        return site.listed(query) if calls < 3 else [odd]

    site.page = page
    async with desk(site, page_length=2) as old:
        with pytest.raises(ConfigError, match="1 rows of the list AllTickets have no id under id, ticketId"):
            await pages(old)


async def test_how_many_there_are_is_told() -> None:
    site = Site([3, 4, 8, 11])
    async with desk(site) as old:
        assert "old shows 4 tickets, ids 3 to 11; 5 ids between are in no list; 5 ids were looked at" in await notes(
            old
        )
    async with desk(Site()) as old:
        assert await notes(old) == "old shows no ticket at all: may this account see them?"
    async with desk(Site((), ("Tickets.OnlyPrivate",))) as old:
        assert (await notes(old)).startswith("restricted view")


# What no list shows


async def test_a_ticket_that_no_list_shows_is_found_by_its_id() -> None:
    site = Site(range(10, 20))
    del site.rows[14]
    site.tickets[12] = None
    del site.rows[12]
    async with desk(site) as old:
        seen = await pages(old)
        assert sorted(int(ref.id) for page in seen for ref in page.refs) == [10, 11, 13, 14, 15, 16, 17, 18, 19]
        assert any("2 ids were looked at one by one, and 1 of them are tickets" in (page.note or "") for page in seen)
        known = await versions(old)
        assert known["14"] == (await one(old, 14)).version
        assert (known["14"] or "").startswith("-.")


async def test_a_ticket_that_one_walk_sees_in_the_list_and_another_by_its_id_has_not_changed() -> None:
    site = Site(range(10, 20))
    hidden: set[int] = set()

    def page(query: Query) -> list[Any]:
        rows = site.listed(query)
        return rows if query.get("search") else [one for one in rows if one["id"] not in hidden]

    site.page = page
    async with desk(site) as old:
        before = await versions(old)
    async with desk(site) as old:
        hidden.add(14)
        assert await versions(old) == before


@pytest.mark.parametrize(("most", "looked"), [(0, []), (2, [17, 16]), (500, [17, 16, 15, 14, 13])])
async def test_so_many_ids_as_are_allowed_are_looked_at_the_newest_first(most: int, looked: list[int]) -> None:
    site = Site([11, 12, 18])
    async with desk(site, probe_gaps=most) as old:
        await pages(old)
    asked = [int(path.rpartition("/")[2]) for method, path, _ in site.asked if path.startswith("/api/TicketsApi/1")]
    assert sorted(asked[1:], reverse=True) == looked  # the first was the look at a row's ticket


async def test_an_id_that_may_not_be_looked_at_is_neither_there_nor_passed_over_in_silence() -> None:
    site = Site([11, 13])
    site.always["GET /api/TicketsApi/12"] = said(403)
    async with desk(site) as old:
        seen = await pages(old)
    assert sorted(int(ref.id) for page in seen for ref in page.refs) == [11, 13]
    assert any("1 ids of old that no list shows could not be looked at" in (page.note or "") for page in seen)


@pytest.mark.parametrize(
    ("permissions", "setting", "restricted"),
    [
        ((*GRANTED, "Tickets.OnlyPrivate"), None, True), (GRANTED, None, False), (None, None, False),
        (GRANTED, True, True), (("Tickets.OnlyPrivate",), False, False),
    ],
)  # fmt: skip
async def test_a_restricted_account_sees_what_several_lists_show_and_that_is_told(
    permissions: tuple[str, ...] | None, setting: bool | None, restricted: bool
) -> None:
    site = Site(range(1, 9), permissions)
    shown = {"AllTickets": {1}, "UnassignedTickets": {2, 3}, "AllMyGroups": {3, 4}, "CompletedTickets": {5},
             "TicketsOnHold": {6}, "PendingTickets": {7}, "OverdueTickets": {8}}  # fmt: skip

    def page(query: Query) -> list[Any]:
        return [row(id) for id in sorted(shown.get(query["listType"], ()))] if query["page"] == 1 else []

    site.page = page
    async with desk(site, restricted_view=setting, probe_gaps=0) as old:
        seen = await pages(old)
    found = {int(ref.id) for page in seen for ref in page.refs}
    assert found == (set(range(1, 9)) if restricted else {1})
    assert any("restricted view" in (page.note or "") for page in seen) == restricted
    assert {q["listType"] for q in site.queries()} == (set(RESTRICTED) if restricted else {"AllTickets"})


# What changed


async def test_what_did_not_change_is_the_same_in_every_life_and_by_every_way() -> None:
    site = Site(range(1, 6))
    site.rows[2]["ticketStatusId"] = STATUS["closed"]
    async with desk(site) as old:
        await pages(old)
        fetched = {str(id): (await one(old, id)).version for id in range(1, 6)}
    async with desk(site) as old:
        assert await versions(old) == fetched
        assert {str(id): (await one(old, id)).version for id in range(1, 6)} == fetched
    async with desk(site) as old:  # a life that only tries a few tickets again walks nothing
        assert {str(id): (await one(old, id)).version for id in range(1, 6)} == fetched
        assert {query.get("search") for query in site.queries()[-5:]} == {"1", "2", "3", "4", "5"}
    assert len(set(fetched.values())) == 5


CHANGES: dict[str, tuple[Callable[[Site, int], Any], bool, bool]] = {
    "row": (lambda site, id: site.rows[id].update(title="Another"), True, True),
    "detail": (lambda site, id: site.tickets[id].update(description="Another"), True, False),
    "status in the row": (lambda site, id: site.rows[id].update(ticketStatusId=STATUS["solved"]), True, True),
    "a new key": (lambda site, id: site.rows[id].update(extra=None), True, True),
    "volatile": (lambda site, id: site.rows[id].update(IsRead=True, age="3 days", unreadCount=4), False, False),
    "order of keys": (
        lambda site, id: site.tickets.update({id: dict(reversed(site.tickets[id].items()))}),
        False,
        False,
    ),
    "casing": (lambda site, id: site.rows.update({id: {k.upper(): v for k, v in site.rows[id].items()}}), False, False),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_is_seen_in_the_row_and_of_open_tickets_in_the_detail_too(name: str) -> None:
    change, is_seen_open, is_seen_closed = CHANGES[name]
    site = Site([1, 2, 3])
    site.rows[2]["ticketStatusId"] = STATUS["closed"]
    async with desk(site) as old:
        before = await versions(old)
        change(site, 1), change(site, 2)
        after = await versions(old)
        assert (before["1"] != after["1"], before["2"] != after["2"]) == (is_seen_open, is_seen_closed)
        assert before["3"] == after["3"]
        assert (await one(old, 1)).version == after["1"]
        assert (await one(old, 2)).version == after["2"]


async def test_each_walk_reads_the_lists_anew() -> None:
    site = Site([1])
    async with desk(site) as old:
        assert "." in ((await versions(old))["1"] or "")
        site.lists = {**site.lists, "status": [{"id": 1, "status": "Done", "statusType": 4}]}
        assert "." not in ((await versions(old))["1"] or "")


async def test_a_volatile_key_of_ones_own_is_no_change_wherever_it_stands() -> None:
    site = Site([1])
    site.tickets[1]["sla"] = {"minutesLeft": 5, "name": "Gold"}
    async with desk(site, volatile=["minutesleft"]) as old:
        before = await versions(old)
        site.tickets[1]["sla"]["minutesLeft"] = 4
        assert await versions(old) == before
        site.tickets[1]["sla"]["name"] = "Silver"
        assert await versions(old) != before


async def test_closed_tickets_cost_no_call_of_their_own() -> None:
    site = Site(range(1, 11))
    for id in range(1, 9):
        site.rows[id]["ticketStatusId"] = STATUS["closed"]
    site.rows[8]["ticketStatusId"] = STATUS["solved"]  # a resolved ticket may be taken up again
    async with desk(site) as old:
        await versions(old)
    asked = [path for method, path, _ in site.asked if path.startswith("/api/TicketsApi/") and path[-1].isdigit()]
    assert sorted(asked[1:]) == [f"/api/TicketsApi/{id}" for id in (10, 8, 9)]


@pytest.mark.parametrize(
    ("shown", "closed"),
    [
        ({"status": "Closed"}, True), ({"status": {"id": 4}}, True), ({"statusId": "4"}, True),
        ({"status": "On hold"}, False),
        ({"status": "closed"}, False), ({}, False), ({"status": 9}, False),
    ],
    ids=str,
)  # fmt: skip
async def test_a_row_says_that_its_ticket_is_closed_by_id_or_label(shown: Any, closed: bool) -> None:
    site = Site([1])
    site.rows[1] = {"id": 1, "title": "x", **shown}
    async with desk(site) as old:
        (version,) = (await versions(old)).values()
    assert ("." not in (version or "")) == closed


async def test_a_ticket_that_vanished_is_no_change_and_never_a_deletion() -> None:
    site = Site([1, 2])
    async with desk(site) as old:
        await versions(old)
        del site.tickets[1]
        assert (await versions(old))["1"] is None
        assert (await old.fetch([TicketId("1")]))[0] == Unreadable(
            TicketId("1"), "old: GET /api/TicketsApi/1 answered 404: ", gone=True
        )


async def test_a_listed_ticket_that_cannot_be_read_is_told() -> None:
    site = Site([1, 2])
    site.answers["GET /api/TicketsApi/1"] = [said(403), said(403)]
    async with desk(site) as old:
        found = [page async for page in old.list_changed(Cursor("everything"))]
    assert {ref.id: ref.version is None for page in found for ref in page.refs} == {"1": True, "2": False}
    assert any("1 tickets of old are listed and cannot be read" in (page.note or "") for page in found)
    assert found[-1].cursor == Cursor("everything")


async def test_a_row_that_a_search_does_not_show_is_made_up_for_by_the_detail() -> None:
    site = Site([1])
    site.page = lambda query: []
    async with desk(site) as old:
        version = (await one(old, 1)).version
        assert version.startswith("-.")
        site.tickets[1]["title"] = "Another"
        assert (await one(old, 1)).version != version
    assert [q["listType"] for q in site.queries()[:2]] == ["AllTickets", "CompletedTickets"]


async def test_a_change_between_a_tickets_answer_and_a_younger_row_is_not_missed() -> None:
    """The row that a version is made of must not be younger than what was read."""
    site = Site([1])
    site.rows[1]["ticketStatusId"] = STATUS["closed"]
    async with desk(site) as old:
        await versions(old)
        walking: list[Any] = []

        async def slow(request: Any) -> Any:
            answer = detail(1)  # read by the server before the change
            site.rows[1]["title"] = "Changed since"
            site.always.pop("GET /api/TicketsApi/1")
            walking.append(await versions(old))  # another walk overtakes the answer
            return web.Response(body=msgspec.json.encode(answer), content_type="application/json")

        site.always["GET /api/TicketsApi/1"] = slow
        read = await one(old, 1)
        assert walking
        assert read.title == "Ticket 1"
        assert read.version != (await versions(old))["1"]


async def test_a_search_for_an_id_takes_no_other_ticket_for_it() -> None:
    site = Site([1, 11, 12, 21])
    async with desk(site, page_length=2) as old:
        alone = (await one(old, 1)).version
    async with desk(site, page_length=2) as old:
        assert (await versions(old))["1"] == alone


# Whole tickets


@pytest.mark.parametrize("name", ["get_flat_full", "get_nested_full"])
async def test_both_layouts_of_a_whole_ticket_say_the_same(name: str) -> None:
    found = await reads(sample(name), sample("appmetadata"))
    assert (found.id, found.number, found.title, found.body, found.html) == (
        "1001", "#1001", "Printer is jammed", "<p>Paper in tray 2.</p>", True,
    )  # fmt: skip
    assert found.values == {"status": "3", "priority": "3", "category": "401", "group": "302", "site": "102",
                            "department": "201", "level": "51"}  # fmt: skip
    assert (found.requester, found.creator, found.assignee) == (RITA, None, ANN)
    assert found.created_at == datetime(2024, 5, 1, 7, 53, 20, tzinfo=UTC)
    assert found.updated_at == found.closed_at == datetime(2024, 5, 1, 10, 40, tzinfo=UTC)
    (reply,) = found.comments  # which is the resolution, too
    assert (reply.id, reply.author, reply.body, reply.public, reply.solution) == (
        "1001001", ANN, "<p>Tray cleaned.</p>", True, True,
    )  # fmt: skip
    assert reply.created_at == datetime(2024, 5, 1, 9, 16, 40, tzinfo=UTC)
    assert [file.id for file in (*reply.files, *found.files)] == ["100100100//tray.jpg", "100100000//jam.png"]


@pytest.mark.parametrize("name", ["get_flat", "get_nested"])
async def test_a_ticket_without_replies_and_files_is_whole_too(name: str) -> None:
    found = await reads(sample(name), sample("appmetadata"))
    assert (found.files, [one.id for one in found.comments], found.updated_at) == ((), ["resolution"], None)


async def test_keys_are_read_in_any_casing() -> None:
    found = await reads({"ID": "7", "TITLE": "a\n b ", "CREATOR": {"ID": ANN.upper()}, "Status": {"ID": 2}})
    assert (found.id, found.title, found.requester, found.values) == ("7", "a b", ANN, {"status": "2"})


async def test_labels_stand_for_ids_where_exactly_one_has_them() -> None:
    site = Site([1, 2, 3])
    site.rows = {id: {"id": id, "title": "x"} for id in site.rows}
    for id in site.tickets:
        site.tickets[id] = {"id": id, "title": "x", "status": "On hold", "priority": "High", "category": "Twin",
                            "group": "network", "site": "Main site", "department": " IT ", "level": "51"}  # fmt: skip
    with capture_logs() as logs:
        async with desk(site) as old:
            found = await one(old, 1)
            await one(old, 2)
            assert found.values == {"status": "5", "priority": "3", "site": "101", "department": "201"}
            said = [page.note async for page in old.list_changed(Cursor("everything")) if page.note]
    assert [log["list"] for log in logs if log["event"] == "label_not_clear"] == ["category", "group"]
    assert said  # told of what was read since the lists were, which is nothing yet in this walk


async def test_labels_that_are_not_clear_are_told_with_the_next_walk() -> None:
    site = Site([1])
    site.tickets[1] |= {"category": "Twin", "group": "Nobody's"}
    async with desk(site) as old:
        scan = old.scan()
        said: list[str] = []
        async for page in scan:
            if page.refs:
                await one(old, 1)
            said += [page.note] if page.note else []
    assert any("the category 'Twin' by its label only, which several values have" in note for note in said)
    assert any('the group "Nobody\'s" by its label only, which no value of the list has' in note for note in said)


@pytest.mark.parametrize("empty", [None, 0, "", "0", "00000000-0000-0000-0000-000000000000"])
async def test_what_is_unset_is_absent(empty: Any) -> None:
    found = await reads(detail(1, creatorId=empty, assigneeId=empty, groupId=empty, ticketStatusId=None))
    assert (found.requester, found.assignee, found.values) == (None, None, {})


@pytest.mark.parametrize(
    ("told", "zone", "at"),
    [
        ("2024-07-01T10:00:00", "UTC", "2024-07-01T10:00:00+00:00"),
        ("2024-07-01T10:00:00", "Europe/Madrid", "2024-07-01T08:00:00+00:00"),
        ("2024-01-01 10:00:00", "Europe/Madrid", "2024-01-01T09:00:00+00:00"),
        ("2024-07-01T10:00:00Z", "Europe/Madrid", "2024-07-01T10:00:00+00:00"),
        ("2024-07-01T10:00:00+05:30", "UTC", "2024-07-01T04:30:00+00:00"),
        ("2024-07-01T10:00:00.1", "UTC", "2024-07-01T10:00:00.100000+00:00"),
        ("2024-07-01T10:00:00.1234567", "UTC", "2024-07-01T10:00:00.123456+00:00"),
        ("2024-07-01T10:00:00.1234567+02:00", "UTC", "2024-07-01T08:00:00.123456+00:00"),
        ("2024-07-01", "UTC", "2024-07-01T00:00:00+00:00"),
        ("0001-01-01T00:00:00", "UTC", None),
        ("0001-01-01T00:00:00Z", "UTC", None),
        ("9999-12-31T23:59:59-14:00", "UTC", None),
        ("yesterday", "UTC", None),
        ("", "UTC", None),
        (1700000000, "UTC", None),
        (None, "UTC", None),
    ],
    ids=str,
)
async def test_times_are_iso_in_the_zone_of_the_instance(told: Any, zone: str, at: str | None) -> None:
    found = await reads(detail(1, createdDate=told), instance_timezone=zone)
    assert (found.created_at.isoformat() if found.created_at else None) == at


@pytest.mark.parametrize(
    ("text", "form", "html"),
    [
        ("a < b\nc", "auto", "a &lt; b<br>c"),
        ("<p>a</p>", "auto", "<p>a</p>"),
        ("a<br/>b", "auto", "a<br/>b"),
        ("a &amp; b", "auto", "a &amp; b"),
        ("if (a<b && c>d)", "auto", "if (a&lt;b &amp;&amp; c&gt;d)"),
        ("<mail@example.org> wrote", "auto", "&lt;mail@example.org&gt; wrote"),
        ("<p>a</p>", "text", "&lt;p&gt;a&lt;/p&gt;"),
        ("a\nb", "html", "a\nb"),
    ],
)
async def test_markup_is_told_from_text(text: str, form: str, html: str) -> None:
    assert (await reads(detail(1, description=text), text_is=form)).body == html


@pytest.mark.parametrize(
    ("flags", "unmarked", "public"),
    [
        ({}, "private", False), ({}, "public", True),
        ({"isPrivate": False}, "private", True), ({"isPrivate": True}, "public", False),
        ({"isPublic": True}, "private", True), ({"isPublic": False}, "public", False),
        ({"isPublic": True, "isPrivate": True}, "public", False),
        ({"isPublic": False, "isPrivate": False}, "public", False), ({"isPrivate": None}, "public", False),
        ({"isPrivate": "no"}, "public", False), ({"isInternal": 0}, "public", False),
        ({"IsInternal": False}, "private", True),
    ],
    ids=str,
)  # fmt: skip
async def test_a_reply_is_public_only_where_that_is_clear(flags: Any, unmarked: str, public: bool) -> None:
    ticket = detail(1, replies=[{"id": 5, "body": "x", **flags}])
    assert [one.public for one in (await reads(ticket, unmarked_replies=unmarked)).comments] == [public]


async def test_replies_come_in_the_order_of_their_times_where_all_have_one() -> None:
    later, sooner = (
        {"id": 1, "body": "b", "createdDate": "2024-05-02"},
        {"id": 2, "body": "a", "createdDate": "2024-05-01"},
    )
    assert [c.id for c in (await reads(detail(1, comments=[later, sooner]))).comments] == ["2", "1"]
    unknown = {"id": 3, "body": "c"}
    assert [c.id for c in (await reads(detail(1, comments=[later, sooner, unknown]))).comments] == ["1", "2", "3"]


async def test_replies_without_ids_are_told_apart_and_keep_theirs() -> None:
    replies = [{"body": "x"}, {"body": "x"}, {"body": "y", "creator": {"fullName": "Rita"}}]
    first = (await reads(detail(1, replies=replies))).comments
    again = (await reads(detail(1, replies=[*replies, {"body": "z"}]))).comments
    assert len({c.id for c in first}) == 3
    assert [c.id for c in again[:3]] == [c.id for c in first]
    assert first[2].author == "Rita"


@pytest.mark.parametrize("odd", ["text", 5, None, {"id": 5}, {"id": 5, "body": 7}])
async def test_a_reply_that_cannot_be_read_is_not_lost_in_silence(odd: Any) -> None:
    with pytest.raises(Rejected, match="reply of ticket 1"):
        await reads(detail(1, replies=[{"id": 1, "body": "x"}, odd]))


@pytest.mark.parametrize("count", [3, "3", {"total": 3}])
async def test_a_number_of_replies_is_no_reply(count: Any) -> None:
    found = await reads(detail(1, comments=count, conversations=[{"id": 9, "body": "x"}]))
    assert [c.id for c in found.comments] == ["9"]


async def test_a_field_map_of_ones_own_is_used_instead() -> None:
    ticket = {"ticketId": 5, "id": 99, "head": {"line": "Jam"}, "Text": "b", "who": {"mail": "Rita@X.org"}, "stand": 4,
              "talk": {"list": [{"words": "x", "seen": True}]}, "title": "wrong", "opened": "2024-05-01"}  # fmt: skip
    site = Site()
    site.rows, site.tickets = {5: {"ticketId": 5, "id": 99, "stand": 4}}, {5: ticket}
    fields = {"id": ["ticketId"], "title": ["none", "head.line"], "description": ["text"], "status": ["stand"],
              "requester_email": ["who.mail"], "replies": ["talk.list"], "reply_text": ["words"],
              "reply_public": ["seen"], "created": ["opened"]}  # fmt: skip
    async with desk(site, fields=fields) as old:
        assert await scanned(old) == [5]
        found = await one(old, 5)
    assert (found.title, found.body, found.requester, found.values) == ("Jam", "b", "rita@x.org", {"status": "4"})
    assert [(c.body, c.public) for c in found.comments] == [("x", True)]
    assert found.created_at == datetime(2024, 5, 1, tzinfo=UTC)
    assert "." not in found.version  # the row said that it is closed


# What goes wrong


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(403, "no"), Rejected), (said(400), Rejected), (sent({"id": 2, "title": "x"}), Rejected),
        (sent([]), Rejected), (said(200, '{"id": 1, "title": "b'), Rejected),
        (said(200, "<html>Log in</html>"), AuthFailed),
        (sent({"id": 1, "name": "no title"}), Rejected), (said(302, Location="/login"), AuthFailed),
        (said(301, Location="/elsewhere"), ConfigError),
    ],
)  # fmt: skip
async def test_an_answer_that_is_not_the_ticket_is_never_taken_for_it(answer: Any, error: type[Exception]) -> None:
    site = Site([1])
    site.always["GET /api/TicketsApi/1"] = answer
    async with desk(site) as old:
        with pytest.raises(error) as raised:
            await old.fetch([TicketId("1")])
        assert isinstance(raised.value, Rejected) == (error is Rejected)


async def test_a_token_that_ends_in_the_middle_of_a_walk_costs_one_log_in() -> None:
    site = Site(range(1, 30))
    site.answers[f"POST {LIST}"] = [sent(site.listed({"page": 1, "length": 5})), said(401)]
    async with desk(site, page_length=5) as old:
        assert sorted(await scanned(old)) == list(range(1, 30))
    assert site.log_ins == 2


async def test_an_outage_in_a_walk_ends_it_and_is_no_end_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 1)
    site = Site(range(1, 30))
    async with desk(site, page_length=5) as old:
        site.answers[f"POST {LIST}"] = [sent(site.listed({"page": 1, "length": 5}))] + [said(503)] * 20
        with pytest.raises(Retryable):
            await pages(old)


@pytest.mark.parametrize("answer", [sent({"rows": []}), said(200, "[{"), said(200, "<html>"), said(404), said(400)])
async def test_a_list_that_is_none_is_never_an_empty_one(answer: Any) -> None:
    site = Site([1])
    site.always[f"POST {LIST}"] = answer
    async with desk(site) as old:
        with pytest.raises((Fatal, AuthFailed, ConfigError)):
            await pages(old)


@pytest.mark.parametrize(
    ("rows", "ticket", "fields", "why"),
    [
        ([{"number": 5}], None, {}, "a row of the list has no id under id, ticketId"),
        ([row(1)], {"id": 1, "name": "x"}, {}, "a ticket has no title under title, subject"),
        ([row(1)], {"id": 7, "ticketNumber": 1, "title": "x"}, {}, "does not show its own id under id, ticketId"),
        ([row(1)], {"id": 1, "title": 5}, {}, "a ticket has no title"),
        ([row(1)], detail(1), {"title": ["headline"]}, "a ticket has no title under headline"),
        ([row(1)], detail(1), {"title": []}, "a ticket has no title under any path"),
        ([row(1)], None, {}, "the first tickets of the list cannot be read"),
    ],
)
async def test_a_desk_whose_tickets_cannot_be_read_is_no_source_and_says_why(
    rows: Any, ticket: Any, fields: Any, why: str
) -> None:
    site = Site()
    site.page = lambda query: rows if query["page"] == 1 else []
    site.tickets = {1: ticket} if ticket else {}
    async with desk(site, fields=fields) as old:
        assert old.capabilities.reads == (fields.get("title") != [])
        account = await old.check()
        assert [finding for finding in account.findings if why in finding]
        assert not old.capabilities.reads
        for walk in (old.scan(), old.list_changed(Cursor("everything"))):
            with pytest.raises(ConfigError, match=r"old cannot be read from"):
                async for _ in walk:
                    pass


@pytest.mark.parametrize("ticket", [detail(1, title=None), detail(1, title=None, subject="x"), detail(1, title="")])
async def test_a_title_that_is_only_empty_is_no_missing_key(ticket: Any) -> None:
    site = Site([1])
    site.tickets[1] = ticket
    async with desk(site) as old:
        assert (await old.check()).findings == ()
        assert old.capabilities.reads
        assert (await one(old, 1)).title == (ticket.get("subject") or "")


async def test_a_check_looks_at_tickets_once_and_at_the_desk_each_time() -> None:
    site = Site([1])
    async with desk(site) as old:
        await old.check()
        asked = len(site.asked)
        await old.check()
        assert [path for _, path, _ in site.asked[asked:]] == ["/api/TicketsApi/appmetadata"]


async def test_a_check_of_an_empty_desk_finds_nothing_wrong() -> None:
    async with desk(Site()) as old:
        assert (await old.check()).findings == ()
        assert old.capabilities.reads


# People


async def test_who_is_in_no_list_is_known_from_tickets() -> None:
    site = Site([1, 2, 3, 4])
    site.tickets[1] |= {"creatorId": None, "creator": {"id": RITA.upper(), "fullName": "Rita R", "email": "rita@x.org"}}
    site.tickets[2] |= {"creatorId": RITA}
    site.tickets[3] = {"id": 3, "title": "x", "requester": "Ben B"}
    site.tickets[4] = {"id": 4, "title": "x", "creator": {"email": "Zoe@X.org"},
                       "replies": [{"id": 1, "body": "x", "author": {"id": "u9", "fullName": "Ulf"}}]}  # fmt: skip
    async with desk(site) as old:
        who = [(await one(old, id)).requester for id in (1, 2, 3, 4)]
        assert who == [RITA, RITA, "Ben B", "zoe@x.org"]
        known = [await old.person(id or "") for id in who[1:]]
        assert known == [
            LookupValue("person", RITA, "Rita R", email="rita@x.org"),
            LookupValue("person", "Ben B", "Ben B"),
            LookupValue("person", "zoe@x.org", "Zoe@X.org", email="Zoe@X.org"),
        ]
        assert await old.person("u9") == LookupValue("person", "u9", "Ulf")
        assert await old.person("stranger") is None


async def test_technicians_are_known_by_the_ids_that_tickets_name() -> None:
    site = Site()
    site.technicians = [{"Id": ANN.upper(), "UserName": "ann", "Email": "ann@x.org"}, {"Id": "7", "UserName": "seven"}]
    async with desk(site) as old:
        people = [value async for value in old.lookups() if value.kind == "person"]
    assert [(p.id, p.username) for p in people] == [(ANN, "ann"), ("7", "seven")]


async def test_what_tells_more_of_somebody_counts_whichever_comes_first() -> None:
    more, less = {"id": RITA, "fullName": "Rita R", "email": "rita@x.org"}, {"id": RITA, "fullName": "R."}
    for order in ((more, less), (less, more)):
        site = Site([1, 2])
        for id, creator in enumerate(order, 1):
            site.tickets[id] = {"id": id, "title": "x", "creator": creator}
        async with desk(site) as old:
            for id in (1, 2):
                await one(old, id)
            assert await old.person(RITA) == LookupValue("person", RITA, "Rita R", email="rita@x.org")


@pytest.mark.parametrize(
    ("created", "told"),
    [("2024-05-01T07:53:20.1234567", False), ("0001-01-01T00:00:00", False), ("", False), (None, False),
     ("01.05.2024 07:53", True), ("/Date(1714549000000)/", True), ("May 1", True)],
)  # fmt: skip
async def test_a_time_that_cannot_be_read_is_told_and_not_lost_in_silence(created: str | None, told: bool) -> None:
    site = Site([1])
    site.tickets[1] |= {"createdDate": created, "closedDate": created}
    async with desk(site) as old:
        found = await notes(old)
    assert ("it holds what is no ISO 8601 time in created, closed" in found) == told


async def test_people_that_are_too_many_to_remember_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.desks.tikting.catalogue.MOST_PEOPLE", 1)
    site = Site([1, 2, 3])
    for id in site.tickets:
        site.tickets[id] |= {"creatorId": None, "creator": {"fullName": f"N {id}"}}
    async with desk(site) as old:
        with capture_logs() as logs:
            for id in site.tickets:
                await one(old, id)
        assert (await old.person("N 1"), await old.person("N 2")) == (LookupValue("person", "N 1", "N 1"), None)
    assert [entry["event"] for entry in logs] == ["too_many_people_to_remember"]


# Files


async def a_file(site: Site, file: dict[str, Any] | str, spool: Path, **more: Any) -> tuple[str, bytes, str]:
    site.tickets[1] = detail(1, attachments=[file])
    async with desk(site, **more) as old:
        (found,) = (await one(old, 1)).files
        got = await old.download(TicketId("1"), found.id, spool)
    assert got.path is not None
    assert got.size == got.path.stat().st_size
    return got.name, got.path.read_bytes(), got.content_type


@pytest.mark.parametrize(
    ("file", "more"),
    [
        ({"id": 7, "fileName": "a b.png", "url": "/files/7"}, {}),
        ({"name": "a b.png", "downloadUrl": "/files/7"}, {}),
        ({"id": "x/7", "fileName": "a b.png"}, {"file_path": "/get/{ticket}/{file}"}),
    ],
    ids=str,
)
async def test_a_file_is_read_where_something_tells_how(file: Any, more: Any, tmp_path: Path) -> None:
    site = Site([1])
    site.files = {"/files/7": b"\x00png", "/get/1/x/7": b"\x00png"}
    assert await a_file(site, file, tmp_path, **more) == ("a b.png", b"\x00png", "image/png")


async def test_a_file_by_the_whole_address_of_this_desk_is_read(tmp_path: Path) -> None:
    site = Site([1])
    site.files = {"/files/7.txt": b"x"}
    async with desk(site) as old:
        site.tickets[1] = detail(1, attachments=[{"id": 7, "url": f"{old._http.base}/files/7.txt?v=1"}])
        (found,) = (await one(old, 1)).files
        got = await old.download(TicketId("1"), found.id, tmp_path)
    assert got.name == "7.txt"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/f", "//127.0.0.1:1/f", "https://example.org/f", "javascript:alert(1)", "file:///etc/passwd",
     "http://[", "http://user:pw@127.0.0.1:1/f"],
)  # fmt: skip
async def test_a_file_on_another_host_is_refused_and_not_asked_for(url: str, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as raised:
        await a_file(Site([1]), {"id": 7, "url": url}, tmp_path)
    assert raised.value.reason == "file_unreadable"
    assert list(tmp_path.iterdir()) == []


async def test_a_file_with_a_password_in_its_address_is_refused(tmp_path: Path) -> None:
    site = Site([1])
    async with desk(site) as old:
        address = old._http.base.replace("//", "//user:pw@") + "/files/7"
        site.tickets[1] = detail(1, attachments=[{"id": 7, "url": address}])
        (found,) = (await one(old, 1)).files
        with pytest.raises(Rejected, match="another host"):
            await old.download(TicketId("1"), found.id, tmp_path)
    assert site.count("GET", "/files/7") == 0


async def test_a_file_of_which_nothing_tells_how_is_counted_as_unreadable(tmp_path: Path) -> None:
    for file in ({"id": 7, "fileName": "a.png"}, {"fileName": "a.png"}):
        with pytest.raises(Rejected) as raised:
            await a_file(Site([1]), file, tmp_path)
        assert raised.value.reason == "no_download_path"
    assert "file_path" in raised.value.hint


@pytest.mark.parametrize(
    ("answer", "error"),
    [(said(404), Rejected), (said(403), Rejected), (said(200, "<!DOCTYPE html><title>Log in"), Rejected)],
)
async def test_a_file_that_does_not_come_is_no_file(answer: Any, error: type[Exception], tmp_path: Path) -> None:
    site = Site([1])
    site.always["GET /files/7"] = answer
    with pytest.raises(error):
        await a_file(site, {"id": 7, "fileName": "a.png", "url": "/files/7"}, tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_token_that_ends_before_a_file_is_renewed_and_none_goes_with_the_log_in(tmp_path: Path) -> None:
    site = Site([1])
    site.files = {"/files/7": b"x"}
    site.answers["GET /files/7"] = [said(401)]
    headers: list[str | None] = []
    log_in = site._answer

    async def noted(request: Any) -> Any:
        if request.path == LOGIN:
            headers.append(request.headers.get("Authorization"))
        return await log_in(request)

    site._answer = noted  # type: ignore[method-assign]
    assert (await a_file(site, {"id": 7, "url": "/files/7"}, tmp_path))[1] == b"x"
    assert headers == [None, None]


@pytest.mark.parametrize(
    "said", [{"isPrivate": False, "isInternal": True}, {"isPublic": True, "isPrivate": 1}, {"isPublic": None}]
)
async def test_a_reply_of_which_anything_says_otherwise_is_private(said: dict[str, Any]) -> None:
    found = await reads({"id": 7, "title": "a", "replies": [{"id": 1, "text": "psst", **said}]})
    assert [one.public for one in found.comments] == [False]
