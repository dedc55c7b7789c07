"""Names, fields and people. No call lists any: they are what settings tell and tickets hold (contract, lookups)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from syncer.desks.znuny import times
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.custom import DynamicFields
from syncer.desks.znuny.listing import Listing
from syncer.desks.znuny.names import KEYS, Names
from syncer.desks.znuny.people import People
from syncer.model.lookups import LookupValue

KINDS = (*KEYS, "custom_field", "custom_option", "person")


class Catalogue:
    """What this desk calls things and who is there."""

    def __init__(
        self, config: ZnunyConfig, calls: Calls, listing: Listing, parts: tuple[People, Names, DynamicFields]
    ) -> None:
        self._config = config
        self._calls = calls
        self._listing = listing
        self._people, self._names, self._fields = parts

    async def values(self) -> AsyncIterator[LookupValue]:
        """Every name, each once, people last: tickets name them."""
        seen: set[tuple[str, str]] = set()
        async for value in self._all():
            if (value.kind, value.id) not in seen:
                seen.add((value.kind, value.id))
                yield value
        for person in self._people.values():
            yield person

    async def _all(self) -> AsyncIterator[LookupValue]:
        for value in (*self._names.told(), *self._fields.listed()):
            yield value
        async for row in self._rows():
            held = self._names.of(row)
            self._people.customer(row.get("CustomerUserID"))
            self._people.assignee(row)
            for kind, name in held.items():
                yield self._names.value(kind, name)
            for value in self._fields.met(row):
                yield value

    async def _rows(self) -> AsyncIterator[dict[str, Any]]:
        """All tickets, or as many of the newest as the settings say."""
        most = self._config.lookup_tickets
        if most is None:
            async for found in self._listing.walk("Created", times.FIRST):
                for row in filter(None, found.values()):
                    yield row
        elif most:
            ids = await self._calls.search(SortBy="Age", OrderBy="Down", Limit=most)
            for row in (await self._calls.rows(ids[:most])).values():
                yield row
