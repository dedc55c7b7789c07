"""A target that takes many calls for one ticket: killed at any of them, the next life ends what was begun, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from syncer.deskkit.emulation import Faults
from syncer.errors import Retryable
from syncer.pipeline.blame import FEW
from tests.flows import lives, mutants
from tests.flows.desks import Answer
from tests.flows.into_invgate import InvGatePlace, two_invgates
from tests.flows.judge import Broken, counts_add_up
from tests.flows.lives import at
from tests.flows.test_killed_at_each_step import nearly_all, then_whole
from tests.flows.worlds import small, ugly

COMMENTS = "/api/v1/incident.comment"
STRIDE = 9
"""Of the steps, one in so many here."""


@pytest.fixture
def invgates(tmp_path: Path, dsn: str) -> Iterator[InvGatePlace]:
    with two_invgates(small(), tmp_path, dsn) as place:
        yield place
        lives.bury_sleepers()


def test_everything_comes_over_once_with_comments_files_and_status(tmp_path: Path, dsn: str) -> None:
    with two_invgates(ugly(60), tmp_path, dsn) as place:
        report = lives.whole(place)
        counts_add_up(report.tally.counts(), place.tickets)
        place.judge()
        writes = place.desks.registrations()
        again = lives.whole(place)
        assert again.tally.counts()["unchanged"] == place.tickets
        assert place.desks.registrations() == writes


def test_killed_anywhere_nothing_is_lost_or_said_twice(invgates: InvGatePlace) -> None:
    lives.whole(invgates)
    invgates.reset(lists=False)
    steps = len(lives.begin(invgates).steps)
    assert steps > 300
    killed_at(invgates, range(1, steps + 1, STRIDE))


def killed_at(place: InvGatePlace, points: Iterable[int]) -> None:
    """Killed at each of these steps, then run to the end."""
    killed = []
    for point in points:
        place.reset(lists=False)
        killed.append(then_whole(place, lives.begin(place, kill=at(point)), f"killed at step {point}"))
    nearly_all(killed)


@pytest.mark.parametrize("seed", range(2))
def test_lost_answers_of_any_write_are_looked_for(invgates: InvGatePlace, seed: int) -> None:
    answers_lost(invgates, seed)


def answers_lost(invgates: InvGatePlace, seed: int) -> None:
    """The answer to every fifth write is lost, whatever it was."""
    invgates.configure(timeout=1)
    lost = []

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await answer()
        to_target = request.url.port is not None and str(request.url.port) in invgates.desks.new_url
        if to_target and request.method in {"POST", "PUT"} and "oauth" not in request.path:
            lost.append(request.path)
            if len(lost) % 5 == seed:
                assert request.transport is not None
                request.transport.close()
        return response

    invgates.desks.watch = watch
    counts_add_up(lives.whole(invgates).tally.counts(), invgates.tickets)
    invgates.judge()
    assert len(lost) > 40


def lost(place: InvGatePlace) -> None:
    """One of `test_lost_answers_of_any_write_are_looked_for`."""
    answers_lost(place, 1)


def killed(place: InvGatePlace) -> None:
    """`test_killed_anywhere_nothing_is_lost_or_said_twice`, in the middle."""
    lives.whole(place)
    killed_at(place, range(150, 330, 20))


@pytest.mark.parametrize(
    ("mutant", "proof"),
    [(mutants.steps_not_looked_for, lost), (mutants.made_is_over, killed)],
)
def test_a_deliberate_break_of_the_steps_is_caught(
    invgates: InvGatePlace, mutant: mutants.Mutant, proof: Callable[[InvGatePlace], None]
) -> None:
    with mutant(), pytest.raises(Broken) as caught:
        proof(invgates)
    print(f"caught: {str(caught.value).splitlines()[0]}")


def test_a_target_that_says_no_now_and_then_gets_everything_once(invgates: InvGatePlace) -> None:
    for desk in (invgates.desks.old, invgates.desks.new):
        desk.carrier.set_faults(Faults(seed=3, before=0.05, cut_after=0.03))
    counts_add_up(lives.whole(invgates).tally.counts(), invgates.tickets)
    invgates.judge()


def test_a_look_that_is_refused_leaves_the_step_in_doubt_and_the_next_run_looks_again(invgates: InvGatePlace) -> None:
    invgates.configure(timeout=0.6)
    lost: list[str] = []
    refusing = True

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        comment = request.path == COMMENTS and str(request.url.port) in invgates.desks.new_url
        if comment and request.method == "POST" and not lost:
            lost.append(str((await request.json())["request_id"]))
            response = await answer()
            assert request.transport is not None
            request.transport.close()
            return response
        if comment and request.method == "GET" and refusing and request.query["request_id"] in lost:
            return web.json_response({"error": "not now", "status": 400}, status=400)
        return await answer()

    invgates.desks.watch = watch
    report = lives.whole(invgates)
    assert report.tally.reasons == {"in_doubt": 1}
    assert invgates.rows("select step from effect where state = 'announced'")[0]["step"].startswith("comment ")
    refusing = False
    invgates.sql("update dead_letter set state = 'retry'")
    assert lives.whole(invgates).tally.counts()["created"] == 1
    invgates.judge()


def test_a_target_that_takes_no_comment_any_more_ends_the_run_and_the_next_one_goes_on(
    invgates: InvGatePlace,
) -> None:
    invgates.configure(timeout=0.4, parallel=4)
    broken = True

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        if broken and request.path == COMMENTS and request.method == "POST":
            return web.Response(status=503, text="not now")
        return await answer()

    invgates.desks.watch = watch
    life = lives.begin(invgates)
    assert isinstance(life.error, Retryable)
    assert "does not take tickets now" in life.error.hint
    assert len(invgates.rows("select 1 from dead_letter")) <= FEW, "it is not the tickets' fault"
    broken = False
    invgates.buried()
    invgates.sql("update dead_letter set state = 'retry'")
    lives.whole(invgates)
    invgates.judge()
