"""Into Rezolve.ai: looks that are refused, lists that lag, people who are quicker; and what its judge must see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from syncer.errors import Fatal
from tests.flows import lives, mutants
from tests.flows.desks import Answer
from tests.flows.into import TwinPlace
from tests.flows.into_rezolve import TOLD, two_rezolves
from tests.flows.judge import Broken
from tests.flows.test_into import answers_lost, killed_at
from tests.flows.worlds import SECRET, small


@pytest.fixture
def rezolves(tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    with two_rezolves(small(), tmp_path, dsn) as place:
        yield place
        lives.bury_sleepers()


def lost(place: TwinPlace) -> None:
    """One of `test_lost_answers_of_any_write_are_looked_for`."""
    answers_lost(place, 1)


def killed(place: TwinPlace) -> None:
    """`test_killed_anywhere_nothing_is_lost_or_said_twice`, in the middle."""
    lives.whole(place)
    killed_at(place, range(150, 330, 15))


@pytest.mark.parametrize(
    ("mutant", "proof"),
    [(mutants.steps_not_looked_for, lost), (mutants.blind_retry, lost), (mutants.made_is_over, killed)],
)
def test_a_deliberate_break_of_the_engine_is_caught(
    rezolves: TwinPlace, mutant: mutants.Mutant, proof: Callable[[TwinPlace], None]
) -> None:
    with mutant(), pytest.raises(Broken) as caught:
        proof(rezolves)
    print(f"caught: {str(caught.value).splitlines()[0]}")


def _breaks(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.close()


@pytest.mark.parametrize(("written", "step"), [("/notes", "comment "), ("/update", "status")])
def test_a_look_that_is_refused_leaves_the_step_in_doubt_and_the_next_run_looks_again(
    rezolves: TwinPlace, written: str, step: str
) -> None:
    rezolves.configure(timeout=0.6)
    lost: list[str] = []
    refusing = True

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        path = request.path.removesuffix("/update").removesuffix("/notes")
        if rezolves.desks.is_write(request) and request.path.endswith(written) and not lost:
            lost.append(path)
            response = await answer()
            _breaks(request)
            return response
        if request.method == "GET" and refusing and path in lost and str(request.url.port) in rezolves.desks.new_url:
            return web.Response(status=403)
        return await answer()

    rezolves.desks.watch = watch
    report = lives.whole(rezolves)
    assert report.tally.reasons == {"in_doubt": 1}
    assert rezolves.rows("select step from effect where state = 'announced'")[0]["step"].startswith(step)
    refusing = False
    rezolves.sql("update dead_letter set state = 'retry'")
    assert lives.whole(rezolves).tally.counts()["created"] == 1
    rezolves.judge()


def test_a_list_that_lags_and_an_index_that_lags_more_hide_no_ticket(rezolves: TwinPlace) -> None:
    rezolves.desks.new.switches.list_delay, rezolves.desks.new.switches.search_delay = 0.5, 30.0
    rezolves.configure(timeout=1)
    cut: list[str] = []

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await answer()
        if "/ticket/create/" in request.path and len(cut) < 4:
            cut.append(request.path)
            _breaks(request)
        return response

    rezolves.desks.watch = watch
    assert lives.whole(rezolves).tally.adopted == 4
    rezolves.judge()


def test_somebody_who_is_quicker_each_time_parks_one_ticket_and_nothing_is_written_over(rezolves: TwinPlace) -> None:
    chosen: list[str] = []

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        if request.method == "PATCH":
            id = request.path.split("/")[-2]
            if not chosen:
                chosen.append(id)
            if id in chosen:
                rezolves.desks.new.steering.edit(id, **{"Due Date": "2026-03-01T00:00:00.000Z"})
        return await answer()

    rezolves.desks.watch = watch
    report = lives.whole(rezolves)
    assert report.tally.reasons == {"refused": 1}
    log = rezolves.desks.new.carrier.log
    assert sum(entry.method == "PATCH" and chosen[0] in entry.path for entry in log) == 4
    ticket = rezolves.desks.new.state()["tickets"][chosen[0]]
    assert (ticket["status"], ticket["by_label"]["Due Date"]) == ("Open", "2026-03-01T00:00:00.000Z")


def test_without_notes_what_was_said_in_public_is_one_transcript_and_the_rest_stays_here(rezolves: TwinPlace) -> None:
    rezolves.desks.new.switches.notes_read_path = rezolves.desks.new.switches.notes_write_path = ""
    rezolves.configure(timeout=1)
    writes: list[str] = []

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await answer()
        if rezolves.desks.is_write(request):
            writes.append(request.path)
            if len(writes) % 3 == 1:
                _breaks(request)
        return response

    rezolves.desks.watch = watch
    report = lives.whole(rezolves)
    assert not report.tally.reasons
    rezolves.desks.settle()
    assert rezolves.desks.leaks == []
    new = {one["by_label"]["External Id"]: one for one in rezolves.desks.new.state()["tickets"].values()}
    told = 0
    for id, old in rezolves.desks.old.state()["tickets"].items():
        said = [word for note in old["notes"] if not note["private"] for word in TOLD.findall(note["body"])]
        assert TOLD.findall(new[f"RZ-{id}"]["by_label"].get("Transcript", "")) == said
        assert new[f"RZ-{id}"]["status"] == old["status"]
        told += len(said)
    assert told > 10


@pytest.mark.parametrize("cut", [False, True], ids=["answered", "answer_lost"])
def test_a_setting_that_makes_private_notes_public_shows_one_of_them_and_no_more(
    rezolves: TwinPlace, cut: bool
) -> None:
    rezolves.configure(timeout=0.6, parallel=4)
    wrong, right = '"note": "{text}", "kind": "{kind}"', '"note": "{text}", "noteType": "{kind}"'
    text = rezolves.config.read_text()
    assert right in text
    rezolves.config.write_text(text.replace(right, wrong))  # a word that the target does not heed

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await answer()
        if cut and rezolves.desks.is_write(request) and request.path.endswith("/notes"):
            _breaks(request)
        return response

    def shown() -> list[Any]:
        told = (note for one in rezolves.desks.new.tables.tickets.values() for note in one.notes)
        return [note for note in told if SECRET in note.body and note.kind == "public"]

    rezolves.desks.watch = watch
    with pytest.raises(Fatal, match="a private note shows as one that requesters can read"):
        lives.whole(rezolves)
    (leaked,) = shown()
    rezolves.config.write_text(text)
    leaked.kind, cut = "private", False
    lives.whole(rezolves)
    assert shown() == []
    told = [note for one in rezolves.desks.new.tables.tickets.values() for note in one.notes if SECRET in note.body]
    assert {note.kind for note in told} == {"private"}


def _field(label: str, change: Callable[[Any], Any]) -> Callable[[Any, Any], None]:
    def spoil(tables: Any, ticket: Any) -> None:
        field = next(one.id for one in tables.types[ticket.type_id].fields.values() if one.label == label)
        ticket.data[field] = change(ticket.data.get(field))

    return spoil


def _on(name: str, change: Callable[[Any, Any], Any]) -> Callable[[Any, Any], None]:
    return lambda tables, ticket: setattr(ticket, name, change(tables, getattr(ticket, name)))


def _notes(**values: str) -> Callable[[Any, Any], None]:
    def spoil(tables: Any, ticket: Any) -> None:
        for note in ticket.notes:
            for name, value in values.items():
                setattr(note, name, value)

    return spoil


WRONG: dict[str, Callable[[Any, Any], None]] = {
    "0 times on the target": _field("External Id", lambda id: f"{id}0"),
    "title": _on("summary", lambda tables, title: f"x{title}"),
    "status": _on("status", lambda tables, status: "st-1" if status != "st-1" else "st-2"),
    "team": _on("team", lambda tables, team: next(key for key in tables.teams if key != team)),
    "Priority": _field("Priority", lambda value: "nothing"),
    "Category": _field("Category", lambda value: "nothing"),
    "requester": _field("Requested For", lambda name: "nobody@example.org"),
    "its text": _field("Description", lambda text: text.replace("body", "")),
    "resolution": _field("Resolution", lambda text: None if text else "Done"),
    "notes": _on("notes", lambda tables, notes: notes[1:]),
    "visibility": _notes(kind="public"),
    "a note is nobody's": _notes(body="nothing"),
}


@pytest.mark.parametrize("said", WRONG)
def test_the_judge_of_a_rezolve_sees_what_is_wrong(rezolves: TwinPlace, said: str) -> None:
    lives.whole(rezolves)
    rezolves.judge()
    tables = rezolves.desks.new.tables
    talked = next(one for one in tables.tickets.values() if any(note.kind == "private" for note in one.notes))
    WRONG[said](tables, talked)
    with pytest.raises(Broken, match=said):
        rezolves.judge()
