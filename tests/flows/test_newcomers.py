"""People the target does not know are made there, once each, by the mapping's policy; killed or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from aiohttp import web

from syncer.deskkit.world import World
from tests.cli.front_door import syncer
from tests.flows import lives
from tests.flows.desks import Answer
from tests.flows.into import TwinPlace
from tests.flows.into_invgate import two_invgates
from tests.flows.into_motadata import two_serviceops
from tests.flows.judge import counts_add_up
from tests.flows.worlds import small

Moving = Callable[[World, Path, str], AbstractContextManager[TwinPlace]]
PATHS: dict[Moving, str] = {two_invgates: "/api/v1/user", two_serviceops: "/api/v1/requester"}
LEFT = 40
"""So many of the people, agents first, are on the target already."""


@pytest.fixture(params=PATHS, ids=["invgate", "motadata"])
def place(request: pytest.FixtureRequest, tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    with request.param(small(), tmp_path, dsn) as place:
        place.path = PATHS[request.param]
        yield place
        lives.bury_sleepers()


def emptied(place: TwinPlace) -> set[str]:
    """The addresses of requesters whom the target is made to forget."""
    held = place.desks.new.tables
    people = held.users if hasattr(held, "users") else held.people
    old = place.desks.old.kept()
    wanted = {ticket.requester for ticket in old if ticket.requester}
    agents = {ticket.assignee for ticket in old} | {said.author for t in old for said in t.comments}
    gone = {id: one.email.lower() for id, one in people.items() if one.email.lower() in wanted - agents}
    for id in gone:
        lost = people.pop(id)
        for index in (getattr(held, "_by_email", {}), getattr(held, "_by_logon", {})):
            for name in [name for name, one in index.items() if one is lost]:
                del index[name]
    return set(gone.values())


def with_policy(place: TwinPlace, policy: str) -> None:
    mapping = place.config.parent / "mapping.yaml"
    mapping.write_text(mapping.read_text().replace("missing: fallback", f"missing: {policy}"))


def requesters(place: TwinPlace) -> list[str | None]:
    """Of the target's tickets, by the source's numbers."""
    there = sorted(place.desks.new.kept(), key=lambda one: int(re.findall(r"\[\w+-(\d+)\]", one.title)[-1]))
    return [one.requester for one in there]


def addresses(place: TwinPlace) -> list[str]:
    """Of everybody the target knows."""
    held = place.desks.new.tables
    people = held.users if hasattr(held, "users") else held.people
    return [one.email.lower() for one in people.values()]


@pytest.mark.parametrize("policy", ["create", "placeholder"])
def test_who_is_missing_is_made_once_and_silently(place: TwinPlace, policy: str) -> None:
    gone = emptied(place)
    assert len(gone) > 4
    with_policy(place, policy)
    report = lives.whole(place)
    counts_add_up(report.tally.counts(), place.tickets)
    assert not report.tally.losses["person_not_created"]
    assert any("there now" in note for note in report.tally.notes)
    was = [ticket.requester for ticket in place.desks.old.kept()]
    for before, after in zip(was, requesters(place), strict=True):
        if policy == "create" or before not in gone:
            assert before is None or after == before or before not in gone
        else:
            assert after is not None
            assert re.fullmatch(r"(ig|md)-.+@placeholder\.invalid", after)
    there = addresses(place)
    made = [one for one in there if one in gone or one.endswith("@placeholder.invalid")]
    assert len(made) == len(set(made))
    assert len(made) == len(gone) if policy == "create" else len(made) >= len(gone)
    writes = place.desks.registrations()
    assert lives.whole(place).tally.counts()["unchanged"] == place.tickets
    assert place.desks.registrations() == writes


def test_a_dry_run_says_who_would_be_made_and_makes_nobody(place: TwinPlace) -> None:
    gone = emptied(place)
    with_policy(place, "create")
    told = syncer("plan", "--config", place.config, "--json")
    assert told.code == 0, told.err
    assert f"{len(gone)} people the target's list did not show would be made there" in told.document["notes"]
    assert place.desks.registrations() == 0
    assert not gone & set(addresses(place))


def test_a_lost_answer_makes_nobody_twice(place: TwinPlace) -> None:
    gone = emptied(place)
    with_policy(place, "create")
    place.configure(timeout=1)
    with_policy(place, "create")
    lost: list[str] = []

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await answer()
        if place.desks.is_write(request) and request.path == place.path and len(lost) < 3:
            lost.append(request.path)
            assert request.transport is not None
            request.transport.close()
        return response

    place.desks.watch = watch
    counts_add_up(lives.whole(place).tally.counts(), place.tickets)
    assert len(lost) == 3
    there = addresses(place)
    assert gone <= set(there)
    assert len(there) == len(set(there))


def test_killed_while_people_are_made_nobody_is_made_twice(place: TwinPlace) -> None:
    gone = emptied(place)
    with_policy(place, "create")
    for step in ("before", "after"):
        place.reset()
        emptied(place)
        killed = lives.begin(place, kill=lives.on(f"{step} POST {place.path}", 2))
        assert killed.killed
        place.later()
        counts_add_up(lives.whole(place).tally.counts(), place.tickets)
        there = addresses(place)
        assert gone <= set(there)
        assert len(there) == len(set(there))
