"""What the emulated Request Tracker holds: rows by id, and those that belong to a ticket in their order."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from syncer.deskkit.emulation import Clock
from syncer.desks.request_tracker.emulator_records import (
    Attachment,
    Field,
    Link,
    Mail,
    Queue,
    Ticket,
    Transaction,
    User,
    Value,
)
from syncer.desks.request_tracker.emulator_switches import Switches

SYSTEM, NOBODY, ROOT, SYNC = 1, 6, 14, 27
GENERAL, APPROVALS = 1, 2
# As on a server that was just set up and seeded: the first numbers are taken by the product itself.
_FIRST = {"ticket": 1, "transaction": 40, "attachment": 1, "user": 35, "queue": 3, "field": 2, "value": 1}
_STEPS = {"user": 2}


class Tables:
    """Everything a server knows. Whoever writes goes through emulator_history, which keeps the record."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.users: dict[int, User] = {}
        self.queues: dict[int, Queue] = {}
        self.fields: dict[int, Field] = {}
        self.tickets: dict[int, Ticket] = {}
        self.transactions: dict[int, Transaction] = {}
        self.attachments: dict[int, Attachment] = {}
        self.links: list[Link] = []
        self.mails: list[Mail] = []
        self.touched: dict[int, None] = {}
        self.last_of: dict[tuple[str, int], Transaction] = {}
        self._order: list[int] = []
        self._of_ticket: dict[int, list[int]] = defaultdict(list)
        self._of_transaction: dict[int, list[int]] = defaultdict(list)
        self._linked: dict[int, list[Link]] = defaultdict(list)
        self._merged: dict[int, list[int]] = defaultdict(list)
        self._next = dict(_FIRST)
        self._by_name: dict[str, User] = {}
        self._by_email: dict[str, User] = {}

    def now(self) -> int:
        """The server's time, in whole seconds as all it keeps."""
        return int(self.clock.now())

    def take(self, kind: str) -> int:
        """The next number of a counter."""
        number = self._next[kind]
        self._next[kind] = number + _STEPS.get(kind, 1)
        return number

    # Tickets

    def ticket(self, id: int) -> Ticket | None:
        """The ticket that answers to an id: the one it was merged into, if it was."""
        found = self.tickets.get(id)
        while found is not None and found.effective != found.id:
            found = self.tickets.get(found.effective)
        return found

    def touch(self, ticket: Ticket) -> None:
        """A row that was written moves to the end of its table: so it comes when nobody asks for an order."""
        self.touched.pop(ticket.id, None)
        self.touched[ticket.id] = None

    def merge(self, ticket: Ticket, into: Ticket) -> None:
        """From here on the id of one ticket means another, and so do its links; none leads to itself."""
        ticket.effective = into.id
        for old in list(self._linked.get(ticket.id, ())):
            self.drop_link(old)
            base, target = (into.id if end == ticket.id else end for end in (old.base, old.target))
            moved = Link(base=base, type=old.type, target=target)
            if base != target and moved not in self.links:
                self.add_link(moved)
        self._merged[into.id] += [ticket.id, *self._merged.pop(ticket.id, [])]

    def names_of(self, ticket: Ticket) -> tuple[int, ...]:
        """The ids under which a ticket has a history: its own, and of those merged into it."""
        return (ticket.id, *self._merged.get(ticket.id, ()))

    def shred(self, ticket: Ticket) -> None:
        """Forget a ticket, its history and its messages."""
        for id in self._of_ticket.pop(ticket.id, []):
            for part in self._of_transaction.pop(id, []):
                del self.attachments[part]
            del self.transactions[id]
            self._order.remove(id)
        for end in list(self._linked.get(ticket.id, ())):
            self.drop_link(end)
        self.touched.pop(ticket.id, None)
        del self.tickets[ticket.id]

    # Transactions and attachments

    def add_transaction(self, row: Transaction) -> Transaction:
        """Keep what was done."""
        every = self.switches.late_every
        if every and row.object_type == "RT::Ticket" and row.id % every == 0:
            row.late = self.clock.now() + self.switches.late_seconds
        self.transactions[row.id] = row
        self.last_of[row.object_type, row.object_id] = row
        self._order.append(row.id)
        if row.object_type == "RT::Ticket":
            self._of_ticket[row.object_id].append(row.id)
        return row

    def history(self, ticket: Ticket) -> list[Transaction]:
        """All that was done to a ticket, oldest first."""
        ids = sorted(id for name in self.names_of(ticket) for id in self._of_ticket.get(name, ()))
        return [self.transactions[id] for id in ids]

    def first_of(self, ticket: Ticket) -> Transaction | None:
        """The transaction that made a ticket."""
        ids = self._of_ticket.get(ticket.id)
        return self.transactions[ids[0]] if ids else None

    def since(self, id: int) -> Iterator[Transaction]:
        """Transactions with a higher id, lowest first."""
        for position in range(bisect_right(self._order, id), len(self._order)):
            yield self.transactions[self._order[position]]

    def add_attachment(self, row: Attachment) -> None:
        """Keep a part of a message."""
        self.attachments[row.id] = row
        self._of_transaction[row.transaction].append(row.id)

    def parts(self, transaction: Transaction) -> list[Attachment]:
        """The message of a transaction, part by part, the outermost first."""
        return [self.attachments[id] for id in self._of_transaction.get(transaction.id, ())]

    # People

    def add_user(self, user: User) -> User:
        """Keep somebody; no two have one name or one address."""
        self.users[user.id] = user
        self.name_user(user)
        return user

    def name_user(self, user: User) -> None:
        """Somebody's name or address changed."""
        for names in (self._by_name, self._by_email):
            for key in [key for key, one in names.items() if one is user]:
                del names[key]
        self._by_name[user.name.lower()] = user
        if user.email:
            self._by_email[user.email.lower()] = user

    def user(self, name: str) -> User | None:
        """Whom a login or an id means."""
        known = self._by_name.get(name.lower())
        return known or (self.users.get(int(name)) if name.isascii() and name.isdigit() else None)

    def by_email(self, email: str) -> User | None:
        """Whom an address means."""
        return self._by_email.get(email.strip().lower())

    def zone(self, user: User) -> str:
        """Where somebody's clock stands."""
        return user.timezone or self.switches.server_timezone

    # Lists

    def queue(self, name: str) -> Queue | None:
        """A queue by its id or its name."""
        if name.isascii() and name.isdigit():
            return self.queues.get(int(name))
        return next((one for one in self.queues.values() if one.name.lower() == name.lower()), None)

    def field(self, name: str) -> Field | None:
        """A custom field by its id or its name."""
        if name.isascii() and name.isdigit():
            return self.fields.get(int(name))
        return next((one for one in self.fields.values() if one.name.lower() == name.lower()), None)

    def value(self, text: str) -> Value:
        """A new value of a custom field."""
        return Value(id=self.take("value"), text=text)

    # Links

    def add_link(self, link: Link) -> None:
        """Keep a link."""
        self.links.append(link)
        for end in {link.base, link.target}:
            if isinstance(end, int):
                self._linked[end].append(link)

    def drop_link(self, link: Link) -> None:
        """Forget a link."""
        self.links.remove(link)
        for end in {link.base, link.target}:
            if isinstance(end, int):
                self._linked[end].remove(link)

    def linked(self, ticket: Ticket, type: str, *, base: bool) -> list[int | str]:
        """What a ticket is linked to by a type, seen from its base or from its target."""
        links: Iterable[Link] = self._linked.get(ticket.id, ())
        ends = ((one.base, one.target) if base else (one.target, one.base) for one in links if one.type == type)
        return [there for here, there in ends if here == ticket.id]
