"""Answers get lost, come late, or the search lags: a write is looked for before it is done again."""

from __future__ import annotations

import asyncio
import re

import pytest
from aiohttp import web

from syncer.deskkit.emulation import Faults
from syncer.errors import SyncerError
from syncer.migrate.engine import Report
from tests.flows import lives
from tests.flows.desks import REGISTER, Answer
from tests.flows.judge import counts_add_up
from tests.flows.lives import on
from tests.flows.place import Place

MOST_LIVES = 12
LIST = "POST /api/TicketsApi"
PRESETS = 2
"""A look at Tikting is two searches: among all tickets, and among the completed ones."""
LONGEST = 30
_MARK = re.compile(rb"\[(IG-\d+)\]")


def test_a_lost_answer_is_looked_for_until_the_search_can_have_seen_it(place: Place) -> None:
    lost_while_the_search_lags(place)


def lost_while_the_search_lags(place: Place) -> None:
    """The very first answers are lost, so that nothing but the search can tell."""
    place.configure(timeout=1, search_lag=1.6)
    place.desks.new.carrier.set_faults(Faults(where=REGISTER, first=["cut_after"] * 3, search_lag=1.5))
    report = lives.whole(place)
    counts_add_up(report.tally.counts(), place.tickets)
    place.judge()
    assert report.tally.adopted >= 3


def test_a_write_that_is_done_after_we_gave_up_waiting_is_not_done_twice(place: Place) -> None:
    place.configure(timeout=0.6, search_lag=0.5)
    late = [True, True]

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        if f"{request.method} {request.path}" == REGISTER and late:
            late.pop()
            await asyncio.sleep(0.9)
        return await answer()

    place.desks.watch = watch
    report = lives.whole(place)
    place.judge()
    assert report.tally.adopted >= 2


def test_a_write_under_way_when_we_were_killed_is_not_done_twice(place: Place) -> None:
    killed_while_a_write_is_under_way(place)


def killed_while_a_write_is_under_way(place: Place) -> None:
    """The desk takes its time with a write whose sender is dead: it is done after the next life has first looked."""
    lives.whole(place)
    place.reset(lists=False)
    place.configure(timeout=1, search_lag=0.3)
    life = lives.Life(lives.never, lives.never)
    slow, looks, looked = b"", 0, asyncio.Event()

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        nonlocal slow, looks
        call = f"{request.method} {request.path}"
        if call == REGISTER and not slow and place.desks.registrations() == 5:
            (slow,) = _MARK.findall(await request.read())
            life.loop.call_soon_threadsafe(life.kill_now)
            await asyncio.wait_for(looked.wait(), LONGEST)
        elif call == LIST and slow and f'"{slow.decode()}"'.encode() in await request.read():
            response = await answer()
            looks += 1
            if looks == PRESETS:
                looked.set()
            return response
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
    """Lost answers, 503, tokens of one second, a search that lags; three lives are killed in real time.

    Besides the share of all calls, the answer to about every third registration is lost.
    """
    place.configure(timeout=1, search_lag=search_lag + 0.2)
    for desk in (place.desks.old, place.desks.new):
        desk.carrier.set_faults(Faults(seed=seed, cut_after=share, before=0.03, token_seconds=1, search_lag=search_lag))
    lost = []

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await answer()
        made = f"{request.method} {request.path}" == REGISTER and response.status == 201
        if made and place.desks.registrations() % 3 == seed % 3:
            lost.append(request.path)
            assert request.transport is not None
            request.transport.close()
        return response

    place.desks.watch = watch
    for kill in (on(lives.SENDING, 2 + seed), on("after POST /api/TicketsApi/register", 3), on(lives.ANNOUNCED, 2)):
        assert lives.begin(place, kill=kill).killed
    report = to_the_end(place)
    counts_add_up(report.tally.counts(), place.tickets)
    place.judge()
    assert lost
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
