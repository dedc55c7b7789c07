"""What people at the desk do while somebody migrates: change, answer, merge, delete, rename."""

from __future__ import annotations

import copy
from typing import Any

from syncer.desks.motadata.emulator_conversations import say
from syncer.desks.motadata.emulator_records import Conversation, Person, Request
from syncer.desks.motadata.emulator_requests import blank, keep, replace
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_words import CLOSED, NOTE

_AGENT = Person(id=0, name="Front Desk", email="front.desk@example.org", logon="frontdesk", technician=True)


class Staff:
    """Works on an instance from inside: no rule, limit or credential stands in the way."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def create(self, subject: str = "New request", **fields: Any) -> int:
        """A request as if it came in now; fields are those of a Request. Gives its id."""
        request = blank(self._tables, _AGENT)
        request.subject = subject
        _set(request, fields)
        keep(self._tables, request)
        return request.id

    def edit(self, id: int, **changes: Any) -> None:
        """Change fields of a request now. Raises AttributeError for a field there is not."""
        before = self._tables.requests[id]
        after = copy.copy(before)
        _set(after, changes)
        replace(self._tables, before, after, _AGENT.name)

    def comment(self, id: int, details: str, *, type: str = NOTE) -> int:
        """Say something on a request; the conversation's id."""
        now = self._tables.now()
        said = Conversation(
            id=0,
            type=type,
            details=details,
            author_name=_AGENT.name,
            author_email=_AGENT.email,
            created=now,
            updated=now,
        )
        say(self._tables, self._tables.requests[id], said, _AGENT)
        return said.id

    def edit_comment(self, id: int, conversation: int, details: str) -> None:
        """Change a conversation's text, without a trace on its request."""
        said = self._tables.conversation(self._tables.requests[id], conversation)
        if said is None:
            raise KeyError(conversation)
        said.details, said.updated = details, self._tables.now()

    def merge(self, id: int, into: int) -> None:
        """The request is closed and linked to another one; seen from outside it only closes."""
        request = self._tables.requests[id]
        closed = self._tables.status(CLOSED)
        self.edit(id, status=closed, merged_into=into, links=[*request.links, into])

    def vanish(self, id: int) -> None:
        """Delete a request without a trace."""
        self._tables.remove(id)

    def rename_field(self, label: str, new: str) -> None:
        """Give a custom field another label, and with it another key in the API."""
        field = self._tables.field(label)
        if field is None:
            raise KeyError(label)
        field.label = new
        self._tables.listings.clear()

    def rename(self, kind: str, name: str, new: str) -> None:
        """Give a status, category... another name, on the requests that have it, too."""
        id = self._tables.id_of(kind, name)
        if id is None:
            raise KeyError(name)
        self._tables.lookups[kind][id] = new
        for request in self._tables.requests.values():
            if getattr(request, kind) == name:
                setattr(request, kind, new)


def _set(request: Request, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(request, name, value)
