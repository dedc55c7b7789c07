"""Killed at each step of a small migration, in process: the next life loses nothing, doubles nothing, and ends it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from syncer.migrate import backfill, delta
from tests.flows import lives
from tests.flows.judge import Broken, counts_add_up
from tests.flows.lives import SENDING, Command, at, on
from tests.flows.place import Place

SHARES = 4
STRIDE = 2
"""Of the steps of a second life, every other one here; `scripts/prove points` takes them all."""
FIRST_EVER = 8
"""Of the steps before the first ticket, most of them reading lists, one in so many."""


@pytest.mark.parametrize("share", range(SHARES))
def test_a_killed_migration_loses_nothing_and_doubles_nothing(place: Place, share: int) -> None:
    lives.whole(place)
    place.reset(lists=False)
    steps = len(lives.begin(place).steps)
    assert steps > 120
    killed_once(place, range(share + 1, steps + 1, SHARES))


def killed_once(place: Place, points: Iterable[int]) -> None:
    """From nothing but the value lists, killed at each of these steps, then run to the end."""
    killed = []
    for point in points:
        place.reset(lists=False)
        killed.append(then_whole(place, lives.begin(place, kill=at(point)), f"killed at step {point}"))
    nearly_all(killed)


def test_a_migration_killed_while_it_reads_the_lists_begins_anew(place: Place) -> None:
    life = lives.begin(place)
    for point in range(1, life.steps.index("before select pg_try_advisory_lock($1, $2)") + 1, FIRST_EVER):
        place.reset()
        assert then_whole(place, lives.begin(place, kill=at(point)), f"killed at step {point}")


@pytest.mark.parametrize("share", range(SHARES))
def test_a_migration_killed_twice_loses_nothing_and_doubles_nothing(place: Place, share: int) -> None:
    lives.whole(place)
    steps = len(half_done(place).steps)
    assert steps > 100
    killed_twice(place, range(share + 1, steps + 1, SHARES * STRIDE))


def killed_twice(place: Place, points: Iterable[int]) -> None:
    """Killed when writes had been announced and not sent; the life after that killed at each of these steps."""
    killed = []
    for point in points:
        life = half_done(place, kill=at(point))
        killed.append(then_whole(place, life, f"killed before the fifth write, then at step {point}"))
    nearly_all(killed)


def half_done(place: Place, *, kill: lives.When = lives.never) -> lives.Life:
    """The life after one that was killed before its fifth write left; the value lists are known from before."""
    place.reset(lists=False)
    assert lives.begin(place, kill=on(SENDING, 5)).killed
    place.buried()
    place.later()
    return lives.begin(place, kill=kill)


def then_whole(place: Place, life: lives.Life, how: str, command: Command = backfill.backfill) -> bool:
    """After this life another one ends the migration, and a third has nothing to write; whether it had been killed.

    Raises Broken.
    """
    assert life.error is None, life.error
    place.buried()
    place.later()
    try:
        counts_add_up(lives.whole(place, command).tally.counts(), None if command is delta.delta else place.tickets)
        place.judge()
        registered = place.desks.registrations()
        counts_add_up(lives.whole(place, command).tally.counts(), None if command is delta.delta else place.tickets)
        if place.desks.registrations() != registered:
            raise Broken("the third run wrote to the target")
        place.judge()
    except Broken as broken:
        raise Broken(f"{how}, {life.steps[-1]}:\n{broken}") from broken
    return life.killed


def nearly_all(killed: Iterable[bool]) -> None:
    """What is committed together, and so the number of steps, differs from life to life: on a busy machine more is."""
    ends = list(killed)
    assert sum(ends) >= 2 / 3 * len(ends), f"only {sum(ends)} of {len(ends)} lives were killed"
