"""From ticket to draft: nothing is lost without being counted, nothing private is told, nothing is guessed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.mapping.comments import Abilities
from syncer.mapping.fields import TargetField
from syncer.mapping.tables import DROP
from syncer.mapping.ticket import Skipped
from syncer.model.draft import Draft, Unmapped
from syncer.model.ids import TicketId
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Comment, File, Ticket
from tests.unit.tickets import DECIDED, FALLBACK, comment, limits, mapper, tables, ticket


def draft(mapped: Draft | Unmapped | Skipped) -> Draft:
    assert isinstance(mapped, Draft), mapped
    return mapped


def missing(mapped: Draft | Unmapped | Skipped) -> tuple[tuple[str, str, str], ...]:
    assert isinstance(mapped, Unmapped), mapped
    return mapped.missing


def test_an_ordinary_ticket_arrives_in_the_targets_words() -> None:
    found = draft(mapper().map(ticket()))
    assert (found.source_id, found.key, found.version) == ("4711", "IG-4711", "v1")
    assert found.title == "Printer is down [IG-4711]"
    assert found.fields == {"status": "10", "priority": "2", "site_id": "1", "requester": "guid-mia"}
    assert found.body.splitlines()[:2] == ["Request #4711", "Requester: Mia Muster <mia@acme.example>"]
    assert found.body.endswith("\n\nIt burns")
    assert found.losses == ("times_as_text",)


def test_every_value_without_a_decision_is_named_at_once() -> None:
    odd = ticket(values={"status": "9", "priority": "4"}, requester="77")
    rules = {"people": {}, "fields": {"site_id": {"lookup": "location"}}}
    assert missing(mapper(rules).map(odd)) == (
        ("status", "status", "9"),
        ("priority", "priority", "4"),
        ("requester", "person", "77"),
        ("site_id", "site", "(empty)"),
    )


def test_a_conversion_that_fails_hides_no_value_without_a_decision() -> None:
    rules = {"fields": {"note": {"from": "title", "do": ["number"]}, "priority": {"lookup": "priority"}}}
    named = missing(mapper(rules).map(ticket(title="no number", values={"status": "9", "priority": "4"})))
    assert {field for field, _, _ in named} == {"note", "status", "priority"}


def test_a_default_takes_what_has_no_counterpart_and_is_counted() -> None:
    rules = {"fields": {"priority": {"lookup": "priority", "default": "Medium"}}}
    found = draft(mapper(rules).map(ticket(values={"status": "1", "priority": "4"})))
    assert found.fields["priority"] == "5"
    assert "priority_defaulted" in found.losses
    empty = draft(mapper(rules).map(ticket(values={"status": "1"})))
    assert empty.fields["priority"] == "5"
    assert "priority_defaulted" not in empty.losses


def test_a_default_may_be_a_path_where_its_name_says_too_little() -> None:
    of = tables()
    for id, path in (("70", ("Hardware", "Other")), ("71", ("Software", "Other")), ("72", ("Other",))):
        of.target["category", id] = LookupValue(kind="category", id=id, name="Other", path=path)
    assert [of.target_id("category", word) for word in ("software / other", "Other", "Hardware")] == ["71", "72", None]
    del of.target["category", "72"]
    assert of.target_id("category", "Other") is None
    to = limits(fields={**limits().fields, "category": TargetField("category", False)})
    rules = {"fields": {"category": {"lookup": "category", "default": "Software / Other"}}}
    assert draft(mapper(rules, of, to).map(ticket())).fields["category"] == "71"


def test_a_value_to_be_dropped_is_no_value() -> None:
    decided = {**DECIDED, ("priority", "priority"): {"3": DROP}}
    found = draft(mapper(of=tables(decided=decided)).map(ticket()))
    assert "priority" not in found.fields
    assert "priority_left_out" in found.losses


def test_a_value_of_a_list_that_no_rule_is_about_is_told_and_counted() -> None:
    odd = ticket(values={"status": "1", "priority": "3", "category": "12"})
    found = draft(mapper().map(odd))
    assert "Category: Hardware / Printers" in found.body.splitlines()
    assert found.losses.count("list_values_as_text") == 1
    untold = draft(mapper({"header": False}).map(odd))
    assert "Printers" not in untold.body
    assert "list_values_dropped" in untold.losses
    for rule in (
        {"lookup": "category", "default": "Medium"},
        {"from": "category"},
        {"template": "{{ ticket.category }}!"},
    ):
        read = draft(
            mapper({"fields": {"note": rule}}, of=tables(decided={**DECIDED, ("category", "note"): {}})).map(odd)
        )
        assert not any(loss.startswith("list_values") for loss in read.losses)


def test_what_no_head_tells_is_not_counted_as_told() -> None:
    odd = ticket(creator="9", assignee="9", custom={"72": "PC-4"}, values={"status": "6"})
    of = tables(people={"301": "guid-mia"})
    losses = draft(mapper({"header": False}, of, limits(keeps_status=False)).map(odd)).losses
    assert set(losses) == {
        "times_dropped",
        "creator_dropped",
        "assignee_dropped",
        "status_dropped",
        "custom_fields_dropped",
    }


def test_a_target_that_is_told_the_rest_is_told_of_people_it_does_not_know() -> None:
    native = Abilities(folds=False, private=True, authors=True, times=True)
    fields = {**limits().fields, "assignee": TargetField("person", False), "creator": TargetField("person", False)}
    found = draft(mapper(to=limits(comments=native, fields=fields)).map(ticket(creator="9", assignee="9")))
    assert found.body.splitlines()[:2] == ["Opened by: Ada Agent", "Assigned to: Ada Agent"]
    assert found.losses == ("assignee_as_text", "creator_as_text")


def test_a_decision_for_the_default_is_a_decision() -> None:
    of = tables(defaulted={("priority", "priority"): {"4"}})
    assert "priority" not in draft(mapper(of=of).map(ticket(values={"status": "1", "priority": "4"}))).fields


def test_somebody_unknown_is_stood_in_for_and_counted_or_asked_about() -> None:
    for requester in ("77", None):
        found = draft(mapper().map(ticket(requester=requester)))
        assert found.fields["requester"] == FALLBACK
        assert "requester_fallback" in found.losses
        assert missing(mapper({"people": {}}).map(ticket(requester=requester))) == (
            ("requester", "person", requester or "(empty)"),
        )


def test_whoever_opened_it_for_somebody_else_is_named_and_counted_where_the_target_is_not_told() -> None:
    opened, line = ticket(creator="9"), "Opened by: Bob Agent <bob@acme.example>"
    of = tables()
    of.source["person", "9"] = LookupValue(kind="person", id="9", name="Bob Agent", email="bob@acme.example")
    of.source["person", "Mia Muster"] = LookupValue(kind="person", id="Mia Muster", name="Mia Muster")
    found = draft(mapper(of=of).map(opened))
    assert found.body.splitlines()[2] == line
    assert "creator_as_text" in found.losses
    with_creators = limits(fields={**limits().fields, "creator": TargetField("person", False)})
    assert "creator_as_text" in draft(mapper(of=of, to=with_creators).map(opened)).losses
    of.people["9"] = "guid-bob"
    for kept in (
        draft(mapper(of=of, to=with_creators).map(opened)),
        draft(mapper(of=of).map(ticket())),
        # Of some desks' creators only the name is told: by that it was the requester.
        draft(mapper(of=of).map(ticket(creator="Mia Muster"))),
    ):
        assert "Opened by" not in kept.body
        assert "creator_as_text" not in kept.losses


def test_a_rule_leaves_tickets_behind_by_name_or_id() -> None:
    for word in ("Closed", "closed", "6", 6):
        left = mapper({"skip": {"status": [word]}})
        assert left.map(ticket(values={"status": "6"})) == Skipped(TicketId("4711"), "skip.status")
        assert isinstance(left.map(ticket()), Draft)


def test_a_long_title_is_cut_for_the_marker_and_stands_whole_in_the_text() -> None:
    title = "x" * 100 + " end"
    found = draft(mapper().map(ticket(title=title)))
    assert len(found.title) <= 60
    assert found.title.endswith("… [IG-4711]")
    assert title in found.body
    assert "title_cut" in found.losses


def test_the_text_of_an_empty_ticket_is_not_empty() -> None:
    assert draft(mapper({"header": False}).map(ticket(body=""))).body == "(no description)"
    assert draft(mapper().map(ticket(title=""))).title == "[IG-4711]"


def test_a_long_text_goes_on_in_a_file_or_is_cut_and_counted() -> None:
    long = ticket(body="\n".join(f"line {n}" for n in range(2000)), html=False)
    attached = draft(mapper().map(long))
    assert len(attached.body) <= 2000
    assert attached.losses.count("body_rest_attached") == 1
    (rest,) = attached.texts
    assert rest.name == "IG-4711-rest.txt"
    told = attached.body.partition("\n\n[The rest")[0] + "\n" + rest.text
    assert all(f"line {n}\n" in told + "\n" for n in range(2000))
    cut = draft(mapper({"too_long": {"body": "cut"}}).map(long))
    assert (cut.texts, cut.losses.count("body_cut")) == ((), 1)
    assert len(cut.body) <= 2000


def test_what_a_target_has_no_place_for_is_told_and_counted() -> None:
    full = ticket(
        assignee="9", custom={"72": ("A-17",)}, comments=(comment("one", files=1), comment("two")),
        files=(File("a"),), closed_at=ticket().created_at,
    )  # fmt: skip
    found = draft(mapper().map(full))
    for words in ("Assigned to: Ada Agent", "Asset tag: A-17", "Ada Agent wrote on 2025-07-31 22:15:00 UTC:\none",
                  "Status: New, Priority: Urgent", "closed 2025-07-31 22:15:00 UTC"):  # fmt: skip
        assert words in found.body
    assert found.body.index("\none") < found.body.index("\ntwo")
    assert Counter(found.losses) == {
        "times_as_text": 1, "comment_as_text": 2, "assignee_as_text": 1, "custom_fields_as_text": 1,
    }  # fmt: skip
    assert [file.id for file in found.files] == ["a", "f-one-0"]


def test_a_target_that_keeps_only_open_tickets_gets_open_ones_and_is_told_what_they_were() -> None:
    found = draft(mapper(to=limits(keeps_status=False)).map(ticket(values={"status": "6", "priority": "3"})))
    assert found.fields["status"] == "10"
    assert "Status: Closed" in found.body
    assert found.losses.count("status_as_text") == 1
    still = draft(mapper(to=limits(keeps_status=False)).map(ticket()))
    assert "status_as_text" not in still.losses


def test_a_private_note_stays_with_us_whole_and_counted() -> None:
    noted = ticket(comments=(comment("hello"), comment("SECRET note", public=False, files=2)))
    found = draft(mapper().map(noted))
    assert "SECRET" not in found.body + found.title
    assert [file.id for file in found.files] == []
    (note,) = found.withheld
    assert (note.ticket, note.author, note.body) == ("4711", "Ada Agent", "SECRET note")
    assert (found.losses.count("private_note_withheld"), found.losses.count("private_file_withheld")) == (1, 2)


def test_a_private_note_that_is_dropped_is_counted_with_its_files() -> None:
    noted = ticket(comments=(comment("SECRET note", public=False, files=2),))
    found = draft(mapper({"comments": {"private": "drop"}}).map(noted))
    assert "SECRET" not in found.body
    assert (found.withheld, found.files) == ((), ())
    assert (found.losses.count("private_note_dropped"), found.losses.count("private_file_dropped")) == (1, 2)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
COMMENTS = st.lists(st.tuples(TEXTS, st.booleans(), st.integers(0, 2)), max_size=5)


@settings(max_examples=100)
@given(TEXTS, TEXTS, st.booleans(), COMMENTS, st.sampled_from(["1", "6", "9", ""]), st.booleans())
def test_whatever_the_ticket_the_draft_keeps_its_promises(
    title: str, body: str, html: bool, said: list[tuple[str, bool, int]], status: str, to_html: bool
) -> None:
    comments = tuple(
        Comment(f"c{n}", "9", None, text if public else f"PRIVATE-{n} {text}", public, (File(f"f{n}"),) * count)
        for n, (text, public, count) in enumerate(said)
    )
    one = ticket(title=title, body=body, html=html, comments=comments, values={"status": status} if status else {})
    rules: dict[str, Any] = {"fields": {"status": {"lookup": "status", "default": "Open"}}}
    maps = mapper(rules, to=limits(html=to_html))
    found = draft(maps.map(one))
    assert found == draft(maps.map(one))
    assert len(found.title) <= 60
    assert found.title.endswith("[IG-4711]")
    assert "\n" not in found.title
    assert found.body.strip()
    assert len(found.body) <= 2000
    assert "PRIVATE-" not in msgspec.json.encode(msgspec.structs.replace(found, withheld=())).decode()
    private = [one for one in comments if not one.public]
    assert [note.body for note in found.withheld] == [one.body for one in private]
    assert {file.id for file in found.files} == {file.id for one in comments if one.public for file in one.files}


@pytest.mark.parametrize(
    ("rule", "given", "got"),
    [
        ({"from": "title"}, {}, "Printer is down"),
        ({"from": "title", "do": ["upper"]}, {}, "PRINTER IS DOWN"),
        ({"from": "custom.Asset tag"}, {"custom": {"72": ("A-17",)}}, "A-17"),
        ({"from": "custom.72"}, {"custom": {"72": ("a", "b")}}, "a, b"),
        ({"from": "custom.asset TAG", "default": "none"}, {}, "none"),
        ({"template": "{{ ticket.key }} by {{ ticket.requester }}"}, {}, "#4711 by Mia Muster"),
        ({"template": "{{ ticket.category }}"}, {"values": {"status": "1", "category": "12"}}, "Hardware / Printers"),
        ({"value": 42}, {}, "42"),
        ({"from": "assignee"}, {}, None),
        ({"from": "assignee"}, {"assignee": "404"}, "user 404"),
    ],
)
def test_a_field_comes_from_where_its_rule_says(rule: dict[str, Any], given: dict[str, Any], got: str | None) -> None:
    found = draft(mapper({"fields": {"note": rule}}).map(ticket(**given)))
    assert found.fields.get("note") == got


def test_a_word_that_names_no_value_of_the_targets_list_is_missing() -> None:
    to = limits(fields={"priority": TargetField("priority", False)})
    rules = {"fields": {"priority": {"from": "title"}}, "people": {}}
    assert missing(mapper(rules, to=to).map(ticket(title="Extreme"))) == (("priority", "priority", "Extreme"),)
    assert draft(mapper(rules, to=to).map(ticket(title="high"))).fields["priority"] == "2"


@pytest.mark.parametrize("id", ["4711", "INC-4711", "a b/c", "ü1", "x_1_"])
def test_a_marker_is_made_of_letters_digits_and_hyphens(id: str) -> None:
    key = mapper().key(TicketId(id))
    assert key.startswith("IG-")
    assert key.replace("-", "").isalnum()
    assert key.isascii()


def test_tickets_are_values_and_mapping_changes_none() -> None:
    one: Ticket = ticket(comments=(comment("x", public=False),))
    before = msgspec.json.encode(one)
    mapper().map(one)
    assert msgspec.json.encode(one) == before


@pytest.mark.parametrize(
    ("form", "html", "body", "lost"),
    [
        (None, False, "a b", 0),
        ("text", False, "a b", 0),
        ("html", False, "a b", 1),
        (None, True, "<p>a <b>b</b></p>", 0),
        ("html", True, "<p>a <b>b</b></p>", 0),
        ("text", True, "a b", 0),
    ],
)
def test_a_body_has_the_form_it_is_wanted_in_or_its_markup_is_counted(
    form: str | None, html: bool, body: str, lost: int
) -> None:
    rule = {"from": "body"} | ({"as": form} if form else {})
    rules = {"header": False, "fields": {"body": rule}}
    found = draft(mapper(rules, to=limits(html=html)).map(ticket(body="<p>a <b>b</b></p>", html=True)))
    assert found.body == body
    assert found.losses.count("markup_as_text") == lost


def test_only_the_body_has_a_form() -> None:
    with pytest.raises(ValueError, match=r"fields.title: `as` is for the field body"):
        mapper({"fields": {"title": {"from": "title", "as": "text"}}})
