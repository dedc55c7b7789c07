"""The proofs of tests/flows at their full length, with a table of what was seen."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import asyncpg
from before_after import plans, samples, verified

from syncer import log
from syncer.deskkit.world import World
from syncer.migrate import delta
from syncer.store import schema
from syncer.store.embedded import EmbeddedPostgres
from tests.flows import (
    lives,
    matrix,
    matrix_table,
    processes,
    test_into,
    test_killed_at_each_step,
    test_killed_delta,
)
from tests.flows.desks import desks_of
from tests.flows.into_invgate import two_invgates
from tests.flows.into_rezolve import two_rezolves
from tests.flows.judge import Broken
from tests.flows.place import Place, place_of
from tests.flows.worlds import small, ugly

T = TypeVar("T")
CHAIN = 10
"""Kills of one migration."""
TICKETS = 80
SAMPLED = 50_000


def kills(points: int, first_seed: int, *, faults: bool) -> bool:
    """Chains of kills until there were so many; whether all of it held."""
    print(f"{'seed':>5} {'killed':>7} {'not done':>9} {'under way':>10} {'done':>6} {'stops':>6} {'lives':>6}"
          f" {'adopted':>8} {'seconds':>8}  end state")  # fmt: skip
    stories: list[processes.Story] = []
    held, seed = True, first_seed
    with _place(ugly(TICKETS)) as place:
        while processes.total(stories).total() < points:
            place.reset()
            place.configure(timeout=1.5, search_lag=0.3, parallel=4)
            if faults:
                processes.let_go_wrong(place, seed)
            began, story, verdict = time.monotonic(), processes.Story(), "0 lost, 0 doubled, third run wrote 0"
            try:
                processes.killed_and_killed_again(place, seed, CHAIN, story)
            except Broken as broken:
                held, verdict = False, f"BROKEN: {broken}"
            stories.append(story)
            by = story.kills
            print(f"{seed:>5} {by.total():>7} {by['arrived']:>9} {by['under way']:>10} {by['done']:>6} {story.stops:>6}"
                  f" {story.lives:>6} {story.counts.get('adopted', 0):>8} {time.monotonic() - began:>8.1f}  {verdict}",
                  flush=True)  # fmt: skip
            seed += 1
    every = processes.total(stories)
    print(f"{'all':>5} {every.total():>7} {every['arrived']:>9} {every['under way']:>10} {every['done']:>6}"
          f" {sum(s.stops for s in stories):>6} {sum(s.lives for s in stories):>6}"
          f"  {len(stories)} migrations of {TICKETS} tickets, {'all whole' if held else 'NOT ALL WHOLE'}")  # fmt: skip
    return held


def points() -> bool:
    """Every step of five small scenarios; whether all of it held."""
    print(f"{'scenario':<44} {'points':>7} {'seconds':>8}  end state")
    with _place(small()) as place:
        _quiet(lambda: lives.whole(place))
        place.reset(lists=False)
        steps = len(_quiet(lambda: lives.begin(place)).steps)
        held = _scenario("killed once", steps, lambda n: test_killed_at_each_step.killed_once(place, [n]))
        steps = len(_quiet(lambda: test_killed_at_each_step.half_done(place)).steps)
        held &= _scenario("killed before a write, then again", steps,
                          lambda n: test_killed_at_each_step.killed_twice(place, [n]))  # fmt: skip
        place.reset(lists=False)
        with test_killed_delta.new_tickets(place) as ids:
            steps = len(_quiet(lambda: lives.begin(place, delta.delta)).steps)
            held &= _scenario("a delta", steps, lambda n: test_killed_delta.killed_in_delta(place, ids, [n]))
    for name, moving in (("InvGate", two_invgates), ("Rezolve.ai", two_rezolves)):
        with _database_in() as (folder, dsn), moving(small(), folder, dsn) as place:
            _quiet(lambda: lives.whole(place))
            place.reset(lists=False)
            steps = len(_quiet(lambda: lives.begin(place)).steps)
            held &= _scenario(f"into {name}, many calls a ticket", steps, lambda n: test_into.killed_at(place, [n]))
    return held


def _scenario(name: str, steps: int, proof: Callable[[int], None]) -> bool:
    began, broken = time.monotonic(), []
    for number in range(1, steps + 1):
        try:
            _quiet(partial(proof, number))
        except Broken as error:
            broken.append(str(error))
    verdict = "0 lost, 0 doubled, third run wrote 0" if not broken else f"BROKEN {len(broken)} times: {broken[0]}"
    print(f"{name:<44} {steps:>7} {time.monotonic() - began:>8.1f}  {verdict}", flush=True)
    return not broken


def mutants() -> bool:
    """Each deliberate break against the test that must catch it."""
    line = [
        sys.executable,
        "-m",
        "pytest",
        "tests/flows/test_mutants.py",
        "tests/flows/test_into_invgate.py",
        "tests/flows/test_into_rezolve.py",
    ]
    line += ["-k", "deliberate or every_break", "-v", "-p", "no:xdist", "--no-header"]
    return subprocess.run(line, check=False).returncode == 0


def ways(tickets: int, seed: int, wanted: Sequence[tuple[str, str]], *, with_losses: bool) -> bool:
    """These kinds of desk into these kinds; whether all of it held."""
    print(matrix_table.HEAD)
    held = True
    with _server() as (folder, server):
        for way in wanted:
            name = "_to_".join(way)
            (folder / name).mkdir()
            dsn = asyncio.run(_database(server, name))
            seen, faults, seconds = _quiet(partial(matrix_table.moved, way, tickets, seed, folder / name, dsn))
            print(matrix_table.line(way, seen, faults, seconds), flush=True)
            more = [*(matrix_table.losses(seen) if seen is not None and with_losses else ()), *faults]
            print(*(f"{'':<20}{line}\n" for line in more), sep="", end="", flush=True)
            held &= not faults
    print(matrix_table.LEGEND)
    return held


def _quiet(work: Callable[[], T]) -> T:
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        return work()


@contextmanager
def _place(world: World) -> Iterator[Place]:
    with _database_in() as (folder, dsn), desks_of(world) as desks, place_of(desks, folder, dsn) as place:
        yield place


@contextmanager
def _database_in() -> Iterator[tuple[Path, str]]:
    """A folder for a config, and a migrated database."""
    with _server() as (folder, server):
        (folder / "place").mkdir()
        yield folder / "place", asyncio.run(_database(server, "prove"))
        lives.bury_sleepers()


@contextmanager
def _server() -> Iterator[tuple[Path, str]]:
    """A folder, and a Postgres in it."""
    with tempfile.TemporaryDirectory(prefix="syncer-prove-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with EmbeddedPostgres(folder / "postgres") as server:
            yield folder, server.dsn


async def _database(server: str, name: str) -> str:
    """Where a new database is, migrated."""
    conn = await asyncpg.connect(server)
    await conn.execute(f"create database {name}")
    await conn.close()
    dsn = urlsplit(server)._replace(path=f"/{name}").geturl()
    conn = await asyncpg.connect(dsn)
    await schema.migrate(conn)
    await conn.close()
    return dsn


def _ways(only: str | None) -> list[tuple[str, str]]:
    """All ways, or the one that is asked for. Raises ValueError when it is none."""
    every = matrix.ways()
    found = [way for way in every if only in {None, ":".join(way)}]
    if not found:
        raise ValueError(f"--only: no way {only}; there are {', '.join(map(':'.join, every))}")
    return found


def main() -> int:
    """What was asked for; 0 when it held."""
    parser = argparse.ArgumentParser(prog="scripts/prove", description=__doc__)
    parser.add_argument("what", choices=["kills", "points", "mutants", "matrix", "plans", "sample", "verify", "all"])
    parser.add_argument("--points", type=int, default=300, help="so many kills of real processes")
    parser.add_argument("--seed", type=int, help="the first chain's seed (100), or that of the matrix's tickets (1)")
    parser.add_argument("--tickets", type=int, default=300, help="so many tickets of each world, every fifth odd")
    parser.add_argument("--seeds", type=int, default=20, help="so many worlds for each route of `plans`")
    parser.add_argument("--plants", type=int, default=60, help="so many differences for `verify`")
    parser.add_argument("--only", metavar="SOURCE:TARGET", help="one way of the matrix")
    parser.add_argument("--losses", action="store_true", help="under each way of the matrix, its losses by code")
    parser.add_argument("--faults", action="store_true", help="with lost answers, 503, a lagging search, short tokens")
    given = parser.parse_args()
    log.set_up()  # as the command does, or each ticket would be told between the lines of the table
    held = True
    if given.what in {"points", "all"}:
        held &= points()
    seed = 100 if given.seed is None else given.seed
    if given.what in {"kills", "all"}:
        held &= kills(given.points, seed, faults=given.faults)
    if given.what == "all":
        held &= kills(given.points // 3, seed + 1000, faults=True)
    if given.what in {"matrix", "all"}:
        try:
            wanted = _ways(given.only)
        except ValueError as e:
            parser.error(str(e))
        held &= ways(given.tickets, given.seed or 1, wanted, with_losses=given.losses)
    if given.what in {"plans", "all"}:
        held &= plans(given.seeds, min(given.tickets, 45), _database_in)
    if given.what in {"sample", "all"}:
        held &= samples(SAMPLED, min(given.seeds, 3), _database_in)
    if given.what in {"verify", "all"}:
        held &= verified(given.tickets, given.plants, _database_in)
    if given.what in {"mutants", "all"}:
        held &= mutants()
    return 0 if held else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # What is left of killed lives is not tidied up: its `finally` blocks would run.
    os._exit(code)
