"""Everything an instance holds as plain JSON values, for judges."""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec import to_builtins

from syncer.desks.motadata.emulator_records import Conversation, File, FileRef, Request
from syncer.desks.motadata.emulator_shapes import custom_value
from syncer.desks.motadata.emulator_tables import Tables


def state(tables: Tables) -> dict[str, Any]:
    """Requests by id, with names and e-mails beside ids and files by their digest; people, lists, and mails."""
    used: set[str] = set()
    requests = {str(id): _request(tables, request, used) for id, request in tables.requests.items()}
    return {
        "requests": requests,
        "people": {str(id): to_builtins(person) for id, person in tables.people.items()},
        "lookups": {kind: {str(id): name for id, name in rows.items()} for kind, rows in tables.lookups.items()},
        "fields": {str(id): to_builtins(field) for id, field in tables.fields.items()},
        "mails": [to_builtins(mail) for mail in tables.mails],
        "unused_files": [_file(file, file.name) for ref, file in tables.files.items() if ref not in used],
        "deletions_tried": tables.deletions_tried,
    }


def _request(tables: Tables, request: Request, used: set[str]) -> dict[str, Any]:
    shown: dict[str, Any] = to_builtins(request, str_keys=True)
    return shown | {
        "name": request.name,
        "requester_email": tables.email_of(request.requester),
        "assignee_email": tables.email_of(request.assignee),
        "custom_by_label": {
            field.label: custom_value(request, field) for id, field in tables.fields.items() if id in request.custom
        },
        "files": _files(tables, request.files, used),
        "conversations": [_conversation(tables, said, used) for said in request.conversations],
    }


def _conversation(tables: Tables, said: Conversation, used: set[str]) -> dict[str, Any]:
    shown: dict[str, Any] = to_builtins(said)
    return shown | {"public": said.public, "files": _files(tables, said.files, used)}


def _files(tables: Tables, refs: list[FileRef], used: set[str]) -> list[dict[str, Any]]:
    used.update(one.ref for one in refs)
    return [_file(tables.files[one.ref], one.name) for one in refs]


def _file(file: File, name: str) -> dict[str, Any]:
    digest = hashlib.sha256(file.content).hexdigest()
    return {"ref": file.ref, "name": name, "size": len(file.content), "sha256": digest}
