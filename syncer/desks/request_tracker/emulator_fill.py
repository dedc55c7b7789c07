"""Fills a server from a seeded world: what happened, one thing after the other, so that ids rise with time."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Iterator

from syncer.deskkit.world import SeedComment, SeedFile, SeedPerson, SeedTicket, SeedWork, World
from syncer.desks.request_tracker.emulator_changes import move
from syncer.desks.request_tracker.emulator_history import (
    birth_of_a_queue,
    birth_of_a_ticket,
    birth_of_a_user,
    record,
)
from syncer.desks.request_tracker.emulator_links import link
from syncer.desks.request_tracker.emulator_mails import after_create
from syncer.desks.request_tracker.emulator_messages import add
from syncer.desks.request_tracker.emulator_mime import NOTHING, Part, cut, file_part, keep_message, text_part
from syncer.desks.request_tracker.emulator_records import Field, Queue, Ticket, User
from syncer.desks.request_tracker.emulator_switches import Auth
from syncer.desks.request_tracker.emulator_tables import APPROVALS, GENERAL, NOBODY, ROOT, SYNC, SYSTEM, Tables
from syncer.desks.request_tracker.emulator_words import PRIORITY_OF, STATUS_OF

Event = tuple[int, int, Callable[[], None]]
_INTEGRAL = "Do not delete or modify this user. It is integral to RT's internal database structures"
_TAG = re.compile(r"<[^>]*>")


def fill(tables: Tables, world: World, auth: Auth) -> None:
    """People and lists first, then all that happened to tickets; mails that left long ago are no mails any more."""
    _fill_own(tables, auth)
    _fill_lists(tables, world)
    people = [_add_person(tables, seed) for seed in world.people]
    filler = _Filler(tables, world, people)
    events = sorted(filler.events(), key=lambda event: event[:2])
    for _, _, happens in events:
        happens()
    tables.mails.clear()


def _fill_own(tables: Tables, auth: Auth) -> None:
    own = tables.switches
    sync = User(
        id=SYNC, name=auth.user, email=f"{auth.user}@{own.organization}", real_name="Sync Bot", privileged=True,
        password=auth.password, timezone=own.timezone,
    )  # fmt: skip
    for user in (
        User(id=SYSTEM, name="RT_System", real_name="The RT System itself", comments=_INTEGRAL),
        User(id=NOBODY, name="Nobody", real_name="Nobody in particular", comments=_INTEGRAL),
        User(id=ROOT, name="root", email=f"root@{own.organization}", real_name="Enoch Root", privileged=True),
        sync,
    ):
        user.created = user.updated = tables.now()
        tables.add_user(user)
        if user.id != SYSTEM:
            birth_of_a_user(tables, user)


def _fill_lists(tables: Tables, world: World) -> None:
    now, own = tables.now(), tables.switches
    general = Queue(id=GENERAL, name="General", description="The default queue", created=now)
    approvals = Queue(
        id=APPROVALS, name="___Approvals", description="A system-internal queue for the approvals system",
        lifecycle="approvals", disabled=2, created=now,
    )  # fmt: skip
    names = [name for name in world.queues if name.lower() != "general"]
    queues = [general, approvals, *(Queue(id=tables.take("queue"), name=name, created=now) for name in names)]
    for queue in queues:
        tables.queues[queue.id] = queue
        birth_of_a_queue(tables, queue.id, now)
    texts, moments = (own.marker_field, own.tags_field), (own.date_field, own.created_field)
    for name in dict.fromkeys((*texts, own.date_field, *world.custom, own.created_field)):
        if name:
            options = world.custom.get(name, [])
            kind = "Select" if options else "DateTime" if name in moments else "Freeform"
            field = Field(id=tables.take("field"), name=name, kind=kind, values=list(options), created=now)
            field.many = name == own.tags_field
            tables.fields[field.id] = field


def _add_person(tables: Tables, seed: SeedPerson) -> User:
    """Whoever works here has a login; whoever only wrote is called by their address; who was erased has no name."""
    known = tables.by_email(seed.email) if seed.email and not seed.deleted else None
    if known is not None:
        return known
    id, now, local = tables.take("user"), tables.now(), seed.email.partition("@")[0]
    login = local if seed.agent and local and tables.user(local) is None else seed.email
    user = User(
        id=id, name=login or f"user_{id}", email=seed.email, real_name=f"{seed.name} {seed.lastname}".strip(),
        privileged=seed.agent, disabled=seed.disabled, created=now, updated=now,
    )  # fmt: skip
    if seed.deleted:
        user.name, user.email, user.real_name, user.disabled = f"anon_{id}", "", "", True
    birth_of_a_user(tables, user)
    return tables.add_user(user)


class _Filler:
    """What happened to the tickets of a world, as events with their time and their place among equals."""

    def __init__(self, tables: Tables, world: World, people: list[User]) -> None:
        self._tables = tables
        self._world = world
        self._people = people
        self._made: list[Ticket] = []

    def events(self) -> Iterator[Event]:
        """All of it, unsorted. A ticket is made before anything happens to it, and in the order of the world."""
        self._made = [self._blank(seed) for seed in self._world.tickets]
        born = 0
        for index, seed in enumerate(self._world.tickets):
            born = max(born, seed.created)
            at, ticket = seed.created, self._made[index]
            # Its id stands for its place, its time for itself: one that is older than its elder is born right after.
            yield born, 4 * index, self._birth(index, seed)
            for comment in seed.comments:
                yield max(born, comment.at), 4 * index + 1, self._saying(ticket, comment)
            for work in seed.work:
                yield max(born, work.at), 4 * index + 1, self._working(ticket, work)
            last = max([born, seed.updated, at, *(said.at for said in seed.comments)])
            yield last, 4 * index + 2, self._ending(ticket, seed, last)
            if seed.links:
                latest = max([born, *(self._world.tickets[other].created for other in seed.links)])
                yield latest, 4 * len(self._made) + index, self._linking(ticket, seed)

    def _whom(self, position: int | None) -> int:
        return NOBODY if position is None or position < 0 else self._people[position].id

    def _blank(self, seed: SeedTicket) -> Ticket:
        tables = self._tables
        creator, queue = self._whom(seed.creator), tables.queue(seed.queue)
        owner = self._whom(seed.assignee)
        number = tables.take("ticket")
        ticket = Ticket(
            id=number, effective=number, queue=queue.id if queue else GENERAL, status="new",
            subject=cut(seed.title.replace("\n", ""), tables.switches.max_subject),
            owner=owner, creator=creator, updater=creator, created=seed.created, updated=seed.created,
            priority=PRIORITY_OF[seed.priority],
        )  # fmt: skip
        ticket.watchers["Requestor"] = [self._whom(seed.requester)] if seed.requester >= 0 else []
        ticket.watchers["Cc"] = list(dict.fromkeys(self._whom(one) for one in seed.cc if one >= 0))
        for name, texts in (
            *((name, [text]) for name, text in seed.custom.items()),
            (tables.switches.tags_field, seed.tags),
        ):
            field = tables.field(name) if name else None
            if field is not None and texts:
                ticket.custom[field.id] = [tables.value(text) for text in texts]
        return ticket

    def _birth(self, index: int, seed: SeedTicket) -> Callable[[], None]:
        def happens() -> None:
            ticket = self._made[index]
            row = birth_of_a_ticket(self._tables, ticket)
            if seed.body or seed.files:
                by_mail = self._tables.switches.alternative_every
                both = bool(by_mail) and index % by_mail == 0 and not seed.files
                parts = _both(seed.body) if both else [*_text(seed.body), *self._files(seed.files)]
                keep_message(self._tables, row, ticket.subject, parts, "alternative" if both else "mixed")
            after_create(self._tables, ticket, row)

        return happens

    def _saying(self, ticket: Ticket, seed: SeedComment) -> Callable[[], None]:
        def happens() -> None:
            kind = "Comment" if seed.private else "Correspond"
            author = self._whom(seed.author)
            row = record(self._tables, ticket, kind, author, data="No Subject", at=seed.at)
            add(self._tables, ticket, row, [*_text(seed.body), *self._files(seed.files)], "")

        return happens

    def _working(self, ticket: Ticket, seed: SeedWork) -> Callable[[], None]:
        def happens() -> None:
            old, minutes = ticket.time_worked, round(seed.seconds / 60)
            ticket.time_worked += minutes
            record(
                self._tables, ticket, "Set", self._whom(seed.author), field="TimeWorked", old=str(old),
                new=str(ticket.time_worked), time_taken=minutes, at=seed.at,
            )  # fmt: skip

        return happens

    def _ending(self, ticket: Ticket, seed: SeedTicket, at: int) -> Callable[[], None]:
        def happens() -> None:
            by, status = ticket.owner if ticket.owner != NOBODY else ticket.creator, STATUS_OF[seed.status]
            if status != ticket.status:
                move(self._tables, ticket, status, by, at)
            elif at > ticket.updated:
                change = {"field": "Priority", "old": "0", "new": str(ticket.priority)}
                record(self._tables, ticket, "Set", by, at=at, **change)

        return happens

    def _linking(self, ticket: Ticket, seed: SeedTicket) -> Callable[[], None]:
        def happens() -> None:
            for other in seed.links:
                link(self._tables, ticket, "RefersTo", self._made[other].id, by=None)

        return happens

    def _files(self, seeds: list[SeedFile]) -> list[Part]:
        kinds = ((seed, mimetypes.guess_type(seed.name)[0] or NOTHING) for seed in seeds)
        return [file_part(self._tables, seed.name, kind, seed.content) for seed, kind in kinds]


def _text(body: str) -> list[Part]:
    if not body:
        return [Part(NOTHING, b"")]
    return [text_part(body, "text/html" if "<" in body or "&" in body else "text/plain")]


def _both(body: str) -> list[Part]:
    return [text_part(_TAG.sub(" ", body), "text/plain"), text_part(body, "text/html")]
