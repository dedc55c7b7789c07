"""What a run made is taken back, and nothing that a person has done since is lost with it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import asyncpg
import pytest
from aiohttp import web

from tests.cli.front_door import Answer, in_store, syncer
from tests.flows.desks import Answer as Reply
from tests.flows.into import TwinPlace
from tests.flows.into_invgate import two_invgates
from tests.flows.into_redmine import two_redmines
from tests.flows.worlds import small, ugly

TICKETS, TOUCHED = 60, 18


@pytest.fixture
def place(tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    """Ugly tickets, to be migrated from one Redmine to another."""
    with two_redmines(ugly(TICKETS), tmp_path, dsn) as place:
        yield place


def do(place: TwinPlace, *args: str) -> Answer:
    """A command on the route of this place."""
    return syncer(*args, "--config", place.config)


def migrated(place: TwinPlace) -> str:
    """All of it; the number of the run."""
    moved = do(place, "migrate", "move", "--yes", "--json")
    assert moved.code == 0, moved.err
    return str(moved.document["run"])


class People:
    """Somebody who works on the target by its API, whatever syncer does."""

    def __init__(self, place: TwinPlace, seed: int) -> None:
        self._url = place.desks.new_url
        self._key = place.desks.new.block("")["auth"]["key"]
        self._tables = place.desks.new.tables
        self._dice = random.Random(seed)

    def touch(self, many: int) -> dict[str, dict[str, Any]]:
        """So many tickets, each changed in one way; what they are then."""
        ids = self._dice.sample(sorted(self._tables.issues), many)
        for number, id in enumerate(ids):
            self.put(id, self._changes(number))
        return {str(id): self.shown(id) for id in ids}

    def _changes(self, number: int) -> dict[str, Any]:
        return (
            {"subject": f"Said anew {number}"}, {"notes": f"I look into it {number}"},
            {"description": f"More is known {number}"}, {"priority_id": 1 + self._dice.randrange(3), "notes": "urgent"},
            {"notes": f"for ourselves {number}", "private_notes": True},
        )[number % 5]  # fmt: skip

    def put(self, id: int, changes: dict[str, Any]) -> None:
        """Change a ticket."""
        self._ask("PUT", f"/issues/{id}.json", {"issue": changes})

    def delete(self, id: int) -> None:
        """Delete it for good."""
        self._ask("DELETE", f"/issues/{id}.json", None)

    def shown(self, id: int) -> dict[str, Any]:
        """The ticket as the desk shows it."""
        whole: dict[str, Any] = self._ask("GET", f"/issues/{id}.json?include=journals,watchers", None)["issue"]
        return whole

    def _ask(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Redmine-API-Key": self._key, "Content-Type": "application/json"}
        with urlopen(Request(self._url + path, data=data, headers=headers, method=method)) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None


@pytest.mark.parametrize("verified", [True, False])
def test_what_people_changed_stays_and_all_else_is_as_before_the_run(place: TwinPlace, verified: bool) -> None:
    held = place.desks.new.tables
    run = migrated(place)
    if verified:
        assert do(place, "verify", "move").code == 0
    people = People(place, 3)
    touched = people.touch(TOUCHED)
    undone = do(place, "undo", "move", run, "--yes", "--json")
    assert undone.code == 1, undone.err
    counts = undone.document["counts"]
    assert sum(counts.values()) == undone.document["there"] == TICKETS
    assert counts["impossible"] == 0
    stayed = {str(id): people.shown(id) for id in held.issues}
    assert {id: stayed[id] for id in touched} == touched, "a person's work was lost, or changed"
    if verified:
        assert counts == {"reversed": TICKETS - TOUCHED, "kept": TOUCHED, "impossible": 0}
        assert set(stayed) == set(touched)
    again = do(place, "undo", "move", run, "--yes", "--json").document
    assert again["there"] == 0
    over = do(place, "migrate", "move", "--yes", "--json").document["counts"]
    assert (over["created"], over["unchanged"]) == (counts["reversed"], counts["kept"])


def test_a_target_that_deletes_nothing_says_so_for_each(tmp_path: Path, dsn: str) -> None:
    with two_invgates(small(), tmp_path, dsn) as place:
        run = migrated(place)
        assert do(place, "verify", "move").code == 0
        before = place.desks.new.kept()
        undone = do(place, "undo", "move", run, "--yes", "--json")
        assert undone.code == 1
        assert undone.document["counts"] == {"reversed": 0, "kept": 0, "impossible": 12}
        assert place.desks.new.kept() == before
        assert do(place, "undo", "move", "99", "--yes").code == 2


def test_a_ticket_that_is_not_shown_does_not_count_as_taken_back(tmp_path: Path, dsn: str) -> None:
    """On a target that cannot say whether it was deleted, or is only hidden from this account."""
    with two_invgates(small(), tmp_path, dsn) as place:
        run = migrated(place)
        tables = place.desks.new.tables
        hidden = sorted(tables.tickets)[:5]
        for id in hidden:
            del tables.tickets[id]
        tables.changed()
        undone = do(place, "undo", "move", run, "--yes", "--json").document
        assert (undone["counts"]["reversed"], undone["there"]) == (0, 12)
        why = [detail for _, id, detail in undone["examples"]["impossible"] if int(id) in hidden]
        assert len(why) == 5
        assert all("does not show it" in one for one in why)
        again = do(place, "undo", "move", run, "--yes", "--json").document
        assert again["there"] == undone["counts"]["impossible"] >= 5, "the ledger still knows of all of them"


def test_what_the_target_refuses_to_delete_leaves_nothing_announced(place: TwinPlace, dsn: str) -> None:
    run = migrated(place)

    async def watch(request: web.Request, answer: Reply) -> web.StreamResponse:
        return web.json_response({}, status=403) if request.method == "DELETE" else await answer()

    place.desks.watch = watch
    undone = do(place, "undo", "move", run, "--yes", "--json").document
    assert undone["counts"]["impossible"] > 0
    assert any("Delete issues" in detail for _, _, detail in undone["examples"]["impossible"]), "the hint, too"
    assert in_store(dsn, _announced) == 0


async def _announced(pool: asyncpg.Pool) -> int:
    return int(await pool.fetchval("select count(*) from effect where state = 'announced'"))
