"""What the emulated instance holds: records by id, listings that are kept while nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct, field

from syncer.deskkit.emulation import Clock
from syncer.desks.invgate.emulator_switches import Switches
from syncer.desks.invgate.emulator_words import NEW, OPEN_STATUSES

GONE_USER = 999_999
"""The id by which tickets refer to somebody who does not exist any more."""


class File(Struct, kw_only=True):
    """An attachment of a ticket or of one of its comments."""

    id: int
    ticket_id: int
    name: str
    content: bytes


class Comment(Struct, kw_only=True):
    """One message on a ticket."""

    id: int
    ticket_id: int
    author_id: int
    message: str
    created_at: int
    customer_visible: bool = True
    is_solution: bool = False
    msg_num: int = 1
    files: list[int] = field(default_factory=list)


class EntityLink(Struct, kw_only=True):
    """A ticket's counterpart at an external entity, under that one's own reference."""

    id: int
    entity_id: int
    reference: str | None = None


class Work(Struct, kw_only=True):
    """Time that somebody wrote down on a ticket."""

    id: int
    user_id: int
    start: int
    seconds: int
    comment: str = ""
    deleted: bool = False


class Ticket(Struct, kw_only=True):
    """One request. `custom` holds a text, or the chosen options as key to label."""

    id: int
    title: str
    description: str
    user_id: int
    creator_id: int
    category_id: int
    priority_id: int
    type_id: int
    source_id: int
    created_at: int
    last_update: int
    status_id: int = NEW
    location_id: int | None = None
    assigned_id: int | None = None
    assigned_group_id: int | None = None
    date_ocurred: int | None = None
    solved_at: int | None = None
    closed_at: int | None = None
    closed_reason: int | None = None
    rating: int | None = None
    waiting_for: int | None = None
    custom: dict[int, str | dict[str, str]] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    observers: list[int] = field(default_factory=list)
    collaborators: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    entities: list[EntityLink] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether the by.* lists show it."""
        return self.status_id in OPEN_STATUSES


class User(Struct, kw_only=True):
    """An agent (user_type 1) or an end user (2)."""

    id: int
    username: str
    name: str
    lastname: str
    email: str
    user_type: int = 2
    is_disabled: bool = False
    is_deleted: bool = False
    is_external: bool = False
    phone: str | None = None
    location_id: int | None = None
    company_id: int | None = None


class Category(Struct, kw_only=True):
    """A node of the category tree, and the level its requests go to."""

    id: int
    name: str
    parent_id: int | None
    path: tuple[str, ...]
    level_id: int | None = None


class Helpdesk(Struct, kw_only=True):
    """A queue; tickets are assigned to its levels."""

    id: int
    name: str
    members: list[int] = field(default_factory=list)


class Level(Struct, kw_only=True):
    """A step of a help desk."""

    id: int
    helpdesk_id: int
    order: int
    deleted: bool = False


class Field(Struct, kw_only=True):
    """A custom field: text, or list or tree with its options as key to label."""

    uid: int
    label: str
    kind: str
    options: dict[str, str] = field(default_factory=dict)


class Listing(Struct):
    """Sort keys in ascending order; the last part of each is a ticket id."""

    keys: list[tuple[int, ...]]

    @property
    def ids(self) -> list[int]:
        """The ticket ids in that order."""
        return [key[-1] for key in self.keys]


View = Callable[[Ticket], bool]


def by_id(ticket: Ticket) -> tuple[int, ...]:
    """Sorts by id."""
    return (ticket.id,)


def by_last_update(ticket: Ticket) -> tuple[int, ...]:
    """Sorts by the time of the last change."""
    return (ticket.last_update, ticket.id)


def by_no_order(ticket: Ticket) -> tuple[int, ...]:
    """Sorts in an arbitrary but stable way."""
    return (ticket.id * 2_654_435_761 % 4_294_967_296, ticket.id)


class Tables:
    """Everything an instance knows. Whoever changes a ticket calls `changed` or `bump`."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.tickets: dict[int, Ticket] = {}
        self.users: dict[int, User] = {}
        self.files: dict[int, File] = {}
        self.categories: dict[int, Category] = {}
        self.locations: dict[int, str] = {}
        self.companies: dict[int, str] = {}
        self.groups: dict[int, str] = {}
        self.helpdesks: dict[int, Helpdesk] = {}
        self.levels: dict[int, Level] = {}
        self.fields: dict[int, Field] = {}
        self.entities: dict[int, str] = {8: "Vendor"}
        self.views: dict[int, View] = {1: lambda _: True, 2: lambda ticket: ticket.is_open}
        self.leaks = 0
        self._next = {"ticket": 1001, "comment": 88001, "file": 901, "user": 301, "entity_link": 3, "work": 61}
        self._listings: dict[Any, Listing] = {}

    def now(self) -> int:
        """The instance's time in whole seconds."""
        return int(self.clock.now())

    def take_id(self, kind: str) -> int:
        """The next free id of a kind."""
        number = self._next[kind]
        self._next[kind] = number + 1
        return number

    def changed(self) -> None:
        """Some ticket came, went or changed: no listing holds any more."""
        self._listings.clear()

    def bump(self, ticket: Ticket) -> None:
        """The ticket was changed just now."""
        ticket.last_update = max(ticket.last_update, self.now())
        self.changed()

    def listing(self, name: Any, keep: View, sort: Callable[[Ticket], tuple[int, ...]]) -> Listing:
        """The tickets a predicate keeps; `name` stands for the predicate while nothing changes."""
        found = self._listings.get((name, sort))
        if found is None:
            found = Listing(sorted(sort(ticket) for ticket in self.tickets.values() if keep(ticket)))
            self._listings[name, sort] = found
        return found

    def add_files(self, ticket: Ticket, files: Iterable[tuple[str, bytes]]) -> list[int]:
        """Store files; their ids, for the ticket's or a comment's own list."""
        ids = []
        for name, content in files:
            id = self.take_id("file")
            self.files[id] = File(id=id, ticket_id=ticket.id, name=name, content=content)
            ids.append(id)
        return ids

    def add_comment(self, ticket: Ticket, comment: Comment) -> Comment:
        """Append a comment; it gets its number on the ticket."""
        comment.msg_num = len(ticket.comments) + 1
        ticket.comments.append(comment)
        return comment

    def active_solution(self, ticket: Ticket) -> Comment | None:
        """The solution that waits for the customer's word."""
        if ticket.solved_at is None:
            return None
        return next((comment for comment in reversed(ticket.comments) if comment.is_solution), None)
