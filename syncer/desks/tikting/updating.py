"""Changes of a ticket by the configured calls: assignee and status, and what such a call is told (contract 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from syncer.deskkit.attempt import Attempt
from syncer.desks.tikting import wire_in
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.catalogue import Catalogue
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.config_endpoints import TARGET_NAMES, EndpointKey
from syncer.desks.tikting.traces import Traces
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.desks.tikting.writes import Writes
from syncer.errors import NotFound, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.lookups import StatusClass

Tell = Callable[[Any], Mapping[str, str]]
"""What to say of a ticket as it is now, by our names, in place of what it shows."""
ENDED = "This ticket had ended where it came from."
"""What a call that wants a message is told when a ticket gets its last status."""
_BY_CLASS: Mapping[StatusClass, EndpointKey] = {
    StatusClass.CLOSED: "ticket.close",
    StatusClass.RESOLVED: "ticket.resolve",
}


class Updating:
    """Does what the tried calls allow, and reads it back, because an answer proves nothing."""

    def __init__(
        self, config: TiktingConfig, calls: Calls, writes: Writes, fields: FieldMap, catalogue: Catalogue
    ) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._fields = fields
        self._catalogue = catalogue
        self._traces = Traces(config, fields)
        update = config.active("ticket.update")
        self.told = frozenset(update.told() if update is not None else ())
        """What `ticket.update` is told, by our names; nothing where it was not tried."""
        self.leads = config.register_status == "open" and (
            "status" in self.told or any(config.active(key) for key in _BY_CLASS.values())
        )
        """Whether tickets get their status by a call of its own."""

    async def ticket(self, id: TicketId) -> Any:
        """The ticket as it is now. Raises Rejected, reason `gone`, when it is not there."""
        try:
            return await self._calls.ticket(id)
        except NotFound as e:
            raise Rejected(f"{e.message}; was it deleted?", reason="gone") from e

    async def assign(self, id: TicketId, draft: Draft, attempt: Attempt) -> tuple[str, ...]:
        """One who is refused, or ignored, or not seen afterwards, is counted."""
        wanted, ticket = draft.fields["assignee"], await self.ticket(id)
        told = {**self.registered(draft, ticket), "assignee": wanted}
        values = await self.values("ticket.update", ticket, told)
        try:
            await self._writes.send("ticket.update", id, values, attempt)
        except Rejected:
            return ("assignee_as_text",)
        kept = same(self._fields.ident(await self.ticket(id), "assignee"), wanted)
        return () if kept else ("assignee_as_text",)

    async def lead(self, id: TicketId, wanted: str, tell: Tell, attempt: Attempt) -> tuple[str, ...]:
        """To this status, by the call for it; `tell` says what one that wants the whole ticket is told."""
        names = await self._catalogue.names()
        ticket = await self.ticket(id)
        if await self.is_in(ticket, wanted):
            return ()
        key = self.way(names.status_class(wanted))
        if key is None:
            return ("status_as_text",)
        ends = {"status": wanted, "message": ENDED, "resolution": ENDED}
        values = await self.values(key, ticket, {**tell(ticket), **ends})
        await self._writes.send(key, id, values, attempt)
        ticket = await self.ticket(id)
        if (led := await self.is_in(ticket, wanted)) is None:  # it was taken, and nobody can tell what became of it
            return ("status_as_text",)
        if not led:
            raise Rejected(
                f"{self._config.name}: ticket {id} did not come to status {wanted} by {key}",
                reason="refused",
                hint="A rule of the desk? Set the status by hand, then: syncer parked drop",
            )
        kept = names.one("status", self._fields.hit(ticket, "status")) == wanted
        return () if kept else ("value_not_kept",)

    def way(self, wanted: StatusClass | None) -> EndpointKey | None:
        """The call that leads to a status of this kind; None where there is none."""
        key = _BY_CLASS.get(wanted) if wanted is not None else None
        if key is not None and self._config.active(key):
            return key
        return "ticket.update" if "status" in self.told else None

    async def is_in(self, ticket: Any, wanted: str) -> bool | None:
        """In this status, or in another one of its kind where the call chooses which; None where that is not told."""
        names = await self._catalogue.names()
        chosen = self.way(names.status_class(wanted)) in _BY_CLASS.values()
        return self._traces.is_in(ticket, wanted, names, chosen=chosen)

    def registered(self, draft: Draft, ticket: Any) -> dict[str, str]:
        """What a ticket was registered with, but for its status."""
        kept = {TARGET_NAMES.get(k, k): value for k, value in draft.fields.items() if k != "status" and value}
        if self._fields.there(ticket, "assignee"):
            kept.pop("assignee", None)  # one who was refused would be refused again, and the status with him
        shown = self._fields.text(ticket, "description")
        # What was added when it was registered, such as the names of files that were too large, stays.
        body = shown if wire_in.in_one_line(shown).startswith(wire_in.in_one_line(draft.body)) else draft.body
        return {"title": draft.title, "description": body, **kept}

    async def values(self, key: EndpointKey, ticket: Any, told: Mapping[str, str]) -> dict[str, str]:
        """What a call may be told: this, else what stands on the desk now. Calls that want the whole of a ticket would
        empty what they are not told. Raises Rejected where the ticket does not show clearly what such a call wants to
        be told."""
        stands = wire_in.standing(self._fields, await self._catalogue.names(), ticket)
        values = {**stands, **told}
        open_ones = set(self._config.endpoints[key].told()) - values.keys()
        if unclear := [name for name in wire_in.unclear(self._fields, ticket, stands) if name in open_ones]:
            raise Rejected(
                f"{self._config.name}: a ticket does not show its {', '.join(unclear)} clearly: {key} would empty it",
                reason="refused",
                hint="Give the values of this list names that differ, or leave it out of the fields of this call.",
            )
        return values


def with_lines(config: TiktingConfig, body: str, *lines: str) -> str:
    """A text with more lines, as this desk takes texts."""
    if config.text_mode == "plain":
        return "\n\n".join((body, *lines))
    return body + "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)


def same(one: str, other: str) -> bool:
    """GUIDs are the same in any case."""
    return one.lower() == other.lower()
