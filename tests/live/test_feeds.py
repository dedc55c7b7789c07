"""What other people change on a real server while syncer reads: each change is told, none is told twice."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable, Iterable

import msgspec
import pytest
from msgspec.structs import replace

from syncer.deskkit.contract import Page
from syncer.deskkit.kept import KeptTicket
from syncer.model.ids import Cursor, TicketId
from syncer.model.ticket import Ticket
from tests.conformance.trial import Trial, on_trial
from tests.live.clients import CLIENTS, Client
from tests.live.told import is_live, told
from tests.live.worlds import mixed

EDITS, TICKETS = 200, 60
HOLD = 0.15
"""People pause up to so many seconds; every third of them not at all."""


class Reader:
    """Follows a desk as the engine does: whoever has another version than the one that was read is read again."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.read: dict[str, Ticket] = {}
        self.told = self.again = 0
        """Refs in all; those of a version that was read already."""
        self.twice: list[str] = []
        """Tickets that were read again, and were the same."""
        self.cursor = Cursor("")

    async def begin(self) -> None:
        """A first pass."""
        await self._follow(self._trial.source.scan())

    async def round(self) -> None:
        """What changed since the last one."""
        await self._follow(self._trial.source.list_changed(self.cursor))

    async def _follow(self, pages: AsyncIterator[Page]) -> None:
        async for page in pages:
            self.cursor = page.cursor or self.cursor
            for ref in page.refs:
                self.told += 1
                known = self.read.get(ref.id)
                if known is not None and ref.version is not None and ref.version == known.version:
                    self.again += 1
                else:
                    await self._fetch(ref.id)

    async def _fetch(self, id: TicketId) -> None:
        (ticket,) = await self._trial.source.fetch([id])
        assert isinstance(ticket, Ticket), ticket
        known = self.read.get(id)
        if known is not None and known.version != ticket.version and _content(known) == _content(ticket):
            self.twice.append(id)
        self.read[id] = ticket


def _content(ticket: Ticket) -> bytes:
    return msgspec.json.encode(replace(ticket, version="", updated_at=None))


class People:
    """Change one thing after the other; `wrote` are the words that must be read in the end, by ticket."""

    def __init__(self, client: Client, there: Iterable[KeptTicket], seed: int) -> None:
        self._client, self._chance = client, random.Random(seed)
        self._priority = {ticket.id: ticket.values.get("priority") for ticket in there}
        self.titles: dict[str, str] = {}
        self.said: dict[str, list[tuple[str, bool]]] = {}

    async def work(self, edits: int) -> None:
        """So many changes, some of them in one second, some of the same ticket."""
        for number in range(edits):
            await asyncio.to_thread(self._change, number)
            if number % 3:
                await asyncio.sleep(self._chance.random() * HOLD)

    def _change(self, number: int) -> None:
        id, dice, word = self._chance.choice(list(self._priority)), self._chance.random(), f"edit{number}x"
        if dice < 0.3 or (0.75 <= dice < 0.9 and self._priority[id] is None):
            self._client.retitle(id, word)
            self.titles[id] = word
        elif dice < 0.75:
            private = self._chance.random() < 0.5
            self._client.say(id, word, private=private)
            self.said.setdefault(id, []).append((word, not private))
        elif dice < 0.9:
            # Never the one there is: what changes nothing is a change on some desks, and none on others.
            another = self._chance.choice([one for one in self._client.priorities if one != self._priority[id]])
            self._client.prioritise(id, another)
            self._priority[id] = another
        else:
            new = self._client.open(word)
            self.titles[new] = word
            self._priority[new] = None  # which the desk chose


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.timeout(600)
async def test_every_change_of_others_is_told_and_none_twice(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    if not is_live(kind):
        pytest.skip("no real server: see ./scripts/test --live")
    async with on_trial(kind, mixed(TICKETS)) as trial:
        reader, people = Reader(trial), People(CLIENTS[kind](told(kind)), trial.kept().values(), 7)
        await reader.begin()
        assert reader.read.keys() == trial.kept().keys()
        working = asyncio.create_task(people.work(EDITS))
        while not working.done():
            await reader.round()
            await asyncio.sleep(0.2)
        await working
        await asyncio.sleep(1.1)  # a second may not be over in which something changed
        await reader.round()
        kept = trial.kept()
        known = f"{reader.told} refs, {reader.again} of them known"
        record_property("told", f"{EDITS} edits by others: {known}, {len(reader.twice)} read twice")
        assert reader.read.keys() == kept.keys()
        for id, ticket in reader.read.items():
            assert ticket.title == people.titles.get(id, ticket.title)
            words = [word for comment in ticket.comments for word in re.findall("edit[0-9]+x", comment.body)]
            told_of = dict(zip(words, (c.public for c in ticket.comments if "edit" in c.body), strict=True))
            assert told_of == dict(people.said.get(id, ())), id
            assert len(ticket.comments) == len(kept[id].comments)
        assert not reader.twice
        before = dict(reader.read)
        await reader.round()
        assert reader.read == before
