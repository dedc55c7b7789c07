"""Reading: the first pass sees all, whole and no more public than it was; a cursor resumes without a gap."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from aiohttp import web
from msgspec.structs import replace

from syncer.deskkit.contract import Unreadable
from syncer.deskkit.kept import KeptTicket, KeptWork
from syncer.deskkit.world import SeedTicket, World
from syncer.errors import SyncerError
from syncer.model.ids import Cursor, TicketId
from syncer.model.ticket import Ticket
from syncer.sandbox.seed import generate
from tests.conformance.asked import desks
from tests.conformance.promised import folder, promises
from tests.conformance.reading import Reading, facts, fetched, kept_files, named_files, refs, talk
from tests.conformance.trial import SMALL_PAGES, Answer, Trial, on_trial
from tests.conformance.words import said

Read = Callable[[str], Reading]
Part = Callable[[Reading, Ticket, KeptTicket], Iterator[str]]


@desks("reads")
def test_the_first_pass_sees_every_ticket(kind: str, read: Read) -> None:
    reading = read(kind)
    assert reading.seen == set(reading.kept)
    assert not reading.unreadable


@desks("reads")
@pytest.mark.parametrize("part", [facts, talk], ids=["facts", "talk"])
def test_a_ticket_reads_as_the_desk_keeps_it(kind: str, part: Part, read: Read) -> None:
    reading = read(kind)
    differences = [
        one for id, ticket in reading.tickets.items() for one in part(reading, ticket, reading.kept[id])
    ]  # fmt: skip
    assert not differences, "\n".join(differences[:20])
    assert len(reading.tickets) == len(reading.kept)


@desks("reads")
def test_private_comments_are_read_as_private(kind: str, read: Read) -> None:
    reading = read(kind)
    pairs = [
        (kept.public, comment.public)
        for id, ticket in reading.tickets.items()
        for kept, comment in zip(reading.kept[id].comments, ticket.comments, strict=True)
    ]
    assert Counter(pairs).keys() == {(True, True), (False, False)}


@desks("reads")
def test_files_arrive_byte_for_byte(kind: str, read: Read) -> None:
    """All of them; where a desk gives none, each is refused aloud, or a page says that there will be none."""
    reading = read(kind)
    if "files" not in promises(kind).shows:
        assert not reading.files
        assert reading.refused or any("file" in note for note in reading.notes)
        return
    assert not reading.refused
    for id, kept in reading.kept.items():
        ticket = reading.tickets[id]
        holders = [(ticket.files, kept.files)]
        holders += [(c.files, k.files) for c, k in zip(ticket.comments, kept.comments, strict=True)]
        for files, there in holders:
            assert sorted(named_files(reading, ticket, files)) == sorted(kept_files(there))
    assert reading.files


@desks("reads")
@pytest.mark.parametrize("what", ["tags", "cc", "links", "custom", "times", "rating"])
def test_what_hangs_on_a_ticket_is_read_where_the_contract_shows_it(kind: str, what: str, read: Read) -> None:
    """What it holds and nobody reads is named in its README."""
    reading = read(kind)
    there = {id: _kept(ticket, what) for id, ticket in reading.kept.items()}
    told = {id: _hanging(reading, ticket, what) for id, ticket in reading.tickets.items()}
    if what in promises(kind).shows:
        assert any(there.values()), "no ticket of the desk has any"
        assert told == there
    else:
        assert not any(told.values())
        names = {"tags": "tags|labels", "cc": "cc|observers|watchers|followers", "links": "links|relations"}
        word = names.get(what, what)
        said = rf"(?m)^.*\bnot read\b.*\b({word})\b"
        assert not any(there.values()) or re.search(said, _readme(kind), re.IGNORECASE)


def _kept(ticket: KeptTicket, what: str) -> object:
    value = getattr(ticket, what)
    return set(value) if what in {"tags", "cc", "links"} else value


def _hanging(reading: Reading, ticket: Ticket, what: str) -> object:
    """The same in the words of what is kept."""
    known = reading.known
    match what:
        case "cc":
            return {email for id in ticket.cc if (email := known.email(id))}
        case "links":
            return {link.id for link in ticket.links}
        case "custom":
            return {known.name("custom_field", id): said(value) for id, value in ticket.custom.items()}
        case "times":
            return tuple(
                KeptWork(known.email(one.author), int(one.at.timestamp()) if one.at else None, one.seconds, one.note)
                for one in ticket.times
            )
        case "rating":
            return ticket.rating and (ticket.rating.score, ticket.rating.most)
    return set(ticket.tags)


def _readme(kind: str) -> str:
    return (folder(kind) / "README.md").read_text(encoding="utf-8")


# --- unknown visibility


@desks("reads", "remote")
async def test_what_is_not_clearly_public_is_private(kind: str) -> None:
    """Any key of the desk's answers is left out, emptied, or holds a word nobody knows."""
    async with on_trial(kind, generate(11, 40)) as trial:
        kept = next(one for one in trial.kept().values() if {c.public for c in one.comments} == {True, False})
        private = {comment.id for comment in kept.comments if not comment.public}
        garbled = Garbled(trial)
        assert await _public(trial, kept.id) == {comment.id for comment in kept.comments} - private
        deciding = set()
        for key in sorted(garbled.keys):
            for word in (garbled.LEFT_OUT, None, "something new"):
                garbled.key, garbled.word = key, word
                public = await _public(trial, kept.id)
                assert public is None or not public & private, f"{key} = {word!r}"
                deciding |= {key} if public == set() else set()
        assert deciding, "nothing in the answers tells who may read a comment"


async def _public(trial: Trial, id: str) -> set[str] | None:
    """The comments that read as public; None where the ticket does not read at all."""
    try:
        (found,) = await asyncio.wait_for(trial.source.fetch([TicketId(id)]), 10)
    except (SyncerError, TimeoutError):
        return None
    return None if isinstance(found, Unreadable) else {comment.id for comment in found.comments if comment.public}


class Garbled:
    """Every answer with one key changed, wherever it stands."""

    LEFT_OUT = "(left out)"

    def __init__(self, trial: Trial) -> None:
        self.keys: set[str] = set()
        self.key: str = ""
        self.word: str | None = None
        trial.through = self.take

    async def take(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await answer(request)
        if not isinstance(response, web.Response) or response.content_type != "application/json":
            return response
        value = self._changed(msgspec.json.decode(response.body))  # type: ignore[arg-type]
        return web.Response(status=response.status, body=msgspec.json.encode(value), content_type="application/json")

    def _changed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._changed(one) for one in value]
        if not isinstance(value, dict):
            return value
        self.keys |= {key for key in value if not key.isdigit()}
        changed = {key: self._changed(one) for key, one in value.items()}
        if self.key in changed:
            if self.word == self.LEFT_OUT:
                del changed[self.key]
            else:
                changed[self.key] = self.word
        return changed


# --- while it moves


def _equal_times(tickets: list[SeedTicket]) -> list[SeedTicket]:
    """Half of them were changed in one and the same second: more than a page."""
    same = max(one.updated for one in tickets)
    return [replace(one, updated=same) if n % 2 else one for n, one in enumerate(tickets)]


def _edited(world: World, positions: list[int], at: int) -> World:
    """These tickets got another title at this second."""
    tickets = list(world.tickets)
    for position in positions:
        tickets[position] = replace(tickets[position], title=f"edited at {at}", updated=at)
    return replace(world, tickets=tickets)


def _more(world: World, count: int, at: int) -> World:
    """So many came in at this second."""
    new = [replace(one, title="came in later", created=at, updated=at) for one in world.tickets[:count]]
    return replace(world, tickets=[*world.tickets, *new])


@desks("reads", "remote")
async def test_a_cursor_resumes_without_a_gap(kind: str) -> None:
    """Changes within one second, on both sides of every border of a page; told to another process than the one that
    read first."""
    world = generate(5, 60)
    world = replace(world, tickets=_equal_times(world.tickets))
    async with on_trial(kind, world, **SMALL_PAGES) as trial:
        pages = [page async for page in trial.source.scan()]
        ids = list(trial.kept())
        begins = next(page.begins for page in pages if page.begins is not None)
        last = [page.cursor for page in pages if page.cursor is not None]
        assert len(last) == 1
        assert pages[-1].cursor == last[0], "the cursor comes when all was seen"
        at = max(one.updated for one in world.tickets)
        changed = list(range(0, 60, 2))
        trial.becomes(_more(_edited(world, changed, at), 5, at + 1))
        wanted = {ids[position] for position in changed} | (trial.kept().keys() - set(ids))
        assert len(wanted) == len(changed) + 5
        for cursor in (begins, last[0]):
            trial.open(**SMALL_PAGES)
            later = [page async for page in trial.source.list_changed(cursor)]
            assert wanted <= {ref.id for page in later for ref in page.refs}
        again = later[-1].cursor
        assert again is not None
        trial.becomes(_edited(trial.world, [7], at + 2))
        assert ids[7] in await refs(trial.source.list_changed(again))
        by_title = {one.id: one.title for one in await fetched(trial, [ids[7]]) if isinstance(one, Ticket)}
        assert by_title == {ids[7]: f"edited at {at + 2}"}


@desks("reads", "remote")
async def test_nothing_is_missed_while_tickets_come_and_change(kind: str) -> None:
    world = generate(9, 80)
    async with on_trial(kind, world, **SMALL_PAGES) as trial:
        before = set(trial.kept())
        busy = Busy(trial)
        pages = [page async for page in trial.source.scan()]
        seen = {ref.id for page in pages for ref in page.refs}
        assert busy.times > 3, "nothing happened while it was read"
        assert before <= seen
        busy.rest()
        cursor = Cursor(pages[-1].cursor or "")
        assert set(trial.kept()) <= seen | await refs(trial.source.list_changed(cursor))
        assert {str(id) for id in busy.edited} <= seen | await refs(trial.source.list_changed(cursor))


class Busy:
    """After each few answers a ticket comes in and an old one changes, so that rows move between pages."""

    EVERY, MOST = 4, 25

    def __init__(self, trial: Trial) -> None:
        self.times = 0
        self.edited: list[str] = []
        self._trial = trial
        self._ids = list(trial.kept())
        self._answers = 0
        self._at = max(one.updated for one in trial.world.tickets)
        trial.through, self._before = self.take, trial.through

    def rest(self) -> None:
        """Nobody does anything any more."""
        self._trial.through = self._before

    async def take(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await self._before(request, answer)
        # Another desk stands behind the same door then, which does not know the caller yet: he must get the time to
        # log in again before it changes once more.
        self._answers += response.status == 200
        if self._answers >= self.EVERY and self.times < self.MOST:
            self._answers = 0
            self._happen()
        return response

    def _happen(self) -> None:
        self.times += 1
        self._at += 60
        position = self.times * 7 % len(self._ids)
        self.edited.append(self._ids[position])
        self._trial.becomes(_more(_edited(self._trial.world, [position], self._at), 1, self._at))
