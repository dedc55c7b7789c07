"""The bench runs, and its yardstick moves what syncer moves. Nothing is timed here."""

from __future__ import annotations

import subprocess
import sys

from tests.house.code import ROOT


def test_the_bench_prints_its_table_and_both_brought_everything_over() -> None:
    bench = [sys.executable, str(ROOT / "scripts/bench.d/bench.py"), "--tickets", "60", "--rounds", "1", "--limit", "0"]
    done = subprocess.run(bench, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("|")]
    names = [[cell.strip() for cell in row] for row in rows]
    assert [(row[0], row[-1]) for row in names[2:]] == [("plain aiohttp, no database", "yes"), ("syncer", "yes")]


def test_an_archive_takes_and_gives_tickets_in_memory_that_does_not_grow() -> None:
    bench = [sys.executable, str(ROOT / "scripts/bench.d/archive.py"), "--tickets", "12000", "--most", "8"]
    done = subprocess.run(bench, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n| ") == 4
