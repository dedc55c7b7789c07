"""Everything a server holds as plain JSON values, for judges."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from msgspec import to_builtins

from syncer.desks.request_tracker.emulator_records import Attachment, Ticket, Transaction
from syncer.desks.request_tracker.emulator_tables import Tables


def state(tables: Tables) -> dict[str, Any]:
    """Tickets by id, deleted and merged ones too, with all that was said on them; people, lists, links; the mails
    that left since the server was filled; transactions by their number alone."""
    kinds = Counter(f"{row.object_type} {row.type}" for row in tables.transactions.values())
    return {
        "tickets": {str(id): _ticket(tables, one) for id, one in sorted(tables.tickets.items())},
        "users": {str(id): to_builtins(one) for id, one in tables.users.items()},
        "queues": {str(id): one.name for id, one in tables.queues.items()},
        "fields": {str(id): to_builtins(one) for id, one in tables.fields.items()},
        "links": [to_builtins(one) for one in tables.links],
        "mails": [to_builtins(one) for one in tables.mails],
        "transactions": dict(kinds),
    }


def _ticket(tables: Tables, one: Ticket) -> dict[str, Any]:
    custom = {tables.fields[id].name: [value.text for value in values] for id, values in one.custom.items()}
    rows = tables.history(one) if one.effective == one.id else []
    shown: dict[str, Any] = to_builtins(one, str_keys=True)
    return shown | {
        "queue_name": tables.queues[one.queue].name,
        "owner_name": tables.users[one.owner].name,
        "watchers": {role: [tables.users[id].name for id in ids] for role, ids in one.watchers.items()},
        "custom": custom,
        "said": [_said(tables, row) for row in rows if row.type in {"Create", "Correspond", "Comment"}],
        "history": [row.type for row in rows],
    }


def _said(tables: Tables, row: Transaction) -> dict[str, Any]:
    by = tables.users[row.creator].name
    parts = [_part(part) for part in tables.parts(row)]
    return {"id": row.id, "type": row.type, "by": by, "created": row.created, "parts": parts}


def _part(part: Attachment) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": part.id, "parent": part.parent, "kind": part.kind, "name": part.name}
    content = part.content or b""
    shown |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    if part.kind.startswith("text/") and not part.name:
        shown["text"] = content.decode("utf-8", "replace")
    return shown
