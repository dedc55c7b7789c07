"""The files of deploy/ name commands and secrets that exist, and are sound as far as can be seen from outside."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from syncer.cli.main import syncer
from syncer.deskkit import registry

from .pages import ROOT

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "syncer-delta.service"
BLOCK = {"old": "invgate", "new": "tikting"}


def _unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def _secret(path: str) -> bool:
    """Whether `desks__NAME__...` leads to a secret of a desk as the examples have it."""
    _, name, *steps = path.lower().split("__")
    schema = registry.spec(BLOCK[name]).config().model_json_schema()
    found = re.findall(r'"?([a-z_]+)"?: \{[^{}]*"format": "password"', str(schema).replace("'", '"'))
    return steps[:-1] == ["auth"] and steps[-1] in found


def test_the_unit_runs_a_command_that_exists() -> None:
    program, name, *args = shlex.split(_unit(UNIT)["Service"]["ExecStart"])
    assert program.endswith("/syncer")
    command = syncer.get_command(click.Context(syncer), name)
    assert command is not None
    command.make_context(name, args, resilient_parsing=False)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here; the other tests read the units")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    for unit in (UNIT, DEPLOY / "syncer-delta.timer"):
        text = unit.read_text().replace("/opt/syncer/bin/syncer", sys.executable)
        (tmp_path / unit.name).write_text(text)
    units = [str(tmp_path / "syncer-delta.service"), str(tmp_path / "syncer-delta.timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60)
    faults = [line for line in done.stderr.splitlines() if "syncer-delta" in line]
    assert (done.returncode, faults) == (0, [])


def test_the_template_of_secrets_names_secrets_and_holds_none() -> None:
    lines = [line for line in (DEPLOY / "secrets.env").read_text().splitlines() if line and not line.startswith("#")]
    names = [line.partition("=") for line in lines]
    assert {value for _, _, value in names} == {""}
    for name, _, _ in names:
        assert _secret(name.removeprefix("SYNCER_")), name


def test_the_compose_file_names_secrets_that_exist() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    service = compose["services"]["syncer"]
    for name in service["secrets"]:
        assert name == "database" or _secret(name), name
    used = {name for one in compose["services"].values() for name in one["secrets"]}
    assert used == set(compose["secrets"])
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_the_container_copies_what_the_build_needs() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = {word for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for word in line.split()}
    assert {"pyproject.toml", "README.md", "LICENSE", "syncer"} <= copied
    assert all((ROOT / name).exists() for name in copied)
    assert re.search(r"^USER syncer$", text, re.MULTILINE)
