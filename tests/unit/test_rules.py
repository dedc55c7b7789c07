"""A mapping file is taken as it was meant, or refused with every mistake named."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from syncer.mapping.rules import FieldRule, Rules


def wrong(data: dict[str, Any]) -> dict[tuple[str | int, ...], str]:
    """Each mistake by its place."""
    with pytest.raises(ValidationError) as refused:
        Rules.model_validate(data)
    return {e["loc"]: e["msg"] for e in refused.value.errors()}


@pytest.mark.parametrize("rule", [{}, {"from": "title", "value": 1}, {"lookup": "status", "template": "x"}])
def test_a_field_comes_from_one_place(rule: dict[str, Any]) -> None:
    (said,) = wrong({"fields": {"note": rule}}).values()
    assert "exactly one of from, lookup, value, template" in said


def test_nothing_and_false_are_values() -> None:
    assert FieldRule.model_validate({"value": 0}).value == 0
    assert FieldRule.model_validate({"value": False}).value is False
    assert FieldRule.model_validate({"value": ""}).value == ""


def test_every_mistake_is_named_at_once_with_its_place() -> None:
    found = wrong(
        {
            "fields": {
                "a": {"from": "title", "do": ["uper"]},
                "b": {"template": "{{ ticket.nr }}"},
                "c": {"lookups": "status"},
            },
            "people": {"match": ["phone"], "missing": "ignore"},
            "comments": {"private": "publish", "attribution": "{{ who }}"},
            "too_long": {"title": "attach"},
            "fuzzy": 0.2,
            "skip": {"status": "Closed"},
            "examples": [{"given": {}}],
            "colour": "blue",
        }
    )
    assert {".".join(map(str, place)) for place in found} == {
        "fields.a.do", "fields.b.template", "fields.c.lookups", "people.match.0", "people.missing",
        "comments.private", "comments.attribution", "too_long.title", "fuzzy", "skip.status",
        "examples.0.expect", "colour",
    }  # fmt: skip


def test_a_private_note_is_kept_unless_the_file_says_otherwise() -> None:
    assert Rules.model_validate({"fields": {}}).comments.private == "keep"


def test_custom_fields_may_stand_among_the_fields() -> None:
    inside = {"fields": {"title": {"from": "title"}, "custom": {"Asset": {"from": "custom.asset"}}}}
    beside = {"fields": {"title": {"from": "title"}}, "custom": {"Asset": {"from": "custom.asset"}}}
    assert Rules.model_validate(inside) == Rules.model_validate(beside)
    assert "custom" in inside["fields"], "what was given is left as it was"


def test_the_kinds_carried_over_by_tables_are_known() -> None:
    rules = Rules.model_validate({"fields": {"status": {"lookup": "status"}, "group": {"lookup": "level"},
                                             "title": {"from": "title"}}})  # fmt: skip
    assert rules.lookup_kinds() == [("status", "status"), ("group", "level")]
