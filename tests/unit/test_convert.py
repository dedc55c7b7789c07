"""Conversions: what each does, and that a wrong one is refused before any value is touched."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.mapping.convert import CONVERSIONS, compile_conversions

ARGUMENTS: dict[str, Any] = {
    "map": {"a": "b", "gone": None},
    "regex": {"find": "(a+)", "replace": r"<\1>"},
    "cut": 3,
}
TEXT_STEPS = [
    "strip",
    "upper",
    "lower",
    "title",
    "html_to_text",
    "text_to_html",
    *({n: a} for n, a in ARGUMENTS.items()),
]


@pytest.mark.parametrize(
    ("steps", "before", "after"),
    [
        ([], " as it is ", " as it is "),
        (["strip"], " a ", "a"),
        ([{"strip": "-_"}], "-_a_-", "a"),
        (["upper"], "straße", "STRASSE"),
        (["lower"], "ÀB", "àb"),
        (["title"], "o'neill ÉMILE don't", "O'neill Émile Don't"),
        (["number"], " 007.50 ", "7.5"),
        (["number"], "-0.00", "0"),
        (["number"], "1e3", "1000"),
        ([{"number": {"decimal": ",", "thousands": "."}}], "1.234.567,80", "1234567.8"),
        ([{"date": {"from": "%d.%m.%Y", "to": "%Y-%m-%d"}}], " 31.12.2024 ", "2024-12-31"),
        ([{"date": {"from": "%d/%m/%y"}}], "01/02/03", "2003-02-01"),
        ([{"date": {"from": "%Y-%m-%dT%H:%M:%S%z", "to": "%d.%m.%Y"}}], "2024-01-02T03:04:05+0100", "02.01.2024"),
        ([{"split": ","}, "strip", {"join": " "}], "a, b ,c", "a b c"),
        ([{"split": ";"}, {"map": {"a": "A", "b": None}}, {"join": ""}, "lower"], "a;b;C", "ac"),
        ([{"map": {"a": "b"}}], "a", "b"),
        ([{"map": {"a": "b"}}], "other", "other"),
        ([{"map": {"a": "b", "*": "rest"}}], "other", "rest"),
        ([{"map": {"a": None}}, "upper"], "a", None),
        ([{"regex": {"find": "^0+(?=.)", "replace": ""}}], "007", "7"),
        ([{"regex": {"find": r"(\w+)@.*", "replace": r"\1"}}], "ann@x.example", "ann"),
        (["html_to_text", {"cut": 4}], "<p>long text</p>", "long"),
        (["text_to_html"], "a < b\nc", "a &lt; b<br>c"),
        ([{"cut": 40}], "short", "short"),
        (["strip", "upper"], None, None),
        (["strip"], None, None),
    ],
)
def test_steps_are_applied_in_order(steps: list[Any], before: str | None, after: str | None) -> None:
    assert compile_conversions(steps)(before) == after


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (["uper"], ["step 1", "'uper'", "did you mean 'upper'", "html_to_text"]),
        (["strip", {"cutt": 3}], ["step 2", "did you mean 'cut'"]),
        ([{"cut": "x"}], ["'x'", "{cut: 40}"]),
        ([{"cut": True}], ["True"]),
        ([{"cut": 0}], ["0"]),
        (["cut"], ["{cut: 40}"]),
        ([{"upper": 3}], ["no argument"]),
        ([{"strip": 3}], ["3"]),
        ([{"number": {"decimal": "."}}, {"number": {"decimal": ",", "thousands": ","}}], ["step 2", "different"]),
        ([{"number": {"decimals": ","}}], ["did you mean 'decimal'"]),
        (["date"], ["{date:"]),
        ([{"date": {"to": "%Y"}}], ["wants from"]),
        ([{"date": {"from": "%Q"}}], ["%Q"]),
        ([{"date": {"from": "%Y %Y"}}], ["%Y %Y"]),
        ([{"date": {"from": 3}}], ["text"]),
        ([{"map": {}}], ["{map:"]),
        ([{"map": {True: "x"}}], ["quotes"]),
        ([{"map": {"a": 3}}], ["quotes"]),
        ([{"regex": {"find": "a"}}], ["wants replace"]),
        ([{"regex": {"find": "(", "replace": ""}}], ["'('"]),
        ([{"regex": {"find": "a", "replace": r"\1"}}], ["group"]),
        ([{"regex": "a"}], ["{regex:"]),
        (["split"], ["{split:"]),
        ([{"split": ""}, {"join": " "}], ["step 1"]),
        ([{"split": ","}], ["without a join"]),
        ([{"join": ","}], ["without a split"]),
        ([{"split": ","}, {"split": ";"}], ["step 2", "join between"]),
        ([{"cut": 1, "strip": None}], ["one name"]),
        ([{}], ["one name"]),
        ([3], ["3"]),
    ],
)
def test_a_wrong_step_is_refused_with_its_place_and_a_way_out(steps: list[Any], words: list[str]) -> None:
    with pytest.raises(ValueError) as error:
        compile_conversions(steps)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize(
    ("step", "value"),
    [
        ("number", "abc"),
        ("number", "NaN"),
        ("number", "1_000"),
        ("number", "1e999999"),
        ("number", ""),
        ({"number": {"decimal": ","}}, "1.5"),
        ({"date": {"from": "%d.%m.%Y"}}, "31.02.2024"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_not_guessed(step: Any, value: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        compile_conversions([step])(value)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(TEXT_STEPS), max_size=6), st.text(max_size=60))
def test_a_chain_is_its_steps_one_after_the_other(steps: list[Any], value: str) -> None:
    expected: str | None = value
    for step in steps:
        expected = compile_conversions([step])(expected)
    assert compile_conversions(steps)(value) == expected


@settings(max_examples=200)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.sampled_from(["", " ", "+", "00"]))
def test_a_number_read_twice_stays_the_same(value: Decimal, before: str) -> None:
    number = compile_conversions(["number"])
    once = number(f"{before if value >= 0 else ''}{value:f}")
    assert once is not None
    assert Decimal(once) == value
    assert number(once) == once


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(CONVERSIONS)),
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()),
)
def test_any_argument_is_taken_or_refused_by_a_value_error(name: str, argument: Any) -> None:
    try:
        convert = compile_conversions([{name: argument}])
    except ValueError:
        return
    assert convert(None) is None


def test_every_conversion_of_the_design_is_there() -> None:
    wanted = "strip upper lower title number date split join map regex html_to_text text_to_html cut"
    assert set(CONVERSIONS) == set(wanted.split())
