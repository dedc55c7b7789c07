"""What became of a lost registration on a Tikting whose lists and tickets tell little: never a guess, never a twin."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from syncer.deskkit.contract import Newer
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.desk import Tikting
from syncer.errors import Fatal
from syncer.model.ids import Key, TicketId
from tests.desks.serving import opened
from tests.desks.tikting_site import Site, detail, row, sent

MARKER = Key("IG-1")


def desk(site: Site, **more: Any) -> AbstractAsyncContextManager[Tikting]:
    block = {"name": "new", "timeout": 5, "budget": {"per_second": 5000, "parallel": 8}, "probe_misses": 3,
             "auth": {"email": "sync@example.org", "password": "sandbox-secret"}, **more}  # fmt: skip
    return opened(site, lambda url: Tikting(TiktingConfig.model_validate({"base_url": url, **block})))


def hidden(site: Site) -> None:
    """No search finds anything."""
    site.page = lambda query: []


# By looking at each id that came later


@pytest.mark.parametrize("known", [(12,), (11,), (13,), (11, 12), (12, 13, 14), (12, 15)], ids=str)
async def test_a_known_ticket_in_a_row_of_gaps_is_no_part_of_the_gap(known: tuple[int, ...]) -> None:
    lost = known[-1] + 3  # two ids that nobody knows lie between
    site = Site()
    site.tickets[lost] = detail(lost, title="Jam [IG-1]")
    hidden(site)
    async with desk(site) as new:
        newer = Newer(TicketId("10"), {str(id) for id in known})
        assert await new.find([MARKER], newer) == {MARKER: str(lost)}


async def test_a_walk_by_id_ends_after_so_many_unknown_ids_in_a_row() -> None:
    site = Site()
    site.tickets[12] = detail(12)
    hidden(site)
    async with desk(site) as new:
        assert await new.find([MARKER], Newer(TicketId("10"), {"14"})) == {}
    asked = {int(path.rpartition("/")[2]) for method, path, _ in site.asked if method == "GET"}
    assert {11, 12, 13, 15, 16, 17} <= asked
    assert 14 not in asked
    assert max(asked) < 30


@pytest.mark.parametrize(
    "answer", [None, [], "gone", {}, {"id": 99, "title": "Jam [IG-1]"}, {"id": None, "title": "Jam [IG-1]"}], ids=str
)
async def test_an_answer_that_is_not_the_ticket_asked_for_is_neither_absent_nor_found(answer: Any) -> None:
    site = Site()
    hidden(site)
    site.always["GET /api/TicketsApi/11"] = sent(answer)
    async with desk(site) as new:
        with pytest.raises(Fatal, match=r"ticket 11: an answer that is not this ticket, by its id under id") as raised:
            await new.find([MARKER], Newer(TicketId("10"), ()))
    assert raised.value.hint


# By the titles of a list


@pytest.mark.parametrize("shown", ["A long title that the list cuts", "Jam [IG-1", "Jam…", "", None])
async def test_a_title_that_a_list_may_have_cut_is_read_from_the_ticket(shown: str | None) -> None:
    site = Site()
    site.rows = {7: row(7, title=shown)}
    site.tickets = {7: detail(7, title="A long title that the list cuts off [IG-1]")}
    site.page = lambda query: list(site.rows.values()) if query["page"] == 1 else []
    async with desk(site) as new:
        assert await new.find([MARKER], None) == {MARKER: "7"}


async def test_a_row_that_shows_a_marker_is_believed_and_others_are_looked_at_once() -> None:
    site = Site()
    site.rows = {7: row(7, title="Jam [IG-12]"), 8: row(8, title="See IG-1 and IG-2"), 9: row(9, title="Gone, IG-1")}
    site.tickets = {8: detail(8, title="See IG-1 and IG-2")}
    site.page = lambda query: list(site.rows.values()) if query["page"] == 1 else []
    async with desk(site) as new:
        assert await new.find([MARKER], None) == {}
    asked = [path.rpartition("/")[2] for method, path, _ in site.asked if method == "GET"]
    assert sorted(asked) == ["8", "9"]


@pytest.mark.parametrize("answer", [None, {"id": 8, "title": "Jam [IG-1]"}], ids=str)
async def test_a_title_that_is_looked_at_is_that_of_its_row(answer: Any) -> None:
    site = Site()
    site.rows = {7: row(7, title="Jam")}
    site.always["GET /api/TicketsApi/7"] = sent(answer)
    site.page = lambda query: list(site.rows.values()) if query["page"] == 1 else []
    async with desk(site) as new:
        with pytest.raises(Fatal, match="ticket 7: an answer that is not this ticket"):
            await new.find([MARKER], None)
