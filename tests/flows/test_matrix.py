"""Each kind of desk moved into each: whole, once, private as it was, and with no loss but those that are told."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from tests.flows import matrix
from tests.flows.matrix_breaks import OF_THE_ENGINE, OF_WHAT_IS_KEPT
from tests.flows.matrix_judge import judge
from tests.flows.matrix_mapping import MAPPING

JUDGE = ("judge", "ticket", "losses", "texts", "evidence")
TICKETS = 36
"""Six usual ones, and all that are odd."""
WAYS = matrix.ways()


@pytest.mark.parametrize(("source", "target"), WAYS, ids=["-to-".join(way) for way in WAYS])
def test_every_kind_goes_into_every_kind(source: str, target: str, tmp_path: Path, dsn: str) -> None:
    with matrix.way(source, target, matrix.world(TICKETS), tmp_path, dsn) as way:
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


def test_whatever_a_target_keeps_wrongly_is_seen(tmp_path: Path, dsn: str) -> None:
    with matrix.way("motadata", "invgate", matrix.world(TICKETS), tmp_path, dsn) as way:
        seen = way.move()
    assert not judge(seen)
    for what, (edit, words) in OF_WHAT_IS_KEPT.items():
        told = judge(edit(seen))
        assert any(re.search(words, sentence) for sentence in told), f"{what}: {told}"


@pytest.mark.parametrize("what", OF_THE_ENGINE)
def test_every_break_of_the_engine_is_seen(
    what: str, tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, words = OF_THE_ENGINE[what]
    with matrix.way("motadata", "motadata", matrix.world(TICKETS), tmp_path, dsn) as way:
        put(monkeypatch)
        told = judge(way.move())
    assert any(re.search(words, sentence) for sentence in told), told


def test_the_judge_shares_no_code_with_the_engine() -> None:
    files = [Path(__file__).with_name(f"matrix_{name}.py") for name in JUDGE]
    imported = {
        node.module or ""
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    }
    own = {f"tests.flows.matrix_{name}" for name in JUDGE} | {"tests.flows.worlds"}
    assert {name for name in imported if name.startswith("syncer")} == {"syncer.deskkit.kept", "syncer.deskkit.world"}
    assert {name for name in imported if name.startswith("tests")} <= own
