"""People whom tickets mention and the list of people did not: fetched once each, before mapping."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from syncer.deskkit.contract import Source
from syncer.mapping.tables import Tables
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket

_OF_PEOPLE = frozenset({"person", "people"})
Learn = Callable[[LookupValue], Awaitable[None]]


class Strangers:
    """Makes sure that `tables.source` knows everybody a ticket names, as far as the source does."""

    def __init__(self, source: Source, tables: Tables, learn: Learn) -> None:
        self._source = source
        self._tables = tables
        self._learn = learn
        self._asked: dict[str, asyncio.Task[None]] = {}

    async def introduce(self, tickets: Sequence[Ticket]) -> None:
        """Fetch whoever is not known yet; somebody asked for by another reader is waited for, not asked twice."""
        known = self._tables.source
        wanted: set[str] = set()
        for ticket in tickets:
            if ticket.custom:
                wanted.update(id for id in self._in_fields(ticket) if ("person", id) not in known)
            workers = (entry.author for entry in ticket.times)
            for id in (ticket.requester, ticket.creator, ticket.assignee, *ticket.cc, *workers):
                if id is not None and ("person", id) not in known:
                    wanted.add(id)
            for comment in ticket.comments:
                if comment.author is not None and ("person", comment.author) not in known:
                    wanted.add(comment.author)
        if wanted:
            for id in wanted - self._asked.keys():
                self._asked[id] = asyncio.create_task(self._ask(id))
            await asyncio.gather(*(self._asked[id] for id in wanted))

    def _in_fields(self, ticket: Ticket) -> Iterator[str]:
        for field, value in ticket.custom.items():
            there = self._tables.source.get(("custom_field", field))
            if there is not None and there.form in _OF_PEOPLE:
                yield from value if isinstance(value, tuple) else (str(value),)

    async def _ask(self, id: str) -> None:
        person = await self._source.person(id)
        if person is None:
            person = LookupValue(kind="person", id=id, name=f"user {id}", active=False)
        self._tables.source["person", id] = person
        await self._learn(person)
