"""What docs/configuration.md says of secrets, tried with the example config."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.front_door import Answer, command, environment

ROOT = Path(__file__).resolve().parents[2]
FILE = "invgate-to-tikting.yaml"
SECRETS = {"desks__old__auth__client_secret": "s1", "desks__new__auth__password": "s2"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for one in (ROOT / "config/examples").glob("*.yaml"):
        shutil.copy(one, tmp_path)
    return tmp_path


def _check(folder: Path, **more: str) -> Answer:
    words = command("config", "check", "--config", FILE)
    done = subprocess.run(words, cwd=folder, env=environment() | more, capture_output=True, text=True)
    return Answer(done.returncode, done.stdout, done.stderr)


def test_the_example_needs_its_secrets_and_says_so(folder: Path) -> None:
    said = _check(folder)
    assert said.code == 2
    for name in SECRETS:
        place = name.replace("__", ".")
        assert f"{place}: is missing; a secret, it comes from the environment: SYNCER_{name.upper()}\n" in said.err


def test_secrets_may_come_from_the_environment(folder: Path) -> None:
    said = _check(folder, **{f"SYNCER_{name.upper()}": value for name, value in SECRETS.items()})
    assert (said.code, said.err) == (0, "")


def test_secrets_may_come_from_files_named_as_the_docs_say(folder: Path) -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(desks__NAME__[a-z_]+)`", page))
    place = folder / "secrets"
    place.mkdir()
    for name, value in SECRETS.items():
        assert re.sub(r"desks__[a-z]+__", "desks__NAME__", name) in documented
        (place / name).write_text(value + "\n")
    (place / "secret_of_something_else").write_text("x")
    said = _check(folder, SYNCER_SECRETS_DIR=os.fspath(place))
    assert (said.code, said.err) == (0, "")


def test_a_secrets_folder_that_is_not_there_is_named(folder: Path) -> None:
    said = _check(folder, SYNCER_SECRETS_DIR="nowhere")
    assert said.code == 2
    assert "SYNCER_SECRETS_DIR: nowhere is no folder" in said.err


def test_any_setting_may_come_from_the_environment(folder: Path) -> None:
    named = {f"SYNCER_{name.upper()}": value for name, value in SECRETS.items()}
    said = _check(folder, SYNCER_DESKS__OLD__VIEW_ID="seven", **named)
    assert said.code == 2
    assert "view_id" in said.err
