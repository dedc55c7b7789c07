"""Each kind of desk moved into each: whole, once, private as it was, and with no loss but those that are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from syncer.desks.redmine.emulator import RedmineEmulator
from tests.flows import matrix
from tests.flows.matrix import Target
from tests.flows.matrix_facts import HOLDS
from tests.flows.matrix_judge import judge
from tests.flows.matrix_mapping import MAPPING
from tests.flows.matrix_published import PUBLISHED

TICKETS = 36
"""Six usual ones, and all that are odd."""
WAYS = matrix.ways()


@pytest.mark.parametrize(("source", "target"), WAYS, ids=["-to-".join(way) for way in WAYS])
def test_every_kind_goes_into_every_kind(source: str, target: str, tmp_path: Path, dsn: str) -> None:
    with matrix.way(source, target, matrix.world(TICKETS), tmp_path, dsn) as way:
        seen = way.move()
    assert not judge(seen)
    assert len(seen.new) == TICKETS


@pytest.mark.parametrize("source", ["invgate", "motadata"])
@pytest.mark.parametrize("target", PUBLISHED)
def test_what_a_desk_can_do_by_its_public_pages_alone_is_enough(
    source: str, target: str, tmp_path: Path, dsn: str
) -> None:
    with matrix.way(source, PUBLISHED[target], matrix.world(TICKETS), tmp_path, dsn) as way:
        seen = way.move()
    assert not judge(seen)
    assert len(seen.new) == TICKETS


SET = {
    "comments in their authors' names": Target(
        "redmine", RedmineEmulator, replace(HOLDS["redmine"], authors=True), lambda block: block | {"switch_user": True}
    ),
    "a marker in the title": Target(
        "redmine", RedmineEmulator, replace(HOLDS["redmine"], marked=True), lambda block: block | {"marker_field": None}
    ),
}


@pytest.mark.parametrize("what", SET)
def test_what_a_setting_makes_of_a_target_is_kept(what: str, tmp_path: Path, dsn: str) -> None:
    with matrix.way("invgate", SET[what], matrix.world(TICKETS), tmp_path, dsn) as way:
        seen = way.move()
    assert not judge(seen)
    assert len(seen.new) == TICKETS


def test_an_assignee_is_told_and_counted_where_no_rule_names_a_group(tmp_path: Path, dsn: str) -> None:
    with matrix.way("motadata", "invgate", matrix.world(TICKETS), tmp_path, dsn) as way:
        rules = json.loads((tmp_path / MAPPING).read_text())
        del rules["fields"]["group"]
        (tmp_path / MAPPING).write_text(json.dumps(rules))
        way.listed = [one for one in way.listed if one.kind != "group"]
        seen = way.move()
    assert not judge(seen)
    assert seen.losses["assignee_as_text"] > TICKETS // 2
