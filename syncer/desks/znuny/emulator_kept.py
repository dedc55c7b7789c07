"""What an emulated instance holds, in words that are the same for every kind of desk; and how syncer gets at it."""

from __future__ import annotations

import hashlib
from typing import Any

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket
from syncer.desks.znuny.emulator_addresses import first_address
from syncer.desks.znuny.emulator_files import html_of, shown
from syncer.desks.znuny.emulator_records import Article, Ticket
from syncer.desks.znuny.emulator_switches import Auth
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_values import text
from syncer.desks.znuny.emulator_words import QUEUES

MARKER = "ExternalID"
_FORMS = {"Text": "text", "TextArea": "text", "Dropdown": "choice", "Multiselect": "choices", "DateTime": "datetime"}


def block(auth: Auth, tables: Tables, url: str) -> dict[str, Any]:
    """The config block, with the lists an administrator reads off the screen, for no call tells them."""
    queues = [name for id, name in tables.lists["Queue"].items() if not tables.is_hidden(id)]
    own = [name for name in queues if name not in QUEUES]
    return {
        "kind": "znuny",
        "base_url": f"{url}{auth.prefix}/nph-genericinterface.pl/Webservice/{auth.service}",
        "auth": {"user": auth.user, "password": auth.password},
        "budget": {"per_second": 5000, "parallel": 32},
        "pause": 1,
        "timezone": tables.switches.timezone,
        "queue": (own or queues or QUEUES)[0],
        "state": "new",
        **({"marker_field": MARKER} if tables.field(MARKER) else {}),
        "lists": {
            "queues": queues,
            "states": list(tables.lists["State"].values()),
            "priorities": list(tables.lists["Priority"].values()),
            "types": list(tables.lists["Type"].values()),
            "agents": [
                {"id": one.id, "login": one.login, "name": one.name, "email": one.email, "active": one.valid}
                for one in tables.agents.values()
                if not one.technical
            ],
            "customers": [
                {"login": one.login, "name": one.name, "email": one.email, "active": one.valid}
                for one in tables.customers.values()
            ],
            "dynamic_fields": {
                one.name: {"label": one.label, "form": _FORMS[one.kind], "options": one.options}
                for one in tables.fields.values()
            },
        },
    }


def kept(tables: Tables) -> list[KeptTicket]:
    """Every ticket, in the order of its coming."""
    return [_ticket(tables, one) for one in tables.tickets.values()]


def _ticket(tables: Tables, one: Ticket) -> KeptTicket:
    """The first article is the description. A technical account that a ticket belongs to is nobody."""
    owner = tables.agents[one.owner]
    first = one.articles[0] if one.articles else None
    return KeptTicket(
        id=str(one.id),
        title=one.title,
        body=_text(first) if first else "",
        requester=_customer(tables, one.customer or ""),
        assignee=None if owner.technical else owner.email.lower() or None,
        values={
            "queue": tables.name("Queue", one.queue),
            "status": tables.name("State", one.state),
            "priority": tables.name("Priority", one.priority),
            "type": tables.name("Type", one.type),
        },
        created=one.created,
        comments=tuple(_comment(tables, said) for said in one.articles[1:]),
        files=_files(first) if first else (),
        custom={tables.fields[id].label: _words(value) for id, value in one.fields.items() if value},
    )


def _comment(tables: Tables, said: Article) -> KeptComment:
    return KeptComment(
        id=str(said.id),
        author=_author(tables, said),
        text=_text(said),
        public=said.visible,
        at=said.at,
        files=_files(said),
    )


def _text(said: Article) -> str:
    """The HTML where there is some: the plain text beside it is made of it."""
    html = html_of(said)
    return said.body if html is None else html


def _author(tables: Tables, said: Article) -> str | None:
    """Whom an article names as its sender, else the agent who wrote it, be it the one that calls the API."""
    address = first_address(said.from_)
    if "@" in address:
        return address.lower()
    agent = tables.agents.get(said.by)
    return agent.email.lower() or None if agent is not None and agent.id != 1 else None


def _customer(tables: Tables, login: str) -> str | None:
    known = tables.customer(login)
    if known is not None:
        return known.email.lower() or None
    address = first_address(login)
    return address.lower() if "@" in address else None


def _files(said: Article) -> tuple[KeptFile, ...]:
    """A file of which nothing is left of its name can only be told by its number."""
    return tuple(
        KeptFile(one.name or f"unnamed-{number}", hashlib.sha256(one.content).hexdigest(), len(one.content))
        for number, one in shown(said, html_body=False)
    )


def _words(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (text(value),)
