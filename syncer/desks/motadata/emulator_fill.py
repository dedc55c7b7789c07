"""Fills an instance from a seeded world."""

from __future__ import annotations

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, World
from syncer.desks.motadata.emulator_records import Conversation, Field, FileRef, Person, Request
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_words import (
    MESSAGE,
    NOTE,
    PRIORITY_OF,
    REPLY,
    SERVICE_KIND,
    SOURCES,
    STATUS_OF,
)

BOT_ID = 1
_SECOND = 1_000


def fill(tables: Tables, world: World, bot_email: str) -> None:
    """The user of the API, people and lists first, then requests with all that hangs on them."""
    _fill_lists(tables, world)
    _fill_fields(tables, world)
    bot = Person(id=BOT_ID, name="Sync Bot", email=bot_email, logon="syncbot", technician=True, created=tables.now())
    tables.add_person(bot)
    people = [_add_person(tables, world, position) for position in range(len(world.people))]
    _Filler(tables, world, people).fill()


def category_name(path: tuple[str, ...], separator: str) -> str:
    """What a category is called: its own name, or its whole path where there is a separator."""
    return separator.join(path) if separator else path[-1]


def _fill_lists(tables: Tables, world: World) -> None:
    separator = tables.switches.category_separator
    paths = [path[:depth] for path in world.categories for depth in range(1, len(path) + 1)]
    # Leaves of one name under different parents are one name.
    names = dict.fromkeys(category_name(path, separator) for path in paths)
    tables.lookups["category"] = dict(enumerate(names, 21))
    tables.lookups["location"] = dict(enumerate(world.locations, 41))
    tables.lookups["group"] = dict(enumerate(world.queues, 61))


def _fill_fields(tables: Tables, world: World) -> None:
    for label, options in world.custom.items():
        _add_field(tables, label, "dropdown" if options else "text", options)
    for label, kind in tables.switches.extra_fields.items():
        if label not in world.custom:
            _add_field(tables, label, kind, [])


def _add_field(tables: Tables, label: str, kind: str, options: list[str]) -> None:
    id = tables.take("field")
    tables.fields[id] = Field(id=id, label=label, kind=kind, options=list(options))


def _add_person(tables: Tables, world: World, position: int) -> Person:
    seed = world.people[position]
    local = seed.email.partition("@")[0]
    id = tables.take("person")
    departments = list(tables.lookups["department"].values())
    person = Person(
        id=id,
        name=f"{seed.name} {seed.lastname}".strip(),
        email=seed.email,
        logon=(seed.email if tables.person(local) else local) or f"user{id}",
        technician=seed.agent,
        disabled=seed.disabled,
        deleted=seed.deleted,
        department=departments[position % len(departments)],
        location=world.locations[position % len(world.locations)] if world.locations else "",
        company=world.companies[position % len(world.companies)] if world.companies else "",
        created=tables.now(),
    )
    return tables.add_person(person)


class _Filler:
    """The labels of a world resolved once, so that many requests are made quickly."""

    def __init__(self, tables: Tables, world: World, people: list[Person]) -> None:
        self._tables = tables
        self._world = world
        self._people = people
        self._fields = {field.label: field.id for field in tables.fields.values()}

    def fill(self) -> None:
        made = [self._add(index, seed) for index, seed in enumerate(self._world.tickets)]
        for request, seed in zip(made, self._world.tickets, strict=True):
            request.links = [made[position].id for position in seed.links]

    def _person(self, position: int | None) -> Person | None:
        return None if position is None or position < 0 else self._people[position]

    def _name(self, position: int) -> str:
        person = self._person(position)
        return person.name if person else ""

    def _add(self, index: int, seed: SeedTicket) -> Request:
        tables = self._tables
        requester, assignee = self._person(seed.requester), self._person(seed.assignee)
        id = tables.take("request")
        told = [self._people[position].email for position in seed.cc if position >= 0]
        request = Request(
            id=id,
            number=tables.take("number"),
            service=seed.kind == SERVICE_KIND,
            subject=seed.title,
            description=seed.body,
            # Seeds tell whole seconds, the product does not.
            created=seed.created * 1000 + id * 7 % _SECOND,
            updated=max(seed.updated, seed.created) * 1000 + id * 7 % _SECOND,
            creator=self._name(seed.creator),
            updater=assignee.name if assignee else self._name(seed.creator),
            requester=requester.id if requester else None,
            assignee=assignee.id if assignee else None,
            status=tables.status(STATUS_OF[seed.status]),
            priority=tables.lookups["priority"][PRIORITY_OF[seed.priority]],
            impact=tables.lookups["impact"][1 + index % len(tables.lookups["impact"])],
            urgency=tables.lookups["urgency"][2],
            category=category_name(seed.category, tables.switches.category_separator),
            department=requester.department if requester else "",
            location=seed.location or "",
            group=seed.queue,
            level=1 + index % 4,
            source=SOURCES[index % len(SOURCES)],
            tags=list(seed.tags),
            cc=list(filter(None, told)),
            custom={self._fields[label]: value for label, value in seed.custom.items()},
            files=self._files(seed.files),
        )
        request.conversations = [self._said(request, one) for one in seed.comments]
        request.times = _times(seed)
        tables.add(request)
        return request

    def _said(self, request: Request, seed: SeedComment) -> Conversation:
        author = self._person(seed.author)
        public = REPLY if author and author.technician else MESSAGE
        return Conversation(
            id=self._tables.take("conversation"),
            type=NOTE if seed.private else public,
            details=seed.body,
            author_name=author.name if author else "",
            author_email=author.email if author else "",
            created=seed.at * 1000,
            updated=seed.at * 1000,
            subject=f"[{request.name}]: {request.subject}",
            files=self._files(seed.files),
        )

    def _files(self, seeds: list[SeedFile]) -> list[FileRef]:
        return [self._tables.add_file(seed.name, seed.content) for seed in seeds]


def _times(seed: SeedTicket) -> dict[str, int]:
    times: dict[str, int] = {"dueBy": seed.created + 86_400}
    ended = seed.closed or seed.updated
    if seed.status in ("solved", "closed"):
        times |= {"resolvedTime": ended, "lastResolvedTime": ended}
    if seed.status == "closed":
        times["lastClosedTime"] = ended
    return {name: at * 1000 for name, at in times.items()}
