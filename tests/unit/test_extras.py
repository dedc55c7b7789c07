"""Tags, people who are told, links, work and ratings: each carried where the target has a place for it, else told."""

from __future__ import annotations

from typing import Any

from syncer.mapping.extras import Holds
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.ticket import Rating, Ticket, TicketLink, TimeEntry
from tests.unit.tickets import AT, limits, mapper, tables, ticket

ALL = Holds(tags=True, cc=True, custom=True, times=True, links=True, rating=True)
LINK = TicketLink(TicketId("4690"), "parent")
LINES = (
    "Tags: vpn, größer", "Also told: Mia Muster <mia@acme.example>, Ada Agent",
    "Work: 25 min, Mia Muster <mia@acme.example>, 2025-07-31 22:15:00 UTC: Swap", "Linked: parent 4690",
    "Rated 4 of 5: fine",
)  # fmt: skip
CODES = ("tags", "cc", "cc", "time_entry", "link", "rating")


def full() -> Ticket:
    return ticket(
        tags=("vpn", "größer"), cc=("301", "9"), links=(LINK,), times=(TimeEntry("61", "301", AT, 1500, "Swap"),),
        rating=Rating(4, words="fine"),
    )  # fmt: skip


def draft(to: Holds, **rules: Any) -> Draft:
    found = mapper(rules, tables(), limits(holds=to)).map(full())
    assert isinstance(found, Draft)
    return found


def counted(found: Draft, ending: str) -> list[str]:
    return [code.removesuffix(ending) for code in found.losses if code.removesuffix(ending) in CODES]


def test_what_has_a_place_is_carried_and_not_told() -> None:
    found = draft(ALL)
    assert (found.tags, found.cc, found.links) == (("vpn", "größer"), ("guid-mia",), (LINK,))
    assert found.times == (TimeEntry("61", "guid-mia", AT, 1500, "Swap"),)
    assert found.rating == Rating(4, words="fine")
    assert counted(found, "_as_text") == ["cc"], "Ada is unknown to the target"
    assert [line for line in LINES if line in found.body] == []
    assert "Also told: Ada Agent" in found.body


def test_what_has_none_is_told_and_counted_each_time() -> None:
    found = draft(Holds())
    assert (found.tags, found.cc, found.links, found.times, found.rating) == ((), (), (), (), None)
    assert [line for line in LINES if line not in found.body] == []
    assert sorted(counted(found, "_as_text")) == sorted(CODES)


def test_without_a_head_it_is_counted_as_left_out() -> None:
    found = draft(Holds(), header=False)
    assert [line for line in LINES if line in found.body] == []
    assert sorted(counted(found, "_dropped")) == sorted(CODES)


def test_the_rules_may_add_tags_and_keep_people_out_of_the_mails() -> None:
    assert draft(ALL, tags={"add": ["old-desk", "vpn"]}).tags == ("vpn", "größer", "old-desk")
    assert draft(ALL, tags={"carry": False, "add": ["old-desk"]}).tags == ("old-desk",)
    quiet = draft(ALL, cc="text")
    assert quiet.cc == ()
    assert counted(quiet, "_as_text") == ["cc", "cc"]


def test_a_target_with_a_field_for_the_marker_keeps_the_title_as_it_is() -> None:
    found = mapper({}, tables(), limits(marked=False)).map(ticket(title="x" * 60))
    assert isinstance(found, Draft)
    assert (found.title, found.key) == ("x" * 60, "IG-4711")
