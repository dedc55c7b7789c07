"""What a target has no place for is told so that a person can read it, and in order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.mapping.transcript import CUT_NOTE, Teller, split_at, stamp
from tests.unit.tickets import AT, comment, tables, ticket

ATTRIBUTION = "{{ author }} wrote on {{ created_at }}:"


def teller(*, html: bool = False, attribution: str = ATTRIBUTION) -> Teller:
    return Teller(tables(), html=html, attribution=attribution)


def test_a_time_is_told_in_utc_to_the_second_or_as_unknown() -> None:
    assert stamp(AT.replace(microsecond=999_999)) == "2025-07-31 22:15:00 UTC"
    assert stamp(None) == "an unknown time"


def test_people_are_told_by_name_and_mail_and_nobody_is_made_up() -> None:
    who = teller()
    assert who.named("301") == "Mia Muster <mia@acme.example>"
    assert who.named("9") == "Ada Agent"
    assert who.named("404") == "user 404"
    assert who.named(None) == "unknown"


def test_the_head_leaves_out_what_there_is_not() -> None:
    bare = ticket(values={}, requester=None, created_at=None, updated_at=None)
    assert teller().head(bare, None) == [
        "Request #4711", "Requester: unknown", "Created an unknown time, changed an unknown time",
    ]  # fmt: skip


def test_the_head_names_what_a_person_would_look_for() -> None:
    full = ticket(
        url="https://old.example/4711", assignee="9", closed_at=AT,
        custom={"72": ("A-17",), "98": ("x", "y"), "97": date(2025, 8, 1)},
    )  # fmt: skip
    assert teller().head(full, "The whole long title") == [
        "The whole long title",
        "Request #4711 https://old.example/4711",
        "Requester: Mia Muster <mia@acme.example>",
        "Assigned to: Ada Agent",
        "Status: New, Priority: Urgent",
        "Created 2025-07-31 22:15:00 UTC, changed 2025-07-31 22:15:00 UTC, closed 2025-07-31 22:15:00 UTC",
    ]
    assert teller().custom_lines(full, {"97"}) == ["Asset tag: A-17", "98: x, y"]


def test_an_attribution_says_what_the_mapping_file_wants() -> None:
    told = teller(attribution="[{{ author_email }}|{{ author }}]").comment(comment("hi", author="301"), False)
    assert told == "[mia@acme.example|Mia Muster]\nhi"


def test_text_stays_text_and_html_becomes_text() -> None:
    assert teller().comment(comment("a < b & c"), False).endswith(":\na < b & c")
    assert teller().comment(comment("<p>a &lt; b</p><p>c</p>"), True).endswith(":\na < b\n\nc")


def test_in_html_nothing_that_was_text_becomes_markup() -> None:
    told = teller(html=True, attribution="<{{ author }}>").comment(comment("<script>x</script>"), False)
    assert told == "<p>&lt;Ada Agent&gt;</p>&lt;script&gt;x&lt;/script&gt;"
    whole = teller(html=True).join(["Request <1>"], "<p>body</p>", [told])
    assert whole == f"<p>Request &lt;1&gt;</p><p>body</p><hr>{told}"


def test_parts_stand_apart_and_empty_ones_leave_no_gap() -> None:
    assert teller().join(["a", "b"], "body", ["one", "two"]) == "a\nb\n\nbody\n\none\n\ntwo"
    assert teller().join(["a"], "", ["one"]) == "a\n\none"
    assert teller().join([], "", []) == ""


@given(st.text(st.sampled_from("ab \n"), min_size=200, max_size=6000), st.integers(150, 5000))
def test_a_cut_text_fits_and_loses_no_letter(text: str, most: int) -> None:
    if len(text) <= most:
        return
    first, rest = split_at(text, most, CUT_NOTE)
    assert len(first) <= most
    assert first.endswith(f"\n\n{CUT_NOTE}")
    kept = first.removesuffix(CUT_NOTE)
    assert "".join((kept + rest).split()) == "".join(text.split())


@pytest.mark.parametrize("most", [150, 1500, 60_000])
def test_a_cut_is_made_at_the_end_of_a_line(most: int) -> None:
    text = "\n".join(f"line {n}" for n in range(10_000))
    first, rest = split_at(text, most, CUT_NOTE)
    assert first.removesuffix(f"\n\n{CUT_NOTE}").splitlines() + rest.splitlines() == text.splitlines()
