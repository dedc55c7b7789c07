"""What runs before a commit, before the tests and by hand is the same, and asks nothing of the machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import yaml

from tests.house.code import ROOT

CHECKS = ["ruff check", "ruff format --check", "mypy", "lint-imports", "codespell"]


def test_commits_and_tests_are_checked_alike() -> None:
    script = (ROOT / "scripts/check").read_text()
    assert re.findall(r'^check "(.+?)"', script, re.MULTILINE) == CHECKS
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    entries = [hook["entry"].removeprefix(".venv/bin/") for hook in hooks[0]["hooks"]]
    assert [next(check for check in CHECKS if entry.startswith(check)) for entry in entries] == CHECKS
    assert all(hook["language"] == "system" for hook in hooks[0]["hooks"])


def _tools(folder: Path, failing: str) -> Path:
    """A copy of the scripts with an environment whose tools only say their names; one of them fails."""
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "pyproject.toml").touch()
    tools = folder / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("ruff", "mypy", "lint-imports", "codespell", "python"):
        code = 1 if name == failing else 0
        (tools / name).write_text(f"#!/bin/sh\necho ran {name} $*\nexit {code}\n")
        (tools / name).chmod(0o755)
    os.utime(folder / "pyproject.toml", (0, 0))
    (folder / ".venv" / "ready-dev").write_text(f"{folder}\n")
    return folder / "scripts" / "test"


def _run(script: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run([script, *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def test_all_checks_and_the_tests_run_also_when_one_fails_and_then_it_is_not_green(tmp_path: Path) -> None:
    for number, failing in enumerate(("", "ruff", "mypy", "codespell", "python")):
        code, said = _run(_tools(tmp_path / str(number), failing))
        assert [line.removeprefix("== ") for line in said.splitlines() if line.startswith("== ")] == [*CHECKS, "pytest"]
        assert "ran python -m pytest -n 4 --dist worksteal" in said
        assert (code != 0) == bool(failing)


def test_a_selection_of_tests_runs_without_the_checks(tmp_path: Path) -> None:
    code, said = _run(_tools(tmp_path, "mypy"), "tests/unit", "-x")
    assert (code, said) == (0, "ran python -m pytest -n 4 --dist worksteal tests/unit -x\n")
