"""What the account may do, by the names of Redmine's permissions: what a role lacks is ignored in silence."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from syncer.desks.redmine import wire
from syncer.desks.redmine.access import Me
from syncer.desks.redmine.calls import Calls
from syncer.errors import Rejected

PRIVATE = ("set_notes_private", "view_private_notes")
READING = {
    "view_issues": "View issues",
    "view_private_notes": "View private notes",
    "view_issue_watchers": "View watchers list",
    "view_time_entries": "View spent time",
}
WRITING = {
    "add_issues": "Add issues",
    "edit_issues": "Edit issues",
    "add_issue_notes": "Add notes",
    "set_notes_private": "Set notes as private",
    "view_private_notes": "View private notes",
    "manage_issue_relations": "Manage issue relations",
    "view_issue_watchers": "View watchers list",
    "add_issue_watchers": "Add watchers",
    "delete_issue_watchers": "Delete watchers",
}
"""What syncer needs, by the names that the page of a role has for it."""


class Role(Struct, frozen=True):
    """A role: its permissions, and whether it shows all issues and all spent time of a project."""

    permissions: frozenset[str]
    sees_all: bool
    sees_time: bool


class Rights:
    """Asks each role once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._roles: dict[str, Role | None] = {}
        self._others: dict[tuple[str, str], tuple[str, ...]] = {}

    async def role(self, id: str) -> Role | None:
        """A role; None where it cannot be read."""
        if id not in self._roles:
            try:
                row = (await self._calls.get(f"/roles/{id}.json")).get("role")
            except Rejected:
                row = None
            self._roles[id] = _role(row) if isinstance(row, dict) else None
        return self._roles[id]

    async def of(self, roles: Iterable[str]) -> frozenset[str]:
        """The permissions that these roles have together."""
        found = [await self.role(id) for id in roles]
        return frozenset[str]().union(*(role.permissions for role in found if role is not None))

    async def may(self, me: Me, project: str, *wanted: str) -> bool:
        """Whether we surely have these permissions in a project."""
        return me.admin or set(wanted) <= await self.of(me.projects.get(project, ()))

    async def other_may(self, user: str, project: str, *wanted: str) -> bool:
        """The same of somebody else; only administrators see everybody's roles."""
        if (user, project) not in self._others:
            try:
                answer = await self._calls.get(f"/users/{user}.json", [("include", "memberships")])
            except Rejected:
                answer = {}
            row = answer.get("user")
            for one in wire.rows(row, "memberships") if isinstance(row, dict) else ():
                if (place := wire.ref(one, "project")) is not None:
                    roles = tuple(id for role in wire.rows(one, "roles") if (id := wire.ident(role)) is not None)
                    self._others[user, place] = roles
            self._others.setdefault((user, project), ())
        return set(wanted) <= await self.of(self._others[user, project])

    async def missing(self, me: Me, project: str, wanted: dict[str, str]) -> list[str]:
        """What we lack there, by the names on the page of a role."""
        if me.admin:
            return []
        had = await self.of(me.projects.get(project, ()))
        return [name for permission, name in wanted.items() if permission not in had]


def _role(row: dict[str, object]) -> Role:
    words = row.get("permissions")
    return Role(
        frozenset(map(str, words)) if isinstance(words, list) else frozenset(),
        row.get("issues_visibility") == "all",
        row.get("time_entries_visibility") == "all",
    )
