"""A first look at one row and its ticket: can tickets be read by the field map, and what would be missed?"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from syncer.desks.tikting import wire
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.wire_fields import FieldMap, FieldName
from syncer.desks.tikting.wire_in import is_time
from syncer.errors import Rejected
from syncer.model.ids import TicketId

TRIED = 5
"""So many rows are tried: a ticket may vanish between the list and the look."""
_WANTED: tuple[tuple[FieldName, ...], ...] = (
    ("description",), ("requester_id", "requester_email", "requester_name"), ("status",), ("created",), ("replies",),
    ("attachments",),
)  # fmt: skip

_TIMES: tuple[FieldName, ...] = ("created", "updated", "closed")


class Look(Struct, frozen=True, kw_only=True):
    """What was seen; nothing where the desk shows no ticket. `problems` say why it cannot be read from, `absent` are
    fields that this ticket does not show, `no_times` such that hold no time we can read."""

    row: Any = None
    ticket: Any = None
    problems: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    no_times: tuple[str, ...] = ()

    def note(self, desk: str) -> str | None:
        """What will not be read, in words."""
        said = []
        if self.absent:
            said.append(f"shows no {', no '.join(self.absent)}: see syncer describe {desk}, and set fields")
        if self.no_times:
            said.append(f"holds what is no ISO 8601 time in {', '.join(self.no_times)}: it is left out")
        return f"a ticket of {desk} {'; it '.join(said)}" if said else None


class Looking:
    """Looks, and never writes."""

    def __init__(self, config: TiktingConfig, calls: Calls, fields: FieldMap) -> None:
        self._config = config
        self._calls = calls
        self._fields = fields

    async def first(self) -> Look:
        """At the first row whose ticket can be read."""
        rows = await self._calls.rows({"page": 1, "length": self._config.page_length, "listType": "AllTickets"})
        if not rows:
            return Look()
        if unnamed := [row for row in rows if wire.row_id(row, self._fields) is None]:
            return Look(row=unnamed[0], problems=(f"a row of the list has no id under {self._where('id')}",))
        why = ""
        for row in rows[:TRIED]:
            id = wire.row_id(row, self._fields) or TicketId("")
            try:
                return self.judged(row, await self._calls.shown(id), id)
            except Rejected as e:
                why = e.message
        return Look(row=rows[0], problems=(f"the first tickets of the list cannot be read: {why}",))

    def judged(self, row: Any, ticket: Any, id: TicketId) -> Look:
        """What can be said of a row and the ticket that came when this id was asked for."""
        fields = self._fields
        problems = []
        if wire.row_id(ticket, fields) != id:
            problems.append(f"a ticket does not show its own id under {self._where('id')}")
        if not fields.there(ticket, "title"):
            problems.append(f"a ticket has no title under {self._where('title')}")
        absent = [names for names in _WANTED if not any(fields.there(ticket, name) for name in names)]
        return Look(
            row=row,
            ticket=ticket,
            problems=tuple(problems),
            absent=tuple(names[0].partition("_")[0] for names in absent),
            no_times=tuple(name for name in _TIMES if not is_time(fields.text(ticket, name))),
        )

    def _where(self, name: FieldName) -> str:
        return ", ".join(self._fields.paths(name)) or "any path"
