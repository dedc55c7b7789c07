"""A real Request Tracker that was filled with a world holds what the emulator holds, and is set back whole."""

from __future__ import annotations

import hashlib
from email import message_from_string
from email.policy import default
from urllib.request import Request, urlopen

import msgspec
import pytest
from msgspec.structs import replace

from syncer.deskkit.world import World
from syncer.desks.request_tracker.emulator import RequestTrackerEmulator
from tests.flows.matrix_world import unlike
from tests.flows.worlds import ugly
from tests.live.compared import differences
from tests.live.server import Server, server
from tests.live.told import is_live

KIND = "request_tracker"
pytestmark = pytest.mark.skipif(not is_live(KIND), reason="no real server: see ./scripts/test --live")


@pytest.fixture(scope="module")
def world() -> World:
    return ugly(60)


@pytest.fixture
def filled(world: World) -> Server:
    one = server(KIND)
    one.fill(world)
    return one


def test_a_filled_server_holds_its_world(filled: Server, world: World) -> None:
    assert not list(unlike(KIND, world, filled.kept()))
    said = (comment for ticket in world.tickets for comment in ticket.comments)
    files = [file for holders in (world.tickets, said) for one in holders for file in one.files]
    assert filled.contents() == {hashlib.sha256(file.content).hexdigest(): file.content for file in files}


def test_a_filled_server_holds_what_the_emulator_holds(filled: Server, world: World) -> None:
    there, here = filled.kept(), RequestTrackerEmulator(world).kept()
    assert [ticket.id for ticket in there] == filled.ids
    assert len(there) == len(here)
    assert not list(differences(there, here))


def test_what_somebody_did_is_on_the_server_as_in_the_emulator(filled: Server, world: World) -> None:
    at = max(one.updated for one in world.tickets) + 1
    edited, new = [replace(one) for one in world.tickets], replace(world.tickets[1], created=at, updated=at)
    edited[5] = replace(edited[5], title="Another title\nof two lines", updated=at)
    after = replace(world, tickets=[*edited, replace(new, comments=[], work=[], links=[5])])
    filled.becomes(after, world)
    assert not list(differences(filled.kept(), RequestTrackerEmulator(after).kept()))


def test_lists_that_somebody_died_over_are_no_hindrance(filled: Server, world: World) -> None:
    filled.filler.ask("begin", world=msgspec.to_builtins(replace(world, tickets=[])))
    people = filled.database.rows("select lower(name) as name from users")
    assert len({row["name"] for row in people}) == len(people)
    filled.becomes(replace(world, tickets=[*world.tickets, *world.tickets]), world)
    assert len(filled.kept()) == 2 * len(world.tickets)


def test_what_was_said_and_mailed_is_forgotten_when_the_server_is_set_back(filled: Server, world: World) -> None:
    """The ticket is as it was, which a reply opened; nobody was mailed about the world, only about the reply."""
    assert filled.mails() == []
    known = filled.kept()
    place = next(n for n, one in enumerate(known) if one.requester and one.values["status"] == "resolved")
    _reply(filled, known[place].id, "From here on it works: größer")
    now = filled.kept()[place]
    assert (now.comments[-1].text, now.values["status"]) == ("From here on it works: größer", "open")
    mails = [message_from_string(mail, policy=default) for mail in filled.mails()]
    assert known[place].requester in [str(mail["To"]).lower() for mail in mails]
    for mail in mails:
        text = mail.get_body(("plain",))
        assert text is not None
        assert "From here on it works: größer" in text.get_content()
    filled.fill(world)
    assert filled.mails() == []
    assert filled.kept() == known


def _reply(on: Server, ticket: str, words: str) -> None:
    body = msgspec.json.encode({"Content": words, "ContentType": "text/plain"})
    headers = {"Authorization": f"token {on.told['TOKEN']}", "Content-Type": "application/json"}
    place = f"{on.url}/REST/2.0/ticket/{ticket}/correspond"
    with urlopen(Request(place, body, headers)) as answer:
        assert answer.status == 201
