"""Deliberate breaks of the engine, applied from outside: the product has no switch for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import msgspec

from syncer.deskkit.contract import Page
from syncer.mapping.ticket import Mapper
from syncer.migrate import backfill, engine
from syncer.model.draft import PrivateNote
from syncer.model.ids import Cursor, Key, TicketId
from syncer.model.link import Intent
from syncer.model.ticket import Comment, Ticket
from syncer.pipeline.deed import Deeds
from syncer.pipeline.doubts import Doubts
from syncer.pipeline.flow import Pass, run_pass
from syncer.pipeline.load import Load
from syncer.pipeline.privacy import Privacy
from syncer.pipeline.tally import Result, Tally
from syncer.store import effects, relations, runs
from syncer.store.journal import Journal
from syncer.store.leases import Lease

FENCE = "select 1 from lease where route = $1 and epoch = $2 for share"


@contextmanager
def blind_retry() -> Iterator[None]:
    """An answer is lost: the write goes out again, and nobody looks."""

    async def found(self: Load, *_: Any) -> None:
        return None

    with patch.object(Load, "_found", found):
        yield


@contextmanager
def acknowledged_before_written() -> Iterator[None]:
    """The outcome is on record before the ticket is made."""
    announce = Journal.announce

    async def early(self: Journal, intent: Intent, withheld: Sequence[PrivateNote] = (), links: Any = ()) -> None:
        await announce(self, intent, withheld, links)
        self.done(intent.source_id, TicketId("0"))
        await self.flush()

    with patch.object(Journal, "announce", early):
        yield


@contextmanager
def no_look_at_what_was_left_open() -> Iterator[None]:
    """Writes that an earlier life announced are simply done."""
    with patch.object(Doubts, "inherited", lambda self, source: None):
        yield


@contextmanager
def one_look_at_once() -> Iterator[None]:
    """A lost answer is looked for without waiting until the search can have seen the ticket."""

    async def resolve(self: Doubts, key: Key, *_: Any) -> TicketId | None:
        return (await self._target.find([key], None)).get(key)

    with patch.object(Doubts, "resolve", resolve):
        yield


@contextmanager
def private_notes_told() -> Iterator[None]:
    """The transcript does not ask who may read a comment."""
    with _comments(lambda told: tuple(msgspec.structs.replace(c, public=True) for c in told)):
        yield


@contextmanager
def comments_turned_around() -> Iterator[None]:
    """The newest comment is told first."""
    with _comments(lambda told: told[::-1]):
        yield


def _comments(changed: Callable[[tuple[Comment, ...]], tuple[Comment, ...]]) -> Any:
    whole = Mapper.map

    def mapped(self: Mapper, ticket: Ticket) -> Any:
        return whole(self, msgspec.structs.replace(ticket, comments=changed(ticket.comments)))

    return patch.object(Mapper, "map", mapped)


@contextmanager
def an_open_brake() -> Iterator[None]:
    """Nobody asks how much of the source is left."""

    async def anything(_: Any, listing: Any) -> Any:
        return listing

    with patch.object(backfill, "_unshrunken", anything):
        yield


@contextmanager
def checkpoint_before_outcomes() -> Iterator[None]:
    """The checkpoint moves as soon as the source was listed."""
    carry = run_pass

    async def early(moving: Pass, pages: AsyncIterator[Page]) -> Any:
        journal: Any = moving.journal

        async def listed() -> AsyncIterator[Page]:
            async for page in pages:
                if page.cursor is not None:
                    async with journal._pool.acquire() as conn:
                        await runs.advance(conn, journal._route, journal._lease.epoch, journal.run, page.cursor)
                yield page

        return await carry(moving, listed())

    with patch.object(engine, "run_pass", early):
        yield


@contextmanager
def each_life_begins_anew() -> Iterator[None]:
    """The checkpoint of a migration that was killed and went on is where its last life began."""

    async def began(pool: Any, route: int, cursor: Cursor) -> Cursor:
        return cursor

    with patch.object(runs, "first_began", began):
        yield


@contextmanager
def ledger_without_fence() -> Iterator[None]:
    """Statements of the ledger do not ask who the writer is."""
    with (
        patch.object(effects, "_BOTH", effects._BOTH.replace(FENCE, "select 1")),
        patch.object(effects, "_SETTLE", effects._SETTLE.replace(FENCE, "select 1")),
    ):
        yield


@contextmanager
def lease_not_looked_at() -> Iterator[None]:
    """Nobody asks whether the lease has run out before a write leaves."""
    with patch.object(Lease, "check", lambda self: None):
        yield


@contextmanager
def created_not_counted() -> Iterator[None]:
    """Some tickets that are over now are in no count, and nobody adds up."""
    with _uncounted(Result.CREATED):
        yield


@contextmanager
def parked_not_counted() -> Iterator[None]:
    """Some tickets that could not pass are in no count, and nobody adds up."""
    with _uncounted(Result.PARKED):
        yield


@contextmanager
def skipped_not_counted() -> Iterator[None]:
    """Tickets that a rule leaves behind are in no count, and nobody adds up."""
    with _uncounted(Result.SKIPPED):
        yield


def _uncounted(which: Result) -> ExitStack:
    count = Tally.count

    def forgetful(self: Tally, result: Result, id: TicketId, reason: str = "") -> None:
        if result is not which or int(id) % 4:
            count(self, result, id, reason)

    stack = ExitStack()
    stack.enter_context(patch.object(Tally, "count", forgetful))
    stack.enter_context(patch.object(Tally, "ended", lambda self: self.read))
    return stack


@contextmanager
def closed_after_announced() -> Iterator[None]:
    """The end of an attempt waits for the announcement of the next one, and closes that."""
    write, waiting = Journal._write, list[Any]()

    async def mixed(self: Journal, group: Any) -> None:
        waiting.extend(group.closed)
        group.closed = []
        await write(self, group)
        if waiting and group.intents:
            async with self._writing.use() as conn:
                await effects.settle(conn, self._route, self._lease.epoch, waiting)
            waiting.clear()

    with patch.object(Journal, "_write", mixed):
        yield


@contextmanager
def steps_not_looked_for() -> Iterator[None]:
    """A lost answer to what comes after the ticket itself: it is done again, and nobody looks."""

    async def nothing(self: Deeds, *_: Any) -> bool:
        return False

    with patch.object(Deeds, "happened", nothing):
        yield


@contextmanager
def made_is_over() -> Iterator[None]:
    """A ticket is taken to be over as soon as it is on the target."""

    def over(self: Journal, source: TicketId, target: TicketId, losses: tuple[str, ...] = ()) -> None:
        self.done(source, target, losses=losses)

    with patch.object(Journal, "made", over):
        yield


@contextmanager
def links_in_memory() -> Iterator[None]:
    """Which tickets are linked is known to the life that read them, and to no later one."""
    add = Journal.announce

    async def kept(self: Journal, intent: Any, withheld: Any = (), links: Any = ()) -> None:
        await add(self, intent, withheld)
        vars(self).setdefault("links", []).extend((intent.source_id, link) for link in links)

    read = Journal.open_relations

    async def mine(self: Journal) -> Any:
        async with self._pool.acquire() as conn:
            await relations.add(conn, self._route, self._lease.epoch, vars(self).get("links", []))
        return await read(self)

    with patch.object(Journal, "announce", kept), patch.object(Journal, "open_relations", mine):
        yield


@contextmanager
def private_not_read_back() -> Iterator[None]:
    """What was written as private is believed to be."""

    async def prove(self: Privacy, *_: Any) -> None:
        return None

    with patch.object(Privacy, "_prove", prove):
        yield


STEPS = (steps_not_looked_for, made_is_over, links_in_memory, private_not_read_back)
"""Those that need a target which takes several calls: see test_into_invgate.py and test_privacy.py."""
Mutant = Callable[[], Any]
