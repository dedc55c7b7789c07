"""Private notes stay on this machine, readable by us only, and survive a kill."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from syncer.model.draft import PrivateNote
from syncer.model.ids import TicketId
from syncer.store.sidecar import Sidecar


def note(id: str, body: str = 'größer\n"🖨" \u2028 \x00') -> PrivateNote:
    return PrivateNote(TicketId(id), f"c{id}", "Ada", datetime(2025, 7, 31, tzinfo=UTC), body)


def read(path: Path) -> list[PrivateNote]:
    return [msgspec.json.decode(line, type=PrivateNote) for line in path.read_bytes().split(b"\n")[:-1]]


async def test_notes_come_back_one_a_line_as_they_were(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path / "runs" / "1" / "notes.jsonl")
    sidecar.add([note("1"), note("2")])
    sidecar.add([note("3")])
    await sidecar.sync()
    sidecar.close()
    assert read(sidecar.path) == [note("1"), note("2"), note("3")]


async def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        sidecar = Sidecar(tmp_path / "notes.jsonl")
        sidecar.add([note("1")])
        sidecar.close()
    finally:
        os.umask(old)
    assert stat.S_IMODE(sidecar.path.stat().st_mode) == 0o600


async def test_there_is_no_file_without_a_note(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path / "notes.jsonl")
    await sidecar.sync()
    sidecar.close()
    assert not sidecar.path.exists()


async def test_another_life_of_the_same_run_goes_on_behind(tmp_path: Path) -> None:
    for id in ("1", "2"):
        sidecar = Sidecar(tmp_path / "notes.jsonl")
        sidecar.add([note(id)])
        sidecar.close()
    assert read(tmp_path / "notes.jsonl") == [note("1"), note("2")]


def _apart(code: str, path: Path) -> int:
    """Run this with a sidecar `s`, in a process of its own; its exit code."""
    begin = (
        "import os, resource, signal, sys\n"
        "from pathlib import Path\n"
        "from syncer.store.sidecar import Sidecar\n"
        "from tests.store.test_sidecar import note\n"
        "s = Sidecar(Path(sys.argv[1]))\n"
    )
    root = Path(__file__).parents[2]
    return subprocess.run([sys.executable, "-c", begin + code, path], cwd=root, timeout=60).returncode


def test_what_was_added_is_whole_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    code = "s.add([note(str(n)) for n in range(200)]); os.kill(os.getpid(), signal.SIGKILL)"
    assert _apart(code, path) == -signal.SIGKILL
    assert len(read(path)) == 200


def test_a_disk_that_fills_up_is_told_and_spoils_no_note(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    code = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "s.add([note('1')])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))\n"
        "try:\n    s.add([note('2', 'x' * 5000)])\n"
        "except OSError:\n    pass\n"
        "else:\n    sys.exit('nothing was said')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "s.add([note('3')])\n"
    )
    assert _apart(code, path) == 0
    assert read(path) == [note("1"), note("3")]
