"""The house is kept as STYLE.md says, and each of its rules can be broken."""

from __future__ import annotations

import pytest

from tests.house.code import Module, package
from tests.house.rules import CATCH_ALL, RULES, Rule, catch_alls


def _once() -> list[Rule]:
    return list(dict.fromkeys(rule for rule, _, _ in RULES))


@pytest.mark.parametrize("rule", _once(), ids=lambda rule: rule.__name__)
def test_the_house_is_kept(rule: Rule) -> None:
    assert [offence for module in package() for offence in rule(module)] == []


@pytest.mark.parametrize(("rule", "path", "text"), RULES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_offence_is_found(rule: Rule, path: str, text: str) -> None:
    assert len(list(rule(Module(path, text)))) == 1


def test_every_catch_all_that_has_a_reason_is_still_there() -> None:
    there = {place for module in package() for place in catch_alls(module)}
    assert CATCH_ALL.keys() <= there
