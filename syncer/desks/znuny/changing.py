"""A ticket that is there: brought to what a draft says of some names, and read back; or taken away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from msgspec import Struct

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.znuny import wire
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.custom import DynamicFields, Told, held
from syncer.desks.znuny.names import KEYS
from syncer.desks.znuny.people import People
from syncer.desks.znuny.wire import Row
from syncer.desks.znuny.wire_out import Writer, plain_title
from syncer.desks.znuny.writes import Writes
from syncer.errors import Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

_CUSTOM = "custom."
_REMOVED = "removed"
"""The type of state that Znuny keeps for tickets that shall not be there."""


class Part(Struct, frozen=True):
    """One name: what TicketUpdate is told for it, and whether a ticket shows it. Nothing to tell: no call does it."""

    ticket: dict[str, Any]
    is_kept: Callable[[Row], bool]
    field: tuple[str, Told] | None = None

    @property
    def is_possible(self) -> bool:
        """Whether there is a call for it."""
        return bool(self.ticket) or self.field is not None


class Changing:
    """Changes what differs in one call. Articles stay as they are: Znuny lets nobody change one."""

    def __init__(
        self, config: ZnunyConfig, calls: Calls, writes: Writes, parts: tuple[People, DynamicFields, Writer]
    ) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._people, self._fields, self._writer = parts

    async def change(self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None]) -> Written:
        """A part that is refused is a loss, unless nothing was taken at all."""
        attempt = Attempt(self._config.timeout, fence)
        row = await self._row(id)
        if row is None:
            hint = "It was deleted, or is in a queue the account may not see."
            raise Rejected(f"{self._config.name}: ticket {id} is not to be seen", reason="gone", hint=hint)
        parts = [self._part(name, draft, row) for name in names]
        left = [part for part in parts if part.is_possible and not part.is_kept(row)]
        if left:
            await self._put(id, left, attempt)
            row = await self._row(id) or {}
        losses = ["value_not_kept" for part in parts if not part.is_kept(row)]
        return Written(id, version=wire.version(row), losses=tuple(losses))

    async def _row(self, id: TicketId) -> Row | None:
        return (await self._calls.rows([id])).get(id)

    async def _put(self, id: TicketId, parts: Sequence[Part], attempt: Attempt) -> None:
        """All at once. One part that is refused refuses them all: then each by itself. Raises the last refusal where
        nothing was taken."""
        try:
            await self._writes.update(_together(id, parts), attempt)
            return
        except Rejected as e:
            refused = [e]
        if len(parts) > 1:
            refused = []
            for part in parts:
                try:
                    await self._writes.update(_together(id, [part]), attempt)
                except Rejected as e:  # it is counted when all is read back
                    refused.append(e)
        if len(refused) == len(parts):
            raise refused[-1]

    def _part(self, name: str, draft: Draft, row: Row) -> Part:
        if name == "title":
            title = plain_title(draft.title)
            return Part({"Title": title} if title else {}, lambda one: wire.title(one) == " ".join(title.split()))
        if name.startswith(_CUSTOM):
            return self._custom(name.removeprefix(_CUSTOM), draft)
        if name in KEYS:
            return self._value(name, draft, row)
        if name == "requester" and (person := draft.fields.get(name)):
            told = {"CustomerUser": self._people.requester(person)}
            return Part(told, lambda one: self._people.is_asker(one, person))
        if name == "assignee":
            owner = self._people.owner(draft.fields.get(name))
            if owner is None and draft.fields.get(name):
                return Part({}, lambda _: False)
            told = self._writer.owner(owner, self._state(row, draft))
            return Part(told, lambda one: self._people.assignee(one) == (draft.fields.get(name) or None))
        said = {"tags": draft.tags, "cc": draft.cc, "body": True, "requester": True}
        return Part({}, lambda _: not said.get(name, draft.fields.get(name)))

    def _state(self, row: Row, draft: Draft) -> str:
        """The state it will be in, as far as that matters to its lock."""
        return self._writer.values(draft)["status"] if draft.fields.get("status") else str(row.get("State"))

    def _custom(self, name: str, draft: Draft) -> Part:
        value = draft.custom.get(name)
        if value is None:
            return Part({}, lambda one: name not in held(one), (name, ""))
        try:
            told = self._fields.told(name, value)
        except Rejected:  # there is no room for it
            return Part({}, lambda _: False)
        return Part({}, lambda one: self._fields.is_kept(one, name, value), (name, told))

    def _value(self, name: str, draft: Draft, row: Row) -> Part:
        """As drafted, else as the settings say. A move would unlock a ticket."""
        key, value = KEYS[name], self._writer.values(draft).get(name)
        if value is None:
            return Part({}, lambda one: not one.get(key))
        if name == "status":
            told = self._writer.state(value)["Ticket"]
        else:
            told = {key: value} | ({"Lock": row.get("Lock")} if name == "queue" and row.get("Lock") else {})
        return Part(told, lambda one: one.get(key) == value)

    async def remove(self, id: TicketId, fence: Callable[[], None]) -> Written:
        """Another state, and the marker taken out: there is no call that deletes. Raises Rejected where it did not
        stick."""
        attempt = Attempt(self._config.timeout, fence)
        row = await self._row(id)
        if row is None or self._is_removed(row):
            return Written(id)
        field = self._config.marker_field
        made: dict[str, Any] = {"TicketID": id, "Ticket": {"State": self._config.removed_state}}
        if field is not None:
            made["DynamicField"] = [{"Name": field, "Value": ""}]
        else:
            made["Ticket"]["Title"] = wire.without_marker(row) or self._config.removed_state
        await self._writes.update(made, attempt)
        row = await self._row(id)
        if row is not None and not self._is_removed(row):
            raise Rejected(
                f"{self._config.name}: ticket {id} stays {row.get('State')!r}, or keeps its marker",
                reason="refused",
                hint="Is removed_state a state of the type `removed`? Does something in Znuny change it back?",
            )
        return Written(id)

    async def removed(self, id: TicketId) -> bool:
        """Whether it is in a state of that type, without a marker; or not to be seen at all."""
        row = await self._row(id)
        return row is None or self._is_removed(row)

    def _is_removed(self, row: Row) -> bool:
        return row.get("StateType") == _REMOVED and not wire.markers(row, self._config.marker_field)


def _together(id: TicketId, parts: Sequence[Part]) -> dict[str, Any]:
    """TicketUpdate."""
    ticket: dict[str, Any] = {}
    for part in parts:
        ticket |= part.ticket
    fields = [{"Name": part.field[0], "Value": part.field[1]} for part in parts if part.field is not None]
    made: dict[str, Any] = {"TicketID": id}
    return made | ({"Ticket": ticket} if ticket else {}) | ({"DynamicField": fields} if fields else {})
