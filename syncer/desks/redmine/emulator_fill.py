"""Fills an instance from a seeded world."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import UTC, datetime

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, SeedWork, World
from syncer.desks.redmine.emulator_files import sanitized
from syncer.desks.redmine.emulator_records import (
    ACTIVE,
    LOCKED,
    Category,
    Detail,
    Field,
    Issue,
    Journal,
    Member,
    Project,
    Relation,
    Spent,
    User,
)
from syncer.desks.redmine.emulator_switches import Auth
from syncer.desks.redmine.emulator_tables import ADMIN_ID, ANONYMOUS_ID, SECOND, SYNC_ID, Tables
from syncer.desks.redmine.emulator_text import as_text
from syncer.desks.redmine.emulator_words import (
    CLOSED_STATUSES,
    DEVELOPER,
    NEW,
    PRIORITY_OF,
    REPORTER,
    STATUS_OF,
    SUPPORT,
    SYNC,
    TRACKER_OF,
)

MARKER, REQUESTER, SEVERITY, TAGS, DUE = "External ID", "Requester email", "Severity", "Tags", "Due on"
_LONGEST_SUBJECT = 255
_EVERY = 4  # so many issues of a world have one with a day in a custom field
_DAY = 86_400


def fill(tables: Tables, world: World, auth: Auth) -> None:
    """People, projects and fields first, then issues with all that hangs on them."""
    people = _fill_people(tables, world, auth)
    projects = _fill_projects(tables, world)
    _fill_members(tables, world, people)
    _fill_fields(tables, world)
    _Filler(tables, world, people, projects).fill()


def _fill_people(tables: Tables, world: World, auth: Auth) -> list[User | None]:
    """An administrator, nobody, the user `sync` and then the world's: who is deleted left no more than a number."""
    for id, login, name, mail, key in (
        (ADMIN_ID, "admin", ("Redmine", "Admin"), "admin@example.org", auth.admin_key),
        (ANONYMOUS_ID, "", ("", "Anonymous"), None, _key(ANONYMOUS_ID)),
        (SYNC_ID, "sync", ("Sync", "Bot"), "sync@example.org", auth.sync_key),
    ):
        tables.users[id] = User(
            id=id,
            login=login,
            firstname=name[0],
            lastname=name[1],
            mail=mail,
            key=key,
            created=tables.now(),
            admin=id == ADMIN_ID,
            status=0 if id == ANONYMOUS_ID else ACTIVE,
            password=auth.password if mail else None,
            watches=tables.switches.auto_watch,
            mail_notification="all" if id == ADMIN_ID else "none",
        )
    return [_add_person(tables, world, position) for position in range(len(world.people))]


def _add_person(tables: Tables, world: World, position: int) -> User | None:
    seed = world.people[position]
    id = tables.take("user")
    if seed.deleted or (not seed.agent and tables.switches.customers == "mail only"):
        return None
    local = seed.email.partition("@")[0].lower()
    user = User(
        id=id,
        login=local if local and tables.user_by_login(local) is None else f"user{id}",
        firstname=seed.name,
        lastname=seed.lastname,
        mail=seed.email or None,
        key=_key(id),
        created=tables.now(),
        status=LOCKED if seed.disabled else ACTIVE,
        watches=tables.switches.auto_watch,
    )
    tables.users[id] = user
    return user


def _key(id: int) -> str:
    return hashlib.sha1(f"user {id}".encode(), usedforsecurity=False).hexdigest()


def _fill_projects(tables: Tables, world: World) -> dict[str, Project]:
    found: dict[str, Project] = {}
    for name in world.queues:
        plain = unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode().lower()
        project = Project(
            id=tables.take("project"),
            name=name,
            identifier=re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or f"project-{len(found) + 1}",
            public=tables.switches.public_projects,
            created=tables.now(),
        )
        tables.projects[project.id] = found[name] = project
        for path in world.categories:
            category = Category(id=tables.take("category"), project_id=project.id, name=" / ".join(path))
            tables.categories[category.id] = category
    return found


def _fill_members(tables: Tables, world: World, people: list[User | None]) -> None:
    everybody = [(tables.users[SYNC_ID], SYNC), (tables.users[ADMIN_ID], SYNC)]
    for user, seed in zip(people, world.people, strict=True):
        if user is not None:
            everybody.append((user, DEVELOPER if seed.agent else REPORTER))
    for project in tables.projects.values():
        for user, role in everybody:
            tables.add_member(Member(id=tables.take("member"), project_id=project.id, user_id=user.id, role_ids=[role]))


def _fill_fields(tables: Tables, world: World) -> None:
    tags = sorted({tag for ticket in world.tickets for tag in ticket.tags}) or ["red", "green", "blue"]
    rows = [
        Field(id=0, name=MARKER, format="string", searchable=True),
        Field(id=0, name=REQUESTER, format="string"),
        Field(id=0, name=SEVERITY, format="list", options=["low", "normal", "high"]),
        Field(id=0, name=TAGS, format="list", multiple=True, options=tags),
        Field(id=0, name=DUE, format="date"),
    ]
    for name, options in world.custom.items():
        rows.append(Field(id=0, name=name, format="list" if options else "string", options=list(options)))
    for row in rows:
        row.id = tables.take("field")
        row.is_filter = row.name not in tables.switches.unfiltered_fields
        row.required = row.name in tables.switches.required_fields
        tables.fields[row.id] = row


class _Filler:
    """Positions and names of a world resolved once, so that many issues are made quickly."""

    def __init__(self, tables: Tables, world: World, people: list[User | None], projects: dict[str, Project]) -> None:
        self._tables, self._world, self._people, self._projects = tables, world, people, projects
        self._fields = {field.name: field.id for field in tables.fields.values()}
        self._categories = {(one.project_id, one.name): one.id for one in tables.categories.values()}

    def fill(self) -> None:
        made = [self._add(number, seed) for number, seed in enumerate(self._world.tickets)]
        known: set[frozenset[int]] = set()
        for issue, seed in zip(made, self._world.tickets, strict=True):
            for position in seed.links:
                pair = frozenset({issue.id, made[position].id})
                if len(pair) == 2 and pair not in known:
                    known.add(pair)
                    self._relate(*sorted(pair))

    def _relate(self, first: int, second: int) -> None:
        row = Relation(id=self._tables.take("relation"), issue_id=first, issue_to_id=second, relation_type="relates")
        self._tables.relations[row.id] = row

    def _id(self, position: int | None) -> int | None:
        user = None if position is None or position < 0 else self._people[position]
        return user.id if user else None

    def _add(self, number: int, seed: SeedTicket) -> Issue:
        tables = self._tables
        id = tables.take("issue")
        project = self._projects[seed.queue].id
        # Seeds tell whole seconds, the database does not.
        created = seed.created * SECOND + id * 7_919 % SECOND
        status = STATUS_OF[seed.status]
        told = (self._id(position) for position in seed.cc)
        issue = Issue(
            id=id,
            project_id=project,
            tracker_id=TRACKER_OF.get(seed.kind, SUPPORT),
            status_id=status,
            priority_id=PRIORITY_OF[seed.priority],
            author_id=self._id(seed.creator) or ANONYMOUS_ID,
            created=created,
            updated=max(seed.updated * SECOND + id * 7_919 % SECOND, created),
            subject=seed.title[:_LONGEST_SUBJECT],
            description=re.sub(r"\r\n|\n|\r", "\r\n", self._text(seed.body)),
            assigned_to_id=self._id(seed.assignee),
            category_id=self._categories.get((project, " / ".join(seed.category))),
            start_date=datetime.fromtimestamp(seed.created, UTC).date().isoformat(),
            watchers=[one for one in told if one is not None and tables.users[one].status == ACTIVE],
            custom=self._custom(number, seed),
        )
        if status in CLOSED_STATUSES:
            issue.closed = (seed.closed or seed.updated) * SECOND
        tables.issues[id] = issue
        self._files(issue, seed.files, issue.author_id, created)
        for work in seed.work:
            self._spent(issue, work)
        issue.journals = [one for said in seed.comments if (one := self._said(issue, said))]
        if status in CLOSED_STATUSES:
            issue.journals.append(self._closing(issue))
        return issue

    def _text(self, html: str) -> str:
        return as_text(html, marks=self._tables.switches.inline_marks)

    def _custom(self, number: int, seed: SeedTicket) -> dict[int, str | list[str] | None]:
        values: dict[int, str | list[str] | None] = {self._fields[name]: value for name, value in seed.custom.items()}
        if seed.requester >= 0:  # an address stays, whoever is gone
            values[self._fields[REQUESTER]] = self._world.people[seed.requester].email
        if seed.tags:
            values[self._fields[TAGS]] = list(seed.tags)
        if number % _EVERY == 0:
            values[self._fields[DUE]] = datetime.fromtimestamp(seed.created + _DAY, UTC).date().isoformat()
        return values

    def _files(self, issue: Issue, seeds: list[SeedFile], author: int, at: int) -> list[Detail]:
        """Put files on an issue; what its history says of them."""
        details = []
        for seed in seeds:
            file = self._tables.add_file(sanitized(seed.name), seed.content, author, at)
            file.issue_id, file.description = issue.id, ""
            issue.files.append(file.id)
            details.append(Detail(property="attachment", name=str(file.id), new=file.filename))
        return details

    def _spent(self, issue: Issue, seed: SeedWork) -> None:
        """Hours on a day; of when it was on that day nothing is kept."""
        row = Spent(
            id=self._tables.take("spent"), issue_id=issue.id, user_id=self._id(seed.author) or ANONYMOUS_ID,
            activity_id=9, hours=seed.seconds / 3600, comments=seed.note, created=seed.at * SECOND,
            day=datetime.fromtimestamp(seed.at, UTC).date().isoformat(),
        )  # fmt: skip
        issue.spent.append(row)

    def _said(self, issue: Issue, seed: SeedComment) -> Journal | None:
        """A journal of somebody; none of nothing. Files of private words are in the same one, as older versions
        wrote it."""
        author = self._id(seed.author) or ANONYMOUS_ID
        at = seed.at * SECOND
        notes, details = self._text(seed.body), self._files(issue, seed.files, author, at)
        if not notes.strip() and not details:
            return None
        return Journal(
            id=self._tables.take("journal"),
            user_id=author,
            notes=notes,
            created=at,
            private=seed.private and bool(notes.strip()),
            details=details,
        )

    def _closing(self, issue: Issue) -> Journal:
        return Journal(
            id=self._tables.take("journal"),
            user_id=issue.assigned_to_id or issue.author_id,
            notes="",
            created=issue.updated,
            details=[Detail(property="attr", name="status_id", old=str(NEW), new=str(issue.status_id))],
        )
