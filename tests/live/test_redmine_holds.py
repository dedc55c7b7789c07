"""A world that is filled into a real Redmine is held there as the emulator holds it."""

from __future__ import annotations

import hashlib
import json
import time
from urllib.request import Request, urlopen

import pytest
from msgspec.structs import replace

from syncer.deskkit import registry
from syncer.deskkit.world import World
from tests.flows.matrix_world import unlike
from tests.flows.worlds import ugly
from tests.live.compared import differences
from tests.live.desk import LiveDesk
from tests.live.told import is_live

KIND = "redmine"
pytestmark = pytest.mark.skipif(not is_live(KIND), reason="no real server: see ./scripts/test --live")


@pytest.fixture(scope="module")
def world() -> World:
    return ugly(60)


@pytest.fixture(scope="module")
def real(world: World) -> LiveDesk:
    return LiveDesk(KIND, world)


def test_a_world_is_held_as_it_was_told(real: LiveDesk, world: World) -> None:
    assert not list(unlike(KIND, world, real.kept()))


def test_a_world_is_held_as_the_emulator_holds_it(real: LiveDesk, world: World) -> None:
    assert not list(differences(real.kept(), registry.spec(KIND).emulator(world).kept()))


def test_the_bytes_of_each_file_are_there(real: LiveDesk) -> None:
    contents = real.contents()
    kept = [file for ticket in real.kept() for files in (ticket.files, *(one.files for one in ticket.comments))
            for file in files]  # fmt: skip
    assert kept
    assert {file.sha256 for file in kept} == {hashlib.sha256(content).hexdigest() for content in contents.values()}
    assert all(len(contents[file.sha256]) == file.size for file in kept)


def test_tickets_that_come_and_change_later_are_held_as_the_emulator_holds_them(real: LiveDesk, world: World) -> None:
    """Also told to people who are locked or gone; and the server that is set back is as it was."""
    before = real.kept()
    at = max(one.updated for one in world.tickets)
    nobody = [place for place, person in enumerate(world.people) if person.disabled or person.deleted]
    new = [replace(one, cc=[*one.cc, *nobody]) for one in world.tickets[20:30]]
    changed = [replace(one, title=f"Now {n}", updated=at) if n % 3 else one for n, one in enumerate(world.tickets)]
    for more in (new[:3], new):
        later = replace(world, tickets=[*changed, *more])
        real.becomes(later)
        assert not list(differences(real.kept(), registry.spec(KIND).emulator(later).kept()))
    assert not list(differences(LiveDesk(KIND, world).kept(), before))


def test_a_mail_is_seen_until_the_server_is_set_back(real: LiveDesk, world: World) -> None:
    desk = LiveDesk(KIND, world)
    id = next(ticket.id for ticket in desk.kept() if ticket.assignee is not None)
    for word in ("mailed first", "mailed second"):
        body = json.dumps({"issue": {"notes": word}}).encode()
        headers = {"X-Redmine-API-Key": desk.server.told["ADMIN_TOKEN"], "Content-Type": "application/json"}
        urlopen(Request(f"{desk.server.url}/issues/{id}.json", body, headers, method="PUT")).close()
    until = time.monotonic() + 20
    while not all(any(word in mail for mail in desk.server.mails()) for word in ("mailed first", "mailed second")):
        assert time.monotonic() < until, "no mail of a note to an assignee"
        time.sleep(0.1)
    assert not any("mailed first" in mail and "mailed second" in mail for mail in desk.server.mails())
    assert LiveDesk(KIND, world).server.mails() == []
