"""Targets that take many calls for one ticket: killed at any of them, the next life ends what was begun, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from aiohttp import web

from syncer.deskkit.emulation import Faults
from syncer.deskkit.world import World
from tests.flows import lives
from tests.flows.desks import Answer
from tests.flows.into import TwinPlace
from tests.flows.into_invgate import two_invgates
from tests.flows.into_motadata import two_serviceops
from tests.flows.into_redmine import two_redmines
from tests.flows.into_request_tracker import two_request_trackers
from tests.flows.into_rezolve import two_rezolves
from tests.flows.into_tikting import two_tiktings
from tests.flows.into_znuny import two_znunys
from tests.flows.judge import counts_add_up
from tests.flows.lives import at
from tests.flows.test_killed_at_each_step import nearly_all, then_whole
from tests.flows.worlds import small, ugly

Moving = Callable[[World, Path, str], AbstractContextManager[TwinPlace]]
STRIDE: dict[Moving, int] = {
    two_invgates: 9, two_serviceops: 29, two_redmines: 29, two_request_trackers: 9, two_rezolves: 9, two_tiktings: 29,
    two_znunys: 29,
}  # fmt: skip
"""Of the steps, one in so many here; `scripts/prove points` takes all of those into InvGate and Rezolve.ai."""
both = pytest.mark.parametrize(
    "moving", STRIDE, ids=["invgate", "motadata", "redmine", "request_tracker", "rezolve", "tikting", "znuny"]
)


@pytest.fixture
def place(moving: Moving, tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    with moving(small(), tmp_path, dsn) as place:
        yield place
        lives.bury_sleepers()


@both
def test_everything_comes_over_once_with_comments_files_and_status(moving: Moving, tmp_path: Path, dsn: str) -> None:
    with moving(ugly(60), tmp_path, dsn) as place:
        report = lives.whole(place)
        counts_add_up(report.tally.counts(), place.tickets)
        place.judge()
        writes = place.desks.registrations()
        again = lives.whole(place)
        assert again.tally.counts()["unchanged"] == place.tickets
        assert place.desks.registrations() == writes


@both
def test_killed_anywhere_nothing_is_lost_or_said_twice(place: TwinPlace, moving: Moving) -> None:
    lives.whole(place)
    place.reset(lists=False)
    steps = len(lives.begin(place).steps)
    assert steps > 250
    killed_at(place, range(1, steps + 1, STRIDE[moving]))


def killed_at(place: TwinPlace, points: Iterable[int]) -> None:
    """Killed at each of these steps, then run to the end."""
    killed = []
    for point in points:
        place.reset(lists=False)
        killed.append(then_whole(place, lives.begin(place, kill=at(point)), f"killed at step {point}"))
    nearly_all(killed)


@both
@pytest.mark.parametrize("seed", range(2))
def test_lost_answers_of_any_write_are_looked_for(place: TwinPlace, seed: int) -> None:
    answers_lost(place, seed)


def answers_lost(place: TwinPlace, seed: int) -> None:
    """The answer to every fifth write is lost, whatever it was."""
    place.configure(timeout=1)
    writes = []

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await answer()
        if place.desks.is_write(request):
            writes.append(request.path)
            if len(writes) % 5 == seed:
                assert request.transport is not None
                request.transport.close()
        return response

    place.desks.watch = watch
    counts_add_up(lives.whole(place).tally.counts(), place.tickets)
    place.judge()
    assert len(writes) > 40


@both
def test_a_target_that_says_no_now_and_then_gets_everything_once(place: TwinPlace) -> None:
    for desk in (place.desks.old, place.desks.new):
        desk.carrier.set_faults(Faults(seed=3, before=0.05, cut_after=0.03))
    counts_add_up(lives.whole(place).tally.counts(), place.tickets)
    place.judge()
