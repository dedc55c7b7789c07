"""What came of tests before real helpdesks, and how it is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

_LINE = "{:28} {:9} {:>7} {:>7} {:>8} {:>8}  {}"
_HEADS = ("desk", "version", "passed", "failed", "skipped", "seconds", "")


@dataclass(frozen=True)
class Result:
    """One test: how it ended, why it was skipped, and what it tells of itself."""

    ended: str
    reason: str = ""
    told: str = ""
    seconds: float = 0.0


@dataclass
class Row:
    """What came of one desk, or of one migration. `why` is why it could not be asked; `broken` says that it should."""

    name: str
    version: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    seconds: float = 0.0
    why: str = ""
    broken: bool = False

    def add(self, result: Result) -> None:
        """Count a test."""
        self.counts[result.ended] += 1
        self.skipped.update([result.reason] if result.ended == "skipped" else ())
        self.told += [result.told] if result.told else []

    @property
    def bad(self) -> bool:
        """Whether it did not hold."""
        return self.broken or bool(self.counts["failed"])

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        counts = (f"{self.counts[name]:,}" for name in ("passed", "failed", "skipped"))
        return self.name, self.version or "-", *counts, f"{self.seconds:.0f}", self.why or "; ".join(self.told)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Why tests were skipped, then a line for each row."""
    for row in rows:
        for reason, count in row.skipped.most_common():
            yield f"  {row.name}: {count} skipped: {reason.removeprefix('Skipped: ')}"
    for cells in (_HEADS, *(row.cells() for row in rows)):
        yield _LINE.format(*cells).rstrip()


def collected(root: Path, tests: Sequence[str], told: Mapping[str, str]) -> Iterator[tuple[str, Result]]:
    """Runs tests in a process of its own: what each is for (its last parameter), and how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        # Of the two forms of a report this one has room for what a test tells of itself.
        form = ("-o", "junit_family=xunit1", f"--junitxml={report}")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *form, *tests]
        said = subprocess.run(
            command, cwd=root, env={**os.environ, **told}, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ).stdout  # fmt: skip
        print(said, end="", flush=True)  # at once: several may run side by side
        if not report.exists():
            yield "tests", Result("failed", told="the tests did not begin")
            return
        for case in ElementTree.parse(report).iter("testcase"):
            yield _parameter(case.get("name", "")), _result(case)


def _parameter(test: str) -> str:
    found = re.search(r"\[(.*)\]$", test)
    return found[1] if found else test


def _result(case: ElementTree.Element) -> Result:
    skipped = case.find("skipped")
    bad = case.find("failure") is not None or case.find("error") is not None
    return Result(
        ended="failed" if bad else "passed" if skipped is None else "skipped",
        reason="" if skipped is None else skipped.get("message", ""),
        told="; ".join(one.get("value", "") for one in case.iter("property")),
        seconds=float(case.get("time", "0")),
    )
