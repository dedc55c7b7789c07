"""Finds what a lost answer left behind: by the marker in the title, else by looking at each newer id (contract 5)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from syncer.deskkit.contract import Newer
from syncer.deskkit.marked import lowest
from syncer.desks.tikting import wire
from syncer.desks.tikting.calls import NOT_AS_TOLD, Calls
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.errors import Fatal
from syncer.model.ids import Key, TicketId

PAGE = 50
MOST_PAGES = 2000
MOST_PROBES = 20_000
log = structlog.get_logger()
Looked = dict[TicketId, Key | None]
"""Tickets that one `find` looked at, with their markers: a search that matches much shows them for each key again."""


class Search:
    """Says that a ticket is absent only when every answer could be read; raises Fatal where one could not."""

    def __init__(self, calls: Calls, fields: FieldMap, misses: int) -> None:
        self._name = calls.name
        self._calls = calls
        self._fields = fields
        self._misses = misses

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """The lowest id for each marker that is there."""
        # Side by side, as the budget allows: one after another, many doubts would take longer than some lives last.
        looked: Looked = {}
        looks = await asyncio.gather(*(self._wherever(key, looked) for key in keys))
        found = {key: id for key, id in zip(keys, looks, strict=True) if id is not None}
        missing = set(keys) - set(found)
        if missing and newer is not None:
            found.update(await self._walk(missing, newer))
        return found

    async def _wherever(self, key: Key, looked: Looked) -> TicketId | None:
        for preset in ("AllTickets", "CompletedTickets"):
            if hits := await self._titled(key, preset, looked):
                return lowest(key, map(int, hits))
        return None

    async def _titled(self, key: Key, preset: str, looked: Looked) -> list[TicketId]:
        """Ids whose title ends with exactly this marker; the search itself may match more, or less exactly."""
        hits: list[TicketId] = []
        seen: set[str] = set()
        stale, length = 0, PAGE
        for page in range(1, MOST_PAGES):
            rows = await self._calls.rows({"page": page, "length": length, "search": key, "listType": preset,
                                           "filterBy": "Subject"})  # fmt: skip
            # A server that gives fewer than asked may count its pages by what was asked, and skip the rest.
            length = min(length, len(rows)) if page == 1 else length
            by_id = {id: row for row in rows if (id := wire.row_id(row, self._fields))}
            if len(by_id) < len(rows) and any(wire.row_id(row, self._fields) is None for row in rows):
                where = " or ".join(self._fields.paths("id"))
                raise Fatal(f"{self._name}: a row of the list has no id under {where}", hint=NOT_AS_TOLD)
            fresh = by_id.keys() - seen
            stale = 0 if fresh else stale + 1
            if not rows or stale == 2:  # pages may shift, or be ignored
                return hits
            seen |= fresh
            hits += [id for id in fresh if await self._marker(id, by_id[id], looked) == key]
        raise Fatal(f"{self._name}: a search for {key} has no end", hint=NOT_AS_TOLD)

    async def _marker(self, id: TicketId, row: Any, looked: Looked) -> Key | None:
        """The marker of a row; of its ticket where the row shows none, because it may have cut the title anywhere."""
        if (key := wire.row_marker(row, self._fields)) is not None:
            return key
        if id not in looked:
            ticket = await self._calls.glance(id)
            looked[id] = None if ticket is None else self._shown(id, ticket)
        return looked[id]

    def _shown(self, id: TicketId, ticket: Any) -> Key | None:
        """The marker of a whole ticket, which must show a title: without one it cannot be told from ours."""
        if wire.title(ticket, self._fields) is None:
            where = " or ".join(self._fields.paths("title"))
            raise Fatal(f"{self._name}: ticket {id} has no title under {where}", hint=NOT_AS_TOLD)
        return wire.row_marker(ticket, self._fields)

    async def _walk(self, keys: set[Key], newer: Newer) -> dict[Key, TicketId]:
        """Look at each later id until so many in a row are unknown to Tikting: needs no search index."""
        found: dict[Key, TicketId] = {}
        misses, probes, last = 0, 0, int(newer.since)
        while misses < self._misses:
            ids: list[TicketId] = []
            asked: list[TicketId] = []
            while len(asked) < self._misses:
                last += 1
                ids.append(TicketId(str(last)))
                asked += [id for id in ids[-1:] if id not in newer.known]
            probes += len(asked)
            if probes > MOST_PROBES:
                raise Fatal(
                    f"{self._name}: over {MOST_PROBES} tickets since {newer.since}; {sorted(keys)} may be among them",
                    hint="Look for these markers on the desk by hand: syncer cannot tell whether they are there.",
                )
            there = dict(zip(asked, await asyncio.gather(*map(self._calls.glance, asked)), strict=True))
            # In the order of the ids: one that is known ends the row of misses before it, never that behind it.
            for id in ids:
                ticket = there.get(id)
                misses = misses + 1 if ticket is None and id in there else 0
                key = None if ticket is None else self._shown(id, ticket)
                if key in keys:
                    assert key is not None
                    found.setdefault(key, id)
        return found
