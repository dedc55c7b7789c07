"""A whole desk read by its connector, beside what the desk holds; and what differs."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from syncer.deskkit.contract import Page, Unreadable
from syncer.deskkit.kept import KeptFile, KeptTicket
from syncer.deskkit.world import World
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.lookups import LookupValue
from syncer.model.ticket import File, Ticket
from tests.conformance.promised import promises
from tests.conformance.trial import SMALL_PAGES, Trial, on_trial
from tests.conformance.words import levels, says

NamedFile = tuple[str, str]
"""A file's name and the SHA-256 of its bytes."""
_SECONDS = {"second": 1, "minute": 60}


class Known:
    """What a desk's lists say, by kind and id; and who is not in them."""

    def __init__(self, values: Sequence[LookupValue]) -> None:
        self.values = list(values)
        self._by_id = {(value.kind, value.id): value for value in values}

    def add(self, value: LookupValue | None) -> None:
        """Somebody who was asked for one by one."""
        if value is not None:
            self._by_id[value.kind, value.id] = value

    def has(self, kind: str, id: str) -> bool:
        """Whether a list has it."""
        return (kind, id) in self._by_id

    def shown(self, kind: str, id: str) -> str:
        """An entry as people see it, from the root of its tree."""
        value = self._by_id.get((kind, id))
        return id if value is None else levels(" / ".join(value.path) or value.name)

    def name(self, kind: str, id: str) -> str:
        """An entry by its own name."""
        value = self._by_id.get((kind, id))
        return id if value is None else value.name

    def email(self, person: str | None) -> str | None:
        """Whom an id means, in lower case."""
        value = self._by_id.get(("person", person or ""))
        return value.email.lower() if value is not None and value.email else None

    def is_whom(self, person: str | None, kept: str | None) -> bool:
        """Whether an id means who is kept. Of somebody who is gone the desk may still tell the address."""
        value = self._by_id.get(("person", person or ""))
        gone = value is None or not value.active or not self._listed(value)
        return self.email(person) == kept or (kept is None and gone)

    def _listed(self, person: LookupValue) -> bool:
        return person in self.values


class Reading(Struct):
    """All that a connector read of a desk. `files` are those that could be had, by ticket and id; `refused` the
    reasons of the others."""

    kind: str
    kept: dict[str, KeptTicket]
    seen: set[str]
    notes: list[str]
    tickets: dict[str, Ticket]
    unreadable: list[Unreadable]
    known: Known
    files: dict[tuple[str, str], NamedFile]
    refused: list[str]


def read_whole(kind: str, world: World) -> Reading:
    """What a first pass does: lists, refs, tickets, files, people nobody listed."""
    return asyncio.run(_read(kind, world))


async def _read(kind: str, world: World) -> Reading:
    async with on_trial(kind, world, **SMALL_PAGES) as trial:
        known = Known([value async for value in trial.source.lookups()])
        pages = [page async for page in trial.source.scan()]
        ids = list(dict.fromkeys(ref.id for page in pages for ref in page.refs))
        answers = await fetched(trial, ids)
        reading = Reading(
            kind=kind,
            kept=trial.kept(),
            seen=set(ids),
            notes=[page.note for page in pages if page.note],
            tickets={one.id: one for one in answers if isinstance(one, Ticket)},
            unreadable=[one for one in answers if isinstance(one, Unreadable)],
            known=known,
            files={},
            refused=[],
        )
        for ticket in reading.tickets.values():
            for person in people_of(ticket):
                if not known.has("person", person):
                    known.add(await trial.source.person(person))
        await _download(trial, reading)
        return reading


async def fetched(trial: Trial, ids: Sequence[str]) -> list[Ticket | Unreadable]:
    """Whole tickets, so many at once as the desk says."""
    size, found = trial.claims.fetch_batch, list[Ticket | Unreadable]()
    for start in range(0, len(ids), size):
        batch = [TicketId(id) for id in ids[start : start + size]]
        answers = await trial.source.fetch(batch)
        assert [one.id for one in answers] == batch, "one answer for each id, in their order"
        found += answers
    return found


async def _download(trial: Trial, reading: Reading) -> None:
    with tempfile.TemporaryDirectory() as spool:
        for ticket in reading.tickets.values():
            for file in files_of(ticket):
                try:
                    got = await trial.source.download(ticket.id, file.id, Path(spool))
                except Rejected as e:
                    reading.refused.append(e.reason)
                    continue
                content = got.content if got.path is None else got.path.read_bytes()
                assert content is not None
                assert len(content) == got.size
                reading.files[ticket.id, file.id] = (got.name, hashlib.sha256(content).hexdigest())


def people_of(ticket: Ticket) -> set[str]:
    """Everybody a ticket names."""
    named = {ticket.requester, ticket.creator, ticket.assignee, *ticket.cc, *(c.author for c in ticket.comments)}
    return {one for one in named if one is not None}


def files_of(ticket: Ticket) -> list[File]:
    """A ticket's files and those of its comments."""
    return [*ticket.files, *(file for comment in ticket.comments for file in comment.files)]


async def refs(pages: AsyncIterator[Page]) -> set[str]:
    """The ids of a walk."""
    return {ref.id async for page in pages for ref in page.refs}


# --- what differs


def facts(reading: Reading, ticket: Ticket, kept: KeptTicket) -> Iterator[str]:
    """Title, text, people, values and time."""
    known, kinds = reading.known, promises(reading.kind).lists
    names = {kind: known.shown(kind, id) for kind, id in ticket.values.items()}
    if not says(ticket.body, kept.body, html=ticket.html):
        yield f"{ticket.id}: read {ticket.body!r}, kept {kept.body!r}"
    for id, whom in ((ticket.requester, kept.requester), (ticket.assignee, kept.assignee)):
        if not known.is_whom(id, whom):
            yield f"{ticket.id}: of or for {known.email(id)}, kept {whom}"
    for what, read, there in (
        ("title", " ".join(ticket.title.split()), " ".join(kept.title.split())),
        ("created", None if ticket.created_at is None else int(ticket.created_at.timestamp()), kept.created),
        ("values", _only(names, kinds), _only(kept.values, kinds)),
    ):
        if read != there:
            yield f"{ticket.id}: {what}: read {read!r}, kept {there!r}"


def _only(values: Mapping[str, str], kinds: Collection[str]) -> dict[str, str]:
    """What is of a list this desk has; what it keeps besides nobody could name."""
    return {kind: levels(name) for kind, name in values.items() if kind in kinds}


def talk(reading: Reading, ticket: Ticket, kept: KeptTicket) -> Iterator[str]:
    """What was said, by whom, when, in which order."""
    if len(ticket.comments) != len(kept.comments):
        yield f"{ticket.id}: read {len(ticket.comments)} comments, kept {len(kept.comments)}"
        return
    for read, there in zip(ticket.comments, kept.comments, strict=True):
        place = f"{ticket.id}, comment {there.id}"
        if not says(read.body, there.text, html=ticket.html):
            yield f"{place}: read {read.body!r}, kept {there.text!r}"
        if not reading.known.is_whom(read.author, there.author):
            yield f"{place}: by {reading.known.email(read.author)}, kept by {there.author}"
        if (read.created_at and int(read.created_at.timestamp())) != _told(reading, there.at):
            yield f"{place}: at {read.created_at}, kept {there.at}"


def _told(reading: Reading, at: int | None) -> int | None:
    """A moment as exactly as this desk tells when something was said."""
    return at if at is None else at - at % _SECONDS[promises(reading.kind).comment_times]


def named_files(reading: Reading, ticket: Ticket, files: Sequence[File]) -> list[NamedFile]:
    """Name and bytes of these files."""
    return [reading.files[ticket.id, file.id] for file in files]


def kept_files(files: Sequence[KeptFile]) -> list[NamedFile]:
    """The same of what the desk holds."""
    return [(file.name, file.sha256) for file in files]
