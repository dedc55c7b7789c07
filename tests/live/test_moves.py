"""Migrations between helpdesks one can really start: whole, once, private as it was, killed on the way, nobody mailed.

What is there is read from the servers' own databases. Where the environment names no servers, emulated desks stand in
their places with a few tickets.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows import matrix
from tests.flows.matrix_judge import judge, judge_desks
from tests.flows.matrix_mapping import CONFIG
from tests.live.desk import LiveDesk
from tests.live.kills import killed, shots
from tests.live.told import is_live
from tests.live.worlds import mixed

WAYS = (
    ("request_tracker", "redmine"),
    ("redmine", "znuny"),
    ("znuny", "request_tracker"),
    ("request_tracker", "invgate"),
    ("invgate", "request_tracker"),
)
FEW = 36
ON_WAY = pytest.mark.parametrize(("source", "target"), WAYS, ids=["-to-".join(way) for way in WAYS])


def tickets(*kinds: str) -> int:
    """How many go from desk to desk: a whole migration where a real server takes part."""
    return int(os.environ.get("SYNCER_LIVE_TICKETS", "500")) if any(map(is_live, kinds)) else FEW


@ON_WAY
@pytest.mark.timeout(3600)
def test_a_migration_killed_on_the_way_is_whole(
    source: str, target: str, tmp_path: Path, dsn: str, record_property: Callable[[str, object], None]
) -> None:
    """And a run after it writes nothing."""
    kills = int(os.environ.get("SYNCER_LIVE_KILLS", "2"))
    filled = mixed(tickets(source, target))
    with matrix.way(source, target, filled, tmp_path, dsn) as way:
        servers = [desk.server for desk in (way.old, way.new) if isinstance(desk, LiveDesk)]
        for server in servers:
            server.hush()
        assert way.command("lookups", "match", "--json", "move").document
        assert killed(way.new.carrier, tmp_path / CONFIG, shots(kills, len(filled.tickets))) == kills
        seen = way.move()
        mailed = [mail for server in servers for mail in server.mails()]
    emulated = "".join(f"{kind} emulated, " for kind in (source, target) if not is_live(kind))
    counts = f"{len(seen.new)} tickets, {kills} kills, {len(mailed)} mails, {seen.writes} writes again"
    record_property("told", emulated + counts)
    assert not judge_desks(seen)
    assert not mailed


@ON_WAY
@pytest.mark.timeout(900)
def test_what_is_lost_on_the_way_is_counted(source: str, target: str, tmp_path: Path, dsn: str) -> None:
    """All that is odd, in one run: what it counts as lost is what is not there."""
    with matrix.way(source, target, mixed(FEW), tmp_path, dsn) as way:
        seen = way.move()
    assert not judge(seen)
