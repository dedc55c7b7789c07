"""What others do at the emulated desk meanwhile: agents, administrators, tests."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from syncer.desks.rezolve.emulator_catalogue import STATUS, SUBJECT, TicketType
from syncer.desks.rezolve.emulator_fill import GONE_USER
from syncer.desks.rezolve.emulator_tables import Note, Tables, Ticket
from syncer.desks.rezolve.emulator_words import uuid_of

AGENT = "agent@example.org"


class Steering:
    """Changes that come from elsewhere than the API, and send no mail. Tickets by display id, fields by label."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def edit(self, id: str, by: str = AGENT, **values: Any) -> None:
        """Change fields as an agent would, `edit("INC-2001", Subject="New")`; None clears, `status` is a key."""
        ticket = self._tables.tickets[id]
        kind, before = self._tables.types[ticket.type_id], dict(ticket.data)
        status = values.pop("status", None)
        if status is not None:
            ticket.status = next(one.id for one in kind.statuses.values() if one.key == status)
            field = kind.named(STATUS)
            if field is not None:
                ticket.data[field.id] = ticket.status
        for label, value in values.items():
            self._set(kind, ticket, label, value)
        after = {id: (before.get(id), ticket.data.get(id)) for id in before.keys() | ticket.data.keys()}
        changes = {kind.fields[id].name: pair for id, pair in after.items() if pair[0] != pair[1]}
        self._tables.touch(ticket, by, changes)

    def _set(self, kind: TicketType, ticket: Ticket, label: str, value: Any) -> None:
        field = next(one for one in kind.fields.values() if one.label == label)
        if field.name == SUBJECT:
            ticket.summary = value
        if value is None:
            ticket.data.pop(field.id, None)
        else:
            by_label = {text: key for key, text in field.options.items()}
            ticket.data[field.id] = by_label.get(value, value) if isinstance(value, str) else value

    def create(self, title: str = "Walk-in", **values: Any) -> str:
        """A new ticket of the first type as if it came in now; its display id."""
        tables = self._tables
        kind, team = next(one for one in tables.types.values() if not one.retired), next(iter(tables.teams))
        serial, now = tables.take_serial(), tables.now()
        ticket = Ticket(
            id=uuid_of("ticket", serial),
            object_id=tables.take_object_id(kind.prefix),
            serial=serial,
            type_id=kind.id,
            offer_id=next(one.id for one in tables.offers.values() if one.type_id == kind.id),
            team=team,
            summary=title,
            source="portal",
            status=kind.initial,
            submitted_by=GONE_USER,
            updated_by=GONE_USER,
            created=now,
            updated=now,
            stored=tables.clock.now(),
        )
        for label, value in ({"Subject": title, "Priority": "Low"} | values).items():
            self._set(kind, ticket, label, value)
        tables.add(ticket)
        return ticket.object_id

    def comment(self, id: str, text: str, *, private: bool = False, by: str = AGENT) -> str:
        """Say something on a ticket; the note's id."""
        ticket = self._tables.tickets[id]
        note = Note(
            id=uuid_of("note", ticket.serial, len(ticket.notes)),
            kind="private" if private else "public",
            author=by,
            body=text,
            at=self._tables.now(),
        )
        ticket.notes.append(note)
        if self._tables.switches.note_bumps:
            self._tables.touch(ticket, by, {})
        return note.id

    def delete(self, id: str) -> None:
        """Delete a ticket; lists show it or not as the switch says."""
        self._tables.delete(self._tables.tickets[id])

    def move(self, id: str, type_id: str) -> str:
        """Move a ticket to another type, which changes its display id and its fields' UUIDs; the new display id."""
        tables = self._tables
        ticket = tables.tickets[id]
        before, after = tables.types[ticket.type_id], tables.types[type_id]
        named = {before.fields[uuid].name: (before.fields[uuid], value) for uuid, value in ticket.data.items()}
        ticket.type_id, ticket.data = type_id, {}
        ticket.offer_id = next(one.id for one in tables.offers.values() if one.type_id == type_id)
        for field in after.fields.values():
            if field.name in named:
                old, value = named[field.name]
                label = old.options.get(value) if isinstance(value, str) else None
                options = {text: key for key, text in field.options.items()}
                ticket.data[field.id] = value if label is None else options.get(label, value)
        tables.rename(ticket, tables.take_object_id(after.prefix))
        tables.touch(ticket, AGENT, {})
        return ticket.object_id

    def relabel(self, type_id: str, label: str, new: str) -> None:
        """Give a field another label; its UUID stays (contract 9.8)."""
        fields = self._tables.types[type_id].fields.values()
        next(one for one in fields if one.label == label).label = new

    def recreate_type(self, type_id: str) -> str:
        """Make a type anew, with another id and other UUIDs; the old one only serves the tickets it has."""
        tables = self._tables
        old = tables.types[type_id]
        new_id = str(max(map(int, tables.types)) + 1)
        uuids = {one.id: uuid_of("field", new_id, one.name) for one in old.fields.values()}
        tables.types[new_id] = TicketType(
            id=new_id,
            name=old.name,
            prefix=old.prefix,
            fields={uuids[one.id]: replace(one, id=uuids[one.id]) for one in old.fields.values()},
            statuses=old.statuses,
            transitions=tuple(replace(one, needs=tuple(uuids[id] for id in one.needs)) for one in old.transitions),
            create_roles=old.create_roles,
        )
        old.retired = True
        for offer in tables.offers.values():
            if offer.type_id == type_id:
                offer.type_id = new_id
        return new_id
