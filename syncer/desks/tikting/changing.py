"""A ticket that is there, changed by `ticket.update`, as far as that is told its fields (contract 3.4, 8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.tikting import wire_in
from syncer.desks.tikting.catalogue import Catalogue
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.config_endpoints import TARGET_NAMES, VALUES, EndpointKey
from syncer.desks.tikting.updating import Updating, with_lines
from syncer.desks.tikting.wire_fields import FieldMap, FieldName
from syncer.desks.tikting.writes import Writes
from syncer.errors import Rejected
from syncer.mapping.body import html_to_text
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

LOST = ("value_not_kept",)
UPDATE: EndpointKey = "ticket.update"
_OURS: Mapping[str, str] = {**TARGET_NAMES, "body": "description"}
_SHOWN: Mapping[str, FieldName] = {
    "title": "title", "description": "description", "requester": "requester_id", "assignee": "assignee", "site": "site",
    "department": "department", "priority": "priority", "category": "category", "group": "group", "level": "level",
}  # fmt: skip
_FILE_LINE = re.compile(r"\[File .+ was too large for Tikting and is not here\.\]")
Values = Mapping[str, str]


class Changing:
    """Writes only what differs, and reads it back; what the call is not told stays, and is counted."""

    def __init__(
        self, config: TiktingConfig, writes: Writes, fields: FieldMap, catalogue: Catalogue, updating: Updating
    ) -> None:
        self._config = config
        self._writes = writes
        self._fields = fields
        self._catalogue = catalogue
        self._updating = updating

    async def change(self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None]) -> Written:
        """What these names name. Raises Rejected, reason `gone`, when the ticket is not there."""
        ticket = await self._updating.ticket(id)
        attempt = Attempt(self._config.timeout, fence)
        wanted, lost = await self._wanted(ticket, draft, names)
        lost += await self._update(id, ticket, draft, wanted, attempt)
        if "status" in names:
            lost += await self._lead(id, draft, attempt.then())
        return Written(id, losses=LOST * lost)

    async def _wanted(self, ticket: Any, draft: Draft, names: Collection[str]) -> tuple[Values, int]:
        """What to tell, by our names, and how many of these names nothing can be done about: the call is not told them,
        or they would have to be emptied, which no page tells how to."""
        stands, drafted = await self._stands(ticket), self._drafted(draft, ticket)
        wanted: dict[str, str] = {}
        lost = 0
        for name in (_OURS.get(one, one) for one in names if one != "status"):
            value = drafted.get(name, "")
            if name in VALUES and _same(stands.get(name, ""), value):
                continue
            if value and name in self._updating.told:
                wanted[name] = value
            else:
                lost += 1
        return wanted, lost

    async def _stands(self, ticket: Any) -> Values:
        return wire_in.standing(self._fields, await self._catalogue.names(), ticket)

    def _drafted(self, draft: Draft, ticket: Any) -> Values:
        """A draft by our names. The lines that tell which files are not there outlast the text."""
        shown = self._fields.text(ticket, "description")
        lines = (html_to_text(shown) if shown.lstrip().startswith("<") else shown).splitlines()
        missing = [line.strip() for line in lines if _FILE_LINE.fullmatch(line.strip())]
        body = with_lines(self._config, draft.body, *missing) if missing else draft.body
        fields = {_OURS.get(name, name): value for name, value in draft.fields.items() if name != "status" and value}
        return {"title": draft.title, "description": body, **fields}

    def _unseen(self, draft: Draft, ticket: Any) -> Values:
        """What a ticket does not show at all, as it was drafted: a call that wants the whole of it would empty it."""
        drafted = self._drafted(draft, ticket)
        return {
            name: value
            for name, value in drafted.items()
            if name not in _SHOWN or not self._fields.there(ticket, _SHOWN[name])
        }

    async def _update(self, id: TicketId, ticket: Any, draft: Draft, wanted: Values, attempt: Attempt) -> int:
        """All in one call; where that is refused each by itself, so that what can be changed is. How many were not.

        Raises Rejected where every single one is refused.
        """
        if not wanted:
            return 0
        try:
            await self._send(id, ticket, draft, wanted, attempt)
        except Rejected:
            if len(wanted) == 1:
                raise
            refused = 0
            for name, value in wanted.items():
                try:
                    ticket = await self._updating.ticket(id)  # with what was taken before
                    await self._send(id, ticket, draft, {name: value}, attempt.then())
                except Rejected:
                    refused += 1
                    if refused == len(wanted):
                        raise
        stands = await self._stands(await self._updating.ticket(id))
        return sum(not _same(stands.get(name, ""), value) for name, value in wanted.items())

    async def _send(self, id: TicketId, ticket: Any, draft: Draft, wanted: Values, attempt: Attempt) -> None:
        told = {**self._unseen(draft, ticket), **wanted}
        await self._writes.send(UPDATE, id, await self._updating.values(UPDATE, ticket, told), attempt)

    async def _lead(self, id: TicketId, draft: Draft, attempt: Attempt) -> int:
        wanted = draft.fields.get("status")
        if not wanted:
            return 1
        return len(await self._updating.lead(id, wanted, lambda ticket: self._unseen(draft, ticket), attempt))


def _same(one: str, other: str) -> bool:
    """Texts whatever a desk did to their spaces, GUIDs in any case."""
    left, right = wire_in.in_one_line(one), wire_in.in_one_line(other)
    return left == right or (" " not in left and "-" in left and left.lower() == right.lower())
