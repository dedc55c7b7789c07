"""What InvGate is told, in its field names; what it says is read in wire.py (contract 3.2 and 3.4)."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from msgspec.structs import replace

from syncer.desks.invgate import wire
from syncer.mapping.body import html_to_text
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import TimeEntry

_MARKER = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9-]*)\](?:\s|</?\w+[^<>]*>)*\Z")
# What POST incident takes, by the names drafts have for it.
PARAMETERS = {
    "requester": "customer_id",
    "creator": "creator_id",
    "category": "category_id",
    "priority": "priority_id",
    "type": "type_id",
    "source": "source_id",
    "location": "location_id",
    "created_at": "date",
}
_FILE_LINE = re.compile(r"<p>\[File [^<]* was too large and is not here\.\]</p>")
# How a request shows them, where that is called otherwise.
_SHOWN = {"customer_id": "user_id", "date": "date_ocurred"}
_LASTING = {"creator_id"}
_TEXTS = {"title": "title", "body": "description"}


def new_incident(draft: Draft) -> dict[str, Any]:
    """The parameters of POST incident. Empty ones are left out: what they would do is not documented."""
    params: dict[str, Any] = {"title": draft.title, "description": draft.body}
    for field, parameter in PARAMETERS.items():
        if value := draft.fields.get(field):
            params[parameter] = int(value)
    # It wants to know who opened a request; where nobody is named, that is who has it.
    if "customer_id" in params:
        params.setdefault("creator_id", params["customer_id"])
    return params


def edited(row: wire.IncidentRow, draft: Draft, names: Collection[str]) -> tuple[dict[str, Any], int]:
    """The parameters of PUT incident: of these names what differs; and how many of them it cannot bring about: none
    is emptied, and who opened a request stays (3.4)."""
    # The lines that tell which files are not there outlast the text.
    lines = "".join(_FILE_LINE.findall(wire.text(row.description)))
    told, params, lost = new_incident(replace(draft, body=draft.body + lines)), {}, 0
    for name, parameter in (_TEXTS | PARAMETERS).items():
        if name not in names:
            continue
        value = told.get(parameter)
        there = wire.text(getattr(row, parameter)) if name in _TEXTS else _shown(row, parameter)
        if str(value or "") == there:
            continue
        if not value or parameter in _LASTING:
            lost += 1
        else:
            params[parameter] = value
    return params, lost


def differing(row: wire.IncidentRow, draft: Draft, names: Collection[str]) -> int:
    """How many of these names are not as drafted; of texts the words count, which cleaning leaves (7.2)."""
    params, lost = edited(row, draft, names)
    texts = {key: wire.text(getattr(row, key)) for key in _TEXTS.values()}
    return lost + sum(key not in texts or _words(texts[key]) != _words(value) for key, value in params.items())


def _shown(row: wire.IncidentRow, parameter: str) -> str:
    return wire.ident(getattr(row, _SHOWN.get(parameter, parameter))) or ""


def _words(text: str) -> list[str]:
    return html_to_text(text).split()


def said(id: TicketId, comment: CommentDraft, acting: str) -> dict[str, Any]:
    """The parameters of POST incident.comment; what its visibility is by default is not documented (3.2)."""
    params = {
        "request_id": int(id),
        "author_id": int(comment.author or acting),
        "comment": marked(comment),
        "customer_visible": comment.public,
    }
    return params | {"is_solution": True} if comment.solution else params


def worked(id: TicketId, entry: TimeEntry, key: Key) -> dict[str, Any]:
    """The parameters of POST timetracking; without `from` it would begin now (3.6)."""
    begin = int(entry.at.timestamp()) if entry.at else 0
    return {
        "request_id": int(id),
        "user_id": int(entry.author or 0),
        "from": begin,
        "to": begin + entry.seconds,
        "comment": f"{entry.note} [{key}]".lstrip(),
    }


def marked(comment: CommentDraft) -> str:
    """A comment with the marker by which it is found again: its call gives no id."""
    return f"{comment.body}<p>[{comment.key}]</p>"


def marker(text: str) -> Key | None:
    """The marker at the end of a title or comment."""
    found = _MARKER.search(text)
    return Key(found[1]) if found else None
