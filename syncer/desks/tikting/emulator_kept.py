"""What an emulated Tikting holds, in words that are the same for every kind of desk; and how syncer gets at it."""

from __future__ import annotations

from typing import Any

from msgspec import to_builtins

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket

from .emulator_accounts import Account, People
from .emulator_endpoints import Endpoint
from .emulator_lookups import Lookups
from .emulator_switches import Switches
from .emulator_tickets import Reply, Shelf, Ticket, Upload

_USED = frozenset({"ticket.reply", "ticket.attach", "ticket.update", "ticket.resolve", "ticket.close", "user.all"})
_LISTS = {
    "status": ("status", "status"),
    "priority": ("priority", "priorities"),
    "category": ("category", "categories"),
    "group": ("group", "groups"),
    "level": ("level", "levels"),
    "site": ("site", "sites"),
    "department": ("department", "departments"),
}


def block(account: Account, switches: Switches, url: str) -> dict[str, Any]:
    """The config block for this account, with all that these switches allow."""
    auth = {"email": account.email, "password": account.password}
    return {
        "kind": "tikting",
        "base_url": url + switches.base_path.rstrip("/"),
        "auth": auth | ({"domain": account.domain} if account.domain else {}),
        "budget": {"per_second": 5000, "parallel": 32},
        "register_status": "any" if switches.status_at_registration == "any" else "open",
        "search_lag": 0.2,
        "probe_misses": 10,
        "endpoints": {name: _tried(name, one) for name, one in switches.endpoints.items() if name in _USED},
    }


def _tried(name: str, endpoint: Endpoint) -> dict[str, Any]:
    """A call as an operator configures it who has tried it."""
    said = {key: value for key, value in to_builtins(endpoint).items() if value is not None}
    if name == "ticket.close":  # what it says would become a reply
        said["fields"].pop("message", None)
    return {**said, "tested": True, **({"read_back": True} if name in {"ticket.reply", "ticket.attach"} else {})}


def kept(shelf: Shelf, people: People, lookups: Lookups) -> list[KeptTicket]:
    """Every ticket that is not deleted, oldest first."""
    return [_ticket(ticket, people, lookups) for ticket in shelf.live]


def _ticket(ticket: Ticket, people: People, lookups: Lookups) -> KeptTicket:
    values = {
        kind: lookups.labels[list][id]
        for field, (kind, list) in _LISTS.items()
        if (id := getattr(ticket, field)) is not None
    }
    return KeptTicket(
        id=str(ticket.id),
        title=ticket.title,
        body=ticket.description,
        requester=_email(people, ticket.creator),
        assignee=_email(people, ticket.assignee),
        # A type has a number and no name.
        values={**values, "ticket_type": str(ticket.type)},
        created=int(ticket.created),
        comments=tuple(_comment(ticket.id * 1000 + n, one, people) for n, one in enumerate(ticket.replies, 1)),
        files=_files(ticket.uploads),
    )


def _comment(id: int, reply: Reply, people: People) -> KeptComment:
    return KeptComment(
        id=str(id),
        author=_email(people, reply.author),
        text=reply.body,
        public=not reply.private,
        at=int(reply.created),
        files=_files(reply.uploads),
    )


def _files(uploads: list[Upload]) -> tuple[KeptFile, ...]:
    return tuple(KeptFile(one.name, one.sha256, one.size) for one in uploads)


def _email(people: People, id: str | None) -> str | None:
    return None if id is None else people.by_id[id].email.lower() or None
