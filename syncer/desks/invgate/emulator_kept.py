"""What an emulated instance holds, in words that are the same for every kind of desk; and how syncer gets at it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket, KeptWork
from syncer.desks.invgate.emulator_switches import Auth
from syncer.desks.invgate.emulator_tables import Comment, Tables, Ticket, User, Work
from syncer.desks.invgate.emulator_words import names_of

_AGENT, _MOST_STARS = 1, 5


def block(auth: Auth, tables: Tables, url: str) -> dict[str, Any]:
    """The config block: all there is to read, and an agent in whose name to write, where there is one."""
    credential: dict[str, Any] = {"kind": "basic", "user": auth.user, "key": auth.key}
    if auth.oauth:
        credential = {"kind": "oauth2", "client_id": auth.client_id, "client_secret": auth.client_secret}
    agents = [user.id for user in tables.users.values() if user.user_type == _AGENT and _is_active(user)]
    return {
        "kind": "invgate",
        "base_url": url,
        "auth": credential,
        "view_id": 1,
        "budget": {"per_second": 5000, "parallel": 32},
        "probe_misses": 20,
        "pause": 1,
        "time_entries": True,
        **({"acting_user": agents[0]} if agents else {}),
    }


def _is_active(user: User) -> bool:
    return not user.is_disabled and not user.is_deleted


def kept(tables: Tables) -> list[KeptTicket]:
    """Every request, in the order of its coming."""
    return [_ticket(tables, ticket) for ticket in tables.tickets.values()]


def _ticket(tables: Tables, ticket: Ticket) -> KeptTicket:
    return KeptTicket(
        id=str(ticket.id),
        title=ticket.title,
        body=ticket.description,
        requester=_email(tables, ticket.user_id),
        assignee=_email(tables, ticket.assigned_id),
        values={kind: name for kind, name in _values(tables, ticket).items() if name},
        created=ticket.date_ocurred or ticket.created_at,
        comments=tuple(_comment(tables, comment) for comment in ticket.comments),
        files=_files(tables, ticket.files),
        cc=tuple(email for id in ticket.observers if (email := _email(tables, id))),
        links=tuple(map(str, ticket.links)),
        custom={tables.fields[uid].label: _words(value) for uid, value in ticket.custom.items() if value},
        times=tuple(_work(tables, one) for one in ticket.work if not one.deleted),
        rating=None if ticket.rating is None else (ticket.rating, _MOST_STARS),
    )


def _values(tables: Tables, ticket: Ticket) -> dict[str, str]:
    plain = {
        kind: names_of(kind, tables.switches.language)[id - 1]
        for kind, id in (
            ("status", ticket.status_id),
            ("priority", ticket.priority_id),
            ("type", ticket.type_id),
            ("source", ticket.source_id),
        )
    }
    category = tables.categories.get(ticket.category_id)
    level = tables.levels.get(ticket.assigned_group_id or 0)
    return plain | {
        "category": " / ".join(category.path) if category else "",
        "location": tables.locations.get(ticket.location_id or 0, ""),
        # Levels have an order and no name of their own.
        "group": f"{tables.helpdesks[level.helpdesk_id].name} / level {level.order}" if level else "",
    }


def _comment(tables: Tables, comment: Comment) -> KeptComment:
    return KeptComment(
        id=str(comment.id),
        author=_email(tables, comment.author_id),
        text=comment.message,
        public=comment.customer_visible,
        at=comment.created_at,
        files=_files(tables, comment.files),
    )


def _work(tables: Tables, work: Work) -> KeptWork:
    return KeptWork(_email(tables, work.user_id), work.start, work.seconds, work.comment)


def _files(tables: Tables, ids: Sequence[int]) -> tuple[KeptFile, ...]:
    files = [tables.files[id] for id in ids]
    return tuple(KeptFile(one.name, hashlib.sha256(one.content).hexdigest(), len(one.content)) for one in files)


def _words(value: str | dict[str, str]) -> tuple[str, ...]:
    return tuple(value.values()) if isinstance(value, dict) else (value,)


def _email(tables: Tables, id: int | None) -> str | None:
    user = tables.users.get(id or 0)
    return user.email.lower() or None if user else None
