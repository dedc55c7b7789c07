"""Handing over: one step after the other, each on record; nothing is handed over that was not verified."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.front_door import Answer, syncer
from tests.flows.into import TwinPlace
from tests.flows.into_invgate import two_invgates
from tests.flows.worlds import small


@pytest.fixture
def place(tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    """A dozen tickets, people still at work."""
    with two_invgates(small(), tmp_path, dsn) as place:
        yield place


def do(place: TwinPlace, *args: str, answer: str = "") -> Answer:
    """A command on the route of this place."""
    return syncer(*args, "--config", place.config, answer=answer)


def step(place: TwinPlace, *args: str, answer: str = "") -> Any:
    """What a step came to, as a document."""
    told = do(place, "cutover", "move", "--json", *args, answer=answer)
    assert told.code in {0, 1}, told.err
    return told.document


def test_a_route_is_handed_over_step_by_step(place: TwinPlace) -> None:
    early = do(place, "cutover", "move", "--yes")
    assert early.code == 2
    assert "has not been migrated yet" in early.err
    assert do(place, "migrate", "move", "--yes").code == 0
    place.desks.old.create("On the last day")
    refused = do(place, "cutover", "move", answer="n\n")
    assert refused.code == 130
    assert step(place, "--status")["said"] == "next: freeze"
    assert step(place, answer="y\n")["step"] == "freeze"
    caught = step(place, "--yes")
    assert (caught["step"], caught["state"]) == ("catch_up", "done")
    assert "1 created in 2 deltas" in caught["said"]
    proven = step(place, "--yes")
    assert (proven["step"], proven["state"]) == ("verify", "done"), proven["said"]
    over = step(place, "--yes")
    assert over["step"] == "hand_over"
    folder = Path(over["checklist"]).parent
    assert len((folder / "idmap.csv").read_text().splitlines()) == 14
    assert len((folder / "redirects.map").read_text().splitlines()) == 13
    ticked = Path(over["checklist"]).read_text()
    assert "- [x] the last changes went over" in ticked
    assert "- [x] everything was compared" in ticked
    assert do(place, "cutover", "move", "--back").code == 2
    assert "people work on the new desk" in do(place, "cutover", "move", "--yes").out


def test_what_differs_is_not_handed_over_and_there_is_a_way_back(place: TwinPlace) -> None:
    assert do(place, "migrate", "move", "--yes").code == 0
    for wanted in ("freeze", "catch_up"):
        assert step(place, "--yes")["step"] == wanted
    first = next(iter(place.desks.new.tables.tickets))
    place.desks.new.edit(first, title="Somebody else's words")
    failed = step(place, "--yes")
    assert (failed["step"], failed["state"]) == ("verify", "failed")
    assert "title differs" in failed["said"]
    assert step(place, "--yes")["step"] == "verify", "it goes on where it failed"
    assert step(place, "--back")["step"] == "catch_up"
    assert step(place, "--back")["step"] == "freeze"
    assert do(place, "cutover", "move", "--back").code == 2
    assert step(place, "--status")["said"] == "next: freeze"


def test_a_source_that_does_not_keep_still_is_not_frozen(place: TwinPlace) -> None:
    assert do(place, "migrate", "move", "--yes").code == 0
    assert step(place, "--yes")["step"] == "freeze"
    old = place.desks.old
    made: list[int] = []

    async def watch(request: Any, answer: Any) -> Any:
        if request.path.endswith("/incident.comment") or request.method == "POST":
            made.append(old.create(f"And another {len(made)}"))
        return await answer()

    old.create("One more")
    place.desks.watch = watch
    restless = do(place, "cutover", "move", "--yes")
    assert restless.code == 3, "deltas have written"
    assert "still changes after 5 deltas: it is not frozen" in restless.err


def test_how_far_it_is_and_a_step_back_need_no_desk(place: TwinPlace) -> None:
    assert do(place, "migrate", "move", "--yes").code == 0
    assert step(place, "--yes")["step"] == "freeze"
    text = place.config.read_text()
    place.config.write_text(re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:9", text))
    assert do(place, "cutover", "move", "--yes").code == 3, "nobody answers there"
    assert step(place, "--status")["said"] == "next: catch_up"
    assert step(place, "--back")["step"] == "freeze"
    assert step(place, "--status")["said"] == "next: freeze"
