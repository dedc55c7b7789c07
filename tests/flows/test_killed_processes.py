"""Real processes, really killed: SIGKILL at what the desks see of them, SIGSTOP until another one has taken over."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows import processes
from tests.flows.place import Place
from tests.flows.processes import Shot, Story

CHAINS = 4
KILLS = 8
"""Kills of one migration here; `scripts/prove kills` does hundreds."""


@pytest.mark.parametrize("seed", range(CHAINS))
def test_a_migration_killed_again_and_again_loses_nothing_and_doubles_nothing(ugly_place: Place, seed: int) -> None:
    ugly_place.configure(timeout=1.5, search_lag=0.3, parallel=4)
    story = Story()
    processes.killed_and_killed_again(ugly_place, seed, KILLS, story)
    assert story.kills.total() >= KILLS // 2


def test_kills_and_faults_together_lose_nothing_and_double_nothing(place: Place) -> None:
    processes.let_go_wrong(place, seed=1)
    story = Story()
    processes.killed_and_killed_again(place, 1, 4, story)
    assert story.kills.total() >= 2


def test_a_stopped_process_keeps_others_out_until_its_lease_ran_out_and_then_writes_nothing(place: Place) -> None:
    place.configure(timeout=3, search_lag=0.3, parallel=4)
    sleeper = processes.start(place)
    try:
        processes.aim(place, sleeper, Shot(writes=True, number=3, moment="done"), signal.SIGSTOP)
        _until(lambda: place.desks.registrations() >= 3 and _is_stopped(sleeper.pid))
        code, _, err = processes.finish(processes.start(place))
        assert code == processes.STOPPED
        assert "another syncer is at work on this route" in err
        assert "next: " in err
        _until(lambda: place.rows("select 1 from lease where until < clock_timestamp()"))
        code, _, err = processes.finish(processes.start(place))
        assert code == 0, err
        place.judge()
        registered = place.desks.registrations()
        os.kill(sleeper.pid, signal.SIGCONT)
        code, _, err = processes.finish(sleeper)
        assert code == processes.STOPPED, err
        assert place.desks.registrations() == registered
        place.judge()
    finally:
        sleeper.kill()
        sleeper.wait(10)


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"T", "t"}


def _until(true: Callable[[], object], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
