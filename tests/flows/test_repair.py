"""What verification found wrong is set right by the ordinary path, and nothing else is touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.cli.front_door import Answer, syncer
from tests.flows.desks import Answer as Reply
from tests.flows.into import TwinPlace
from tests.flows.into_invgate import two_invgates
from tests.flows.into_redmine import two_redmines
from tests.flows.test_undo import People
from tests.flows.worlds import small, ugly

_MARKER = re.compile(r"\s*\[(ext:)?RM-\d+\]")
"""In the first texts of each project, until one is seen to keep the marker in its field."""


@pytest.fixture
def place(tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    """Ugly tickets, migrated from one Redmine to another."""
    with two_redmines(ugly(30), tmp_path, dsn) as place:
        assert do(place, "migrate", "move", "--yes").code == 0
        yield place


def do(place: TwinPlace, *args: str) -> Answer:
    """A command on the route of this place."""
    return syncer(*args, "--config", place.config)


def test_what_differs_is_changed_and_what_is_missing_is_made_anew(place: TwinPlace) -> None:
    held = place.desks.new.tables
    before = {one.custom["External ID"]: one for one in place.desks.new.kept()}
    people = People(place, 5)
    ids = sorted(held.issues)
    people.put(ids[0], {"subject": "Somebody else's words"})
    people.put(ids[1], {"description": "Gone astray", "priority_id": 3})
    people.delete(ids[2])
    found = do(place, "verify", "move", "--json")
    assert found.code == 1
    assert found.document["end"]["verdicts"]["missing"] == 1
    mended = do(place, "verify", "move", "--repair", "--yes", "--json")
    assert mended.document["repaired"] == {"made": 1, "changed": 2, "left": []}
    assert do(place, "verify", "move").code == 0
    after = {one.custom["External ID"]: one for one in place.desks.new.kept()}
    assert after.keys() == before.keys()
    assert {t: one.values for t, one in after.items()} == {t: one.values for t, one in before.items()}
    said, was = ({t: _MARKER.sub("", one.body) for t, one in some.items()} for some in (after, before))
    assert said == was
    quiet = do(place, "migrate", "move", "--yes", "--json").document["counts"]
    assert (quiet["created"], quiet["unchanged"]) == (0, 30)


def test_what_only_a_person_can_mend_is_told(tmp_path: Path, dsn: str) -> None:
    with two_invgates(small(), tmp_path, dsn) as place:
        assert do(place, "migrate", "move", "--yes").code == 0
        tables = place.desks.new.tables
        told = next(ticket for ticket in tables.tickets.values() if any(c.customer_visible for c in ticket.comments))
        next(c for c in told.comments if c.customer_visible).message = "<p>I never said so</p>"
        tables.changed()
        mended = do(place, "verify", "move", "--repair", "--yes", "--json").document
        (left,) = mended["repaired"]["left"]
        assert f"by hand on ticket {told.id}: comment" in left[1]
        assert do(place, "verify", "move").code == 1


def _hiding(place: TwinPlace, ids: set[int], *, lists: bool) -> None:
    """The target answers as if it knew none of these, one by one and, where `lists`, in its lists, too."""

    async def watch(request: web.Request, answer: Reply) -> web.StreamResponse:
        if str(request.url.port) in place.desks.new_url and request.method == "GET":
            one = re.fullmatch(r"/issues/(\d+)\.json", request.path)
            if one and int(one[1]) in ids:
                return web.json_response({}, status=404)
            if lists and request.path == "/issues.json":
                return web.json_response({"issues": [], "total_count": 0, "offset": 0, "limit": 25})
        return await answer()

    place.desks.watch = watch


def test_a_blind_account_makes_nothing_a_second_time(place: TwinPlace) -> None:
    held = place.desks.new.tables
    before = place.desks.new.kept()
    _hiding(place, set(held.issues), lists=True)
    stopped = do(place, "verify", "move", "--repair", "--yes")
    assert stopped.code == 3
    assert "30 of 30 migrated tickets are missing on new" in stopped.err
    assert "May the account see them?" in stopped.err
    assert place.desks.new.kept() == before


def test_what_the_target_finds_by_its_marker_is_not_made_anew(place: TwinPlace) -> None:
    before = place.desks.new.kept()
    hidden = set(sorted(place.desks.new.tables.issues)[:4])
    _hiding(place, hidden, lists=False)
    told = do(place, "verify", "move", "--repair", "--yes", "--json").document["repaired"]
    assert told["made"] == 0
    assert sum("carries its marker" in why for _, why in told["left"]) == 4
    assert place.desks.new.kept() == before
