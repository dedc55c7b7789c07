"""The whole story: pages of refs, whole tickets, drafts, deliveries. The stages overlap through bounded queues."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from msgspec import Struct

from syncer.deskkit.contract import Page, Ref, Source, Unreadable
from syncer.deskkit.paging import SeenIds
from syncer.errors import Fatal, Interrupted
from syncer.mapping.ticket import Skipped
from syncer.model.draft import Draft, Moved, Unmapped
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import Link
from syncer.model.ticket import Ticket
from syncer.pipeline.extract import extract
from syncer.pipeline.plan import Settled, before_reading
from syncer.pipeline.tally import Result, Tally

READ_AHEAD = 20_000
"""Ids listed before they are read: the list is swept again while tickets are written, not after."""


Mapped = Draft | Unmapped | Skipped | Moved


class Maps(Protocol):
    """What makes drafts of tickets."""

    def map(self, ticket: Ticket) -> Mapped:
        """The draft, or each value without a decision, or the rule that leaves the ticket behind."""


class Ledger(Protocol):
    """What a pass itself needs of a journal."""

    async def known(self, ids: Sequence[TicketId]) -> dict[TicketId, Link]:
        """The links and dead letters of these tickets."""

    def park(self, source: TicketId, reason: str, detail: str) -> None:
        """It cannot pass."""

    def skip(self, source: TicketId, rule: str) -> None:
        """A rule leaves it behind."""


class Deliver(Protocol):
    """What becomes of a draft: loaded, or previewed."""

    async def deliver(self, draft: Draft) -> None:
        """Bring it to an outcome, and count that. Raises what ends the pass."""


class Meet(Protocol):
    """Makes sure that everybody a ticket names is known before it is mapped."""

    async def introduce(self, tickets: Sequence[Ticket]) -> None:
        """Returns when they are."""


class Pass(Struct, kw_only=True):
    """One sweep of a route, ready to go."""

    source: Source
    mapper: Maps
    strangers: Meet
    journal: Ledger
    deliver: Deliver
    tally: Tally
    readers: int
    writers: int
    stop: asyncio.Event


class _Queues:
    """Between the stages; bounded, so that memory does not depend on how many tickets there are."""

    def __init__(self, route: Pass) -> None:
        ahead = max(route.readers, READ_AHEAD // route.source.capabilities.fetch_batch)
        self.batches: asyncio.Queue[list[TicketId] | None] = asyncio.Queue(ahead)
        self.drafts: asyncio.Queue[Draft | None] = asyncio.Queue(2 * route.writers)


async def run_pass(route: Pass, pages: AsyncIterator[Page]) -> Cursor | None:
    """Carry every ticket the pages name to its outcome; the cursor that holds when all of them have one.

    A ticket is counted once however often the pages name it. Tickets do not wait for each other. Raises what ends a
    pass, Fatal when the outcomes do not add up to what was read, and Interrupted when `stop` was set: what was under
    way is finished first, and nothing new is begun.
    """
    queues = _Queues(route)
    try:
        async with asyncio.TaskGroup() as group:
            listing = group.create_task(_list(route, pages, queues))
            group.create_task(_read_all(route, queues))
            for _ in range(route.writers):
                group.create_task(_write(route, queues))
    except BaseExceptionGroup as e:
        raise first_of(e) from e
    if route.stop.is_set():
        raise Interrupted("stopped on request", hint="The same command goes on where this one stopped.")
    if (ended := route.tally.ended()) != route.tally.read:  # promise a; the checkpoint stays
        raise Fatal(
            f"{route.tally.read:,} tickets were read, but {ended:,} have an outcome: a fault of syncer's",
            hint="Please report it. What was written is on record; the same command looks at every ticket again.",
        )
    return listing.result()


async def _read_all(route: Pass, queues: _Queues) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(route.readers):
            group.create_task(_read(route, queues))
    for _ in range(route.writers):
        await queues.drafts.put(None)


async def _read(route: Pass, queues: _Queues) -> None:
    while (ids := await queues.batches.get()) is not None:
        if route.stop.is_set():
            continue
        answers = await extract(route.source, ids)
        await route.strangers.introduce([a for a in answers if isinstance(a, Ticket)])
        for answer in answers:
            if route.stop.is_set():
                break
            if (draft := _mapped(route, answer)) is not None:
                await queues.drafts.put(draft)


async def _write(route: Pass, queues: _Queues) -> None:
    while (draft := await queues.drafts.get()) is not None:
        if not route.stop.is_set():
            await route.deliver.deliver(draft)


async def _list(route: Pass, pages: AsyncIterator[Page], queues: _Queues) -> Cursor | None:
    """Pass over what needs no reading; the rest goes on in batches of the size the source takes."""
    seen, wanted, cursor = SeenIds(), list[TicketId](), None
    size = route.source.capabilities.fetch_batch
    async for page in pages:
        if route.stop.is_set():
            break
        if page.note:
            route.tally.notes.append(page.note)
        cursor = page.cursor or cursor
        refs = [ref for ref in page.refs if seen.add(ref.id)]
        if not refs:
            continue
        route.tally.read += len(refs)
        links = await route.journal.known([ref.id for ref in refs])
        for ref in refs:
            if (settled := before_reading(ref, links.get(ref.id))) is None:
                wanted.append(ref.id)
            else:
                _settle(route, ref, settled)
        while len(wanted) >= size:
            await queues.batches.put(wanted[:size])
            wanted = wanted[size:]
    if wanted:
        await queues.batches.put(wanted)
    for _ in range(route.readers):
        await queues.batches.put(None)
    return cursor


def _settle(route: Pass, ref: Ref, settled: Settled) -> None:
    if settled.park:
        route.journal.park(ref.id, settled.reason, settled.detail)
    route.tally.count(settled.result, ref.id, settled.reason)


def _mapped(route: Pass, answer: Ticket | Unreadable) -> Draft | None:
    """The draft; or None when the ticket has met its outcome here."""
    if isinstance(answer, Unreadable):
        reason = "gone" if answer.gone else "unreadable"
        route.journal.park(answer.id, reason, answer.reason)
        route.tally.count(Result.PARKED, answer.id, reason)
        return None
    mapped = route.mapper.map(answer)
    if isinstance(mapped, Draft):
        return mapped
    if isinstance(mapped, Skipped):
        route.journal.skip(mapped.source_id, mapped.rule)
        route.tally.count(Result.SKIPPED, mapped.source_id, mapped.rule)
        return None
    if isinstance(mapped, Moved):
        route.journal.park(mapped.source_id, "moved", mapped.how)
        route.tally.count(Result.PARKED, mapped.source_id, "moved")
        return None
    _park_unmapped(route, mapped)
    return None


def _park_unmapped(route: Pass, unmapped: Unmapped) -> None:
    words = "; ".join(f"{field}: no decision for {kind} {value}" for field, kind, value in unmapped.missing)
    route.journal.park(unmapped.source_id, "unmapped", words)
    route.tally.missing(unmapped.missing, unmapped.source_id)
    route.tally.count(Result.PARKED, unmapped.source_id, "unmapped")


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error to tell of: a group's first leaf, cancellations last."""
    leaves: list[BaseException] = []
    todo: list[BaseException] = [group]
    while todo:
        one = todo.pop(0)
        if isinstance(one, BaseExceptionGroup):
            todo += one.exceptions
        else:
            leaves.append(one)
    return min(leaves, key=lambda e: isinstance(e, asyncio.CancelledError))
