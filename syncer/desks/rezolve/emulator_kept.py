"""The tickets of an emulated tenant in words that are the same for every kind of desk, and how syncer gets at them."""

from __future__ import annotations

import hashlib
from typing import Any

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket
from syncer.desks.rezolve.emulator_catalogue import (
    ASSIGNEE,
    CATEGORY,
    DESCRIPTION,
    PRIORITY,
    REQUESTER,
    RESOLUTION,
    STATUS,
    SUBJECT,
    TAGS,
    Field,
    TicketType,
)
from syncer.desks.rezolve.emulator_notes import FOR_REQUESTERS
from syncer.desks.rezolve.emulator_record import label_of, labelled, status_of, value_of
from syncer.desks.rezolve.emulator_tables import Note, Tables, Ticket
from syncer.desks.rezolve.emulator_templates import TREE_MARK

EXTERNAL, TRANSCRIPT, CREATED = "externalId", "transcript", "originalCreated"
_PLACED = frozenset({SUBJECT, DESCRIPTION, PRIORITY, CATEGORY, REQUESTER, ASSIGNEE, STATUS, TAGS})
"""Fields that are told in a place of their own."""


def kept(tables: Tables) -> list[KeptTicket]:
    """Every ticket that is not deleted."""
    return [_ticket(tables, one) for one in tables.tickets.values() if not one.deleted]


def block(tables: Tables, url: str) -> dict[str, Any]:
    """The config block: all that switches allow is read and written, in every type that has a plain offer."""
    auth, switches = tables.auth, tables.switches
    found: dict[str, Any] = {
        "kind": "rezolve",
        "base_url": url,
        "realm": auth.realm,
        "tenant_id": auth.tenant,
        "auth": {
            "kind": "client_credentials", "token_url": f"{url}{switches.token_path}", "client_id": auth.client_id,
            "client_secret": auth.client_secret,
        },
        "budget": {"per_second": 5000, "parallel": 8},
        "list_lag": 0.1 + switches.list_delay,
        "list_type": "template" if switches.list_type == "none" else switches.list_type,
        "people_as": "id" if switches.people_as == "id" else "email",
        "max_summary": switches.max_summary,
        "max_body": switches.max_text,
        "write_watchers": switches.watchers_writable,
        "types": {id: settings for id, kind in tables.types.items() if (settings := _type(tables, kind)) is not None},
    }  # fmt: skip
    if switches.notes_read_path:
        keys = {"id": "/id", "body": "/note", "author": "/createdBy", "time": "/createdAt", "kind": "/noteType"}
        found |= {"notes_read_path": switches.notes_read_path, "notes_keys": keys,
                  "notes_public_kinds": list(FOR_REQUESTERS)}  # fmt: skip
        if switches.notes_write_path:
            body = {"note": "{text}", "noteType": "{kind}"}
            found |= {"notes_write_path": switches.notes_write_path, "notes_body": body}
    return found


def _type(tables: Tables, kind: TicketType) -> dict[str, Any] | None:
    """The settings under which tickets of a type are made; the first of its offers is plain."""
    offer = next((one for one in tables.offers.values() if one.type_id == kind.id), None)
    if offer is None or kind.retired:
        return None
    ids = {field.name: field.id for field in kind.fields.values()}
    found: dict[str, Any] = {
        "team": offer.team, "offer": offer.id, "external_id_field_id": ids[EXTERNAL],
        "transcript_field_id": ids[TRANSCRIPT], "fields": {"tags": ids[TAGS], "created_at": ids[CREATED]},
    }  # fmt: skip
    if tables.switches.status_field:
        found |= {"status_field_id": ids[STATUS], "fills": {ids[RESOLUTION]: "Resolved before it came here."}}
    return found


def _ticket(tables: Tables, ticket: Ticket) -> KeptTicket:
    kind = tables.types[ticket.type_id]
    values = {
        "status": status_of(tables, ticket).name,
        "type": kind.name,
        "group": tables.teams[ticket.team].name,
        "offer": tables.offers[ticket.offer_id].name,
        "priority": label_of(kind, ticket, PRIORITY),
        "category": (label_of(kind, ticket, CATEGORY) or "").replace(TREE_MARK, " / ", 1),
    }
    tags = value_of(kind, ticket, TAGS)
    return KeptTicket(
        id=ticket.object_id,
        title=ticket.summary,
        body=value_of(kind, ticket, DESCRIPTION) or "",
        requester=_email(tables, value_of(kind, ticket, REQUESTER) or ticket.submitted_by),
        assignee=_email(tables, value_of(kind, ticket, ASSIGNEE)),
        values={name: value for name, value in values.items() if value},
        created=ticket.created // 1000,
        comments=tuple(_comment(tables, note) for note in ticket.notes),
        files=_files(tables, ticket.files),
        tags=tuple(tags or ()),
        cc=tuple(filter(None, dict.fromkeys(_email(tables, one) for one in (*ticket.cc, *ticket.to)))),
        links=tuple(ticket.links),
        custom={
            field.label: _words(tables, field, ticket.data[id])
            for id, field in kind.fields.items()
            if id in ticket.data and field.name not in _PLACED
        },
    )


def _comment(tables: Tables, note: Note) -> KeptComment:
    return KeptComment(
        id=note.id,
        author=_email(tables, note.author),
        text=note.body,
        public=note.kind in FOR_REQUESTERS,
        at=note.at // 1000,
        files=_files(tables, note.files),
    )


def _files(tables: Tables, ids: list[str]) -> tuple[KeptFile, ...]:
    found = (tables.files[id] for id in ids)
    return tuple(KeptFile(one.name, hashlib.sha256(one.content).hexdigest(), len(one.content)) for one in found)


def _email(tables: Tables, username: str | None) -> str | None:
    """None where it is nobody, nobody any more, or somebody without an address."""
    person = tables.person(username, by_id=False) if username else None
    return None if person is None or person.deleted else person.email.lower() or None


def _words(tables: Tables, field: Field, value: Any) -> tuple[str, ...]:
    found = labelled(field, value)
    several = found if isinstance(found, list) else [found]
    return tuple("yes" if one is True else "no" if one is False else str(one) for one in several)
