"""Redmine's lists: statuses, priorities, trackers, projects with their categories, custom fields; people last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import structlog

from syncer.desks.redmine import fields, wire
from syncer.desks.redmine.calls import Calls, NotAllowed, Row
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.people import People
from syncer.errors import ConfigError, Rejected
from syncer.model.lookups import LookupValue, StatusClass

KINDS = ("status", "priority", "type", "category", wire.GROUP, "custom_field", "custom_option", "person")
_PENDING = ("feedback", "pending", "waiting", "on hold")
_RESOLVED = ("resolved", "solved", "fixed", "done")
log = structlog.get_logger()


class Catalogue:
    """What this desk calls things. Fields and projects are asked for once in a connector's life."""

    def __init__(self, config: RedmineConfig, calls: Calls, people: People) -> None:
        self._config = config
        self._calls = calls
        self._people = people
        self._classes = {name.casefold(): value for name, value in config.status_classes.items()}
        self._fields: dict[str, fields.Field] | None = None
        self._projects: dict[str, Row] | None = None
        self._trackers: dict[str, str] | None = None
        self._begins: dict[str, str | None] = {}
        self._one = asyncio.Lock()

    async def values(self) -> AsyncIterator[LookupValue]:
        """Every entry, each once. Raises ConfigError where a list cannot be read: it is none that is empty."""
        try:
            async for value in self._values():
                yield value
        except Rejected as e:
            raise ConfigError(e.message, hint="Is base_url right, and this a Redmine 5?") from e

    async def _values(self) -> AsyncIterator[LookupValue]:
        for row in (await self._calls.page("/issue_statuses.json", "issue_statuses", ())).rows:
            if (one := self._entry("status", row)) is not None:
                yield one
        path = "/enumerations/issue_priorities.json"
        for row in (await self._calls.page(path, "issue_priorities", ())).rows:
            if (one := self._entry("priority", row)) is not None:
                yield one
        for id, name in (await self.trackers(fresh=True)).items():
            yield LookupValue("type", id, name)
        projects = await self.projects(fresh=True)
        for one in _tree(projects):
            yield one
        hidden = {await self.marker(), await self.requester()} - {None}
        for one in fields.listed((await self.custom(fresh=True)).values()):
            if one.id not in hidden and one.parent not in hidden:
                yield one
        async for one in self._people.every(projects):
            yield one

    def _entry(self, kind: str, row: Row) -> LookupValue | None:
        id, name = wire.ident(row), wire.text(row.get("name"))
        if id is None:
            return None
        meaning = self.meaning(name, closes=row.get("is_closed") is True) if kind == "status" else None
        return LookupValue(kind, id, name, active=row.get("active") is not False, status_class=meaning)

    def meaning(self, name: str, *, closes: bool) -> StatusClass:
        """What a status stands for: as the settings say, closed where it closes, else by its name."""
        word = name.casefold().strip()
        if word in self._classes:
            return self._classes[word]
        if closes:
            return StatusClass.CLOSED
        if word.startswith(_PENDING):
            return StatusClass.PENDING
        return StatusClass.RESOLVED if word.startswith(_RESOLVED) else StatusClass.OPEN

    async def trackers(self, *, fresh: bool = False) -> dict[str, str]:
        """Id -> name."""
        async with self._one:
            if self._trackers is None or fresh:
                page = await self._calls.page("/trackers.json", "trackers", ())
                rows = {id: row for row in page.rows if (id := wire.ident(row))}
                self._trackers = {id: wire.text(row.get("name")) for id, row in rows.items()}
                self._begins = {id: wire.ref(row, "default_status") for id, row in rows.items()}
            return self._trackers

    def begins(self, tracker: str) -> str | None:
        """The status in which issues of this tracker begin; None as long as nobody told."""
        return self._begins.get(tracker)

    async def projects(self, *, fresh: bool = False) -> dict[str, Row]:
        """The projects this account sees, with their categories, by id."""
        async with self._one:
            if self._projects is None or fresh:
                with_all = [("include", "issue_categories,trackers")]
                found = [row async for row in self._calls.every("/projects.json", "projects", with_all)]
                self._projects = {id: row for row in found if (id := wire.ident(row))}
            return self._projects

    async def project(self, word: str) -> str:
        """The id of a project by its id or identifier. Raises ConfigError where the account sees none such."""
        projects = await self.projects()
        if word in projects:
            return word
        found = next((id for id, row in projects.items() if row.get("identifier") == word), None)
        if found is None:
            raise ConfigError(
                f"{self._config.name}: no project {word!r} is visible to the account",
                hint="Give the identifier, as it stands in the address of the project, and make the account a member.",
            )
        return found

    async def tracker(self, word: str) -> str:
        """The id of a tracker by its id or name. Raises ConfigError where there is none."""
        trackers = await self.trackers()
        found = word if word in trackers else None
        found = found or next((id for id, name in trackers.items() if name.casefold() == word.casefold()), None)
        if found is None:
            raise ConfigError(f"{self._config.name}: no tracker {word!r}", hint="Give its name or id: tracker.")
        return found

    async def custom(self, *, fresh: bool = False) -> dict[str, fields.Field]:
        """The custom fields of issues, by id: as administrators may list them, else as issues show them."""
        async with self._one:
            if self._fields is None or fresh:
                self._fields = await self._defined()
            return self._fields

    async def _defined(self) -> dict[str, fields.Field]:
        me = await self._calls.access.me()
        if me.admin:
            try:
                page = await self._calls.page("/custom_fields.json", "custom_fields", ())
                return fields.joined(filter(None, map(fields.defined, page.rows)))
            except NotAllowed as e:  # no administrator any more
                log.warning("custom_fields_not_listed", desk=self._config.name, error=e.message)
        found: list[fields.Field] = []
        below: int | None = None
        for _ in range(self._config.lookup_pages):
            page = await self._calls.newest(below)
            for row in page.rows:
                found += fields.met(row, self._config.custom_fields)
            if page.is_last:
                break
            below = min(int(row["id"]) for row in page.rows) - 1
        return fields.joined(found)

    async def marker(self) -> str | None:
        """The id of the field for syncer's marker, where there is one."""
        return await self._field(self._config.marker_field, "marker_field")

    async def requester(self) -> str | None:
        """The id of the field for the requester's e-mail, where there is one."""
        return await self._field(self._config.requester_field, "requester_field")

    async def _field(self, word: str | None, setting: str) -> str | None:
        if word is None or (word.isascii() and word.isdigit()):
            return word
        named = [one for one in (await self.custom()).values() if one.name.casefold() == word.casefold()]
        if len(named) == 1:
            return named[0].id
        said = "several custom fields of issues are" if named else "no custom field of issues that the account sees is"
        why = "" if await self.custom() else ": only issues show them to this account, and it sees none"
        raise ConfigError(
            f"{self._config.name}: {said} called {word!r} ({setting}){why}",
            hint=f"Give its id as {setting}: it stands in the field's address under Administration, Custom fields.",
        )

    async def category(self, name: str, project: str) -> str | None:
        """The id of that project's category of this name; None where it has none."""
        own = wire.rows((await self.projects()).get(project, {}), "issue_categories")
        wanted = name.casefold()
        return next((wire.ident(one) for one in own if wire.text(one.get("name")).strip().casefold() == wanted), None)


def _tree(projects: dict[str, Row]) -> Iterator[LookupValue]:
    """Projects by the way from their root, and the names of all their categories."""
    for id, row in projects.items():
        path, at, seen = [wire.text(row.get("name"))], row, {id}
        while (parent := wire.ref(at, "parent")) is not None and parent in projects and parent not in seen:
            seen.add(parent)
            at = projects[parent]
            path.insert(0, wire.text(at.get("name")))
        yield LookupValue(wire.GROUP, id, path[-1], path=tuple(path), parent=wire.ref(row, "parent"))
    names = (wire.text(one.get("name")) for row in projects.values() for one in wire.rows(row, "issue_categories"))
    for name in dict.fromkeys(name.strip() for name in names):
        if name:
            yield LookupValue(wire.CATEGORY, name, name)
