"""Everything an instance holds as plain JSON values, for judges."""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec import to_builtins

from syncer.desks.znuny.emulator_files import html_of
from syncer.desks.znuny.emulator_records import Article, Ticket
from syncer.desks.znuny.emulator_tables import Tables


def state(tables: Tables) -> dict[str, Any]:
    """Tickets by id, with names beside ids and files by their digest; people, lists, fields, and mails."""
    return {
        "tickets": {str(id): _ticket(tables, one) for id, one in tables.tickets.items()},
        "agents": {str(id): to_builtins(one) for id, one in tables.agents.items()},
        "customers": {one.login: to_builtins(one) for one in tables.customers.values()},
        "lists": {kind: {str(id): name for id, name in rows.items()} for kind, rows in tables.lists.items()},
        "fields": {one.name: to_builtins(one) for one in tables.fields.values()},
        "mails": [to_builtins(one) for one in tables.mails],
    }


def _ticket(tables: Tables, one: Ticket) -> dict[str, Any]:
    shown: dict[str, Any] = to_builtins(_without_articles(one), str_keys=True)
    names = {kind.lower(): tables.name(kind, getattr(one, kind.lower())) for kind in tables.lists}
    return shown | {
        **names,
        "owner": tables.agents[one.owner].login,
        "responsible": tables.agents[one.responsible].login,
        "fields": {tables.fields[id].name: value for id, value in one.fields.items()},
        "articles": [_article(said) for said in one.articles],
    }


def _without_articles(one: Ticket) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__ if name != "articles"}


def _article(said: Article) -> dict[str, Any]:
    shown = {name: getattr(said, name) for name in said.__struct_fields__ if name != "attachments"}
    return shown | {
        "html": html_of(said),
        "files": [
            {
                "name": one.name,
                "content_type": one.content_type,
                "size": len(one.content),
                "sha256": hashlib.sha256(one.content).hexdigest(),
            }
            for one in said.attachments
            if not one.is_html_body
        ],
    }
