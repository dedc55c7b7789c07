"""Fills an instance from a seeded world."""

from __future__ import annotations

import hashlib

from syncer.deskkit.world import SeedFile, SeedTicket, World
from syncer.desks.invgate.emulator_tables import (
    GONE_USER,
    Category,
    Comment,
    Field,
    Helpdesk,
    Level,
    Tables,
    Ticket,
    User,
    Work,
)
from syncer.desks.invgate.emulator_words import (
    CLOSED,
    FINAL_STATUSES,
    PRIORITIES,
    SOLVED,
    STATUSES,
    TYPES,
    WAITING,
    id_of,
)

DELETED_LEVEL = 100
TREE_MARK = " > "
_SOURCES = (1, 2, 3, 13)
_FOR_CUSTOMER = 2


def fill(tables: Tables, world: World) -> None:
    """People and lookups first, then tickets with all that hangs on them."""
    _fill_places(tables, world)
    _fill_categories(tables, world)
    _fill_fields(tables, world)
    people = _fill_people(tables, world)
    _Filler(tables, world, people).fill()


def option_key(label: str) -> str:
    """The stable key of a list option."""
    return hashlib.md5(label.encode(), usedforsecurity=False).hexdigest()[:8].upper()


def _fill_places(tables: Tables, world: World) -> None:
    tables.locations.update(enumerate(world.locations, 11))
    tables.companies.update(enumerate(world.companies, 31))
    for index, name in enumerate(world.queues):
        tables.helpdesks[index + 1] = Helpdesk(id=index + 1, name=name)
        for order in (1, 2):
            id = 100 + 2 * index + order
            tables.levels[id] = Level(id=id, helpdesk_id=index + 1, order=order)
    if world.queues:
        tables.levels[DELETED_LEVEL] = Level(id=DELETED_LEVEL, helpdesk_id=1, order=3, deleted=True)
    tables.groups[21] = "Agents"


def _fill_categories(tables: Tables, world: World) -> None:
    ids: dict[tuple[str, ...], int] = {}
    for path in world.categories:
        for depth in range(1, len(path) + 1):
            node = path[:depth]
            if node not in ids:
                id = ids[node] = 51 + len(ids)
                parent = ids[node[:-1]] if depth > 1 else None
                tables.categories[id] = Category(id=id, name=node[-1], parent_id=parent, path=node)


def _fill_fields(tables: Tables, world: World) -> None:
    for uid, (label, options) in enumerate(world.custom.items(), 71):
        kind = "text" if not options else "tree" if any(TREE_MARK in option for option in options) else "list"
        choices = {option_key(option): option for option in options}
        tables.fields[uid] = Field(uid=uid, label=label, kind=kind, options=choices)


def _fill_people(tables: Tables, world: World) -> list[int]:
    ids = []
    locations, companies = list(tables.locations), list(tables.companies)
    for index, person in enumerate(world.people):
        id = tables.take_id("user")
        tables.users[id] = User(
            id=id,
            username=person.email or f"user{id}",
            name=person.name,
            lastname=person.lastname,
            email=person.email,
            user_type=1 if person.agent else 2,
            is_disabled=person.disabled,
            is_deleted=person.deleted,
            location_id=locations[index % len(locations)] if locations else None,
            company_id=companies[index % len(companies)] if companies and not person.agent else None,
        )
        ids.append(id)
    agents = [id for id, person in zip(ids, world.people, strict=True) if person.agent]
    desks = list(tables.helpdesks.values())
    for index, agent in enumerate(agents):
        if desks:
            desks[index % len(desks)].members.append(agent)
    return ids


class _Filler:
    """The names of a world resolved once, so that many tickets are made quickly."""

    def __init__(self, tables: Tables, world: World, people: list[int]) -> None:
        self._tables = tables
        self._world = world
        self._people = people
        self._categories = {row.path: row.id for row in tables.categories.values()}
        self._locations = {name: id for id, name in tables.locations.items()}
        self._desks = {row.name: row for row in tables.helpdesks.values()}
        self._fields = {row.label: row for row in tables.fields.values()}
        self._statuses = {ticket.status: id_of(ticket.status, STATUSES) for ticket in world.tickets}
        self._priorities = {ticket.priority: id_of(ticket.priority, PRIORITIES) for ticket in world.tickets}
        self._types = {ticket.kind: id_of(ticket.kind, TYPES) for ticket in world.tickets}

    def fill(self) -> None:
        for index, seed in enumerate(self._world.tickets):
            self._add(index, seed)
        self._tie(self._world.tickets)
        desks = list(self._tables.helpdesks.values())
        for category in self._tables.categories.values():
            if category.level_id is None and desks:
                category.level_id = 99 + 2 * desks[category.id % len(desks)].id

    def _person(self, position: int) -> int:
        return GONE_USER if position < 0 else self._people[position]

    def _add(self, index: int, seed: SeedTicket) -> None:
        tables = self._tables
        desk = self._desks[seed.queue]
        ticket = Ticket(
            id=tables.take_id("ticket"),
            title=seed.title,
            description=seed.body,
            user_id=self._person(seed.requester),
            creator_id=self._person(seed.creator),
            assigned_id=None if seed.assignee is None else self._person(seed.assignee),
            assigned_group_id=100 + 2 * (desk.id - 1) + (2 if index % 4 == 3 else 1),
            category_id=self._categories[seed.category],
            location_id=None if seed.location is None else self._locations[seed.location],
            priority_id=self._priorities[seed.priority],
            type_id=self._types[seed.kind],
            source_id=_SOURCES[index % len(_SOURCES)],
            status_id=self._statuses[seed.status],
            created_at=seed.created,
            date_ocurred=seed.created,
            last_update=seed.updated,
            custom={self._fields[name].uid: self._value(name, value) for name, value in seed.custom.items()},
        )
        tables.tickets[ticket.id] = ticket
        if ticket.assigned_id in tables.users and ticket.assigned_id not in desk.members:
            desk.members.append(ticket.assigned_id)
        category = tables.categories[ticket.category_id]
        category.level_id = category.level_id or 99 + 2 * desk.id
        ticket.files = tables.add_files(ticket, _files(seed.files))
        self._add_comments(ticket, seed)
        self._add_beside(ticket, seed)
        _finish(ticket, seed)

    def _add_beside(self, ticket: Ticket, seed: SeedTicket) -> None:
        tables = self._tables
        ticket.observers = [self._person(position) for position in seed.cc]
        ticket.work = [
            Work(
                id=tables.take_id("work"),
                user_id=self._person(one.author),
                start=one.at,
                seconds=one.seconds,
                comment=one.note,
            )
            for one in seed.work
        ]
        if ticket.status_id == CLOSED:
            ticket.rating = seed.rating

    def _tie(self, seeds: list[SeedTicket]) -> None:
        """Links go both ways and are untyped."""
        tickets = list(self._tables.tickets.values())
        for ticket, seed in zip(tickets, seeds, strict=True):
            for position in seed.links:
                other = tickets[position]
                if other is not ticket and other.id not in ticket.links:
                    ticket.links.append(other.id)
                    other.links.append(ticket.id)

    def _value(self, name: str, value: str) -> str | dict[str, str]:
        return {option_key(value): value} if self._fields[name].options else value

    def _add_comments(self, ticket: Ticket, seed: SeedTicket) -> None:
        for said in seed.comments:
            comment = Comment(
                id=self._tables.take_id("comment"),
                ticket_id=ticket.id,
                author_id=self._person(said.author),
                message=said.body,
                created_at=said.at,
                customer_visible=not said.private,
                is_solution=said.solution,
            )
            comment.files = self._tables.add_files(ticket, _files(said.files))
            self._tables.add_comment(ticket, comment)


def _files(seeds: list[SeedFile]) -> list[tuple[str, bytes]]:
    return [(seed.name, seed.content) for seed in seeds]


def _finish(ticket: Ticket, seed: SeedTicket) -> None:
    ended = seed.closed or seed.updated
    if ticket.status_id in (SOLVED, CLOSED):
        solutions = [comment.created_at for comment in ticket.comments if comment.is_solution]
        ticket.solved_at = solutions[-1] if solutions else ended
    if ticket.status_id in FINAL_STATUSES:
        ticket.closed_at = ended
    if ticket.status_id == CLOSED:
        ticket.closed_reason = 1
    if ticket.status_id == WAITING:
        ticket.waiting_for = _FOR_CUSTOMER
