"""Promise h: what was shown is what is done. A plan writes nothing, is the same each time, and a run of it does it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.cli.front_door import Answer, syncer
from tests.flows.desks import REGISTER, desks_of, only_answer
from tests.flows.desks import Answer as Reply
from tests.flows.place import Place, place_of
from tests.flows.plans import ROUTES, plan_holds
from tests.flows.worlds import small

READS = frozenset({"GET", "HEAD"})


def do(place: Place, *args: str, answer: str = "") -> Answer:
    """A command on the route of this place."""
    return syncer(*args, "--config", place.config, answer=answer)


def planned(place: Place) -> Any:
    """A plan, as a document."""
    made = do(place, "plan", "move", "--json")
    assert made.code in {0, 1}, made.err
    return made.document


def differences(place: Place, plan: Any) -> Any:
    """How a plan differs from what became of it."""
    return do(place, "plans", "diff", "move", plan["plan"], "--json").document["differences"]


def test_a_plan_writes_nothing_and_is_the_same_each_time(ugly_place: Place) -> None:
    place = ugly_place
    first = planned(place)
    second = planned(place)
    assert first["plan"] == second["plan"]
    assert first["counts"]["read"] == 60
    assert place.desks.new.state()["tickets"] == []
    assert place.desks.registrations() == 0
    written = [e for e in place.desks.old.carrier.log if e.method not in READS and "oauth" not in e.path]
    assert not written, "the source was written to"


def test_a_finding_names_tickets_that_have_it_and_says_what_to_do(ugly_place: Place, tmp_path: Path) -> None:
    place = ugly_place
    made = do(place, "plan", "move", "--json", "--out", str(tmp_path))
    assert made.code in {0, 1}, made.err
    with (tmp_path / "plan.csv").open(encoding="utf-8", newline="") as file:
        lost = {row["id"]: set(row["losses"].split()) for row in csv.DictReader(file)}
    found = made.document["findings"]
    losses = [one for one in found if one["code"].startswith("loss:")]
    assert len(losses) > 5
    for one in losses:
        code = one["code"].removeprefix("loss:")
        assert one["examples"], code
        assert all(code in lost[id] for id in one["examples"]), code
    assert {one["code"]: one["examples"] for one in made.document["losses"]} == {
        one["code"].removeprefix("loss:"): one["examples"] for one in losses
    }
    mails = [one for one in found if one["code"].startswith("mails:")]
    assert mails
    assert all(set(one["examples"]) <= set(lost) and one["examples"] for one in mails)
    assert not [one for one in found if not one["place"] or (one["severity"] != "information" and not one["fix"])]


def test_a_run_of_a_plan_does_what_was_planned(ugly_place: Place) -> None:
    place = ugly_place
    plan = planned(place)
    moved = do(place, "migrate", "move", "--plan", plan["plan"][:12], "--yes", "--json")
    assert moved.code in {0, 1}, moved.err
    counts = moved.document["counts"]
    assert {name: counts[name] for name in ("created", "skipped", "parked")} == {
        name: plan["counts"][name] for name in ("created", "skipped", "parked")
    }
    assert differences(place, plan) == []


@pytest.fixture
def moving(tmp_path: Path, dsn: str) -> Iterator[Place]:
    """A dozen tickets that people still work on."""
    with desks_of(small()) as desks, place_of(desks, tmp_path, dsn) as place:
        yield place


def test_what_moved_since_is_shown_and_nothing_is_written_before_it_is_approved(moving: Place) -> None:
    place, old = moving, moving.desks.old
    plan = planned(place)
    first = next(iter(old.tables.tickets))
    place.desks.elsewhere.do(_edited(old, first))
    refused = do(place, "migrate", "move", "--plan", plan["plan"], "--yes")
    assert refused.code == 3
    assert "2 records not as planned: nothing was written" in refused.err
    assert re.search(r"1  new\n.*1  changed|1  changed\n.*1  new", refused.out)
    assert place.desks.registrations() == 0
    assert do(place, "migrate", "move", "--plan", plan["plan"], "--accept-moved", "1").code == 3
    assert place.desks.registrations() == 0
    moved = do(place, "migrate", "move", "--plan", plan["plan"], "--accept-moved", "2", "--json")
    assert moved.code in {0, 1}, moved.err
    listed = do(place, "plans", "list", "move", "--json").document["plans"]
    followed = next(one for one in listed if one["parent"] == plan["plan"])
    assert followed["counts"]["read"] == plan["counts"]["read"] + 1
    assert differences(place, followed) == []
    told = do(place, "plans", "diff", "move", plan["plan"], followed["plan"])
    assert told.code == 1
    assert f"{first}: changed" in told.out


async def _edited(old: Any, id: int) -> None:
    old.edit(id, title="Said otherwise")
    old.create("Only now")


def test_a_ticket_that_changes_when_its_turn_comes_is_left_to_the_next_delta(moving: Place) -> None:
    """After the look at what moved, before it is read: not written as nobody has seen it."""
    place, old = moving, moving.desks.old
    plan = planned(place)
    late, looks = list(old.tables.tickets)[-1], list[str]()

    async def watch(request: web.Request, answer: Reply) -> web.StreamResponse:
        if request.path.endswith("/incidents") and str(late) in request.query_string:
            looks.append(request.query_string)
        if len(looks) == 2:  # once it is looked at whether it has moved, then to be migrated
            old.edit(late, title="Changed at the last moment")
        return await answer()

    place.desks.watch = watch
    moved = do(place, "migrate", "move", "--plan", plan["plan"], "--yes", "--json")
    assert moved.code == 1, moved.err
    assert [(one["reason"], one["examples"]) for one in moved.document["parked"] if one["reason"] == "moved"] == [
        ("moved", [str(late)])
    ]
    assert f"[IG-{late}]" not in str(place.desks.new.state()["tickets"])
    place.desks.watch = only_answer
    assert do(place, "delta", "move", "--yes").code in {0, 1}
    assert f"[IG-{late}]" in str(place.desks.new.state()["tickets"])


def test_what_changes_between_two_lives_of_a_plan_is_seen_by_the_next_delta(moving: Place) -> None:
    """The first life has made some tickets when the target breaks off. One of them changes; the second life must not
    ask about what the first one did, and the delta must find the change."""
    place, old = moving, moving.desks.old
    early, other, *_ = old.tables.tickets
    place.desks.elsewhere.do(_retitled(old, early, "Changed before the plan"))
    plan = planned(place)
    made: list[str] = []

    async def watch(request: web.Request, answer: Reply) -> web.StreamResponse:
        if f"{request.method} {request.path}" == REGISTER:
            if len(made) >= 6:
                return web.json_response({"error": "no more"}, status=401)
            made.append(request.path)
        return await answer()

    place.desks.watch = watch
    assert do(place, "migrate", "move", "--plan", plan["plan"], "--yes").code == 3
    there = str(place.desks.new.state()["tickets"])
    assert f"[IG-{early}]" in there
    assert f"[IG-{other}]" in there
    place.desks.watch = only_answer
    place.desks.elsewhere.do(_retitled(old, other, "Changed between two lives"))
    place.desks.elsewhere.do(_later(old))
    refused = do(place, "migrate", "move", "--plan", plan["plan"], "--yes")
    assert refused.code == 3
    assert "2 records not as planned" in refused.err, "what the first life did is no difference"
    moved = do(place, "migrate", "move", "--plan", plan["plan"], "--accept-moved", "2", "--json")
    assert moved.code in {0, 1}, moved.err
    found = do(place, "delta", "move", "--yes", "--json").document
    parked = {one["reason"]: one["examples"] for one in found["parked"]}
    assert parked.get("changed_after") == [str(other)]


async def _retitled(old: Any, id: int, title: str) -> None:
    old.edit(id, title=title)


async def _later(old: Any) -> None:
    """A change so late that no overlap of a delta after it reaches back to those before."""
    old.carrier.clock.advance(3600)
    old.create("An hour later")


def test_a_plan_does_not_hold_for_another_mapping(moving: Place) -> None:
    place = moving
    plan = planned(place)
    path = place.config.parent / "mapping.yaml"
    path.write_text(path.read_text().replace("default: Medium", "default: Low"))
    refused = do(place, "migrate", "move", "--plan", plan["plan"], "--yes")
    assert refused.code == 2
    assert "the mapping file has changed" in refused.err
    assert place.desks.registrations() == 0


def test_a_decision_after_the_plan_changes_nothing_of_it(moving: Place) -> None:
    """A run pins the version of the tables that its plan was made with."""
    place = moving
    plan = planned(place)
    place.sql(
        "insert into lookup_map (route, kind, target_kind, source_id, version, outcome, target_id, how)"
        " select route, kind, target_kind, source_id, version + 1, 'drop', null, 'hand' from lookup_map"
        " where kind = 'category'"
    )
    moved = do(place, "migrate", "move", "--plan", plan["plan"], "--yes", "--json")
    assert moved.code in {0, 1}, moved.err
    assert differences(place, plan) == []


def test_a_sample_shows_more_than_chance_does_and_the_migration_passes_over_it(ugly_place: Place) -> None:
    place = ugly_place
    told = do(place, "migrate", "move", "--sample", "6", "--yes")
    assert told.code in {0, 1}, told.err
    shown, there, by_chance = map(
        int,
        re.search(r"show (\d+) of (\d+) traits; 6 picked by chance show (\d+)", told.out).groups(),  # type: ignore[union-attr]
    )
    assert by_chance < shown <= there
    assert place.desks.registrations() == 6
    assert place.rows("select 1 from checkpoint") == []
    whole = do(place, "migrate", "move", "--yes", "--json")
    assert whole.document["counts"]["unchanged"] == 6
    assert whole.document["counts"]["read"] == 60


@pytest.mark.parametrize("route", ROUTES, ids="-to-".join)
def test_every_record_ends_as_it_was_predicted(route: tuple[str, str], tmp_path: Path, dsn: str) -> None:
    """At length: ./scripts/prove plans"""
    held = plan_holds(route, 11, 45, tmp_path, dsn)
    assert held.records == 45
    assert held.outcomes["skipped"] > 0
    assert held.outcomes["created"] > 0
