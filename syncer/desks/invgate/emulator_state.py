"""Everything an instance holds as plain JSON values, for judges."""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec import to_builtins

from syncer.desks.invgate.emulator_tables import Comment, Tables, Ticket
from syncer.desks.invgate.emulator_words import PRIORITIES, SOURCES, STATUSES, TYPES


def state(tables: Tables) -> dict[str, Any]:
    """Tickets by id, with names beside ids and files by their digest; then people and value lists."""
    return {
        "tickets": {str(id): _ticket(tables, ticket) for id, ticket in tables.tickets.items()},
        "users": {str(id): to_builtins(user) for id, user in tables.users.items()},
        "categories": {str(id): list(row.path) for id, row in tables.categories.items()},
        "locations": {str(id): name for id, name in tables.locations.items()},
        "companies": {str(id): name for id, name in tables.companies.items()},
        "helpdesks": {str(id): to_builtins(row) for id, row in tables.helpdesks.items()},
        "levels": {str(id): to_builtins(row) for id, row in tables.levels.items()},
        "fields": {str(uid): to_builtins(row, str_keys=True) for uid, row in tables.fields.items()},
        "views": sorted(tables.views),
        "credential_leaks": tables.leaks,
    }


def _ticket(tables: Tables, ticket: Ticket) -> dict[str, Any]:
    shown: dict[str, Any] = to_builtins(ticket, str_keys=True)
    level = tables.levels.get(ticket.assigned_group_id or 0)
    category = tables.categories.get(ticket.category_id)
    return shown | {
        "status": STATUSES[ticket.status_id - 1],
        "priority": PRIORITIES[ticket.priority_id - 1],
        "type": TYPES[ticket.type_id - 1],
        "source": SOURCES[ticket.source_id - 1],
        "category": list(category.path) if category else None,
        "location": tables.locations.get(ticket.location_id or 0),
        "queue": tables.helpdesks[level.helpdesk_id].name if level else None,
        "custom_by_label": {tables.fields[uid].label: value for uid, value in ticket.custom.items()},
        "files": _files(tables, ticket.files),
        "comments": [_comment(tables, comment) for comment in ticket.comments],
    }


def _comment(tables: Tables, comment: Comment) -> dict[str, Any]:
    shown: dict[str, Any] = to_builtins(comment)
    return shown | {"files": _files(tables, comment.files)}


def _files(tables: Tables, ids: list[int]) -> list[dict[str, Any]]:
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
