"""The steps after a ticket was made, broken on purpose; and looks and comments that a target refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace

from syncer.errors import Retryable
from syncer.pipeline.blame import FEW
from tests.flows import lives, mutants
from tests.flows.desks import Answer
from tests.flows.into import TwinPlace
from tests.flows.into_invgate import two_invgates
from tests.flows.judge import Broken
from tests.flows.test_into import answers_lost, killed_at
from tests.flows.worlds import small

COMMENTS = "/api/v1/incident.comment"


@pytest.fixture
def invgates(tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    with two_invgates(small(), tmp_path, dsn) as place:
        yield place
        lives.bury_sleepers()


def lost(place: TwinPlace) -> None:
    """One of `test_lost_answers_of_any_write_are_looked_for`."""
    answers_lost(place, 1)


def killed(place: TwinPlace) -> None:
    """`test_killed_anywhere_nothing_is_lost_or_said_twice`, in the middle."""
    lives.whole(place)
    killed_at(place, range(150, 330, 20))


def killed_late(place: TwinPlace) -> None:
    """The same, while the last tickets are ended, before any is linked."""
    lives.whole(place)
    place.reset(lists=False)
    linking = lives.begin(place).steps.index("before POST /api/v1/incident.link")
    killed_at(place, range(linking - 30, linking, 6))


@pytest.mark.parametrize(
    ("mutant", "proof"),
    [(mutants.steps_not_looked_for, lost), (mutants.made_is_over, killed), (mutants.links_in_memory, killed_late)],
)
def test_a_deliberate_break_of_the_steps_is_caught(
    invgates: TwinPlace, mutant: mutants.Mutant, proof: Callable[[TwinPlace], None]
) -> None:
    with mutant(), pytest.raises(Broken) as caught:
        proof(invgates)
    print(f"caught: {str(caught.value).splitlines()[0]}")


def test_a_look_that_is_refused_leaves_the_step_in_doubt_and_the_next_run_looks_again(invgates: TwinPlace) -> None:
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
    invgates: TwinPlace,
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


def _spoilt(**changes: Callable[[Any], Any]) -> Callable[[Any], None]:
    def spoil(ticket: Any) -> None:
        for name, change in changes.items():
            setattr(ticket, name, change(getattr(ticket, name)))

    return spoil


def _one_comment(**changes: Any) -> Callable[[Any], None]:
    def spoil(ticket: Any) -> None:
        for name, value in changes.items():
            setattr(ticket.comments[0], name, value)

    return spoil


WRONG: dict[str, Callable[[Any], None]] = {
    "0 times on the target": _spoilt(title=lambda t: t.replace("IG-1004", "IG-1003")),
    "title": _spoilt(title=lambda t: f"x{t}"),
    "status": _spoilt(status_id=lambda s: s % 8 + 1),
    "priority": _spoilt(priority_id=lambda p: p % 5 + 1),
    "category": _spoilt(category_id=lambda c: c + 1),
    "queue": _spoilt(assigned_group_id=lambda g: g + 2 if g < 105 else g - 2),
    "requester": _spoilt(user_id=lambda u: u + 1),
    "its text": _spoilt(description=lambda d: d.replace("body", "")),
    "comments": _spoilt(comments=lambda c: c[1:]),
    "words": _one_comment(message="nothing [IG-1004-c88005]"),
    "visibility": _spoilt(comments=lambda c: [replace(one, customer_visible=True) for one in c]),
    "said by": _one_comment(author_id=1),
    "files": _spoilt(files=lambda f: f[1:]),
}


@pytest.mark.parametrize("said", WRONG)
def test_the_judge_of_an_invgate_sees_what_is_wrong(invgates: TwinPlace, said: str) -> None:
    lives.whole(invgates)
    invgates.judge()
    tickets = invgates.desks.new.tables.tickets.values()
    WRONG[said](next(one for one in tickets if one.title.endswith("[IG-1004]")))
    with pytest.raises(Broken, match=f"1004: .*{said}"):
        invgates.judge()


def test_a_bad_line_parks_no_ticket_whose_every_step_came_through_in_the_end(invgates: TwinPlace) -> None:
    """Each write is lost once before the target hears of it: more often than one step may be tried, for one ticket."""
    invgates.configure(timeout=0.4)
    lost: set[tuple[str, bytes]] = set()

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        # The boundary of a form is new each time.
        said = request.path_qs, (await request.read())[64:-64]
        if invgates.desks.is_write(request) and said not in lost:
            lost.add(said)
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return await answer()

    invgates.desks.watch = watch
    report = lives.whole(invgates)
    assert (report.tally.reasons, len(lost) > 40) == ({}, True)
    invgates.judge()
