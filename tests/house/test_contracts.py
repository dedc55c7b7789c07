"""Each import contract of pyproject.toml is broken once, in a copy, and the linter says so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.code import ROOT

# contract -> a file of the package and an import that breaks it
BREACHES = {
    "Imports point down the stairs": ("model/ids.py", "import syncer.store.pool"),
    "What proves shares nothing with what writes": ("verify/texts.py", "import syncer.pipeline.plan"),
    "Desks do not know each other": ("desks/invgate/wire.py", "import syncer.desks.tikting.wire"),
    "Nobody imports a desk by name": ("settings.py", "from syncer.desks.tikting import SPEC"),
    "SQL lives in the store": ("mapping/tables.py", "import asyncpg"),
    "No circles": ("mapping/names.py", "import syncer.mapping.match"),
}


def _contracts(folder: Path) -> dict[str, bool]:
    """Each contract by name: is it kept?"""
    said = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=folder, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    verdicts = re.findall(r"^(.+) (KEPT|BROKEN)\b", said.stdout, re.MULTILINE)
    found = {name: verdict == "KEPT" for name, verdict in verdicts}
    assert found, said.stdout + said.stderr
    assert said.returncode == (0 if all(found.values()) else 1)
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "syncer", tmp_path / "syncer", ignore=shutil.ignore_patterns("__pycache__", "samples"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_has_a_breach_to_try_it_with() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert [one["name"] for one in config["tool"]["importlinter"]["contracts"]] == list(BREACHES)


def test_every_contract_is_kept(copy: Path) -> None:
    assert _contracts(copy) == dict.fromkeys(BREACHES, True)


@pytest.mark.parametrize("contract", BREACHES)
def test_a_planted_import_breaks_its_contract(contract: str, copy: Path) -> None:
    path, line = BREACHES[contract]
    with (copy / "syncer" / path).open("a") as file:
        file.write(f"\n{line}\n")
    assert _contracts(copy)[contract] is False


def test_a_new_room_needs_its_step_on_the_stairs(copy: Path) -> None:
    (copy / "syncer" / "attic").mkdir()
    (copy / "syncer" / "attic" / "__init__.py").write_text('"""A room nobody placed."""\n')
    found = _contracts(copy)
    assert [name for name, kept in found.items() if not kept] == ["Imports point down the stairs"]
