"""Whom RT mailed about a ticket: it keeps a copy of each mail in the ticket's history."""

from __future__ import annotations

from collections.abc import Sequence

from syncer.deskkit.mails import Mailed
from syncer.desks.request_tracker import wire, wire_talk
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.newest import TRANSACTIONS
from syncer.desks.request_tracker.reading import ATTACHMENTS, MOST_IDS
from syncer.model.ids import TicketId

_OF_MAILS = " OR ".join(f"Type = '{type}'" for type in wire_talk.MAILS)
_FIELDS = {"fields": "TransactionId,Headers,Subject"}


class Mailing:
    """Reads the copies; who lacks the right ShowOutgoingEmail is shown none."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def told(self, id: TicketId) -> Sequence[Mailed]:
        """Each mail in its order."""
        condition = f" AND ObjectType = 'RT::Ticket' AND ObjectId = {id} AND ({_OF_MAILS})"
        copies: list[str] = []
        async for rows in self._calls.after(TRANSACTIONS, condition, {"fields": "Type,ObjectId"}, 0, 0):
            copies += [wire.ident(row) or "" for row in rows if str(row.get("ObjectId")) == id]
        found = []
        for start in range(0, len(copies), MOST_IDS):
            some = copies[start : start + MOST_IDS]
            asked = [{"field": "TransactionId", "operator": "IN", "value": some}]
            for row in await self._calls.whole(ATTACHMENTS, _FIELDS, asked):
                if (wire.ident(row, "TransactionId") in some) and (whom := wire_talk.recipients(row.get("Headers"))):
                    found.append(Mailed(tuple(whom), wire.text(row.get("Subject"))))
        return found
