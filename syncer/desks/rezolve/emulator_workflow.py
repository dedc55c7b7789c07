"""One step of a ticket through its type's workflow, by its status field (contract 3.6)."""

from __future__ import annotations

from typing import Any

from syncer.desks.rezolve.emulator_answers import Refused
from syncer.desks.rezolve.emulator_auth import Caller
from syncer.desks.rezolve.emulator_catalogue import STATUS, TicketType
from syncer.desks.rezolve.emulator_tables import Tables, Ticket
from syncer.desks.rezolve.emulator_values import Written
from syncer.desks.rezolve.emulator_words import CLOSED_KEYS

DAY = 86_400_000


def check_hop(tables: Tables, ticket: Ticket, caller: Caller, data: dict[str, Any], written: Written) -> None:
    """Blame the status field unless a transition leads there in one step; raises 403 when a role forbids it."""
    kind = tables.types[ticket.type_id]
    field = kind.named(STATUS)
    wanted = None if field is None else written.values.get(field.id)
    if field is None or field.id not in written.values or wanted == ticket.status:
        return
    if wanted is None:
        written.blame(field.id, f"Field {field.label} is required")
        return
    hop = next((one for one in kind.transitions if ticket.status in one.begins and one.to == wanted), None)
    if hop is None:
        before, after = kind.statuses[ticket.status].name, kind.statuses[wanted].name
        written.blame(field.id, f"Transition from {before} to {after} is not allowed")
        return
    if hop.roles and caller.roles.isdisjoint(hop.roles):
        raise Refused(403, shape="bare")
    if hop.days is not None and tables.now() > (ticket.closed or ticket.updated) + hop.days * DAY:
        written.blame(field.id, f"Transition {hop.name} is not allowed after {hop.days} days")
    for needed in hop.needs:
        if data.get(needed) in (None, "", []):
            written.blame(needed, f"Field {kind.fields[needed].label} is required for transition {hop.name}")


def settle(tables: Tables, kind: TicketType, ticket: Ticket) -> None:
    """Make the ticket's status what its status field says, and note when it was closed."""
    field = kind.named(STATUS)
    if field is None or ticket.data.get(field.id) == ticket.status:
        return
    ticket.status = ticket.data[field.id]
    ticket.closed = tables.now() if kind.statuses[ticket.status].key in CLOSED_KEYS else None
