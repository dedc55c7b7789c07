"""What the emulated tenant holds: its catalogue, its people, its tickets, and the tickets in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from msgspec import Struct, field

from syncer.deskkit.emulation import Clock
from syncer.desks.rezolve.emulator_catalogue import Offer, Person, Team, TicketType
from syncer.desks.rezolve.emulator_switches import Auth, Switches
from syncer.desks.rezolve.emulator_words import uuid_of

AUTOMATION = "automation"


class File(Struct, kw_only=True):
    """An attachment of a ticket, or of one of its notes."""

    id: str
    name: str
    content: bytes
    content_type: str = "application/octet-stream"


class Note(Struct, kw_only=True):
    """A message on a ticket: public, private, chase or resolution."""

    id: str
    kind: str
    author: str
    body: str
    at: int
    files: list[str] = field(default_factory=list)


class Mail(Struct, kw_only=True):
    """A message, an approval or a rule's action that a change set off."""

    at: int
    kind: str
    ticket: str
    to: str


class Ticket(Struct, kw_only=True, eq=False):
    """One ticket. Values in `data` are by field UUID: an option's value, a person's user name, an ISO moment."""

    id: str
    object_id: str
    serial: int
    type_id: str
    offer_id: str
    team: str
    summary: str
    status: str
    submitted_by: str
    updated_by: str
    created: int
    updated: int
    source: str = "api"
    data: dict[str, Any] = field(default_factory=dict)
    etag: str = ""
    version: int = 2
    stored: float = 0.0
    closed: int | None = None
    cc: list[str] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    moved_to: str | None = None
    deleted_seq: int = -1

    @property
    def deleted(self) -> bool:
        """Whether it was deleted."""
        return self.deleted_seq != -1


class Change(Struct, frozen=True):
    """Something that happened to a ticket; `changes` are before and after by the field's name."""

    kind: str
    ticket: Ticket
    changes: dict[str, tuple[Any, Any]] = {}


Row = tuple[Any, int, Ticket]


class Tables:
    """Everything the tenant knows. Whoever changes a ticket says so by `add`, `touch`, `delete` or `rename`."""

    def __init__(self, clock: Clock, switches: Switches, auth: Auth) -> None:
        self.clock = clock
        self.switches = switches
        self.auth = auth
        self.people: dict[str, Person] = {}
        self.teams: dict[str, Team] = {}
        self.types: dict[str, TicketType] = {}
        self.offers: dict[str, Offer] = {}
        self.tickets: dict[str, Ticket] = {}
        self.files: dict[str, File] = {}
        self.mails: list[Mail] = []
        self.search_lag: Callable[[], float] = lambda: 0.0
        self.listeners: list[Callable[[Change], None]] = []
        self.kept: dict[Any, list[Row]] = {}
        self._former: dict[str, str] = {}
        self._serial = 99_100
        self._made = 0
        self._numbers: dict[str, int] = {}
        self._orders: dict[str, list[Row]] = {}
        self._by_name: dict[str, Person] = {}
        self._by_id: dict[str, Person] = {}

    def now(self) -> int:
        """The server's time in milliseconds."""
        return int(self.clock.now() * 1000)

    def take_serial(self) -> int:
        """The next serial number; other tenants took some in between."""
        self._made += 1
        self._serial += 1 + self._made % (self.switches.serial_gap + 1)
        return self._serial

    def take_object_id(self, prefix: str) -> str:
        """The next display id of a prefix."""
        number = self._numbers[prefix] = self._numbers.get(prefix, 2000) + 1
        return f"{prefix}-{number}"

    def person(self, text: str, *, by_id: bool) -> Person | None:
        """Somebody by user name, in whatever case, or by id; None when nobody is called so."""
        if len(self._by_id) != len(self.people):
            self._by_id = {one.id: one for one in self.people.values()}
            self._by_name = {one.username.lower(): one for one in self.people.values()}
        return self._by_id.get(text) if by_id else self._by_name.get(text.lower())

    def file(self, name: str, content: bytes, content_type: str = "application/octet-stream") -> str:
        """Store a file; its id."""
        id = uuid_of("file", len(self.files))
        self.files[id] = File(id=id, name=name, content=content, content_type=content_type)
        return id

    def ticket(self, object_id: str) -> Ticket | None:
        """The ticket of this display id, also of one it had when switched so; None when there is none to be shown."""
        ticket = self.tickets.get(object_id)
        if ticket is None and self.switches.old_id_follows:
            ticket = self.tickets.get(self._former.get(object_id, ""))
        if ticket is None or (ticket.deleted and not self.switches.deleted_rows):
            return None
        return ticket

    def add(self, ticket: Ticket) -> None:
        """A ticket that is new to the tenant."""
        ticket.etag = str(uuid4())
        self.tickets[ticket.object_id] = ticket
        self._tell(Change("created", ticket))

    def touch(self, ticket: Ticket, by: str, changes: dict[str, tuple[Any, Any]]) -> None:
        """The ticket was changed just now: a new etag, the next version, the server's time."""
        self._stamp(ticket)
        ticket.updated_by = by
        self._tell(Change("updated", ticket, changes))

    def delete(self, ticket: Ticket) -> None:
        """The ticket is deleted."""
        self._stamp(ticket)
        ticket.deleted_seq = self.take_serial()
        self._tell(Change("deleted", ticket))

    def rename(self, ticket: Ticket, object_id: str) -> None:
        """The ticket has another display id from now on; its UUID stays."""
        del self.tickets[ticket.object_id]
        for old, new in self._former.items():
            if new == ticket.object_id:
                self._former[old] = object_id
        self._former[ticket.object_id] = object_id
        ticket.object_id = ticket.moved_to = object_id
        self.tickets[object_id] = ticket

    def order(self, name: str, key: Callable[[Ticket], Any]) -> list[Row]:
        """The tickets lists may show, oldest or lowest key first, then by serial; sorted once per change."""
        rows = self._orders.get(name)
        if rows is None:
            shown = (one for one in self.tickets.values() if self.switches.deleted_rows or not one.deleted)
            rows = self._orders[name] = sorted((key(one), one.serial, one) for one in shown)
        return rows

    def reorder(self) -> None:
        """Something changed that lists depend on: no order holds any more."""
        self._orders.clear()
        self.kept.clear()

    def _stamp(self, ticket: Ticket) -> None:
        ticket.etag = str(uuid4())
        ticket.version += 1
        ticket.updated = max(ticket.updated, self.now())

    def _tell(self, change: Change) -> None:
        self.reorder()
        for listener in self.listeners:
            listener(change)
