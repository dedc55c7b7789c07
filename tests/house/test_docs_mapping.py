"""What docs/mapping.md and config/examples say of mapping files holds."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from syncer.deskkit import registry
from syncer.mapping.convert import CONVERSIONS, compile_conversions
from syncer.mapping.rules import FieldRule, Rules
from syncer.reports import letters, summary

from .pages import ROOT, Block, blocks

PAGE = ROOT / "docs/mapping.md"
CASES: list[dict[str, Any]] = [
    case for block in blocks(PAGE, "yaml tested conversions") for case in yaml.safe_load(block.text)
]


@pytest.mark.parametrize("block", blocks(PAGE, "yaml tested"), ids=lambda block: f"line {block.line}")
def test_a_whole_mapping_of_the_page_is_valid(block: Block) -> None:
    rules = Rules.model_validate(yaml.safe_load(block.text))
    assert rules.examples
    assert "requester" not in rules.fields


@pytest.mark.parametrize("block", blocks(PAGE, "yaml tested fields"), ids=lambda block: f"line {block.line}")
def test_a_rule_of_the_page_is_valid(block: Block) -> None:
    for rule in yaml.safe_load(block.text).values():
        FieldRule.model_validate(rule)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["do"]))
def test_a_conversion_gives_what_the_page_says(case: dict[str, Any]) -> None:
    assert compile_conversions(case["do"])(case["given"]) == case["expect"]


def test_the_page_shows_mappings_and_rules() -> None:
    assert blocks(PAGE, "yaml tested")
    assert blocks(PAGE, "yaml tested fields")


def test_every_conversion_is_shown() -> None:
    shown = {step if isinstance(step, str) else next(iter(step)) for case in CASES for step in case["do"]}
    assert shown == set(CONVERSIONS)


def test_every_reason_of_parking_has_a_meaning_and_an_advice() -> None:
    assert set(letters.ADVICE) == set(summary.REASONS)
    table = (ROOT / "docs/operations.md").read_text(encoding="utf-8").split("## Parked tickets")[1]
    assert [reason for reason in summary.REASONS if f"`{reason}`" not in table] == []


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_desk_has_a_page_that_names_its_product(kind: str) -> None:
    page = ROOT / "syncer/desks" / kind / "README.md"
    assert registry.spec(kind).title in page.read_text(encoding="utf-8")
