"""What a change sets off: mails, approvals, and the rules an administrator made. Kept so that they can be counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncer.desks.rezolve.emulator_catalogue import ASSIGNEE, REQUESTER, STATUS
from syncer.desks.rezolve.emulator_record import value_of
from syncer.desks.rezolve.emulator_tables import AUTOMATION, Mail, Note, Tables, Ticket


def after_create(tables: Tables, ticket: Ticket) -> None:
    """The requester and the watchers are told, the assignee too; an offer may begin an approval (contract 8)."""
    _send(tables, ticket, "created", [_requester(tables, ticket), *ticket.cc, *ticket.to])
    _send(tables, ticket, "assigned", [_assignee(tables, ticket)])
    if tables.offers[ticket.offer_id].approval:
        _send(tables, ticket, "approval", ["manager@example.org"])
    _automate(tables, ticket)


def after_update(tables: Tables, ticket: Ticket, changes: dict[str, tuple[Any, Any]]) -> None:
    """Of a status the requester and the watchers are told, of an assignment the one it falls to."""
    if STATUS in changes:
        _send(tables, ticket, "status", [_requester(tables, ticket), *ticket.cc])
    if ASSIGNEE in changes:
        _send(tables, ticket, "assigned", [_assignee(tables, ticket)])
    _automate(tables, ticket)


def after_note(tables: Tables, ticket: Ticket, note: Note) -> None:
    """Of a private note only the assignee is told."""
    to = [_assignee(tables, ticket)] if note.kind == "private" else [_requester(tables, ticket), *ticket.cc]
    _send(tables, ticket, "note", [one for one in to if one != note.author])


def _automate(tables: Tables, ticket: Ticket) -> None:
    """A rule acts right after the write, so that the etag just answered is stale (contract 9.5)."""
    if tables.switches.automation == "off":
        return
    changes: dict[str, tuple[Any, Any]] = {}
    field = tables.types[ticket.type_id].named(ASSIGNEE)
    members = tables.teams[ticket.team].members
    if tables.switches.automation == "assign" and field is not None and field.id not in ticket.data and members:
        ticket.data[field.id] = members[0]
        changes[ASSIGNEE] = (None, members[0])
    _send(tables, ticket, "automation", [AUTOMATION])
    tables.touch(ticket, AUTOMATION, changes)
    if changes:
        _send(tables, ticket, "assigned", members[:1])


def _requester(tables: Tables, ticket: Ticket) -> str:
    return value_of(tables.types[ticket.type_id], ticket, REQUESTER) or ticket.submitted_by


def _assignee(tables: Tables, ticket: Ticket) -> str | None:
    found: str | None = value_of(tables.types[ticket.type_id], ticket, ASSIGNEE)
    return found


def _send(tables: Tables, ticket: Ticket, kind: str, people: Iterable[str | None]) -> None:
    if not tables.switches.mails:
        return
    for to in dict.fromkeys(people):
        if to is not None:
            tables.mails.append(Mail(at=tables.now(), kind=kind, ticket=ticket.object_id, to=to))
