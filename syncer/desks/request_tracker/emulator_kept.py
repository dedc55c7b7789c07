"""What an emulated server holds, in words that are the same for every kind of desk; and how syncer gets at it."""

from __future__ import annotations

import hashlib
from typing import Any

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket, KeptWork
from syncer.desks.request_tracker.emulator_records import Ticket, Transaction
from syncer.desks.request_tracker.emulator_shapes import field_value
from syncer.desks.request_tracker.emulator_switches import Auth
from syncer.desks.request_tracker.emulator_tables import Tables
from syncer.desks.request_tracker.emulator_words import priority_name

SAID = ("Correspond", "Comment")
_LINKED = ("RefersTo", "DependsOn", "MemberOf")


def block(auth: Auth, tables: Tables, url: str) -> dict[str, Any]:
    """The config block, with all that the server allows."""
    return {
        "kind": "request_tracker",
        "base_url": url,
        "auth": {"token": auth.token},
        "budget": {"per_second": 5000, "parallel": 32},
        "pause": 1,
        "write_lag": 0.1,
        "queue": tables.queues[min(tables.queues)].name,
        "marker_field": tables.switches.marker_field or None,
        "tag_field": tables.switches.tags_field or None,
        "created_field": tables.switches.created_field or None,
        "overlap": 200,
    }


def kept(tables: Tables) -> list[KeptTicket]:
    """Every ticket that is neither deleted nor part of another one, in the order of their ids."""
    every = (tables.tickets[id] for id in sorted(tables.tickets))
    return [_ticket(tables, one) for one in every if one.status != "deleted" and one.effective == one.id]


def _ticket(tables: Tables, one: Ticket) -> KeptTicket:
    history = tables.history(one)
    made = next(row for row in history if row.type == "Create")
    fields = [(tables.fields[id], [value.text for value in values]) for id, values in _given(one)]
    tags = tables.switches.tags_field
    return KeptTicket(
        id=str(one.id),
        title=one.subject,
        body=text_of(tables, made),
        requester=next(iter(_emails(tables, one, "Requestor")), None),
        assignee=tables.users[one.owner].email.lower() or None,
        values={
            "status": one.status,
            "priority": priority_name(one.priority),
            "queue": tables.queues[one.queue].name,
        },
        created=one.created,
        comments=tuple(_comment(tables, row) for row in history if row.type in SAID),
        files=_files(tables, made),
        tags=tuple(text for field, texts in fields if field.name == tags for text in texts if text),
        cc=tuple(_emails(tables, one, "Cc")),
        links=_links(tables, one),
        custom={
            field.name: tuple(shown for text in texts if (shown := field_value(field, text)))
            for field, texts in fields
            if field.name != tags
        },
        times=tuple(_work(tables, row) for row in history if row.time_taken > 0),
    )


def _links(tables: Tables, one: Ticket) -> tuple[str, ...]:
    """The other tickets, each once: a link is shown on both of its ends."""
    ends = (end for type in _LINKED for base in (True, False) for end in tables.linked(one, type, base=base))
    return tuple(dict.fromkeys(str(end) for end in ends if isinstance(end, int)))


def _work(tables: Tables, row: Transaction) -> KeptWork:
    return KeptWork(tables.users[row.creator].email.lower() or None, row.created, row.time_taken * 60)


def text_of(tables: Tables, row: Transaction) -> str:
    """What was said: of a text that came in two ways, the one with markup."""
    texts = [part for part in tables.parts(row) if part.kind.startswith("text/") and not part.name]
    best = next((part for part in texts if part.kind == "text/html"), texts[0] if texts else None)
    return (best.content or b"").decode("utf-8", "replace") if best else ""


def _comment(tables: Tables, row: Transaction) -> KeptComment:
    return KeptComment(
        id=str(row.id),
        author=tables.users[row.creator].email.lower() or None,
        text=text_of(tables, row),
        public=row.type == "Correspond",
        at=row.created,
        files=_files(tables, row),
    )


def _files(tables: Tables, row: Transaction) -> tuple[KeptFile, ...]:
    found = [(part.name, part.content or b"") for part in tables.parts(row) if part.name]
    return tuple(KeptFile(name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in found)


def _emails(tables: Tables, one: Ticket, role: str) -> list[str]:
    return [email for id in one.watchers[role] if (email := tables.users[id].email.lower())]


def _given(one: Ticket) -> list[tuple[int, list[Any]]]:
    return [(id, values) for id, values in sorted(one.custom.items()) if any(value.text for value in values)]
