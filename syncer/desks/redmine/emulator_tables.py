"""What the emulated instance holds, who may see and do what in it, and the numbers it gives out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from syncer.deskkit.emulation import Clock
from syncer.desks.redmine.emulator_records import (
    ACTIVE,
    Attachment,
    Category,
    Field,
    Issue,
    Journal,
    Mail,
    Member,
    Project,
    Relation,
    User,
)
from syncer.desks.redmine.emulator_switches import Switches
from syncer.desks.redmine.emulator_words import (
    CLOSED_STATUSES,
    GUEST_RIGHTS,
    NEW,
    PUBLIC_RIGHTS,
    RIGHTS,
    ROLES,
    SEES_ALL,
    STATUSES,
    SYNC,
    mime_type,
    transitions,
)

ADMIN_ID, ANONYMOUS_ID, SYNC_ID = 1, 4, 5
SECOND = 1_000_000
_FIRST = {"user": 6, "issue": 101, "journal": 501, "attachment": 301}


class Tables:
    """All rows by id. Issues come in the order in which they were made."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self.switches = switches
        self._next: dict[str, int] = dict(_FIRST)
        self.users: dict[int, User] = {}
        self.projects: dict[int, Project] = {}
        self.categories: dict[int, Category] = {}
        self.members: dict[int, Member] = {}
        self.fields: dict[int, Field] = {}
        self.issues: dict[int, Issue] = {}
        self.attachments: dict[int, Attachment] = {}
        self.relations: dict[int, Relation] = {}
        self.mails: list[Mail] = []
        self._roles: dict[tuple[int, int], list[int]] = {}

    def now(self) -> int:
        """The instance's time in microseconds."""
        return int(self._clock.now() * SECOND)

    def take(self, kind: str) -> int:
        """The next id of a kind."""
        id = self._next.get(kind, 1)
        self._next[kind] = id + 1
        return id

    # People

    @property
    def anonymous(self) -> User:
        """Whoever is nobody, and whoever was somebody and is deleted."""
        return self.users[ANONYMOUS_ID]

    def user_by_key(self, key: str) -> User | None:
        """Whose key this is, to the letter."""
        return next((one for one in self.users.values() if one.key == key and one.status == ACTIVE), None)

    def user_by_login(self, login: str) -> User | None:
        """Who logs in so; letters of either case are one."""
        wanted = login.lower()
        return next((one for one in self.users.values() if one.login and one.login.lower() == wanted), None)

    def name(self, id: int) -> str:
        """Somebody's name."""
        return self.users[id].name

    # Rights

    def add_member(self, member: Member) -> None:
        """Somebody belongs to a project."""
        self.members[member.id] = member
        self._roles[member.project_id, member.user_id] = member.role_ids

    def forget_member(self, user: int) -> None:
        """Somebody belongs to no project any more."""
        self.members = {id: one for id, one in self.members.items() if one.user_id != user}
        self._roles = {place: roles for place, roles in self._roles.items() if place[1] != user}

    def roles(self, user: User, project: int) -> list[int]:
        """What somebody is in a project."""
        return self._roles.get((project, user.id), [])

    def may(self, user: User, right: str, project: int) -> bool:
        """Whether somebody may do this in a project."""
        if user.admin:
            return True
        if roles := self.roles(user, project):
            lacks = right in self.switches.lacking
            return any(right in RIGHTS[role] and not (lacks and role == SYNC) for role in roles)
        rights = GUEST_RIGHTS if user.logged else PUBLIC_RIGHTS
        return self.projects[project].public and right in rights

    def may_somewhere(self, user: User, right: str) -> bool:
        """Whether somebody may do this in any project."""
        return any(self.may(user, right, project) for project in self.projects)

    def sees_project(self, user: User, project: Project) -> bool:
        """Whether it is there for somebody."""
        return user.admin or project.public or bool(self.roles(user, project.id))

    def sees(self, user: User, issue: Issue) -> bool:
        """Whether an issue is there for somebody."""
        if not self.may(user, "view_issues", issue.project_id):
            return False
        all_of_them = user.admin or not SEES_ALL.isdisjoint(self.roles(user, issue.project_id))
        return all_of_them or not issue.is_private or user.id in (issue.author_id, issue.assigned_to_id)

    def sees_times(self, user: User, issue: Issue, right: str = "view_time_entries") -> bool:
        """Whether time spent on an issue is there for somebody, or may be added."""
        return self.switches.time_tracking and self.sees(user, issue) and self.may(user, right, issue.project_id)

    def seen_journals(self, user: User, issue: Issue) -> list[Journal]:
        """What of an issue's history somebody is shown, oldest first."""
        private = self.may(user, "view_private_notes", issue.project_id)
        shown = [one for one in issue.journals if not one.private or private or one.user_id == user.id]
        return sorted(shown, key=lambda one: (one.created, one.id))

    def statuses(self, user: User, issue: Issue | None, project: int) -> list[int]:
        """The statuses somebody may give an issue; a new one where there is none yet."""
        old = issue.status_id if issue else None
        roles: Iterable[int] = ROLES if user.admin else self.roles(user, project)
        found = {status for role in roles for status in transitions(role, old)}
        if found and old is not None:
            found.add(old)
        if not found and old is None:
            found.add(NEW)
        if issue is not None and any(one.status_id not in CLOSED_STATUSES for one in self.children(issue)):
            found -= CLOSED_STATUSES
        return [status for status in STATUSES if status in found]

    def assignable(self, project: int) -> list[User]:
        """Who can work on a project's issues."""
        members = [self.users[one.user_id] for one in self.members.values() if one.project_id == project]
        return [one for one in members if one.status == ACTIVE]

    # Issues

    def children(self, issue: Issue) -> Iterator[Issue]:
        """Its parts."""
        return (one for one in self.issues.values() if one.parent_id == issue.id)

    def relations_of(self, issue: Issue) -> list[Relation]:
        """What it has to do with others, whoever of the two was first."""
        return [one for one in self.relations.values() if issue.id in (one.issue_id, one.issue_to_id)]

    def project_of(self, name: str) -> Project | None:
        """A project by its id or its identifier."""
        if name.isascii() and name.isdecimal():
            return self.projects.get(int(name))
        return next((one for one in self.projects.values() if one.identifier == name), None)

    def field_called(self, name: str) -> Field | None:
        """A custom field by its name."""
        return next((one for one in self.fields.values() if one.name == name), None)

    def files_of(self, issue: Issue) -> list[Attachment]:
        """Its files, oldest first."""
        return [self.attachments[id] for id in sorted(issue.files)]

    def add_file(self, name: str, content: bytes, author: int, created: int) -> Attachment:
        """Keep a file that hangs on nothing yet."""
        file = Attachment(
            id=self.take("attachment"),
            filename=name,
            content=content,
            digest=hashlib.sha256(content).hexdigest(),
            content_type=mime_type(name),
            author_id=author,
            created=created,
        )
        self.attachments[file.id] = file
        return file
