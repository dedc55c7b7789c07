"""A target that forgets what is private is found out by the first private note, before a second one leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from syncer.errors import Fatal
from tests.flows import lives, mutants
from tests.flows.desks import Answer, only_answer
from tests.flows.into import TwinPlace
from tests.flows.into_invgate import two_invgates
from tests.flows.judge import Broken
from tests.flows.worlds import SECRET, small

COMMENTS = "/api/v1/incident.comment"


@pytest.fixture
def invgates(tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    with two_invgates(small(), tmp_path, dsn) as place:
        yield place
        lives.bury_sleepers()


def forgetful(place: TwinPlace) -> None:
    """The target takes private comments, and shows them to everybody."""

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await answer()
        if request.method == "POST" and request.path == COMMENTS:
            for ticket in place.desks.new.tables.tickets.values():
                for comment in ticket.comments:
                    comment.customer_visible = True
        return response

    place.desks.watch = watch


def silent(place: TwinPlace) -> None:
    """The target takes comments, and shows none."""

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        if request.method == "GET" and request.path == COMMENTS and str(request.url.port) in place.desks.new_url:
            return web.json_response([])
        response = await answer()
        if (
            request.method == "GET"
            and isinstance(response, web.Response)
            and str(request.url.port) in place.desks.new_url
        ):
            assert isinstance(response.body, bytes)
            response.body = response.body.replace(b'"comments"', b'"comments_"')
        return response

    place.desks.watch = watch


def secrets(place: TwinPlace) -> int:
    """How many private notes are on the target, whoever may read them."""
    tickets = place.desks.new.state()["tickets"].values()
    return sum(SECRET in comment["message"] for ticket in tickets for comment in ticket["comments"])


def stops(place: TwinPlace, run: int = 1) -> Fatal:
    """How the run ended; raises Broken when it let a second private note out."""
    life = lives.begin(place)
    place.desks.settle()
    if not isinstance(life.error, Fatal) or not 1 <= secrets(place) <= run:
        raise Broken(f"{secrets(place)} private notes on the target, and {life.error!r}")
    return life.error


def test_a_private_note_that_became_public_stops_the_run_before_a_second_one(invgates: TwinPlace) -> None:
    forgetful(invgates)
    error = stops(invgates)
    assert "became public on the target" in error.message
    assert "comments.private: drop" in error.hint


def test_the_next_run_stops_as_early_and_goes_on_when_the_target_was_mended(invgates: TwinPlace) -> None:
    forgetful(invgates)
    stops(invgates)
    assert "became public" in stops(invgates, run=2).message
    invgates.desks.watch = only_answer
    for ticket in invgates.desks.new.tables.tickets.values():
        for comment in ticket.comments:
            comment.customer_visible = SECRET not in comment.message
    assert lives.whole(invgates).tally.counts()["parked"] == 0
    invgates.judge()


def test_a_private_note_that_does_not_show_stops_the_run_before_a_second_one(invgates: TwinPlace) -> None:
    invgates.configure(timeout=0.6)
    silent(invgates)
    assert "does not show its private comment" in stops(invgates).message


def test_a_note_that_somebody_removed_since_stops_nobody(invgates: TwinPlace) -> None:
    forgetful(invgates)
    stops(invgates)
    invgates.desks.watch = only_answer
    for ticket in invgates.desks.new.tables.tickets.values():
        ticket.comments[:] = [comment for comment in ticket.comments if SECRET not in comment.message]
    counts = lives.whole(invgates).tally.counts()
    assert (counts["read"], counts["parked"]) == (12, 0)


def test_a_run_that_does_not_look_is_caught(invgates: TwinPlace) -> None:
    forgetful(invgates)
    with mutants.private_not_read_back(), pytest.raises(Broken):
        stops(invgates)
