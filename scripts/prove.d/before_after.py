"""Plans held against what became of them, and differences planted on a target against what verification finds."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.cli.front_door import syncer
from tests.flows.into_invgate import two_invgates
from tests.flows.judge import Broken
from tests.flows.plans import ROUTES, plan_holds
from tests.flows.planted import KINDS, Gardener
from tests.flows.sampled import MOST, sampled
from tests.flows.worlds import ugly

WANTED = 28
Databases = Callable[[], AbstractContextManager[tuple[Path, str]]]


def plans(seeds: int, tickets: int, database_in: Databases) -> bool:
    """Each of four routes with so many seeds: nothing is written for a plan, and each record ends as predicted."""
    print(f"{'route':<32} {'seed':>5} {'records':>8} {'created':>8} {'skipped':>8} {'parked':>7}  plan and result")
    held = True
    for route in ROUTES:
        for seed in range(1, seeds + 1):
            with database_in() as (folder, dsn):
                try:
                    found = plan_holds(route, seed, tickets, folder, dsn)
                    cells = [found.records, *(found.outcomes[name] for name in ("created", "skipped", "parked"))]
                    said = "0 differ, 0 writes for the plan"
                except Broken as broken:
                    held, cells, said = False, [0, 0, 0, 0], f"BROKEN: {broken}"
            widths = (8, 8, 8, 7)
            row = " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
            print(f"{' -> '.join(route):<32} {seed:>5} {row}  {said}", flush=True)
    return held


def verified(tickets: int, plants: int, database_in: Databases) -> bool:
    """So many tickets migrated and verified; so many differences planted, and verified again."""
    with database_in() as (folder, dsn), two_invgates(ugly(tickets), folder, dsn) as place:
        began = time.monotonic()
        moved = syncer("migrate", "move", "--yes", "--json", "--config", place.config, patience=3600)
        assert moved.code == 0, moved.err
        print(f"{tickets:,} tickets migrated in {time.monotonic() - began:.0f} s")
        clean = _verify(place.config)
        planted = Gardener(place.desks.new, 7).plant(plants)
        found = _verify(place.config)
    wrong = {line["target_id"] for line in found["differences"]}
    seen = Counter(
        one.kind
        for one in planted
        if (one.said.removeprefix("as ") if one.kind == "doubled" else one.target_id) in wrong
    )
    there = Counter(one.kind for one in planted)
    print(f"{'planted':<12} {'how often':>9} {'found':>6}")
    for kind in KINDS:
        print(f"{kind:<12} {there[kind]:>9} {seen[kind]:>6}")
    false = len(clean["differences"])
    print(f"{'all':<12} {there.total():>9} {seen.total():>6}   found where there is none: {false},"
          f" besides what was planted: {len(wrong) - seen.total()}")  # fmt: skip
    return seen == there and not false and len(wrong) == seen.total()


def samples(tickets: int, seeds: int, database_in: Databases) -> bool:
    """Of so many tickets, in which thirty rare traits were planted, the sample that the command carries over."""
    print(f"{'seed':>5} {'tickets':>8} {'brought':>8} {'shows of 30':>12} {'20 by chance':>13} {'seconds':>8}")
    held = True
    for seed in range(1, seeds + 1):
        began = time.monotonic()
        with database_in() as (folder, dsn):
            found = sampled(tickets, seed, folder, dsn)
        held &= found.brought <= MOST and found.shown >= WANTED
        seconds = time.monotonic() - began
        print(
            f"{seed:>5} {tickets:>8,} {found.brought:>8} {found.shown:>12} {found.by_chance:>13} {seconds:>8.0f}",
            flush=True,
        )
    return held


def _verify(config: Path) -> Any:
    began = time.monotonic()
    told = syncer("verify", "move", "--json", "--config", config, patience=3600)
    assert told.code in {0, 1}, told.err
    end = told.document["end"]
    print(f"verified in {time.monotonic() - began:.0f} s by {os.cpu_count()} processors: {end['verdicts']}", flush=True)
    return told.document
