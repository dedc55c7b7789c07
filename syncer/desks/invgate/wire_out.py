"""What InvGate is told, in its field names; what it says is read in wire.py (contract 3.2 and 3.4)."""

from __future__ import annotations

import re
from typing import Any

from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import TimeEntry

_MARKER = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9-]*)\](?:\s|</?\w+[^<>]*>)*\Z")
# What POST incident takes, by the names drafts have for it.
_PARAMETERS = {
    "requester": "customer_id",
    "creator": "creator_id",
    "category": "category_id",
    "priority": "priority_id",
    "type": "type_id",
    "source": "source_id",
    "location": "location_id",
    "created_at": "date",
}


def new_incident(draft: Draft) -> dict[str, Any]:
    """The parameters of POST incident. Empty ones are left out: what they would do is not documented."""
    params: dict[str, Any] = {"title": draft.title, "description": draft.body}
    for field, parameter in _PARAMETERS.items():
        if value := draft.fields.get(field):
            params[parameter] = int(value)
    # It wants to know who opened a request; where nobody is named, that is who has it.
    if "customer_id" in params:
        params.setdefault("creator_id", params["customer_id"])
    return params


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
