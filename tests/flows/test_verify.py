"""Verification finds every difference somebody planted, and none where there is none; a report proves itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.cli.front_door import Answer, in_store, syncer
from tests.flows import matrix, matrix_facts
from tests.flows.into import TwinPlace
from tests.flows.into_invgate import two_invgates
from tests.flows.planted import KINDS, Gardener, Planted
from tests.flows.worlds import ugly

TICKETS, PLANTS = 120, 21
GOOD = {"equal", "expected_loss"}


@pytest.fixture
def place(tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    """Ugly tickets, migrated from one InvGate to another."""
    with two_invgates(ugly(TICKETS), tmp_path, dsn) as place:
        migrated(place)
        yield place


def migrated(place: TwinPlace) -> None:
    """All of it, once."""
    moved = syncer("migrate", "move", "--yes", "--json", "--config", place.config)
    assert moved.code == 0, moved.err


def verified(place: TwinPlace) -> Answer:
    """Both desks read again."""
    return syncer("verify", "move", "--json", "--config", place.config)


def not_found(planted: Sequence[Planted], told: Any) -> list[str]:
    """What was planted and is not told."""
    wrong = {line["target_id"] for line in told["differences"]}
    return [f"{one.kind} in {one.target_id}: {one.said}" for one in planted if one.found_as not in wrong]


def test_nothing_is_found_where_nothing_differs(place: TwinPlace) -> None:
    found = verified(place)
    assert found.code == 0, found.out
    end = found.document["end"]
    assert end["tickets"] == TICKETS
    assert set(end["verdicts"]) <= GOOD
    assert end["fields"]["body"]["equal"] + end["fields"]["body"].get("expected_loss", 0) == TICKETS
    place.desks.new.carrier.log.clear()
    verified(place)
    assert place.desks.registrations() == 0, "a verification wrote something"


def test_every_difference_that_was_planted_is_found_and_no_other(place: TwinPlace) -> None:
    planted = Gardener(place.desks.new, 7).plant(PLANTS)
    assert {one.kind for one in planted} == set(KINDS)
    found = verified(place)
    assert found.code == 1
    assert not not_found(planted, found.document)
    assert len(found.document["differences"]) == PLANTS


def test_what_was_lost_on_the_way_excuses_no_more_than_was_counted(place: TwinPlace, dsn: str) -> None:
    """Each ticket has one of every loss: what they explain is one file that is gone and a comment that is private."""
    losses = ["loss_untold", "value_not_kept", "markup_as_text", "title_cut", "body_cut", "comment_as_text",
              "public_as_note", "file_refused"]  # fmt: skip

    async def lose(pool: asyncpg.Pool) -> None:
        await pool.execute("update effect set losses = $1 where step = 'ticket'", losses)

    in_store(dsn, lose)
    planted = Gardener(place.desks.new, 7).plant(PLANTS)
    excused = [one for one in planted if one.kind == "dropped" or one.said.endswith("became private")]
    assert excused
    assert len(planted) - len(excused) > PLANTS // 2
    told = verified(place).document
    assert len(not_found(planted, told)) == len(excused)
    assert not not_found([one for one in planted if one not in excused], told)


def test_a_difference_of_a_ticket_that_changed_on_the_source_says_so(place: TwinPlace) -> None:
    old, new = place.desks.old, place.desks.new
    first = next(iter(old.tables.tickets))
    old.edit(first, title="Said otherwise by now")
    told = verified(place).document
    (line,) = told["differences"]
    assert (line["source_id"], line["verdict"]) == (str(first), "differs")
    assert [check["loss"] for check in line["checks"] if check["field"] == "title"] == ["changed_after"]
    assert "Said otherwise" not in str(new.kept())


def test_a_private_note_that_became_public_is_excused_by_no_loss(place: TwinPlace) -> None:
    shown = next(
        (ticket, comment)
        for ticket in place.desks.new.tables.tickets.values()
        for comment in ticket.comments
        if not comment.customer_visible
    )
    shown[1].customer_visible = True
    place.desks.new.tables.changed()
    place.sql("update effect set losses = '{public_as_note,value_not_kept,loss_untold}'")
    (line,) = verified(place).document["differences"]
    assert line["target_id"] == str(shown[0].id)
    assert [(one["expected"], one["found"]) for one in line["checks"] if one["verdict"] == "differs"] == [
        ("private", "public")
    ]


def test_an_altered_report_is_refused(place: TwinPlace, tmp_path: Path) -> None:
    """Whatever letter is changed, whatever line is taken out, moved or put in."""
    file = tmp_path / "proof.jsonl"
    told = syncer("verify", "move", "--json", "--out", file, "--config", place.config)
    assert told.code == 0
    root = told.document["end"]["root"]
    assert syncer("verify", "--check", file, "--root", root).code == 0
    assert syncer("verify", "--check", file, "--root", "0" * 64).code == 2
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)
    middle = len(whole) // 2
    forged = json.loads(lines[-1])
    forged["verdicts"]["equal"] = forged["verdicts"].get("equal", 0) + 1
    altered = {
        "a letter": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "a line less": b"".join((*lines[:3], *lines[4:])),
        "two lines swapped": b"".join((*lines[:2], lines[3], lines[2], *lines[4:])),
        "a line more": b"".join((*lines[:3], lines[2], *lines[3:])),
        "the end": b"".join((*lines[:-1], json.dumps(forged).encode() + b"\n")),
        "cut": b"".join(lines[:-1]),
        "a line behind the end": whole + lines[2],
        "empty": b"",
    }
    for what, content in altered.items():
        file.write_bytes(content)
        checked = syncer("verify", "--check", file)
        assert checked.code == 2, f"{what}: {checked.out}"
        assert "is not what was written" in checked.err, what


@pytest.mark.parametrize("target", sorted(matrix_facts.HOLDS))
def test_every_kind_of_target_is_verified_without_a_difference(target: str, tmp_path: Path, dsn: str) -> None:
    """From another kind, with ugly tickets: losses that were counted explain all that is not as it was."""
    source = "redmine" if target == "invgate" else "invgate"
    with matrix.way(source, target, matrix.world(45), tmp_path, dsn) as way:
        assert way.command("lookups", "match", "--json", "move").document
        assert way.command("migrate", "move", "--yes", "--no-plan", "--json").document
        found = way.command("verify", "move", "--json").document
    assert set(found["end"]["verdicts"]) <= GOOD, found["differences"]
