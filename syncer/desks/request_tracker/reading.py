"""Whole tickets, many at once: rows, history, attachments and texts each by few calls, for each call costs RT much."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from syncer.deskkit.contract import Unreadable
from syncer.desks.request_tracker import wire, wire_talk
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.catalogue import Catalogue
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.newest import TRANSACTIONS, Newest
from syncer.desks.request_tracker.wire import Row
from syncer.desks.request_tracker.wire_talk import Move, Moves, Part, Said
from syncer.errors import NotFound, Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import Comment, Ticket

BATCH = 20
MOST_IDS = 100
"""So many ids in one condition, which is one page of answers at most."""
MOST_TEXT = 4 * 1024 * 1024
"""Characters of texts asked for at once; one that is longer comes alone."""
ATTACHMENTS = "/attachments"
LOOKS_EVERY = 0.1
"""Seconds between two looks at a ticket that does not show its beginning."""
LOOKS_MOST = 4
"""So often a ticket is read again that changes while it is read."""
Histories = dict[TicketId, list[Move]]
T = TypeVar("T")


class Reading:
    """Reads tickets with all that was said on them."""

    def __init__(self, config: RequestTrackerConfig, calls: Calls, catalogue: Catalogue, newest: Newest) -> None:
        self._config = config
        self._calls = calls
        self._catalogue = catalogue
        self._newest = newest
        self._reader = wire.Reader(config)

    async def tickets(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """One answer for each. Raises Rejected or Retryable where all fail together."""
        rows, histories = await self._agreeing([id for id in ids if id.isdigit()])
        fields = await self._catalogue.fields()
        talk = await self._talk({id: histories[id] for id in rows})
        found: dict[TicketId, Ticket | Unreadable] = {}
        for id in ids:
            try:
                found[id] = self._reader.ticket(rows[id], talk[id](), fields) if id in rows else await self._why(id)
            except Rejected as e:
                found[id] = Unreadable(id, e.message)
        return [found[id] for id in ids]

    async def _agreeing(self, ids: Sequence[TicketId]) -> tuple[dict[TicketId, Row], Histories]:
        """Rows with their histories. A row is never older than its history: the change between them would be lost.

        What happened before we asked is in both. Tickets with a younger change are read again until two histories
        agree; of one that never rests the row comes last, and the change that it may hold is told once more.
        """
        before = self._newest.seen - self._config.overlap
        rows, histories = await self._both(ids)
        self._newest.saw(max(map(_last, histories.values()), default=0))
        late = [id for id in rows if _last(histories[id]) > before]
        for _ in range(LOOKS_MOST):
            if not late:
                return rows, histories
            fresh, again = await self._both(late)
            rows = {id: row for id, row in rows.items() if id not in late} | fresh
            late = [id for id in fresh if _last(again[id]) != _last(histories[id])]
            histories |= again
        fresh, _ = await self._rows(late)
        return {id: row for id, row in rows.items() if id not in late} | fresh, histories

    async def _both(self, ids: Sequence[TicketId]) -> tuple[dict[TicketId, Row], Histories]:
        rows, merged = await self._rows(ids)
        return rows, await self._histories({id: merged.get(id, []) for id in rows})

    async def comments(self, id: TicketId) -> list[Comment]:
        """What was said on one ticket. Raises Rejected, also where its beginning does not show within `write_lag`: of
        a ticket that was just made a later transaction may be seen before the first one."""
        until = time.monotonic() + self._config.write_lag
        while True:
            talk = await self._talk(await self._histories({id: []}))
            try:
                return talk[id]().comments
            except Rejected as e:
                if e.field != "history" or time.monotonic() > until:
                    raise
            await asyncio.sleep(LOOKS_EVERY)

    async def values(self, ids: Sequence[TicketId]) -> list[dict[str, str]]:
        """What each ticket that is there holds of the lists, by one call."""
        query = " OR ".join(f"id = {id}" for id in ids if id.isdigit())
        rows = (await self._calls.rows("/tickets", {"query": query, "fields": wire.VALUE_FIELDS})).rows if query else []
        wanted = set(ids)
        return [self._reader.values(row) for row in rows if wire.ident(row) in wanted]

    async def _rows(self, ids: Sequence[TicketId]) -> tuple[dict[TicketId, Row], dict[TicketId, list[str]]]:
        """Tickets by id, and the ids of those that were merged into them. Deleted ones are in no list."""
        rows: dict[TicketId, Row] = {}
        merged: dict[TicketId, list[str]] = {}
        if not ids:
            return rows, merged
        wanted = set(ids)
        query = " OR ".join(f"EffectiveId = {id}" for id in ids)
        asked = {"query": query, "fields": wire.TICKET_FIELDS}
        for row in await self._calls.whole("/tickets", asked):
            id, into = wire.ident(row), wire.ident(row, "EffectiveId")
            if id in wanted and into in (id, None):
                rows[id] = row
            elif id is not None and into in wanted:
                merged.setdefault(into, []).append(id)
            else:
                raise Rejected(f"{self._config.name}: ticket {id} came, and was not asked for", reason="schema")
        return rows, merged

    async def _why(self, id: TicketId) -> Unreadable:
        """Why a ticket is in no list."""
        if not id.isdigit():
            return Unreadable(id, "it is no number of a ticket", gone=True)
        try:
            row = await self._calls.ticket(id)
        except NotFound as e:
            return Unreadable(id, e.message, gone=True)
        if wire.is_deleted(row):
            return Unreadable(id, "it is deleted", gone=True)
        if not wire.is_ticket(row):
            return Unreadable(id, f"it is no ticket but a {row.get('Type')}", gone=True)
        return Unreadable(id, "it can be read, and is in no list")

    async def _histories(self, of: Mapping[TicketId, Sequence[str]]) -> Histories:
        """Of each ticket with those merged into it, what happened."""
        moves = await self._moves([on for id, merged in of.items() for on in (id, *merged)])
        return {id: [move for on in (id, *merged) for move in moves.get(on, ())] for id, merged in of.items()}

    async def _talk(self, histories: Histories) -> dict[TicketId, _Told]:
        """The same with what was said; put together when it is asked for."""
        hung = await self._hung([move.id for each in histories.values() for move in each if move.speaks])
        return {id: _Told(id, moves, hung) for id, moves in histories.items()}

    async def _moves(self, ids: Sequence[str]) -> dict[str, list[Move]]:
        found: dict[str, list[Move]] = {id: [] for id in ids}
        mails = " AND ".join(f"Type != '{type}'" for type in wire_talk.MAILS)
        for some in _chunks(ids, MOST_IDS):
            on = " OR ".join(f"ObjectId = {id}" for id in some)
            condition = f" AND ObjectType = 'RT::Ticket' AND {mails} AND ({on})"
            async for rows in self._calls.after(TRANSACTIONS, condition, {"fields": wire_talk.MOVE_FIELDS}, 0, 0):
                for row in rows:
                    move = wire_talk.move(row)
                    if move.on not in found:
                        raise Rejected(
                            f"{self._config.name}: a transaction of {move.on} came, not asked for", reason="schema"
                        )
                    found[move.on].append(move)
        return found

    async def _hung(self, moves: Sequence[int]) -> dict[int, Said]:
        parts: list[Part] = []
        for some in _chunks(moves, MOST_IDS):
            condition = [{"field": "TransactionId", "operator": "IN", "value": [str(id) for id in some]}]
            rows = await self._calls.whole(ATTACHMENTS, {"fields": wire_talk.PART_FIELDS}, condition)
            parts += [wire_talk.part(row) for row in rows]
        strange = {part.of for part in parts} - set(moves)
        if strange:
            raise Rejected(f"{self._config.name}: attachments of {strange} came, not asked for", reason="schema")
        texts = await self._texts([part for part in parts if part.is_text and part.size])
        by_move: dict[int, list[Part]] = {}
        for part in parts:
            by_move.setdefault(part.of, []).append(replace(part, content=texts.get(part.id, "")))
        return {id: wire_talk.said(found) for id, found in by_move.items()}

    async def _texts(self, parts: Sequence[Part]) -> dict[int, str]:
        """What texts say. Raises Rejected where one does not come: it would be lost in silence."""
        texts: dict[int, str] = {}
        for some in _by_size(parts):
            condition = [{"field": "id", "operator": "IN", "value": [str(part.id) for part in some]}]
            for row in await self._calls.whole(ATTACHMENTS, {"fields": "Content"}, condition):
                if isinstance(row.get("Content"), str):
                    texts[int(wire.ident(row) or 0)] = row["Content"]
        if missing := {part.id for part in parts} - texts.keys():
            raise Rejected(f"{self._config.name}: attachments {sorted(missing)} do not show a text", reason="schema")
        return texts

    async def files_of(self, path: str) -> list[tuple[str, int]]:
        """Name and size of the files below this path."""
        rows = await self._calls.whole(f"{path}{ATTACHMENTS}", {"fields": wire_talk.PART_FIELDS})
        return [(part.name, part.size) for part in map(wire_talk.part, rows) if part.name]


class _Told:
    """A ticket's history, put together on call: what is wrong with one ticket is no other's trouble."""

    def __init__(self, id: TicketId, moves: Sequence[Move], hung: Mapping[int, Said]) -> None:
        self._id = id
        self._moves = moves
        self._hung = hung

    def __call__(self) -> Moves:
        return wire_talk.moves(self._id, self._moves, self._hung)


def _last(history: Sequence[Move]) -> int:
    """The number of the last change; 0 where none is shown."""
    return max((move.id for move in history), default=0)


def _chunks(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (items[start : start + most] for start in range(0, len(items), most))


def _by_size(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Texts in lists that are not too long together."""
    some: list[Part] = []
    size = 0
    for part in parts:
        if some and (size + part.size > MOST_TEXT or len(some) == MOST_IDS):
            yield some
            some, size = [], 0
        some.append(part)
        size += max(part.size, 0)
    if some:
        yield some


async def flat(pages: AsyncIterator[list[Row]]) -> AsyncIterator[Row]:
    """The rows of pages."""
    async for rows in pages:
        for row in rows:
            yield row
