"""The record of what is done: each change is a transaction, and moves the ticket it was done to."""

from __future__ import annotations

from typing import Any

from syncer.desks.request_tracker.emulator_records import Ticket, Transaction, User
from syncer.desks.request_tracker.emulator_tables import ROOT, SYSTEM, Tables

TICKET = "RT::Ticket"
# A ticket brings a group for each of its roles, and each group a transaction that few may see.
_GROUPS_OF_A_TICKET = 4


def record(tables: Tables, ticket: Ticket, type: str, by: int, **more: Any) -> Transaction:
    """Write down what somebody did to a ticket, now or at `at`. What the system does by itself has no author to the
    ticket."""
    at = more.pop("at", None)
    row = Transaction(
        id=tables.take("transaction"),
        object_type=TICKET,
        object_id=more.pop("object_id", ticket.id),
        type=type,
        creator=by,
        created=tables.now() if at is None else at,
        **more,
    )
    tables.add_transaction(row)
    ticket.updated = max(ticket.updated, row.created)
    if by != SYSTEM:
        ticket.updater = by
    tables.touch(ticket)
    return row


def birth_of_a_ticket(tables: Tables, ticket: Ticket) -> Transaction:
    """The groups of its roles, then the transaction that holds its text."""
    for _ in range(_GROUPS_OF_A_TICKET):
        _record_other(tables, "RT::Group", ticket.id, ticket.created)
    tables.tickets[ticket.id] = ticket
    return record(tables, ticket, "Create", ticket.creator, at=ticket.created)


def birth_of_a_user(tables: Tables, user: User) -> None:
    """Somebody came to be known."""
    _record_other(tables, "RT::User", user.id, user.created)


def birth_of_a_queue(tables: Tables, id: int, at: int) -> None:
    """A queue was made, with the groups of its roles."""
    for _ in range(_GROUPS_OF_A_TICKET):
        _record_other(tables, "RT::Group", id, at)
    _record_other(tables, "RT::Queue", id, at)


def change_of_a_user(tables: Tables, user: User, name: str, old: str, new: str, by: int = ROOT) -> None:
    """Something of somebody was changed."""
    now = tables.now()
    tables.add_transaction(
        Transaction(
            id=tables.take("transaction"), object_type="RT::User", object_id=user.id, type="Set", creator=by,
            created=now, field=name, old=old, new=new,
        )
    )  # fmt: skip
    user.updated, user.updater = now, by


def _record_other(tables: Tables, object_type: str, object_id: int, at: int) -> None:
    tables.add_transaction(
        Transaction(
            id=tables.take("transaction"), object_type=object_type, object_id=object_id, type="Create",
            creator=SYSTEM, created=at,
        )
    )  # fmt: skip
