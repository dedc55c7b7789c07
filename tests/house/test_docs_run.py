"""What the README and the examples tell a stranger to type works, against the sandbox."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.sandbox.up import Note, read_note
from syncer.store.embedded import EmbeddedPostgres
from tests.cli.front_door import command, environment

from .pages import ROOT, Block, blocks

ARCHIVE = ROOT / "docs/archive.md"
EXAMPLE = ROOT / "config/examples/invgate-to-tikting.yaml"
SECRETS = {
    "SYNCER_DESKS__OLD__AUTH__CLIENT_SECRET": "sandbox-secret",
    "SYNCER_DESKS__NEW__AUTH__PASSWORD": "sandbox-secret",
}


@pytest.fixture(scope="module")
def box() -> Iterator[tuple[Path, Note]]:
    """A sandbox's folder with its desks up, and its database held, so that each command need not start it."""
    # Not tmp_path: for root that lies in a folder which the embedded server's user cannot enter.
    with tempfile.TemporaryDirectory(prefix="syncer-tests-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "box"
        words = command("sandbox", "--tickets", "40", "--port", "0", "--folder", folder)
        with (Path(name) / "log").open("w") as log:
            process = subprocess.Popen(words, env=environment(), stdout=log, stderr=log)
        try:
            note = _awaited(process, folder)
            with EmbeddedPostgres(folder / ".syncer/postgres"):
                yield folder, note
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _awaited(process: subprocess.Popen[bytes], folder: Path) -> Note:
    for _ in range(600):
        note = read_note(folder / "sandbox.json")
        if note is not None and note.pid == process.pid:
            return note
        assert process.poll() is None, "the sandbox ended by itself"
        time.sleep(0.05)
    raise AssertionError("the sandbox is not up")


def _typed(text: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A shell that has `syncer` on its path, and stops at the first command that fails."""
    env = environment() | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"} | more
    return subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=env, capture_output=True, text=True)


@pytest.mark.parametrize("block", blocks(ROOT / "README.md", "sh tested"), ids=lambda block: f"line {block.line}")
def test_the_commands_of_the_readme_run_as_they_stand(block: Block, box: tuple[Path, Note]) -> None:
    folder, _ = box
    done = _typed(block.text, folder)
    assert done.returncode == 0, done.stderr
    assert "5 read = 5 created" in done.stdout
    assert "40 read = 35 created + 0 updated + 5 unchanged" in done.stdout
    assert len((folder / "old-to-new.csv").read_text().splitlines()) == 41


def test_the_readme_has_commands_and_a_config_that_are_tried() -> None:
    assert [block.info for block in blocks(ROOT / "README.md") if "tested" in block.info] == [
        "sh tested",
        "yaml tested config",
    ]


@pytest.mark.parametrize(
    "block", blocks(ROOT / "README.md", "yaml tested config"), ids=lambda block: f"line {block.line}"
)
def test_the_config_of_the_readme_is_fine(block: Block, tmp_path: Path) -> None:
    (tmp_path / "syncer.yaml").write_text(block.text)
    shutil.copy(EXAMPLE.with_suffix(".mapping.yaml"), tmp_path / "mapping.yaml")
    done = _typed("syncer config check", tmp_path, **SECRETS)
    assert done.stdout == "syncer.yaml: fine: desks old, new; routes move\n"


def _here(text: str, note: Note) -> str:
    """A config of real desks, for those of the sandbox."""
    for there, here in (
        ("https://acme.sd.cloud.invgate.net", note.desks["old"].url),
        ("https://desk.acme.example", note.desks["new"].url),
        ("email: syncer@acme.example", "email: sync@example.org"),
        ("view_id: 42", "view_id: 1"),
    ):
        text = text.replace(there, here)
    return text


def test_the_commands_about_archives_run_as_they_stand(box: tuple[Path, Note]) -> None:
    folder, note = box
    files = [block for block in blocks(ARCHIVE) if " file " in block.info]
    for block in files:
        # The emulated desk may be asked as fast as it answers.
        text = _here(block.text, note).replace("view_id: 1", "view_id: 1\n    budget: {per_second: 5000, parallel: 32}")
        (folder / block.info.rpartition(" ")[2]).write_text(text, encoding="utf-8")
    typed = blocks(ARCHIVE, "sh tested")
    assert (len(files), len(typed)) == (6, 3)
    said = ""
    for block in typed:
        # A secret of a desk that a config does not have is a mistake.
        ours = {name: value for name, value in SECRETS.items() if "OLD" not in name or "archive.yaml" in block.text}
        done = _typed(block.text, folder, **ours)
        assert done.returncode == 0, done.stderr + done.stdout
        said += done.stdout
    assert "40 read = 40 created" in said
    assert "vault: logged in as vault; an archive of invgate" in said
    assert "an archive of file tickets.csv, 2 tickets" in said
    assert said.count("would be created") == 3


def test_the_example_config_plans_a_migration_and_its_examples_hold(box: tuple[Path, Note]) -> None:
    folder, note = box
    text = _here(EXAMPLE.read_text(encoding="utf-8"), note)
    assert "//acme" not in text
    (folder / EXAMPLE.name).write_text(text)
    shutil.copy(EXAMPLE.with_suffix(".mapping.yaml"), folder)
    chosen = SECRETS | {"SYNCER_CONFIG": EXAMPLE.name}
    done = _typed("syncer config check && syncer lookups match && syncer check && syncer plan", folder, **chosen)
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.count("as expected") == 2
    assert "40 tickets read" in done.stdout
