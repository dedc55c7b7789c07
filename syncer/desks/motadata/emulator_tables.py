"""What the emulated instance holds: records by id, in sorted order where searches need that, and lists of names."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from syncer.deskkit.emulation import Clock
from syncer.desks.motadata.emulator_answers import Invalid
from syncer.desks.motadata.emulator_index import Index
from syncer.desks.motadata.emulator_records import Conversation, Field, File, FileRef, Mail, Person, Request
from syncer.desks.motadata.emulator_switches import Switches
from syncer.desks.motadata.emulator_words import DEPARTMENTS, IMPACTS, PRIORITIES, STATUSES

# Incidents and service requests share both counters, which began at different times (contract 3.1).
_FIRST = {"request": 65, "number": 46, "conversation": 31, "person": 101, "field": 7}
_SCATTER, _RANGE = 2_654_435_761, 4_294_967_296


class Tables:
    """Everything an instance knows. Whoever changes a request calls `touch`, or `bump` when updatedTime moves."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.requests: dict[int, Request] = {}
        self.people: dict[int, Person] = {}
        self.files: dict[str, File] = {}
        self.fields: dict[int, Field] = {}
        self.mails: list[Mail] = []
        self.deletions_tried = 0
        self.lookups: dict[str, dict[int, str]] = {
            "status": dict(STATUSES),
            "priority": dict(PRIORITIES),
            "urgency": dict(PRIORITIES),
            "impact": dict(IMPACTS),
            "category": {},
            "department": dict(DEPARTMENTS),
            "location": {},
            "group": {},
        }
        self.listings: dict[Any, list[int]] = {}
        self._next = dict(_FIRST)
        self._indexes = {name: Index() for name in ("createdTime", "updatedTime", "id", "random")}
        self._by_email: dict[str, Person] = {}
        self._by_logon: dict[str, Person] = {}

    def now(self) -> int:
        """The instance's time in milliseconds."""
        return int(self.clock.now() * 1000)

    def take(self, kind: str) -> int:
        """The next number of a counter."""
        number = self._next[kind]
        self._next[kind] = number + 1
        return number

    # Requests

    def add(self, request: Request) -> None:
        """Keep a request that has its id."""
        self.requests[request.id] = request
        self._indexes["createdTime"].put(request.id, request.created)
        self._indexes["id"].put(request.id, request.id)
        self._indexes["random"].put(request.id, request.id * _SCATTER % _RANGE)
        self.touch(request)

    def touch(self, request: Request) -> None:
        """The request changed: no listing holds any more."""
        self._indexes["updatedTime"].put(request.id, request.updated)
        self.listings.clear()

    def bump(self, request: Request, by: str) -> None:
        """The request changed just now, as updatedTime tells."""
        request.updated = max(request.updated, self.now())
        request.updater = by
        self.touch(request)

    def remove(self, id: int) -> None:
        """Forget a request without a trace."""
        del self.requests[id]
        for index in self._indexes.values():
            index.drop(id)
        self.listings.clear()

    def in_order(self, sort: str, *, falling: bool) -> list[int]:
        """The ids of all requests by createdTime, updatedTime, id or random."""
        key = (sort, falling)
        if key not in self.listings:
            self.listings[key] = self._indexes[sort].ids(falling=falling)
        return self.listings[key]

    # People

    def add_person(self, person: Person) -> Person:
        """Keep somebody; an e-mail and a logon name stand for who had them first and is not deleted."""
        self.people[person.id] = person
        if not person.deleted:
            for names, name in ((self._by_email, person.email), (self._by_logon, person.logon)):
                if name:
                    names.setdefault(name.lower(), person)
        return person

    def person(self, name: str) -> Person | None:
        """Whom an e-mail, or else a logon name means."""
        key = name.strip().lower()
        return self._by_email.get(key) or self._by_logon.get(key)

    def email_of(self, id: int | None) -> str:
        """Somebody's e-mail, empty for nobody."""
        person = self.people.get(id or 0)
        return person.email if person else ""

    # Names

    def known(self, kind: str, name: str) -> str | None:
        """The spelling of a name on its list, however it was given; None when it is not there."""
        wanted = _compared(kind, name)
        return next((one for one in self.lookups[kind].values() if _compared(kind, one) == wanted), None)

    def id_of(self, kind: str, name: str) -> int | None:
        """The id behind a name."""
        return next((id for id, one in self.lookups[kind].items() if one == name), None)

    def status(self, id: int) -> str:
        """The name that one of the product's own statuses has here."""
        return self.lookups["status"][id]

    def field(self, label: str) -> Field | None:
        """The custom field with exactly this label."""
        return next((one for one in self.fields.values() if one.label == label), None)

    # Files and conversations

    def add_file(self, name: str, content: bytes) -> FileRef:
        """Store a file; what refers to it."""
        ref = str(uuid.uuid4())
        self.files[ref] = File(ref=ref, name=name, content=content)
        return FileRef(ref=ref, name=name)

    def refs(self, rows: Iterable[dict[str, Any]] | None) -> list[FileRef]:
        """The files that a payload mentions; raises Invalid for those nobody uploaded."""
        found = []
        for row in rows or ():
            file = self.files.get(str(row.get("refFileName")))
            if file is None:
                raise Invalid("fileAttachments: the file was not uploaded")
            found.append(FileRef(ref=file.ref, name=str(row.get("realName") or file.name)))
        return found

    def conversation(self, request: Request, id: int) -> Conversation | None:
        """One conversation of a request."""
        return next((said for said in request.conversations if said.id == id), None)


def _compared(kind: str, name: str) -> str:
    plain = name.strip().casefold()
    return plain.rstrip("s") if kind == "impact" else plain
