"""The four forms of a plan's report, by the front door: its text is what it was, its JSON is right by the schema, and
all of them tell the same numbers."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.cli.front_door import syncer
from tests.flows.place import Place

GOLDEN = Path(__file__).parent / "golden"
BLOCKED = 2
SHOWN = 20


@pytest.fixture
def report(ugly_place: Place, tmp_path: Path) -> Path:
    """The folder of a plan that nothing stands in the way of."""
    made = syncer("plan", "move", "--out", tmp_path / "report", "--config", ugly_place.config)
    assert made.code in {0, 1}, made.err
    return tmp_path / "report"


def still(text: str) -> str:
    """Without what is different each time."""
    return re.sub(r"/\S+/(?=mapping\.yaml)", "", re.sub(r"\b[0-9a-f]{12}\b", "HASH", text))


def is_as_ever(text: str, name: str) -> None:
    """A change of these words is a change of the product: look at it, then let the file say so with GOLDEN=new."""
    if os.environ.get("GOLDEN") == "new":
        (GOLDEN / name).write_text(still(text), encoding="utf-8")
    assert still(text).splitlines() == (GOLDEN / name).read_text(encoding="utf-8").splitlines()


def test_the_text_is_as_ever(report: Path) -> None:
    is_as_ever((report / "plan.txt").read_text(encoding="utf-8"), "plan.txt")


def test_the_text_of_a_plan_that_is_blocked_is_as_ever(ugly_place: Place) -> None:
    mapping = ugly_place.config.parent / "mapping.yaml"
    rules = mapping.read_text(encoding="utf-8")
    undecided = re.sub(r"(priority: \{lookup: priority).*?\}", r"\1}", rules)
    undecided = re.sub(r"(?m)^  priority: \{(?!lookup).*\n", "", undecided)
    assert undecided != rules
    mapping.write_text(undecided, encoding="utf-8")
    made = syncer("plan", "move", "--config", ugly_place.config)
    assert made.code == BLOCKED, made.out + made.err
    is_as_ever(made.out, "plan-blocked.txt")


def test_the_json_is_right_by_the_published_schema(report: Path) -> None:
    schema = json.loads(syncer("config", "schema", "plan").out)
    check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    told: dict[str, Any] = json.loads((report / "plan.json").read_text(encoding="utf-8"))
    assert list(check.iter_errors(told)) == []
    for name in told:
        assert name == "parent" or not check.is_valid({**told, name: object}), name


def test_what_is_left_behind_by_a_rule_is_told_with_its_rule(ugly_place: Place) -> None:
    mapping = ugly_place.config.parent / "mapping.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8") + "skip: {status: [Rejected, New]}\n", encoding="utf-8")
    told = syncer("plan", "move", "--json", "--config", ugly_place.config).document
    (found,) = [one for one in told["findings"] if one["code"].startswith("skipped:")]
    assert found["count"] == told["counts"]["skipped"] > 0
    assert found["severity"] == "information"
    assert found["examples"]
    assert found["place"].endswith("mapping.yaml: skip.status")


def test_an_example_names_people_as_people_know_them(report: Path) -> None:
    """Also on a target that cannot list them: ids of them are nothing to look at."""
    told = json.loads((report / "plan.json").read_text(encoding="utf-8"))
    assert len(told["examples"]) == SHOWN
    asking = [dict(one["after"]["fields"])["requester"] for one in told["examples"] if one["after"]]
    assert [who for who in asking if "@" in who]


def test_all_four_tell_the_same_numbers(report: Path) -> None:
    told = json.loads((report / "plan.json").read_text(encoding="utf-8"))
    with (report / "plan.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["outcome"] for row in rows) == {
        name: told["counts"][name] for name in ("created", "skipped", "parked", "unchanged", "updated")
        if told["counts"][name]
    }  # fmt: skip
    lost = Counter(code for row in rows for code in row["losses"].split())
    assert lost == {one["code"]: one["count"] for one in told["losses"]}
    text, html = (report / "plan.txt").read_text(encoding="utf-8"), (report / "plan.html").read_text(encoding="utf-8")
    for one in told["losses"]:
        assert f"{one['count']:>8,}  {one['meaning']} ({one['code']})" in text
        assert one["code"] in html
    assert f"({told['counts']['read']} tickets read)" in text
    assert f"<dd>{told['counts']['read']}</dd>" in html
