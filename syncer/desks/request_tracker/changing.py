"""A ticket that is there: brought to what a draft says of some names, and read back; or taken away."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from msgspec import Struct

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.request_tracker import times, wire, wire_change, wire_out
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.catalogue import Catalogue
from syncer.desks.request_tracker.checking import KEPT_NOT, Checking
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.people import Watchers
from syncer.desks.request_tracker.wire import Row
from syncer.desks.request_tracker.wire_change import Asked
from syncer.desks.request_tracker.wire_out import Place
from syncer.desks.request_tracker.writes import Writes
from syncer.errors import NotFound, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

NEVER = "1970-01-01 00:00:00"
"""How RT writes that something did not happen."""


class Changing:
    """Changes what differs, and deletes. Each thing is read back, because an answer proves nothing."""

    def __init__(self, config: RequestTrackerConfig, calls: Calls, catalogue: Catalogue, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._catalogue = catalogue
        self._writes = writes
        self._checking = Checking(config, calls, writes)
        self._watchers = Watchers(calls, writes)

    async def change(self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None]) -> Written:
        """Values first, then the status; people and the owner last. Raises Rejected where nothing of it stuck."""
        row = await self._there(id)
        asked = wire_change.asked(draft, names, await self._place(row, draft, names))
        change = _Change(id, draft, names, Attempt(self._config.timeout, fence))
        row = await self._values(row, asked, change)
        await self._status(row, change)
        await self._people(row, change)
        if change.tried and set(change.tried) <= set(change.lost):
            raise Rejected(
                f"{self._config.name}: ticket {id}: nothing of it was changed: {'; '.join(change.said)}",
                reason="refused",
                hint="May the API user change it (ModifyTicket, ModifyCustomField, ReassignTicket)?",
            )
        return Written(id, losses=(KEPT_NOT,) * (len(change.lost) + len(asked.never)))

    async def _there(self, id: TicketId) -> Row:
        try:
            row = await self._calls.ticket(id)
        except NotFound as e:
            raise Rejected(e.message, reason="gone", hint="It was merged into another one, or never was.") from e
        if wire.is_deleted(row):
            hint = "Give it another status in RT, if it shall be there."
            raise Rejected(f"{self._config.name}: ticket {id} is deleted", reason="gone", hint=hint)
        return row

    async def _place(self, row: Row, draft: Draft, names: Collection[str]) -> Place:
        """Where it will be. A queue to which somebody moved it may lack fields of ours."""
        word = draft.fields.get("queue") if "queue" in names else None
        queue = await self._catalogue.queue(word or wire.queue(row))
        tags, created = (queue.fields.get(name or "") for name in (self._config.tag_field, self._config.created_field))
        return Place(queue.id, tags=tags, created=created)

    async def _values(self, row: Row, asked: Asked, change: _Change) -> Row:
        if not (left := asked.unlike(row)):
            return row
        row = await self._put(asked.told(left, await self._catalogue.fields()), change)
        if moved := asked.shifted(row):
            row = await self._put({"CustomFields": moved}, change)
        change.tried += left
        change.lost += asked.unlike(row)
        return row

    async def _put(self, body: dict[str, Any], change: _Change) -> Row:
        change.said += await self._writes.change(change.id, body, change.attempt)
        return await self._calls.ticket(change.id)

    async def _status(self, row: Row, change: _Change) -> None:
        """And when it ended, which a change of the status would make now."""
        draft = change.draft
        if "status" in change.names and not draft.fields.get("status"):
            change.lost.append("status")
        elif "status" in change.names:
            change.tried += ["status"] if not self._checking.is_led(row, draft) else []
            try:
                change.lost += ["status"] if await self._checking.lead(change.id, draft, change.attempt) else []
            except Rejected as e:
                change.lost.append("status")
                change.said.append(e.message)
        if "closed_at" in change.names:
            closed = wire_out.closed_at(draft, self._config)
            row = await self._calls.ticket(change.id)
            if times.moment(row.get("Resolved")) != closed:
                change.tried.append("closed_at")
                row = await self._put({"Resolved": times.stamp(closed) if closed else NEVER}, change)
                change.lost += ["closed_at"] if times.moment(row.get("Resolved")) != closed else []

    async def _people(self, row: Row, change: _Change) -> None:
        """Who asks, who is told, who works on it; the last one is mailed by RT."""
        draft, id = change.draft, change.id
        for name in ("requester", "cc"):
            if name in change.names and (roles := wire_change.roles(row, draft, name)):
                change.tried.append(name)
                await self._watchers.put(id, roles, change.attempt)
                row = await self._calls.ticket(id)
            if name in change.names and not wire_change.is_told(row, draft, name):
                change.lost.append(name)
        owner = draft.fields.get("assignee") or wire.NOBODY
        if "assignee" in change.names and not wire_change.is_owned(row, owner):
            change.tried.append("assignee")
            row = await self._put({"Owner": owner}, change)
            change.lost += [] if wire_change.is_owned(row, owner) else ["assignee"]

    async def remove(self, id: TicketId, attempt: Attempt) -> Written:
        """DELETE ticket: its status is `deleted` then, and no search finds it."""
        try:
            row = await self._calls.ticket(id)
        except NotFound:
            return Written(id)
        if not wire.is_deleted(row):
            if wire.DELETED not in wire.ways(row):
                raise Rejected(
                    f"{self._config.name}: ticket {id} may not be deleted",
                    reason="refused",
                    hint="Give the API user the right DeleteTicket in its queue, and its lifecycle a way to `deleted`.",
                )
            await self._writes.delete(id, attempt)
        return Written(id)

    async def removed(self, id: TicketId) -> bool:
        """Whether RT says that it is deleted, merged into another one, or not there."""
        try:
            return wire.is_deleted(await self._calls.ticket(id))
        except NotFound:
            return True


class _Change(Struct):
    """One change on its way: what was tried, what of it did not stick, what RT said of it."""

    id: TicketId
    draft: Draft
    names: Collection[str]
    attempt: Attempt
    tried: list[str] = []
    lost: list[str] = []
    said: list[str] = []
