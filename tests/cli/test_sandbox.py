"""`sandbox` and `demo` by the front door: desks up and down, files that fit them, the whole story."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from syncer.cli import story
from syncer.deskkit.emulation import Faults
from syncer.errors import ConfigError, Stopped
from syncer.sandbox.faults import read_faults
from syncer.sandbox.up import Note, read_note

from .front_door import Answer, command, environment, syncer

COUNTS = {"read": 9, "created": 0, "updated": 0, "unchanged": 7, "skipped": 0, "parked": 2, "adopted": 0}
SUMMARY = {"tickets": 7, "distinct_markers": 7, "duplicate_markers": []}


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: for root that lies in a folder which the embedded server's user cannot enter.
    with tempfile.TemporaryDirectory(prefix="syncer-tests-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name) / "box"


@contextmanager
def sandbox(folder: Path, *args: str) -> Iterator[tuple[subprocess.Popen[str], Note]]:
    """A sandbox that is up, on ports of its own."""
    words = command("sandbox", "--tickets", "20", "--port", "0", "--folder", folder, *args)
    process = subprocess.Popen(words, text=True, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process, awaited(process, folder)
    finally:
        process.kill()
        process.communicate()


def awaited(process: subprocess.Popen[str], folder: Path, *, own: bool = True) -> Note:
    for _ in range(600):
        note = read_note(folder / "sandbox.json")
        if note is not None and (note.pid == process.pid or not own):
            return note
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("the sandbox is not up")


def stopped(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    process.send_signal(number)
    said, _ = process.communicate(timeout=20)
    return process.returncode, said


def status_of(url: str, path: str) -> int:
    host, _, port = url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_folder_of_a_sandbox_fits_its_desks(folder: Path) -> None:
    with sandbox(folder) as (process, note):
        assert [(name, desk.kind, desk.tickets) for name, desk in note.desks.items()] == [
            ("old", "invgate", 20),
            ("new", "tikting", 0),
        ]
        checked = syncer("config", "check", "--config", folder / "syncer.yaml", "--json")
        assert (checked.code, checked.document["desks"]) == (0, ["new", "old"])
        seen = syncer("check", "--config", folder / "syncer.yaml")
        assert seen.code == 0, seen
        assert "logged in" in seen.out
        code, said = stopped(process, signal.SIGINT)
    assert code == 0
    assert f"cd {folder}" in said
    assert "syncer lookups match" in said


def test_a_sandbox_ends_cleanly_when_terminated(folder: Path) -> None:
    with sandbox(folder) as (process, note):
        assert stopped(process, signal.SIGTERM)[0] == 0
        with pytest.raises(ConnectionRefusedError):
            status_of(note.desks["old"].url, "/")


def test_a_sandbox_keeps_a_changed_mapping_and_forgets_the_ledger_of_desks_that_are_gone(folder: Path) -> None:
    with sandbox(folder) as (process, first):
        stopped(process, signal.SIGTERM)
    (folder / "mapping.yaml").write_text("mine\n")
    (folder / ".syncer" / "runs").mkdir(parents=True)
    with sandbox(folder) as (process, second):
        assert (folder / "mapping.yaml").read_text() == "mine\n"
        assert second.desks["new"].url in (folder / "syncer.yaml").read_text()
        assert not (folder / ".syncer").exists()
    assert first.pid != second.pid


def test_a_folder_with_other_things_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    for words in (("sandbox", "--port", "0"), ("demo",)):
        answer = syncer(*words, "--folder", folder)
        assert answer.code == 2
        assert str(folder) in answer.err
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_a_port_in_use_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = syncer("sandbox", "--tickets", "1", "--port", str(port), "--folder", folder)
    assert answer.code == 2
    assert str(port) in answer.err
    assert "--port" in answer.err


def test_faults_go_wrong_on_the_desk_they_were_given_for(folder: Path) -> None:
    with sandbox(folder, "--faults", "new.before=1") as (_, note):
        assert status_of(note.desks["new"].url, "/api/TicketsApi/appmetadata") == 503
        assert status_of(note.desks["old"].url, "/api/v1/sd.version") != 503


def test_faults_are_read_from_words_and_files(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps({"latency": 0.5, "new": {"first": ["ok", "half"]}}))
    found = read_faults([str(file), "old.latency=0.1", "before=0.03", "retry_after=false"], ("old", "new"))
    assert found == {
        "old": Faults(latency=0.1, before=0.03, retry_after=False),
        "new": Faults(latency=0.5, before=0.03, retry_after=False, first=["ok", "half"]),
    }


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("before_=1", "did you mean before"),
        ("third.before=1", "no desk third"),
        ("before=often", "before"),
        ("where=(", "old"),
        ("nowhere.json", "nowhere.json"),
    ],
)
def test_a_wrong_fault_is_named(word: str, said: str) -> None:
    with pytest.raises(ConfigError, match="--faults") as raised:
        read_faults([word], ("old", "new"))
    assert said in raised.value.message


def test_the_demo_tells_the_whole_story(folder: Path) -> None:
    answer = syncer("demo", "--tickets", "60", "--folder", folder)
    assert answer.code == 0, answer
    told(answer, 60)
    assert "requester_fallback" in answer.out
    runs = folder / ".syncer" / "runs"
    assert str(runs) in answer.out
    assert list(runs.glob("*/private-notes.jsonl"))
    # Nobody is left at work: the next demo may begin in the same folder.
    note = read_note(folder / "sandbox.json")
    assert note is not None
    assert not alive(note.pid)


def test_the_demo_runs_on_tickets_of_a_file_again_in_the_same_folder(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text("Document,Topic_group\n" + "".join(f"no network at desk {n},Hardware\n" for n in range(40)))
    folder.mkdir()
    (folder / "sandbox.json").write_text("{}")
    (folder / "left-over.txt").write_text("of an earlier demo")
    answer = syncer("demo", "--csv", file, "--folder", folder)
    assert answer.code == 0, answer
    told(answer, 40)
    assert not (folder / "left-over.txt").exists()


def told(answer: Answer, tickets: int) -> None:
    steps = ["$ syncer sandbox", "$ syncer check", "$ syncer lookups match", "$ syncer plan", "$ syncer migrate",
             "$ kill -9", "$ syncer status", "$ syncer migrate", "$ syncer migrate", "$ syncer runs",
             f"{tickets} = {tickets} on the target + 0 parked; 0 lost, 0 doubled", "All of it holds"]  # fmt: skip
    at = 0
    for step in steps:
        found = answer.out.find(step, at)
        assert found >= 0, (step, answer.out)
        at = found + len(step)


def test_a_demo_that_is_stopped_takes_its_desks_along(folder: Path) -> None:
    process = subprocess.Popen(
        command("demo", "--tickets", "60", "--folder", folder), text=True, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    note = awaited(process, folder, own=False)
    code, _ = stopped(process, signal.SIGTERM)
    assert code == 130
    assert not alive(note.pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_counts_that_add_up_are_told_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    story.add_up(9, COUNTS, SUMMARY, 0)
    assert "9 = 7 on the target + 2 parked; 0 lost, 0 doubled." in capsys.readouterr().out
    wrong = [
        (10, COUNTS, SUMMARY, 0),
        (9, COUNTS | {"read": 8}, SUMMARY, 0),
        (9, COUNTS | {"parked": 1}, SUMMARY, 0),
        (9, COUNTS, SUMMARY | {"tickets": 8}, 0),
        (9, COUNTS, SUMMARY | {"distinct_markers": 6, "duplicate_markers": ["IG-1"]}, 0),
        (9, COUNTS, SUMMARY, 1),
    ]
    for facts in wrong:
        with pytest.raises(Stopped, match="add up"):
            story.add_up(*facts)
        assert "WRONG" in capsys.readouterr().out
