"""Into a target that adopts lists: ids, texts and times stay what they were, whatever they are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.mapping.comments import Abilities
from syncer.mapping.fields import TargetField
from syncer.mapping.keeping import Keeping
from syncer.mapping.match import identical
from syncer.mapping.rules import Rules
from syncer.mapping.tables import DROP, Tables, indexed
from syncer.mapping.ticket import Limits, Skipped
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.lookups import Decision, How, LookupValue, Outcome
from syncer.model.ticket import Comment, File, Rating, Ticket, TicketLink, TimeEntry
from tests.unit.tickets import AT, comment, ticket, value

SOURCE = [
    value("status", "1", "New"), value("status", "6", "Closed"), value("status", "9", "Closed"),
    value("custom_field", "72", "Colour", form="choices"), value("custom_field", "73", "Size", form="choices"),
    value("custom_option", "1", "2", parent="72"), value("custom_option", "2", "1", parent="72"),
    value("custom_option", "3", "Red", parent="72"), value("custom_option", "4", "Red", parent="72"),
    value("custom_option", "5", "1", parent="73"),
]  # fmt: skip
PLAIN = {"fields": {"title": {"from": "title"}, "body": {"from": "body"}}}


def keeping(rules: dict[str, Any] | None = None, **decided: str) -> Keeping:
    """A target that keeps everything, with these rules, and with decisions of a hand by status."""
    statuses = {v.id: v.id for v in SOURCE if v.kind == "status"}
    themselves = {("status", "status"): statuses | {id.removeprefix("_"): to for id, to in decided.items()}}
    tables = Tables(themselves, {}, indexed(SOURCE), indexed(SOURCE), {})
    names = ("requester", "creator", "assignee", "created_at", "number", "html")
    fields = {name: TargetField(None, False) for name in names} | {"status": TargetField("status", False)}
    limits = Limits(
        fields=fields, max_title=None, max_body=None, needs_body=False, html=True, keeps_status=True,
        comments=Abilities(folds=False, private=True, authors=True, times=True),
    )  # fmt: skip
    return Keeping(Rules.model_validate(rules or PLAIN), tables, limits, "IG")


def kept(one: Ticket, rules: dict[str, Any] | None = None) -> Draft:
    draft = keeping(rules).map(one)
    assert isinstance(draft, Draft), draft
    return draft


TEXTS = st.text() | st.sampled_from(["<script>x</script>", "<p onclick=x>a", "  a\n\tb ", "a & b < c", ""])
IDS = st.none() | st.text(min_size=1)


@given(title=TEXTS, body=TEXTS, html=st.booleans(), people=st.tuples(IDS, IDS, IDS), said=st.lists(TEXTS, max_size=3))
def test_whatever_the_ticket_it_stays_as_it_is_and_nothing_is_lost(
    title: str, body: str, html: bool, people: tuple[str | None, str | None, str | None], said: list[str]
) -> None:
    comments = tuple(
        Comment(str(n), people[n % 3], AT if n else None, text, bool(n % 2), (File(f"f{n}"),), not n)
        for n, text in enumerate(said)
    )
    one = ticket(
        title=title, body=body, html=html, requester=people[0], creator=people[1], assignee=people[2],
        comments=comments, files=(File("f"),), values={"status": "9", "unheard of": "x/7"},
    )  # fmt: skip
    draft = kept(one)
    assert (draft.title, draft.body, draft.losses, draft.withheld, draft.texts) == (title, body, (), (), ())
    names = ("requester", "creator", "assignee")
    assert {name: draft.fields[name] for name in names if name in draft.fields} == {
        name: id for name, id in zip(names, people, strict=True) if id
    }
    assert (draft.fields["status"], draft.fields["unheard of"]) == ("9", "x/7")
    assert draft.fields["html"] == ("true" if html else "false")
    assert draft.fields["created_at"] == AT.isoformat()
    assert "closed_at" not in draft.fields
    assert [
        Comment(c.id, c.author, c.created_at, c.body, c.public, c.files, c.solution) for c in draft.comments
    ] == list(comments)
    assert (draft.files, draft.key) == ((File("f"),), "IG-4711")


def test_what_hangs_on_it_comes_along() -> None:
    more: dict[str, Any] = {
        "tags": ("b", "a"), "cc": ("9", "nobody"), "links": (TicketLink(TicketId("7"), "parent"),),
        "times": (TimeEntry("1", None, None, 60),), "rating": Rating(3), "url": "https://x.example/1",
    }  # fmt: skip
    draft = kept(ticket(**more))
    assert {name: getattr(draft, name) for name in more if name != "url"} | {"url": draft.fields["url"]} == more


def test_choices_are_told_by_their_ids_where_there_is_one_of_that_name() -> None:
    custom = {"72": ("1", "2", "Red", "Gone"), "73": ("1",), "74": ("1",), "75": "1", "76": date(2024, 1, 2)}
    assert kept(ticket(custom=custom)).custom == custom | {"72": ("2", "1", "Red", "Gone"), "73": ("5",)}


@pytest.mark.parametrize(
    ("rule", "of", "wanted"),
    [
        ({"status": {"lookup": "status", "default": "New"}}, {"values": {}}, {"status": "1"}),
        ({"status": {"lookup": "status"}}, {"values": {"status": "6"}}, {"status": "6"}),
        ({"status": {"value": "New"}}, {"values": {"status": "6"}}, {"status": "1"}),
        ({"number": {"template": "was {{ ticket.key }}"}}, {}, {"number": "was #4711"}),
    ],
)
def test_a_rule_changes_one_field(rule: dict[str, Any], of: dict[str, Any], wanted: dict[str, str]) -> None:
    draft = kept(ticket(**of), {"fields": rule})
    assert draft.fields.items() >= wanted.items()
    assert (draft.title, draft.fields["requester"]) == ("Printer is down", "301")


def test_a_value_that_a_hand_left_out_stays_out() -> None:
    draft = keeping({"fields": {"status": {"lookup": "status"}}}, _6=DROP).map(ticket(values={"status": "6"}))
    assert isinstance(draft, Draft)
    assert "status" not in draft.fields


def test_a_text_of_a_rule_is_html() -> None:
    draft = kept(ticket(html=False, body="a < b"), {"fields": {"body": {"template": "{{ ticket.title }}!"}}})
    assert (draft.body, draft.fields["html"]) == ("Printer is down!", "true")
    draft = kept(ticket(body="<p>a</p>"), {"fields": {"body": {"from": "body", "as": "text"}}})
    assert (draft.body, draft.fields["html"]) == ("a", "true")


def test_what_rules_leave_behind_is_left_behind_and_counted() -> None:
    one = ticket(comments=(comment("said"), comment("hush", public=False, files=1)))
    draft = kept(one, PLAIN | {"comments": {"private": "drop"}})
    assert [c.body for c in draft.comments] == ["said"]
    assert draft.losses == ("private_note_dropped", "private_file_dropped")
    assert isinstance(keeping(PLAIN | {"skip": {"status": ["New"]}}).map(ticket()), Skipped)


def test_each_value_of_an_adopted_list_is_itself() -> None:
    gone = LookupValue("status", "5", "Closed", active=False)
    by_hand = Decision("status", "status", "1", Outcome.DROP, None, How.HAND)
    found = identical(
        [*SOURCE[:3], gone], {"1": by_hand, "6": Decision("status", "status", "6", Outcome.MAP, "9", How.FUZZY)}
    )
    assert [p.decision for p in found] == [
        by_hand,
        *(Decision("status", "status", id, Outcome.MAP, id, How.EXACT) for id in ("6", "9", "5")),
    ]
