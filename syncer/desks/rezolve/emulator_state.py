"""Everything the emulated tenant holds as plain JSON values, for judges."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from msgspec import to_builtins

from syncer.desks.rezolve.emulator_record import labelled, record, status_of
from syncer.desks.rezolve.emulator_tables import Tables, Ticket


def state(tables: Tables) -> dict[str, Any]:
    """Tickets by display id with their values by UUID and by label, then people, catalogue, and what was set off."""
    return {
        "tickets": {id: _ticket(tables, ticket) for id, ticket in tables.tickets.items()},
        "people": {name: to_builtins(one) for name, one in tables.people.items()},
        "teams": {key: to_builtins(one) for key, one in tables.teams.items()},
        "types": {id: to_builtins(one) for id, one in tables.types.items()},
        "offers": {id: to_builtins(one) for id, one in tables.offers.items()},
        "mails": [to_builtins(one) for one in tables.mails],
        "mail_counts": dict(Counter(one.kind for one in tables.mails)),
    }


def _ticket(tables: Tables, ticket: Ticket) -> dict[str, Any]:
    kind = tables.types[ticket.type_id]
    shown = record(tables, ticket)
    return shown | {
        "type": kind.name,
        "team": ticket.team,
        "offer_id": ticket.offer_id,
        "source": ticket.source,
        "status": status_of(tables, ticket).name,
        "submitted_by": ticket.submitted_by,
        "last_updated_by": ticket.updated_by,
        "cc": list(ticket.cc),
        "to": list(ticket.to),
        "by_uuid": dict(ticket.data),
        "by_label": {
            field.label: labelled(field, ticket.data[id]) for id, field in kind.fields.items() if id in ticket.data
        },
        "deleted": ticket.deleted,
        "links": list(ticket.links),
        "files": _files(tables, ticket.files),
        "notes": [
            to_builtins(note) | {"private": note.kind == "private", "files": _files(tables, note.files)}
            for note in ticket.notes
        ],
    }


def _files(tables: Tables, ids: list[str]) -> list[dict[str, Any]]:
    files = [tables.files[id] for id in ids]
    return [
        {
            "id": file.id,
            "name": file.name,
            "size": len(file.content),
            "sha256": hashlib.sha256(file.content).hexdigest(),
        }
        for file in files
    ]
