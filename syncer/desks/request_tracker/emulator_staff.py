"""What people at the desk do while somebody migrates: change, answer, merge, delete, rename."""

from __future__ import annotations

from typing import Any

from syncer.desks.request_tracker.emulator_changes import move
from syncer.desks.request_tracker.emulator_history import birth_of_a_ticket, record
from syncer.desks.request_tracker.emulator_links import link
from syncer.desks.request_tracker.emulator_mails import after_create
from syncer.desks.request_tracker.emulator_messages import add
from syncer.desks.request_tracker.emulator_mime import cut, file_part, keep_message, text_part
from syncer.desks.request_tracker.emulator_records import Ticket
from syncer.desks.request_tracker.emulator_tables import GENERAL, NOBODY, ROOT, Tables


class Staff:
    """Works on a server from inside, as root: no right and no limit stands in the way."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def create(self, subject: str = "New request", body: str = "<p>New</p>", **fields: Any) -> int:
        """A ticket as if it came in now; fields are those of a Ticket. Gives its id."""
        tables, now = self._tables, self._tables.now()
        id = tables.take("ticket")
        ticket = Ticket(
            id=id, effective=id, queue=GENERAL, subject=cut(subject, tables.switches.max_subject), status="new",
            owner=NOBODY, creator=ROOT, updater=ROOT, created=now, updated=now,
        )  # fmt: skip
        for name, value in fields.items():
            _set(ticket, name, value)
        row = birth_of_a_ticket(tables, ticket)
        keep_message(tables, row, ticket.subject, [text_part(body, "text/html")])
        after_create(tables, ticket, row)
        return id

    def edit(self, id: int, **changes: Any) -> None:
        """Change columns of a ticket now, each with a transaction. Raises AttributeError for one there is not."""
        ticket = self._tables.tickets[id]
        for name, value in changes.items():
            old = getattr(ticket, name)
            if name == "status":
                move(self._tables, ticket, value, ROOT)
                continue
            _set(ticket, name, value)
            record(self._tables, ticket, "Set", ROOT, field=name.capitalize(), old=str(old), new=str(value))

    def custom(self, id: int, name: str, *texts: str) -> None:
        """Give a custom field of a ticket these values, and no others. Raises KeyError."""
        field = self._tables.field(name)
        if field is None:
            raise KeyError(name)
        ticket = self._tables.tickets[id]
        ticket.custom[field.id] = [self._tables.value(text) for text in texts]
        record(self._tables, ticket, "CustomField", ROOT, field=str(field.id), new=", ".join(texts))

    def comment(self, id: int, text: str, *, public: bool = False, files: dict[str, str] | None = None) -> int:
        """Say something on a ticket; files are texts by name. Gives the transaction's id."""
        tables, ticket = self._tables, self._tables.tickets[id]
        row = record(tables, ticket, "Correspond" if public else "Comment", ROOT, data="No Subject")
        kind = "application/octet-stream"
        parts = [file_part(tables, name, kind, content.encode()) for name, content in (files or {}).items()]
        add(tables, ticket, row, [text_part(text, "text/html"), *parts], "")
        return row.id

    def merge(self, id: int, into: int) -> None:
        """A ticket becomes part of another, whose id it answers to."""
        tables, ticket, other = self._tables, self._tables.tickets[id], self._tables.tickets[into]
        uri = f"fsck.com-rt://{tables.switches.organization}/ticket/{into}"
        for one in (ticket, other):
            record(tables, one, "AddLink", ROOT, field="MergedInto", new=uri)
        tables.merge(ticket, other)

    def link(self, id: int, other: int, name: str = "RefersTo") -> None:
        """Link two tickets, which both then tell."""
        link(self._tables, self._tables.tickets[id], name, other, ROOT)

    def delete(self, id: int) -> None:
        """Delete a ticket as the product does: by status, which hides it from every search."""
        move(self._tables, self._tables.tickets[id], "deleted", ROOT)

    def shred(self, id: int) -> None:
        """Remove a ticket without a trace, as only a tool on the server can."""
        self._tables.shred(self._tables.tickets[id])

    def rename_field(self, name: str, new: str) -> None:
        """Give a custom field another name. Raises KeyError."""
        field = self._tables.field(name)
        if field is None:
            raise KeyError(name)
        field.name = new

    def rename_queue(self, name: str, new: str) -> None:
        """Give a queue another name. Raises KeyError."""
        queue = self._tables.queue(name)
        if queue is None:
            raise KeyError(name)
        queue.name = new


def _set(ticket: Ticket, name: str, value: Any) -> None:
    if name == "subject":
        value = cut(value, 200)
    setattr(ticket, name, value)
