"""Desks are kept alike: the same files, one public name, and samples that tests read."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path

import pytest

from syncer.deskkit import registry
from syncer.deskkit.contract import DeskSpec, Source, Target
from tests.house.code import ROOT

FILES = {"__init__.py", "README.md", "config.py", "desk.py", "emulator.py", "wire.py", "claims.yaml", "samples"}
SAMPLES = [path for kind in registry.kinds() for path in (ROOT / "syncer/desks" / kind / "samples").iterdir()]


@pytest.mark.parametrize("kind", registry.kinds())
def test_a_desk_has_the_files_of_a_desk(kind: str) -> None:
    assert {path.name for path in (ROOT / "syncer/desks" / kind).iterdir()} >= FILES


@pytest.mark.parametrize("kind", registry.kinds())
def test_a_desk_has_one_public_name(kind: str) -> None:
    folder = importlib.import_module(f"syncer.desks.{kind}")
    own = [
        name for name, value in vars(folder).items()
        if not name.startswith("_") and name not in {"annotations", "TYPE_CHECKING"}
        and not inspect.ismodule(value) and getattr(value, "__module__", folder.__name__) == folder.__name__
    ]  # fmt: skip
    assert isinstance(folder.SPEC, DeskSpec)
    assert folder.SPEC.kind == kind
    assert set(own) <= {"SPEC"}


def _methods(one: type) -> set[str]:
    return {name for name, value in inspect.getmembers(one, inspect.isfunction) if not name.startswith("_")}


@pytest.mark.parametrize("kind", registry.kinds())
def test_a_desk_has_every_method_of_a_source_or_a_target(kind: str) -> None:
    module = importlib.import_module(f"syncer.desks.{kind}.desk")
    classes = [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__]
    assert any(_methods(part) <= _methods(desk) for desk in classes for part in (Source, Target))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_sample_is_json_and_a_test_reads_it(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))
    kind = f"test_{path.parts[-3]}_*.py"
    tests = [*(ROOT / "tests/desks").glob(kind), *(ROOT / "tests/unit").glob(kind)]
    named = re.compile(rf'"{re.escape(path.stem)}(\.json)?"')
    assert any(named.search(test.read_text(encoding="utf-8")) for test in tests)


@pytest.mark.parametrize("kind", registry.kinds())
def test_a_desk_is_said_to_be_tested_against_a_real_server_where_there_is_one_to_start(kind: str) -> None:
    there = (ROOT / "deploy/live" / kind / "up.sh").exists()
    assert ("real server" in registry.spec(kind).tested_against) == there
