"""Answers get lost, come late, or the search lags: a write is looked for before it is done again."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from syncer.deskkit.emulation import Entry, Faults
from syncer.errors import SyncerError
from syncer.migrate.engine import Report
from tests.flows import lives
from tests.flows.desks import REGISTER, Answer
from tests.flows.judge import counts_add_up
from tests.flows.lives import on
from tests.flows.place import Place

MOST_LIVES = 12


def test_a_lost_answer_is_looked_for_until_the_search_can_have_seen_it(place: Place) -> None:
    lost_while_the_search_lags(place)


def lost_while_the_search_lags(place: Place) -> None:
    """The very first answers are lost, so that nothing but the search can tell."""
    place.configure(timeout=1, search_lag=0.7)
    place.desks.new.carrier.set_faults(Faults(where=REGISTER, first=["cut_after"] * 3, search_lag=0.6))
    report = lives.whole(place)
    counts_add_up(report.tally.counts(), place.tickets)
    place.judge()
    assert report.tally.adopted == 3


def test_a_write_that_is_done_after_we_gave_up_waiting_is_not_done_twice(place: Place) -> None:
    place.configure(timeout=0.6, search_lag=0.5)
    late = [True, True]

    async def watch(entry: Entry, answer: Answer) -> web.StreamResponse:
        if f"{entry.method} {entry.path}" == REGISTER and late:
            late.pop()
            await asyncio.sleep(0.9)
        return await answer()

    place.desks.watch = watch
    report = lives.whole(place)
    place.judge()
    assert report.tally.adopted == 2


def test_a_write_under_way_when_we_were_killed_is_not_done_twice(place: Place) -> None:
    killed_while_a_write_is_under_way(place)


def killed_while_a_write_is_under_way(place: Place) -> None:
    """The desk takes its time with a write whose sender is dead; the next life comes before it is done."""
    lives.whole(place)
    place.reset(lists=False)
    place.configure(timeout=1, search_lag=0.3)
    slow = [True]
    life = lives.Life(lives.never, lives.never)

    async def watch(entry: Entry, answer: Answer) -> web.StreamResponse:
        if f"{entry.method} {entry.path}" == REGISTER and place.desks.registrations() == 5 and slow:
            slow.pop()
            life.loop.call_soon_threadsafe(life.kill_now)
            await asyncio.sleep(0.8)
        return await answer()

    place.desks.watch = watch
    lives.run(place, life)
    assert life.killed
    counts_add_up(lives.whole(place).tally.counts(), place.tickets)
    place.judge()


@pytest.mark.parametrize("seed", range(4))
def test_faults_and_kills_together_lose_nothing_and_double_nothing(place: Place, seed: int) -> None:
    faults_and_kills(place, seed)


def faults_and_kills(place: Place, seed: int, *, search_lag: float = 0.5, share: float = 0.05) -> None:
    """Lost answers, 503, tokens of one second, a search that lags; three lives are killed in real time."""
    place.configure(timeout=1, search_lag=search_lag + 0.2)
    for desk in (place.desks.old, place.desks.new):
        desk.carrier.set_faults(Faults(seed=seed, cut_after=share, before=0.03, token_seconds=1, search_lag=search_lag))
    for kill in (on(lives.SENDING, 2 + seed), on("after POST /api/TicketsApi/register", 3), on(lives.ANNOUNCED, 2)):
        life = lives.begin(place, kill=kill)
        assert life.killed or life.report or isinstance(life.error, SyncerError)
    report = to_the_end(place)
    counts_add_up(report.tally.counts(), place.tickets)
    place.judge()
    registered = place.desks.registrations()
    to_the_end(place)
    assert place.desks.registrations() == registered
    place.judge()


def to_the_end(place: Place) -> Report:
    """The same command again and again, as its message says, until it is through."""
    for _ in range(MOST_LIVES):
        life = lives.begin(place)
        if life.report is not None:
            return life.report
        if not isinstance(life.error, SyncerError):
            assert life.error is not None
            raise life.error
    raise AssertionError(f"not through after {MOST_LIVES} lives: {life.error}")
