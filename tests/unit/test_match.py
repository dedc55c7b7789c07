"""Matching: what is sure is decided, what is not is only suggested, what a hand decided stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncer.mapping.match import Proposal, match_people, propose
from syncer.model.lookups import Decision, How, LookupValue, Outcome, StatusClass


def flat(*names: str, first: int = 1) -> list[LookupValue]:
    return [LookupValue("priority", str(first + n), name) for n, name in enumerate(names)]


def tree(*paths: str, first: int = 1) -> list[LookupValue]:
    found = []
    for n, path in enumerate(paths):
        steps = tuple(path.split("/"))
        found.append(LookupValue("category", str(first + n), steps[-1], steps))
    return found


def proposed(
    source: Sequence[LookupValue],
    target: Sequence[LookupValue],
    aliases: Mapping[str, str] | None = None,
    fuzzy: float = 0.9,
    existing: Mapping[str, Decision] | None = None,
) -> list[Proposal]:
    return propose(source, target, "priority", "priority", aliases or {}, fuzzy, existing or {})


def only(*args: object, **more: object) -> Proposal:
    (proposal,) = proposed(*args, **more)  # type: ignore[arg-type]
    return proposal


def chosen(proposal: Proposal) -> tuple[str | None, How] | None:
    return (proposal.decision.target_id, proposal.decision.how) if proposal.decision else None


def before(target_id: str | None, how: How, outcome: Outcome = Outcome.MAP) -> dict[str, Decision]:
    return {"1": Decision("priority", "priority", "1", outcome, target_id, how)}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("High", "HIGH"), (" In  progress", "In-Progress"), ("Ｈｉｇｈ", "high"), ("Straße", "STRASSE"), ("C++", "c++"),
     ("Wi\u00adFi", "WiFi"), ("Café", "Cafe\u0301"), ("---", "---"), ("R&D", "r&d"), ("हिन्दी", "हिन्दी")],
)  # fmt: skip
def test_names_are_the_same_whatever_case_width_space_and_punctuation(ours: str, theirs: str) -> None:
    assert chosen(only(flat(ours), flat("other thing", theirs))) == ("2", How.EXACT)


@pytest.mark.parametrize(("ours", "theirs"), [("C#", "C"), ("C++", "C"), ("a&b", "a b"), ("...", "---"), ("", "")])
def test_names_that_differ_in_telling_signs_are_not_the_same(ours: str, theirs: str) -> None:
    assert only(flat(ours), flat(theirs), fuzzy=1.0).decision is None


def test_one_of_two_targets_that_differ_in_punctuation_is_the_better_one() -> None:
    assert chosen(only(flat("on-hold"), flat("on hold", "On-Hold"))) == ("2", How.EXACT)


def test_two_targets_of_one_name_are_never_applied() -> None:
    proposal = only(flat("High"), flat("High", "high", "Low"))
    assert proposal.decision is None
    assert [(s.target.id, s.reason) for s in proposal.suggestions] == [("1", "same name"), ("2", "same name")]


def test_inactive_targets_are_never_chosen_nor_suggested() -> None:
    gone = [LookupValue("priority", "1", "High", active=False)]
    proposal = only(flat("High"), gone, aliases={"High": "High"})
    assert proposal.decision is None
    assert proposal.suggestions == ()
    assert "no active value" in proposal.problem


def test_an_alias_goes_before_the_name_by_name_path_or_id() -> None:
    target = flat("Urgent", "Top")
    for word in ("top", "2"):
        assert chosen(only(flat("Urgent"), target, aliases={"URGENT": word})) == ("2", How.ALIAS)
    paths = tree("Hardware/Other", "Software/Other")
    assert chosen(only(tree("Apps/Other"), paths, aliases={"Apps / Other": "software / other"})) == ("2", How.ALIAS)


@pytest.mark.parametrize(("names", "said"), [(["Low"], "no active"), (["Top", "TOP"], "several")])
def test_an_alias_without_one_target_is_a_problem_and_nothing_else_is_applied(names: list[str], said: str) -> None:
    proposal = only(flat("Urgent"), flat("Urgent", *names), aliases={"Urgent": "Top"})
    assert proposal.decision is None
    assert said in proposal.problem
    assert "Urgent" in proposal.problem


def test_trees_meet_by_their_whole_path() -> None:
    target = tree("Hardware", "Hardware/Other", "Software", "Software/Other")
    assert chosen(only(tree("software/OTHER"), target)) == ("4", How.PATH)
    assert chosen(only(tree("Hardware"), target)) == ("1", How.EXACT)
    elsewhere = only(tree("Hardware/Keyboards"), tree("Hardware", "Parts/Keyboards"))
    assert elsewhere.decision is None
    assert [s.target.id for s in elsewhere.suggestions] == ["2", "1"]


def test_a_tree_meets_a_flat_list_by_leaf_only_where_the_leaf_is_alone() -> None:
    source = tree("Hardware/Printer", "Hardware/Other", "Software/Other", "Software/Mail/Outlook")
    printer, one, two, outlook = proposed(source, flat("Printer", "Other", "Software"))
    assert chosen(printer) == ("1", How.PATH)
    assert one.decision is None
    assert two.decision is None
    assert one.suggestions[0].target.id == "2"
    assert outlook.decision is None
    assert (outlook.suggestions[0].target.id, outlook.suggestions[0].reason) == ("3", "nearest ancestor")
    assert chosen(only(flat("Printer"), tree("Hardware/Printer"))) == ("1", How.PATH)
    assert only(flat("Other"), tree("Hardware/Other", "Software/Other")).decision is None


def test_a_flat_list_may_write_paths_into_its_names() -> None:
    assert chosen(only(tree("Hardware/Other"), flat("Hardware > Other", "Software > Other"))) == ("1", How.PATH)


def test_levels_that_take_the_name_of_their_desk_become_its_group_where_there_are_none() -> None:
    levels = [LookupValue("group", str(n), "IT", ("IT", f"level {n}")) for n in (1, 2)]
    others = [LookupValue("group", f"3{top}", "Other", (top, "Other")) for top in ("IT", "HR")]
    groups = [LookupValue("group", "9", "it"), LookupValue("group", "8", "Other")]
    one, two, *unclear = proposed([*levels, *others], groups)
    assert chosen(one) == chosen(two) == ("9", How.PATH)
    assert [proposal.decision for proposal in unclear] == [None, None], "two places of one name are two things"


def test_levels_meet_levels() -> None:
    levels = [LookupValue("group", str(n), "IT", ("IT", f"level {n}")) for n in (1, 2)]
    theirs = [replace(one, id=f"9{one.id}") for one in levels]
    assert [chosen(proposal) for proposal in proposed(levels, theirs)] == [("91", How.PATH), ("92", How.PATH)]


def test_a_status_without_a_namesake_becomes_the_first_of_its_class() -> None:
    source = [LookupValue("status", "1", "Waiting for parts", status_class=StatusClass.PENDING)]
    target = [
        LookupValue("status", id, f"s{id}", status_class=StatusClass.PENDING, active=active)
        for id, active in (("10", True), ("9", True), ("1", False))
    ]
    assert chosen(only(source, target)) == ("9", How.CLASS)
    named = LookupValue("status", "11", "waiting for parts", status_class=StatusClass.CLOSED)
    assert chosen(only(source, [*target, named])) == ("11", How.EXACT)


def test_a_similar_name_is_applied_from_the_threshold_on() -> None:
    target = flat("Network access", "Phones")
    proposal = only(flat("Networks access"), target)
    assert chosen(proposal) == ("1", How.FUZZY)
    assert proposal.decision is not None
    assert proposal.decision.score == pytest.approx(0.9655, abs=1e-4)
    assert chosen(only(flat("access network"), target, fuzzy=1.0)) == ("1", How.FUZZY)
    below = only(flat("Networks access"), target, fuzzy=0.99)
    assert below.decision is None
    assert [s.target.id for s in below.suggestions] == ["1"]


def test_similar_names_are_not_applied_when_two_are_near_or_numbers_differ() -> None:
    near = only(flat("Network access X"), flat("Network access A", "Network access B"))
    assert near.decision is None
    assert [s.target.id for s in near.suggestions] == ["1", "2"]
    assert only(flat("Support level 1"), flat("Support level 2", "Sales")).decision is None


def test_three_suggestions_at_most_and_none_that_is_not_similar() -> None:
    proposal = only(flat("Office floor"), flat(*(f"Office floor {n}" for n in "abcde"), "Zebra"), fuzzy=1.0)
    assert [s.target.id for s in proposal.suggestions] == ["1", "2", "3"]
    assert only(flat("Office floor"), flat("Zebra")).suggestions == ()


def test_what_a_hand_decided_stays_also_a_decision_taken_back() -> None:
    target = flat("High", "Low")
    for outcome, id in ((Outcome.MAP, "2"), (Outcome.DROP, None), (Outcome.UNDECIDED, None)):
        old = before(id, How.HAND, outcome)
        assert only(flat("High"), target, aliases={"High": "High"}, existing=old).decision is old["1"]
    back = only(flat("High"), target, existing=before(None, How.HAND, Outcome.UNDECIDED))
    assert back.suggestions[0].target.id == "1"
    gone = only(flat("High"), target, existing=before("7", How.HAND))
    assert "gone" in gone.problem


def test_a_renamed_target_keeps_what_was_mapped_to_it() -> None:
    kept = before("1", How.EXACT)
    assert only(flat("High"), flat("Urgent"), existing=kept).decision == kept["1"]
    assert only(flat("High prio"), flat("Urgent", "High prios"), existing=kept).decision == kept["1"]
    assert chosen(only(flat("High"), flat("Urgent", "High"), existing=kept)) == ("2", How.EXACT)


def test_a_decision_that_lost_its_ground_is_taken_back() -> None:
    cases = [
        (flat("Low"), before("7", How.EXACT)),  # its target is gone
        (flat("Urgent"), before("1", How.ALIAS)),  # its alias was taken out
        (flat("Urgent"), before("1", How.FUZZY)),  # the threshold was raised
    ]
    for target, old in cases:
        decision = only(flat("High"), target, existing=old).decision
        assert decision is not None
        assert (decision.outcome, decision.target_id) == (Outcome.UNDECIDED, None)
    again = only(flat("High"), flat("High"), existing=before(None, How.EXACT, Outcome.UNDECIDED))
    assert chosen(again) == ("1", How.EXACT)


def test_matching_again_changes_nothing() -> None:
    source = flat("High", "Lows", "Any", "Access network")
    target = flat("high", "Low", "Network access", first=5)
    first = proposed(source, target, aliases={"Any": "Low"}, fuzzy=0.8)
    existing = {p.source.id: p.decision for p in first if p.decision}
    assert len(existing) == 4
    assert proposed(source, target, aliases={"Any": "Low"}, fuzzy=0.8, existing=existing) == first


words = st.text(alphabet="ab #-/İßﬁ\u200b\u0301١", max_size=5)


@given(st.lists(words, max_size=5), st.lists(words, max_size=5))
def test_any_names_bring_one_proposal_each_and_only_listed_targets(ours: list[str], theirs: list[str]) -> None:
    target = flat(*theirs)
    found = proposed(flat(*ours), target)
    assert [p.source.name for p in found] == ours
    assert {p.decision.target_id for p in found if p.decision} <= {v.id for v in target}


# With quadratic time anywhere the next one, and the one with people, would run into the suite's time limit.
def test_thousands_of_names_are_compared() -> None:
    source = flat(*(f"department {n:04} of the eastern branch" for n in range(2000)))
    target = flat(*(f"eastern branch, dept. {n:04}" for n in range(2000)))
    assert len(proposed(source, target)) == 2000


def person(id: str, email: str | None = None, username: str | None = None, *, active: bool = True) -> LookupValue:
    return LookupValue("person", id, f"Person {id}", email=email, username=username, active=active)


def test_people_meet_by_email_then_by_user_name() -> None:
    source = [
        person("1", " Ann@Example.org", "x"),
        person("2", None, "BOB"),
        person("3", "no@example.org"),
        person("4"),
    ]
    target = [person("11", "ann@example.ORG"), person("12", "b@example.org", "bob"), person("13"), person("14", "", "")]
    assert match_people(source, target, ["email", "username"], {}) == ({"1": "11", "2": "12"}, [])
    assert match_people(source, target, ["email"], {}) == ({"1": "11"}, [])


def test_several_people_of_one_email_are_told_apart_by_user_name_or_not_at_all() -> None:
    target = [person("11", "info@example.org", "ann"), person("12", "info@example.org", "bob")]
    found, unclear = match_people(
        [person("1", "info@example.org", "bob"), person("2", "info@example.org", "eve")],
        target, ["email", "username"], {},
    )  # fmt: skip
    assert found == {"1": "12"}
    assert [(a.source.id, a.target_ids) for a in unclear] == [("2", ("11", "12"))]


def test_people_who_left_are_not_chosen() -> None:
    target = [person("11", "ann@example.org", active=False), person("12", "ann@example.org")]
    assert match_people([person("1", "ann@example.org")], target, ["email"], {})[0] == {"1": "12"}
    assert match_people([person("1", "ann@example.org")], target[:1], ["email"], {}) == ({}, [])


def test_the_operators_table_wins_by_email_or_source_id() -> None:
    source = [person("1", "Ann@example.org"), person("AB2"), person("3", "ann@example.org")]
    target = [person("11", "ann@example.org"), person("12", "ann@example.org")]
    table = {"ann@example.org": "77", "ab2": "78"}
    assert match_people(source, target, ["email"], table) == ({"1": "77", "AB2": "78", "3": "77"}, [])


def test_twenty_thousand_people_are_matched() -> None:
    source = [person(str(n), f"P{n}@example.org", f"u{n}") for n in range(20_000)]
    target = [person(f"t{n}", f"p{n}@example.org", f"u{n}") for n in range(20_000)]
    found, unclear = match_people(source, target, ["email", "username"], {})
    assert (len(found), unclear) == (20_000, [])
