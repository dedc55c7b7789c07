"""All an emulated instance holds, as plain JSON values, for judges."""

from __future__ import annotations

from typing import Any

import msgspec

from syncer.desks.redmine.emulator_records import Attachment, Issue
from syncer.desks.redmine.emulator_tables import Tables


def state(tables: Tables) -> dict[str, Any]:
    """Tickets and people by id, mails in the order in which they would have left. Times are in microseconds."""
    return {
        "tickets": {str(id): _ticket(tables, issue) for id, issue in tables.issues.items()},
        "users": {
            str(id): {"login": one.login, "name": one.name, "mail": one.mail, "status": one.status}
            for id, one in tables.users.items()
        },
        "projects": {str(id): one.identifier for id, one in tables.projects.items()},
        "fields": {str(id): one.name for id, one in tables.fields.items()},
        "relations": [msgspec.to_builtins(one) for one in tables.relations.values()],
        "waiting_files": [one.id for one in tables.attachments.values() if one.issue_id is None],
        "mails": [msgspec.to_builtins(one) for one in tables.mails],
    }


def _ticket(tables: Tables, issue: Issue) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(issue, str_keys=True)
    return row | {"files": [_file(tables.attachments[id]) for id in issue.files]}


def _file(row: Attachment) -> dict[str, Any]:
    return {"id": row.id, "name": row.filename, "sha256": row.digest, "size": len(row.content)}
