"""A real Znuny that was filled holds what an emulated one holds."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from syncer.deskkit import registry
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.sandbox.seed import generate
from tests.flows.matrix_world import unlike
from tests.flows.worlds import ugly
from tests.live.server import Server, server
from tests.live.told import is_live

KIND = "znuny"
pytestmark = pytest.mark.skipif(not is_live(KIND), reason="no real server: see ./scripts/test --live")
_SHOWN_BY_ARTICLE = re.compile(r"(?<=cid:inline)(\d+)\.\d+(?=@)")


@pytest.fixture
def filled() -> tuple[Server, World]:
    real, world = server(KIND), ugly(60)
    real.fill(world)
    return real, world


def plain(kept: Sequence[KeptTicket]) -> list[dict[str, Any]]:
    """Without the numbers of tickets and articles; links by position."""
    positions = {one.id: str(place) for place, one in enumerate(kept)}
    found = []
    for one in kept:
        told = msgspec.to_builtins(one)
        told["links"] = [positions[id] for id in one.links]
        told["body"] = _SHOWN_BY_ARTICLE.sub(r"\1", one.body)
        told["comments"] = [
            {**said, "id": "", "text": _SHOWN_BY_ARTICLE.sub(r"\1", said["text"])} for said in told["comments"]
        ]
        found.append({**told, "id": ""})
    return found


def test_a_world_is_held_as_the_emulator_holds_it(filled: tuple[Server, World]) -> None:
    real, world = filled
    kept = real.kept()
    assert [one.id for one in kept] == real.ids
    assert not list(unlike(KIND, world, kept))
    for there, emulated in zip(plain(kept), plain(registry.spec(KIND).emulator(world).kept()), strict=True):
        assert there == emulated


def test_every_file_that_is_kept_is_there_byte_for_byte(filled: tuple[Server, World]) -> None:
    real, world = filled
    kept = real.kept()
    files = [file for one in kept for file in one.files]
    files += [file for one in kept for said in one.comments for file in said.files]
    there = real.contents()
    assert {len(there[file.sha256]) - file.size for file in files} == {0}
    seeds = [file for one in world.tickets for file in one.files]
    seeds += [file for one in world.tickets for said in one.comments for file in said.files]
    assert {file.content for file in seeds} <= set(there.values())


def test_nobody_is_mailed_of_what_it_is_filled_with(filled: tuple[Server, World]) -> None:
    assert filled[0].mails() == []


def test_lists_that_a_dead_run_left_behind_are_no_hindrance() -> None:
    real, world = server(KIND), generate(2, 4)
    real.fill(world)
    real.filler.ask("begin", world=msgspec.to_builtins(replace(world, tickets=[])))
    assert real.kept() == []
    real.filler.ask("add", tickets=msgspec.to_builtins(world.tickets))
    assert not list(unlike(KIND, world, real.kept()))


def test_what_was_changed_by_hand_is_as_it_was_after_another_fill(filled: tuple[Server, World]) -> None:
    real, world = filled
    before = plain(real.kept())
    tickets = list(world.tickets)
    first = tickets[0]
    tickets[0] = replace(first, title="Edited", updated=first.updated + 5)
    real.becomes(replace(world, tickets=[*tickets, first]), world)
    assert [one.title for one in real.kept()] == [one.title for one in tickets] + [first.title]
    real.fill(world)
    assert plain(real.kept()) == before


def test_so_many_tickets_take_little_time() -> None:
    real, world = server(KIND), ugly(500)
    began = time.monotonic()
    real.fill(world)
    filled = time.monotonic()
    assert len(real.kept()) == 500
    assert filled - began < 60
    assert time.monotonic() - filled < 2
