"""A real Znuny that was filled holds what an emulated one holds."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from aiohttp import ClientSession
from msgspec.structs import replace

from syncer.deskkit import registry
from syncer.deskkit.world import World
from syncer.sandbox.seed import generate
from tests.desks.serving import served
from tests.flows.matrix_world import unlike
from tests.flows.worlds import ugly
from tests.live.compared import differences
from tests.live.server import Server, server
from tests.live.told import is_live

KIND = "znuny"
pytestmark = pytest.mark.skipif(not is_live(KIND), reason="no real server: see ./scripts/test --live")
_SHOWN_BY_ARTICLE = re.compile(r"(?<=inline)(\d+)\.\d+(?=@)")
_NUMBER = re.compile(r"(?<=^Re: \[Ticket#)\d+")
_NUMBERS = frozenset({
    "Age", "ArticleID", "ChangeBy", "CreateBy", "OwnerID", "QueueID", "TicketID", "TicketNumber", "TypeID", "UntilTime",
})  # fmt: skip
_OWN_TEXTS = frozenset({"file-1", "file-2"})


@pytest.fixture
def filled() -> tuple[Server, World]:
    real, world = server(KIND), ugly(60)
    real.fill(world)
    return real, world


def told(text: str) -> str:
    """Without the numbers of articles by which pictures are shown."""
    return _SHOWN_BY_ARTICLE.sub(r"\1", text)


def test_a_world_is_held_as_the_emulator_holds_it(filled: tuple[Server, World]) -> None:
    real, world = filled
    kept = real.kept()
    assert [one.id for one in kept] == real.ids
    assert not list(unlike(KIND, world, kept))
    assert not list(differences(kept, registry.spec(KIND).emulator(world).kept(), told))


async def test_a_ticket_is_told_as_the_emulator_tells_it(filled: tuple[Server, World]) -> None:
    """Whole, but for numbers and what is counted from this moment on."""
    real, world = filled
    emulator = registry.spec(KIND).emulator(world)
    async with served(emulator) as url:
        emulated = emulator.block(url)
        there = await _told(real.block(emulated, f"http://{urlsplit(real.url).netloc}"), real.ids)
        for one, other in zip(there, await _told(emulated, [one.id for one in emulator.kept()]), strict=True):
            assert one == other


async def _told(block: dict[str, Any], ids: Sequence[str]) -> list[Any]:
    asked = dict.fromkeys(("AllArticles", "Attachments", "HTMLBodyAsAttachment", "DynamicFields", "Extended"), 1)
    who = {"UserLogin": block["auth"]["user"], "Password": block["auth"]["password"]}
    async with (
        ClientSession() as session,
        session.post(f"{block['base_url']}/TicketList", json={**who, **asked, "TicketID": list(ids)}) as answer,
    ):
        return [_without_numbers(one) for one in msgspec.json.decode(await answer.read())["Ticket"]]


def _without_numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_numbers(one) for one in value]
    if not isinstance(value, dict):
        return _SHOWN_BY_ARTICLE.sub(r"\1", _NUMBER.sub("#", value)) if isinstance(value, str) else value
    told = {key: _without_numbers(one) for key, one in value.items() if key not in _NUMBERS}
    if value.get("Filename") in _OWN_TEXTS:
        text = base64.b64decode(value["Content"]).decode(errors="replace")
        told |= {"Content": _without_numbers(text), "FilesizeRaw": ""}
    return told


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


async def test_a_mail_it_sends_is_told_whole_until_it_is_set_back(filled: tuple[Server, World]) -> None:
    real, world = filled
    block = real.block(registry.spec(KIND).emulator(world).block(""), f"http://{urlsplit(real.url).netloc}")
    owner = next(one for one in block["lists"]["agents"] if one["active"])
    ticket = {"Title": "To be mailed", "Queue": "Misc", "State": "new", "Priority": "3 normal", "Owner": owner["login"]}
    said = {"Subject": "Mailed", "Body": "b", "ContentType": "text/plain; charset=utf8", "SenderType": "agent"}
    article = {**said, "CommunicationChannel": "Internal", "IsVisibleForCustomer": 0}
    who = {"UserLogin": block["auth"]["user"], "Password": block["auth"]["password"]}
    made = {**who, "Ticket": {**ticket, "CustomerUser": "mia@acme.example"}, "Article": article}
    async with ClientSession() as session, session.post(f"{block['base_url']}/Ticket", json=made) as answer:
        assert "TicketID" in msgspec.json.decode(await answer.read())
    (mail,) = real.mails()
    assert f"To: {owner['email']}" in mail
    assert real.mails() == [mail]
    real.fill(world)
    assert real.mails() == []


def test_lists_that_a_dead_run_left_behind_are_no_hindrance() -> None:
    real, world = server(KIND), generate(2, 4)
    real.fill(world)
    real.filler.ask("begin", world=msgspec.to_builtins(replace(world, tickets=[])))
    real.filler.ask("add", tickets=msgspec.to_builtins(world.tickets))
    assert not list(unlike(KIND, world, real.kept()[4:]))


def test_what_was_changed_by_hand_is_as_it_was_after_another_fill(filled: tuple[Server, World]) -> None:
    real, world = filled
    before = real.kept()
    tickets = list(world.tickets)
    first = tickets[0]
    tickets[0] = replace(first, title="Edited", updated=first.updated + 5)
    real.becomes(replace(world, tickets=[*tickets, first]), world)
    assert [one.title for one in real.kept()] == [one.title for one in tickets] + [first.title]
    real.fill(world)
    assert not list(differences(real.kept(), before, told))
