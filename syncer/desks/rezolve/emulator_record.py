"""How a ticket is shown: the record of generation 2, its twin of generation 1, rows of a list (contract 3.3)."""

from __future__ import annotations

from typing import Any

from syncer.desks.rezolve.emulator_auth import SERVICE
from syncer.desks.rezolve.emulator_catalogue import (
    ASSIGNEE,
    CATEGORY,
    DESCRIPTION,
    DUE,
    PRIORITY,
    REQUESTER,
    Field,
    Status,
    TicketType,
)
from syncer.desks.rezolve.emulator_tables import AUTOMATION, Tables, Ticket
from syncer.desks.rezolve.emulator_templates import TREE_MARK
from syncer.desks.rezolve.emulator_words import iso


def record(tables: Tables, ticket: Ticket) -> dict[str, Any]:
    """The whole ticket, generation 2."""
    status = status_of(tables, ticket)
    return {
        "id": ticket.id,
        "object_id": ticket.object_id,
        "tenant_id": tables.auth.tenant,
        "etag": ticket.etag,
        "version": ticket.version,
        "summary": ticket.summary,
        "data": _data(tables, ticket),
        "lookup_props": {"teamId": ticket.team, "itemTypeId": ticket.type_id},
        "status_type": status.name,
        "status_category": status.category,
        "created_at": iso(ticket.created),
        "updated_at": iso(ticket.updated),
        "id_serial": ticket.serial,
        "moved_to": ticket.moved_to,
        "deleted_seq": ticket.deleted_seq,
        "metrics": [],
        "slas": [],
    }


def twin(tables: Tables, ticket: Ticket) -> dict[str, Any]:
    """The ticket as generation 1 shows it: a pointer, for it tells neither etag nor data."""
    kind = tables.types[ticket.type_id]
    category, _, subcategory = (label_of(kind, ticket, CATEGORY) or "").partition(TREE_MARK)
    team = tables.teams[ticket.team]
    return {
        "id": ticket.id,
        "ticketNumber": ticket.object_id,
        "subject": ticket.summary,
        "description": value_of(kind, ticket, DESCRIPTION) or "",
        "status": status_of(tables, ticket).key,
        "priority": (label_of(kind, ticket, PRIORITY) or "").lower() or None,
        "category": category or None,
        "subcategory": subcategory or None,
        "assignee": person_card(tables, value_of(kind, ticket, ASSIGNEE)),
        "requester": person_card(tables, value_of(kind, ticket, REQUESTER) or ticket.submitted_by),
        "team": {"id": team.id, "name": team.name},
        "createdAt": iso(ticket.created),
        "updatedAt": iso(ticket.updated),
        "dueDate": value_of(kind, ticket, DUE),
        "slaStatus": "on_track",
    }


def row(tables: Tables, ticket: Ticket) -> dict[str, Any]:
    """The ticket as this tenant lists it."""
    if tables.switches.row_generation == 1:
        return twin(tables, ticket)
    shown = record(tables, ticket)
    lacking = tables.switches.rows_lack
    for key in ("etag", "data") if lacking == "both" else (lacking,):
        shown.pop(key, None)
    return shown


def wrapped(tables: Tables, ticket: Ticket) -> dict[str, Any]:
    """The answer to a GET of one ticket, which nobody documented (contract 3.2)."""
    shown = record(tables, ticket)
    match tables.switches.get_wrapper:
        case "ticket":
            return {"success": True, "ticket": shown}
        case "data.ticket":
            return {"success": True, "data": {"ticket": shown}}
        case "data":
            return {"success": True, "data": shown}
        case "root":
            return shown


def status_of(tables: Tables, ticket: Ticket) -> Status:
    """The status a ticket is in."""
    return tables.types[ticket.type_id].statuses[ticket.status]


def value_of(kind: TicketType, ticket: Ticket, name: str) -> Any:
    """What the ticket holds in the field of this name; None for nothing."""
    field = kind.named(name)
    return None if field is None else ticket.data.get(field.id)


def label_of(kind: TicketType, ticket: Ticket, name: str) -> str | None:
    """The same in words a person reads."""
    field = kind.named(name)
    return None if field is None else labelled(field, ticket.data.get(field.id))


def labelled(field: Field, value: Any) -> Any:
    """Labels in place of option values."""
    if isinstance(value, list):
        return [field.options.get(one, one) for one in value]
    return field.options.get(value, value) if isinstance(value, str) else value


def person_card(tables: Tables, username: str | None) -> dict[str, Any] | None:
    """Somebody as an object; only the e-mail of one who is in no list any more."""
    if username is None:
        return None
    person = tables.people.get(username)
    if person is None or person.deleted:
        return {"id": None, "name": username, "email": username}
    return {"id": person.id, "name": f"{person.first} {person.last}", "email": person.email}


def _data(tables: Tables, ticket: Ticket) -> dict[str, Any]:
    fields = tables.types[ticket.type_id].fields
    shown = {id: _shown(tables, fields.get(id), value) for id, value in ticket.data.items()}
    return shown | {
        "offerId": ticket.offer_id,
        "ccWatchers": list(ticket.cc),
        "toWatchers": list(ticket.to),
        "submittedBy": ticket.submitted_by,
        "lastUpdatedBy": _author(tables, ticket.updated_by),
    }


def _shown(tables: Tables, field: Field | None, value: Any) -> Any:
    if field is None:
        return value
    if field.kind == "user":
        return _person(tables, value)
    return labelled(field, value) if tables.switches.options_as == "label" else value


def _person(tables: Tables, username: str) -> Any:
    match tables.switches.people_as:
        case "email":
            return username
        case "id":
            found = tables.people.get(username)
            return username if found is None else found.id
        case "object":
            return person_card(tables, username)


def _author(tables: Tables, username: str) -> dict[str, str]:
    person = tables.people.get(username)
    if person is not None:
        first, last = person.first, person.last
    elif username == AUTOMATION:
        first, last = "Automation", ""
    else:
        first, last = ("Service", "Account") if username.startswith(SERVICE) else ("", "")
    return {"username": username, "firstName": first, "lastName": last}
