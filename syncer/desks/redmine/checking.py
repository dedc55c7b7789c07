"""What an operator should know before anything moves: whose key it is, what its roles lack, what will mail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

from msgspec import Struct

from syncer.deskkit import blindness
from syncer.deskkit.contract import Account
from syncer.desks.redmine import wire
from syncer.desks.redmine.access import Me
from syncer.desks.redmine.calls import Calls, Row
from syncer.desks.redmine.catalogue import Catalogue
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.listing import SEE
from syncer.desks.redmine.people import People
from syncer.desks.redmine.rights import READING, WRITING, Rights
from syncer.errors import ConfigError, Rejected
from syncer.model.ids import TicketId

NOBODY = "syncer-checks-this-filter"
TIMES = "times come in UTC: neither the server's time zone nor that of the account counts"
T = TypeVar("T")


class Seen(Struct):
    """What a person should read and act on, and what is good to know."""

    findings: list[str]
    facts: list[str]


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
        self._seen: Seen | None = None

    async def check(self) -> Account:
        """The account, how many issues it sees, and what a person should read."""
        await self._calls.access.me()
        me = await self._calls.access.confirm()
        page = await self._calls.issues(("limit", 1))
        if self._seen is None:
            try:
                self._seen = await self._looks(me, page.total)
            except Rejected as e:
                raise ConfigError(e.message, hint="Is base_url right, and this a Redmine 5?") from e
        shown = "an unknown number of" if page.total is None else page.total
        kind = "administrator" if me.admin else f"member of {_many(len(me.projects), 'project')}"
        return Account(
            name=me.name,
            detail=f"Redmine, {kind}, {shown} issue{'' if page.total == 1 else 's'}",
            findings=tuple(self._seen.findings),
            facts=tuple(self._seen.facts),
        )

    async def _looks(self, me: Me, total: int | None) -> Seen:
        seen = Seen([], [TIMES])
        if not total:
            seen.findings.append(await blindness.told(self._config.name, self._calls.issue, SEE))
        if not me.admin and not me.projects:
            seen.findings.append(f"the account is a member of no project: it sees what is public, if anything. {SEE}")
        if self._config.read_project is not None:
            await self._named_by(self._catalogue.project(self._config.read_project), seen)
        async for found in self._reads(me):
            seen.findings.append(found)
        await self._writes(me, seen)
        await self._marks(seen, any_issue=me.admin or bool(total))
        if self._config.requester_field is None:
            seen.findings.append(
                "without requester_field a target has no place for requesters: they are named in the text only"
            )
        if not me.admin:
            seen.findings += self._no_administrator()
        return seen

    async def _named_by(self, look: Awaitable[T], seen: Seen) -> T | None:
        """What a setting names; where that is not there it is told, and the look goes on."""
        try:
            return await look
        except ConfigError as e:
            seen.findings.append(f"{e.message.removeprefix(f'{self._config.name}: ')}. {e.hint}")
            return None

    def _no_administrator(self) -> list[str]:
        hidden = (
            "no administrator: people's addresses, locked users and the kinds of custom fields are hidden from it;"
            " see custom_fields, and people.table of the mapping"
        )
        needing = [setting for setting in ("make_users", "switch_user") if getattr(self._config, setting)]
        useless = [f"{setting} needs an administrator's key, and is of no use with this one" for setting in needing]
        return [hidden, *useless]

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

    async def _writes(self, me: Me, seen: Seen) -> None:
        if self._config.project is None:
            seen.facts.append("no project is set: rights to write are told where there is one, or by the first issue")
        elif (project := await self._named_by(self._catalogue.project(self._config.project), seen)) is not None:
            where = f"in project {await self._named(project)} its roles"
            if lacks := await self._rights.missing(me, project, WRITING):
                seen.findings.append(f"{where} lack, to write: {', '.join(lacks)}")
            else:
                seen.facts.append(f"{where} have every right that is needed to write")
            await self._workflow(project, seen)
        if self._config.tracker is not None:
            await self._named_by(self._catalogue.tracker(self._config.tracker), seen)

    async def _workflow(self, project: str, seen: Seen) -> None:
        """To which statuses its roles may take the newest issue there: a change that is not allowed is ignored."""
        row = await self._newest(project)
        if row is None:
            seen.facts.append("which statuses the workflow allows its roles shows where there is an issue")
            return
        allowed = {wire.text(one.get("name")) for one in wire.rows(row, "allowed_statuses")}
        listed = (await self._calls.page("/issue_statuses.json", "issue_statuses", ())).rows
        left = [name for one in listed if (name := wire.text(one.get("name"))) not in allowed]
        moved = f"its roles take issue {row['id']} ({wire.called(row, 'tracker')}) from {wire.called(row, 'status')}"
        if left:
            seen.findings.append(
                f"the workflow, or an open subtask, does not let {moved} to: {', '.join(left)}; an issue that must end"
                " there is parked. See Administration, Workflow"
            )
        else:
            seen.facts.append(f"the workflow lets {moved} to every status")

    async def _newest(self, project: str) -> Row | None:
        """The newest issue of a project, with the statuses it may go to."""
        newest = (("sort", "id:desc"), ("limit", 1), ("project_id", project))
        rows = (await self._calls.issues(*newest, scoped=False)).rows
        if not rows or wire.ref(rows[0], "project") != project:
            return None
        try:
            row = await self._calls.issue(TicketId(str(rows[0]["id"])), "allowed_statuses")
        except Rejected:
            return None
        return row if "allowed_statuses" in row else None

    async def _named(self, project: str) -> str:
        row = (await self._catalogue.projects()).get(project)
        return wire.text(row.get("name")) if row is not None else project

    async def _marks(self, seen: Seen, *, any_issue: bool) -> None:
        marker = await self._named_by(self._catalogue.marker(), seen)
        requester = await self._named_by(self._catalogue.requester(), seen)
        known = await self._catalogue.custom()
        for id, setting in ((marker, "marker_field"), (requester, "requester_field")):
            if id is None:
                continue
            field = known.get(id)
            if field is None and not any_issue:
                seen.facts.append(f"whether custom field {id} ({setting}) is there shows with the first issue")
            elif field is None:
                seen.findings.append(f"custom field {id} ({setting}) is not among those the account sees")
            elif field.form != "text":
                seen.findings.append(f"custom field {field.name!r} ({setting}) is no text field")
        if marker is not None and (await self._calls.issues((f"cf_{marker}", NOBODY), ("limit", 1))).total:
            seen.findings.append(
                f"custom field {marker} (marker_field) is not used as a filter: what a lost answer left behind is"
                " looked for among the newest issues only"
            )


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
