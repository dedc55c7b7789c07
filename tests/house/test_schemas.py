"""The published JSON Schemas say what the models say: what is wrong is marked, and what is right is not."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
import yaml
from pydantic import BaseModel

from syncer import settings
from syncer.deskkit import registry
from syncer.mapping.rules import Rules
from tests.house.code import ROOT
from tests.reports.plans import filled

EXAMPLES = ROOT / "config/examples"


def published(which: str) -> Any:
    words = [sys.executable, "-m", "syncer", "config", "schema", which]
    return json.loads(subprocess.run(words, capture_output=True, check=True, timeout=60).stdout)


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    return {which: published(which) for which in ("config", "mapping", "plan", "verification")}


def examples(which: str) -> list[Any]:
    """Every example of this kind of file, with secrets where the file leaves them to the environment."""
    found = [path for path in EXAMPLES.glob("*.yaml") if path.name.endswith(".mapping.yaml") == (which == "mapping")]
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(found)]


def test_a_schema_is_a_schema(schemas: dict[str, Any]) -> None:
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_report_is_right_by_its_schema(schemas: dict[str, Any]) -> None:
    right = msgspec.to_builtins(filled(["some words"]), builtin_types=())
    check = jsonschema.Draft202012Validator(schemas["plan"])
    assert list(check.iter_errors(json.loads(json.dumps(right, default=str)))) == []
    assert list(check.iter_errors({**json.loads(json.dumps(right, default=str)), "counts": "many"}))


@pytest.mark.parametrize("which", ["config", "mapping"])
def test_the_examples_are_right_by_the_schema(which: str, schemas: dict[str, Any]) -> None:
    found = examples(which)
    assert found
    for example in found:
        errors = list(jsonschema.Draft202012Validator(schemas[which]).iter_errors(example))
        assert [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in errors] == []


WRONG = [
    ("config", ("colour",), "embedded"),
    ("config", ("desks", "old", "view_ids"), 1),
    ("config", ("desks", "old", "timeout"), "soon"),
    ("config", ("desks", "new", "text_mode"), "markdown"),
    ("config", ("desks", "new", "kind"), "zendesk"),
    ("config", ("desks", "new", "name"), "new"),
    ("config", ("routes", "move", "marker"), "tag"),
    ("config", ("routes", "move", "brakes", "change"), "half"),
    ("config", ("routes", "move", "brakes", "change"), 50),
    ("mapping", ("fields", "title", "form"), "title"),
    ("mapping", ("comments", "private"), "publish"),
    ("mapping", ("fuzzy",), 0.1),
    ("mapping", ("people", "match"), ["phone"]),
]


@pytest.mark.parametrize(("which", "place", "value"), WRONG, ids=[".".join(place) for _, place, _ in WRONG])
def test_a_mistake_is_marked_by_the_schema(which: str, place: Any, value: Any, schemas: dict[str, Any]) -> None:
    example = copy.deepcopy(examples(which)[0])
    inner = example
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert not jsonschema.Draft202012Validator(schemas[which]).is_valid(example)


def _keys(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items() if not field.exclude}


def test_the_schema_has_every_key_of_the_models_and_no_other(schemas: dict[str, Any]) -> None:
    assert set(schemas["mapping"]["properties"]) == _keys(Rules)
    assert set(schemas["config"]["properties"]) == _keys(settings._File)
    blocks = schemas["config"]["properties"]["desks"]["additionalProperties"]["oneOf"]
    assert [set(block["properties"]) for block in blocks] == [
        _keys(registry.spec(kind).config()) for kind in registry.kinds()
    ]
