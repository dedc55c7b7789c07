"""Whole tickets: an issue with its journals and all that stands beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from syncer.deskkit.contract import Unreadable
from syncer.desks.redmine import fields, wire
from syncer.desks.redmine.calls import WHOLE, Calls, NotAllowed, Row
from syncer.desks.redmine.catalogue import Catalogue
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.people import People
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import Ticket


class Reading:
    """Reads issues one by one: comments come in no other way."""

    def __init__(self, config: RedmineConfig, calls: Calls, catalogue: Catalogue, people: People) -> None:
        self._config = config
        self._calls = calls
        self._catalogue = catalogue
        self._people = people

    async def tickets(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """One answer for each."""
        return list(await asyncio.gather(*map(self._readable, ids)))

    async def _readable(self, id: TicketId) -> Ticket | Unreadable:
        """One issue. One that breaks does not take its neighbours with it."""
        try:
            return await self._ticket(await self._calls.issue(id, WHOLE))
        except NotFound as e:
            return Unreadable(id, e.message, gone=True)
        except Rejected as e:
            return Unreadable(id, e.message)

    async def _ticket(self, row: Row) -> Ticket:
        for person in wire.people(row):
            self._people.meet(person)
        marker, requester = await self._catalogue.marker(), await self._catalogue.requester()
        known = await self._known(row)
        hidden = [id for id in (marker, requester) if id is not None]
        me = await self._calls.access.me()
        ticket = wire.ticket(
            row,
            url=self._config.base_url,
            requester=await self._requester(row, requester),
            custom=fields.read(row, known, hidden),
            work=await self._work(row),
            own=me.id,
        )
        return replace(ticket, marker=Key(wire.text(fields.held(row).get(marker or "")).strip()) or None)

    async def _known(self, row: Row) -> dict[str, fields.Field]:
        """What the fields hold: as administrators may ask, else as the settings say and this issue shows."""
        try:
            found = await self._catalogue.custom()
        except ConfigError as e:
            raise Rejected(e.message, reason="fields_unknown") from e
        if (await self._calls.access.me()).admin:
            return found
        return {**found, **fields.joined(fields.met(row, self._config.custom_fields))}

    async def _requester(self, row: Row, field: str | None) -> str | None:
        """Who asked for help: whose address stands in the field, else whoever wrote it."""
        address = wire.text(fields.held(row).get(field or "")).strip()
        if address:
            return await self._people.whose(address) if "@" in address else None
        return wire.ref(row, "author")

    async def _work(self, row: Row) -> list[Row]:
        """Time that was spent on it, asked for only where there is some."""
        if not self._config.time_entries or not row.get("spent_hours"):
            return []
        id = wire.ident(row)
        found = []
        try:
            async for one in self._calls.every("/time_entries.json", "time_entries", [("issue_id", id)]):
                if wire.ref(one, "issue") == id:  # an ignored filter gives those of all issues
                    found.append(one)
        except (NotAllowed, NotFound):
            return []
        return sorted(found, key=lambda one: int(one["id"]))

    async def values(self, ids: Sequence[TicketId]) -> list[dict[str, str]]:
        """What these issues hold of the lists; those that cannot be seen are left out."""
        page = await self._calls.issues(("issue_id", ",".join(ids)), ("limit", 100), scoped=False)
        wanted = set(ids)
        return [wire.values(row) for row in page.rows if wire.ident(row) in wanted]
