"""Starts real helpdesks on this machine and runs the tests of their emulators against them. Prints a table."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
LIVE = ROOT / "deploy" / "live"
ITSELF = "test_suite.py"
"""The part of the conformance suite that is about the suite."""
DESKS = ("request_tracker", "redmine", "znuny")


@dataclass
class Row:
    """What came of one desk. `why` is why it could not be asked."""

    desk: str
    version: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    why: str = ""

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        counts = (f"{self.counts[name]:,}" for name in ("passed", "failed", "skipped"))
        return self.desk, self.version or "-", *counts, f"{self.seconds:.0f}", self.why


def main(desks: list[str]) -> int:
    """Exit code 0 when every desk that could be started answered as its emulator does."""
    unknown = [desk for desk in desks if desk not in DESKS]
    if unknown:
        print(f"{', '.join(unknown)}: no such desk; there are {', '.join(DESKS)}", file=sys.stderr)
        return 2
    rows = [_tried(desk) for desk in desks or DESKS]
    print()
    for row in rows:
        for reason, count in row.skipped.most_common():
            print(f"  {row.desk}: {count} skipped: {reason}")
    heads = ("desk", "version", "passed", "failed", "skipped", "seconds", "")
    for cells in (heads, *(row.cells() for row in rows)):
        print("{:16} {:9} {:>7} {:>7} {:>8} {:>8}  {}".format(*cells).rstrip())
    return int(any(row.counts["failed"] for row in rows))


def _tried(desk: str) -> Row:
    row, began = Row(desk), time.monotonic()
    up = subprocess.run([LIVE / desk / "up.sh"], stderr=subprocess.PIPE, text=True, check=False)
    print(up.stderr, end="", flush=True)
    if up.returncode:
        row.why = f"not started: {(up.stderr.strip() or 'without a word').splitlines()[0]}"
        return row
    try:
        told = _env(Path(os.environ.get("SYNCER_LIVE_DIR", "/var/tmp/syncer-live")) / desk / "env")
        row.version = told["VERSION"]
        _count(row, {f"SYNCER_LIVE_{desk.upper()}_{name}": value for name, value in told.items()})
    finally:
        subprocess.run([LIVE / desk / "down.sh"], check=False)
    row.seconds = time.monotonic() - began
    return row


def _env(file: Path) -> dict[str, str]:
    words = (shlex.split(line)[0].split("=", 1) for line in file.read_text().splitlines())
    return {name: value for name, value in words}


def _count(row: Row, told: Mapping[str, str]) -> None:
    found = (ROOT / "tests" / "desks").glob(f"test_{row.desk}_*.py")
    emulators = sorted(str(test) for test in found if "_emulator" in test.name or "_samples" in test.name)
    suite = sorted(str(test) for test in (ROOT / "tests" / "conformance").glob("test_*.py") if test.name != ITSELF)
    held = sorted(str(test) for test in (ROOT / "tests" / "live").glob(f"test_{row.desk}_*.py"))
    # What is set back goes before what leaves its tickets there.
    _run(row, told, *suite, *held, "-k", row.desk)
    _run(row, told, *emulators)


def _run(row: Row, told: Mapping[str, str], *tests: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **told}, check=False)
        for name, reason in _results(report):
            row.counts[name] += 1
            row.skipped.update([reason] if name == "skipped" else ())


def _results(report: Path) -> Iterator[tuple[str, str]]:
    if not report.exists():
        yield "failed", "the tests did not begin"
        return
    for case in ElementTree.parse(report).iter("testcase"):
        skipped = case.find("skipped")
        bad = case.find("failure") is not None or case.find("error") is not None
        yield (
            ("failed" if bad else "passed" if skipped is None else "skipped"),
            ("" if skipped is None else skipped.get("message", "")),
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
