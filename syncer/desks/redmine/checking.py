"""What an operator should know before anything moves: whose key it is, what its roles lack, what will mail."""

from __future__ import annotations

from collections.abc import AsyncIterator

from syncer.deskkit.contract import Account
from syncer.desks.redmine import wire
from syncer.desks.redmine.access import Me
from syncer.desks.redmine.calls import Calls
from syncer.desks.redmine.catalogue import Catalogue
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.people import People
from syncer.desks.redmine.rights import READING, WRITING, Rights
from syncer.errors import ConfigError, Rejected

NOBODY = "syncer-checks-this-filter"


class Checking:
    """Looks, and writes nothing. What was found is told again without asking: it does not change during a run."""

    def __init__(
        self, config: RedmineConfig, calls: Calls, catalogue: Catalogue, people: People, rights: Rights
    ) -> None:
        self._config = config
        self._calls = calls
        self._catalogue = catalogue
        self._people = people
        self._rights = rights
        self._findings: tuple[str, ...] | None = None

    async def check(self) -> Account:
        """The account, how many issues it sees, and what a person should read."""
        await self._calls.access.me()
        me = await self._calls.access.confirm()
        page = await self._calls.issues(("limit", 1))
        if self._findings is None:
            try:
                self._findings = tuple([found async for found in self._looks(me, page.total)])
            except Rejected as e:
                raise ConfigError(e.message, hint="Is base_url right, and this a Redmine 5?") from e
        seen = "an unknown number of" if page.total is None else page.total
        kind = "administrator" if me.admin else f"member of {len(me.projects)} projects"
        return Account(name=me.name, detail=f"Redmine, {kind}, {seen} issues", findings=self._findings)

    async def _looks(self, me: Me, total: int | None) -> AsyncIterator[str]:
        if not total:
            yield "the account sees no issue: right for an empty target; else, is it a member of the projects?"
        if self._config.read_project is not None:
            await self._catalogue.project(self._config.read_project)
        async for found in self._reads(me):
            yield found
        async for found in self._writes(me):
            yield found
        async for found in self._marks():
            yield found
        if self._config.requester_field is None:
            yield "without requester_field a target has no place for requesters: they are named in the text only"
        if not me.admin:
            yield (
                "no administrator: people's addresses, locked users and the kinds of custom fields are hidden from it;"
                " see custom_fields, and people.table of the mapping"
            )
            for setting in ("make_users", "switch_user"):
                if getattr(self._config, setting):
                    yield f"{setting} needs an administrator's key, and is of no use with this one"

    async def _reads(self, me: Me) -> AsyncIterator[str]:
        for project, roles in me.projects.items():
            lacks = await self._rights.missing(me, project, READING)
            if lacks:
                yield f"in project {await self._named(project)} its roles lack, to read all: {', '.join(lacks)}"
            known = [role for id in roles if (role := await self._rights.role(id)) is not None]
            if known and not me.admin and not any(role.sees_all for role in known):
                yield f"in project {await self._named(project)} its roles do not see all issues (Issues visibility)"
            if known and not me.admin and not any(role.sees_time for role in known):
                yield f"in project {await self._named(project)} its roles do not see all spent time"

    async def _writes(self, me: Me) -> AsyncIterator[str]:
        if self._config.project is None:
            return
        project = await self._catalogue.project(self._config.project)
        lacks = await self._rights.missing(me, project, WRITING)
        if lacks:
            yield f"in project {await self._named(project)} its roles lack, to write: {', '.join(lacks)}"
        if self._config.tracker is not None:
            await self._catalogue.tracker(self._config.tracker)

    async def _named(self, project: str) -> str:
        row = (await self._catalogue.projects()).get(project)
        return wire.text(row.get("name")) if row is not None else project

    async def _marks(self) -> AsyncIterator[str]:
        for id, setting in (
            (await self._catalogue.marker(), "marker_field"),
            (await self._catalogue.requester(), "requester_field"),
        ):
            if id is None:
                continue
            field = (await self._catalogue.custom()).get(id)
            if field is None:
                yield f"custom field {id} ({setting}) is not among those the account sees"
            elif field.form != "text":
                yield f"custom field {field.name!r} ({setting}) is no text field"
        marker = await self._catalogue.marker()
        if marker is not None and (await self._calls.issues((f"cf_{marker}", NOBODY), ("limit", 1))).total:
            yield (
                f"custom field {marker} (marker_field) is not used as a filter: what a lost answer left behind is"
                " looked for among the newest issues only"
            )
