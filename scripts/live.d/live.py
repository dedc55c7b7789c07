"""Starts real helpdesks on this machine, asks them what the emulators are asked, moves tickets between them. Prints a
table."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from results import Row, collected, table
from turns import Piece, in_turn

from syncer.deskkit import registry

ROOT = Path(__file__).parents[2]
LIVE = ROOT / "deploy" / "live"
PLACE = Path(os.environ.get("SYNCER_LIVE_DIR", "/var/tmp/syncer-live"))
ITSELF = "test_suite.py"
"""The part of the conformance suite that is about the suite."""
WAYS = (
    ("request_tracker", "redmine"), ("redmine", "znuny"), ("invgate", "request_tracker"), ("znuny", "request_tracker"),
    ("request_tracker", "invgate"),
)  # fmt: skip
"""Migrations, in the order in which most of them go side by side."""
DESKS = ("request_tracker", "redmine", "znuny")
UNAVAILABLE = 69
"""How `up.sh` ends where a machine cannot have the server: nobody is root, or there are no packages."""
KILLS = 10
FEW, FEW_KILLS = 60, 3


def main() -> int:
    """Exit code 0 when every desk that could be started does as its emulator does, and every migration is whole."""
    asked = _arguments()
    rows = {desk: _started(desk) for desk in asked.desks or DESKS}
    try:
        up = [row for row in rows.values() if not row.why]
        with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
            list(side_by_side.map(_alone, up))
        together = _together(up, asked) if up and not asked.desks else []
    finally:
        for desk in rows:
            subprocess.run([LIVE / desk / "down.sh"], check=False)
    print("\n".join(("", *table([*rows.values(), *together]))))
    return int(any(row.bad for row in (*rows.values(), *together)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./scripts/test --live", description=__doc__)
    parser.add_argument("desks", nargs="*", metavar="DESK", help=f"only these, and no migrations: {', '.join(DESKS)}")
    parser.add_argument("--tickets", type=int, default=500, help="so many in each migration (500)")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="a CSV file of tickets, most of them from there")
    parser.add_argument(
        "--few",
        action="store_true",
        help=f"a share for each change: {FEW} tickets in each migration, killed {FEW_KILLS} times instead of {KILLS}",
    )
    asked = parser.parse_args()
    if unknown := [desk for desk in asked.desks if desk not in DESKS]:
        parser.error(f"{', '.join(unknown)}: no such desk; there are {', '.join(DESKS)}")
    if asked.csv is not None and not asked.csv.exists():
        parser.error(f"{asked.csv}: no such file")
    return asked


def _started(desk: str) -> Row:
    row, began = Row(desk), time.monotonic()
    up = subprocess.run([LIVE / desk / "up.sh"], stderr=subprocess.PIPE, text=True, check=False)
    print(up.stderr, end="", flush=True)
    if up.returncode:
        said = (up.stderr.strip() or "without a word").splitlines()[0].removeprefix(f"{desk}: ")
        row.why, row.broken = f"not started: {said}", up.returncode != UNAVAILABLE
    else:
        row.version = _told(desk)["VERSION"]
        tested = registry.spec(desk).tested_against
        row.told += [] if row.version in tested else [f"another version than its page tells: {tested}"]
    row.seconds = time.monotonic() - began
    return row


def _told(desk: str) -> dict[str, str]:
    lines = (PLACE / desk / "env").read_text().splitlines()
    words = (shlex.split(line)[0].split("=", 1) for line in lines)
    return {name: value for name, value in words}


def _named(row: Row) -> dict[str, str]:
    """What tests must know of a server."""
    return {f"SYNCER_LIVE_{row.name.upper()}_{name}": value for name, value in _told(row.name).items()}


def _alone(row: Row) -> None:
    """The tests of its emulator, and the conformance suite."""
    found = (ROOT / "tests" / "desks").glob(f"test_{row.name}_*.py")
    emulators = sorted(str(test) for test in found if "_emulator" in test.name or "_samples" in test.name)
    suite = sorted(str(test) for test in (ROOT / "tests" / "conformance").glob("test_*.py") if test.name != ITSELF)
    holds = str(ROOT / "tests" / "live" / f"test_{row.name}_holds.py")
    began = time.monotonic()
    # What is set back goes before what leaves its tickets there.
    for tests in ([*suite, holds, "-k", row.name], emulators):
        for _, result in collected(ROOT, tests, _named(row)):
            row.add(result)
    row.seconds += time.monotonic() - began


def _together(up: list[Row], asked: argparse.Namespace) -> list[Row]:
    """What others change while one reads, and the migrations, side by side where they need not the same server."""
    told = {name: value for row in up for name, value in _named(row).items()}
    told["SYNCER_LIVE_TICKETS"] = str(FEW if asked.few else asked.tickets)
    told["SYNCER_LIVE_KILLS"] = str(FEW_KILLS if asked.few else KILLS)
    if asked.csv is not None:
        told["SYNCER_LIVE_CSV"] = str(asked.csv.resolve())
    rows: dict[str, Row] = {}
    live = {row.name for row in up}
    # The longest first; what needs one server only goes beside them.
    pieces = [
        Piece(frozenset(way) & live, partial(_carried, rows, "test_moves.py", "-to-".join(way), told)) for way in WAYS
    ]
    pieces += [Piece(frozenset({kind}) & live, partial(_carried, rows, "test_feeds.py", kind, told)) for kind in DESKS]
    in_turn(pieces, os.cpu_count() or 1)
    return [rows[name] for name in (*DESKS, *map("-to-".join, WAYS)) if name in rows]


def _carried(rows: dict[str, Row], file: str, name: str, told: dict[str, str]) -> None:
    """The tests of this file that are for this desk, or this way between two."""
    row = Row(name.replace("-to-", " -> ") if "-to-" in name else f"{name}: changes")
    for _, result in collected(ROOT, [str(ROOT / "tests" / "live" / file), "-k", f"[{name}]"], told):
        row.add(result)
        row.seconds += result.seconds
    rows[name] = row


if __name__ == "__main__":
    sys.exit(main())
