"""What an emulated instance holds, in words that are the same for every kind of desk; and how syncer gets at it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket
from syncer.desks.motadata.emulator_records import Conversation, FileRef, Request
from syncer.desks.motadata.emulator_switches import MEGABYTE, Auth
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_words import IN_APPROVAL, SOURCES, WAITING

_NAMED = ("status", "priority", "urgency", "impact", "category", "department", "location")
_CLOSED = ("Rejected", "Cancelled")


def block(auth: Auth, tables: Tables, url: str) -> dict[str, Any]:
    """The config block, with all that the instance's switches allow."""
    switches, lists = tables.switches, tables.lookups
    credential: dict[str, Any] = {"kind": "api_key", "key": auth.api_key}
    if not auth.by_key:
        client = {"client_id": auth.client_id, "client_secret": auth.client_secret}
        credential = {"kind": "password", **client, "username": auth.user, "password": auth.password}
    marker = next((label for label in _labels(tables, "text") if label in switches.extra_fields), None)
    names = {kind: list(lists[kind].values()) for kind in ("status", "category", "department", "location")}
    return {
        "kind": "motadata",
        "base_url": url,
        "auth": credential,
        "budget": {"per_second": 5000, "parallel": 32},
        "pause": 1,
        "search_lag": 0.2,
        "probe_misses": 10,
        "names": names | {"source": list(SOURCES), "group": list(lists["group"].values())},
        "status_classes": dict.fromkeys(_CLOSED, "closed") | {tables.status(WAITING): "pending"},
        "approval_status": tables.status(IN_APPROVAL),
        "description_is": "text" if switches.strip_html else "html",
        "conversation_timezone": switches.conversation_zone,
        "attachment_upload_path": switches.upload_path or None,
        "attachment_download_path": switches.download_path or None,
        "max_file_mb": switches.max_file / MEGABYTE,
        "max_subject": switches.max_subject,
        "max_description": switches.max_description,
        "group_key": switches.group_key or None,
        "public_replies": True,
        "marker_field": marker,
        "date_fields": _labels(tables, "datetime"),
        "zero_is_unset": _labels(tables, "number"),
        "custom_fields": {field.label: _FORMS[field.kind] for field in tables.fields.values()},
    }


_FORMS = {
    **dict.fromkeys(("text", "textarea", "richtext", "dropdown", "radio"), "text"),
    "number": "number", "datetime": "datetime", "multiselect": "choices", "checkbox": "choices",
}  # fmt: skip


def _labels(tables: Tables, kind: str) -> list[str]:
    return [field.label for field in tables.fields.values() if field.kind == kind]


def kept(tables: Tables) -> list[KeptTicket]:
    """Every request, in the order of its coming."""
    return [_ticket(tables, request) for request in tables.requests.values()]


def _ticket(tables: Tables, request: Request) -> KeptTicket:
    named = {kind: getattr(request, kind) for kind in _NAMED}
    values = {
        **named,
        "type": "Service Request" if request.service else "Incident",
        "support_level": f"Tier{request.level}",
        "source": request.source,
        "group": request.group,
    }
    return KeptTicket(
        id=str(request.id),
        title=request.subject,
        body=request.description,
        requester=tables.email_of(request.requester).lower() or None,
        assignee=tables.email_of(request.assignee).lower() or None,
        values={kind: name for kind, name in values.items() if name},
        created=request.created // 1000,
        comments=tuple(_comment(tables, said) for said in request.conversations),
        files=_files(tables, request.files),
        tags=tuple(request.tags),
        cc=tuple(email.lower() for email in request.cc),
        links=tuple(map(str, request.links)),
        custom={tables.fields[id].label: _words(value) for id, value in request.custom.items() if value != ""},
    )


def _comment(tables: Tables, said: Conversation) -> KeptComment:
    return KeptComment(
        id=str(said.id),
        author=said.author_email.lower() or None,
        text=said.details,
        public=said.public,
        at=said.created // 1000,
        files=_files(tables, said.files),
    )


def _files(tables: Tables, refs: Iterable[FileRef]) -> tuple[KeptFile, ...]:
    found = [(ref.name, tables.files[ref.ref].content) for ref in refs]
    return tuple(KeptFile(name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in found)


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(str, value))
    return (str(int(value)) if isinstance(value, float) and value.is_integer() else str(value),)
