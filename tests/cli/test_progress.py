"""What stands beside a run's bar: on 80 columns all that matters; where room is short the end is cut."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

from syncer.cli.progress import Progress
from syncer.deskkit.budget import Budget
from syncer.model.ids import TicketId
from syncer.pipeline.tally import Result, Tally

SHOWN = """
import sys, time
from syncer.cli.progress import Progress
from syncer.pipeline.tally import Result, Tally

progress, tally = Progress("migrate move", {}), Tally()
tally.read = 47_837
for _ in range(3):
    for number in range(4_000):
        tally.count(Result.CREATED, str(number))
    progress(tally, None)
    time.sleep(0.2)
sys.stderr.flush()
"""


def _terminal(columns: int) -> tuple[int, int]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    return ours, theirs


def _read_all(ours: int) -> str:
    said = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not more:
            break
        said += more
    return said.decode()


def test_on_80_columns_name_bar_count_and_rate_are_whole() -> None:
    ours, theirs = _terminal(80)
    env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}} | {"TERM": "xterm"}
    process = subprocess.Popen([sys.executable, "-c", SHOWN], stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    said = _read_all(ours)
    assert process.wait(timeout=30) == 0
    os.close(ours)
    assert "migrate move" in said
    assert said.count("━") >= 15
    assert "12,000/47,837" in said
    assert "/s" in said
    assert " left" in said


def test_elsewhere_a_line_tells_what_was_done_and_what_it_waits_for() -> None:
    tally = Tally()
    tally.read = 2_000
    for number in range(3):
        tally.count(Result.PARKED, TicketId(str(number)), "refused")
    budget = Budget(1.0)
    budget.pause(30, "new answered 429")
    line = Progress("delta move", {"new": budget}).line(tally, None)
    assert line.startswith("delta move: 3 of 2,000 (3 parked)")
    assert re.search(r"new answered 429, (30|29) s more", line), line
