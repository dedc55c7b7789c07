"""Rezolve.ai ticketing over its REST API. Field names live in wire.py and wire_out.py, quirks in README.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from syncer.deskkit.contract import (
    Account,
    Download,
    Newer,
    Page,
    Ref,
    Step,
    Unreadable,
    Written,
)
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.paging import SeenIds
from syncer.desks.rezolve import readiness, reading, rights, wire
from syncer.desks.rezolve.abilities import capabilities
from syncer.desks.rezolve.access import Access
from syncer.desks.rezolve.calls import Calls, MissingRole, NotForUs, T, judge
from syncer.desks.rezolve.catalogue import Catalogue
from syncer.desks.rezolve.changing import Changing
from syncer.desks.rezolve.config import EPOCH, RezolveConfig
from syncer.desks.rezolve.finding import Finding
from syncer.desks.rezolve.loading import Loading
from syncer.desks.rezolve.notes import Notes
from syncer.desks.rezolve.places import Places, places
from syncer.desks.rezolve.view import Found, View, Walk
from syncer.desks.rezolve.writes import Writes
from syncer.errors import AuthFailed, ConfigError, NotFound, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket

NO_COMMENTS = "comments and files of {} tickets cannot be read: Rezolve.ai has no public call for them"
NO_FILES = "comments of {} tickets are read from notes_read_path; files cannot be: there is no public call for them"


class Rezolve:
    """A Rezolve.ai tenant: a source, and with `types` a target."""

    def __init__(self, config: RezolveConfig) -> None:
        self.capabilities = capabilities(config)
        self.settle = config.settle
        self.parallel = config.budget.parallel
        self._config = config
        self._http = DeskHttp(
            config.name, config.base_url, per_second=config.budget.per_second, parallel=config.budget.parallel,
            timeout=config.timeout, ca_file=config.ca_file, judge=judge, pause=config.pause,
        )  # fmt: skip
        self.budget = self._http.budget
        self._access = Access(config, self._http)
        self._calls = Calls(config, self._http, self._access)
        self._catalogue = Catalogue(config, self._calls)
        self._view = View(config, self._calls)
        writes = Writes(config, self._http, self._access, self._calls)
        self._notes = Notes(config, self._calls, writes)
        self._loading = Loading(config, self._calls, writes, self._catalogue, self._notes, self.budget)
        self._changing = Changing(config, self._catalogue, self._loading)
        self._finding = Finding(config, self._calls, self._view, self._places, self._count)
        self._loading.finding = self._finding

    async def connect(self) -> None:
        """Log in, see who we are, and whether the list shows tickets: without it nothing lost can be found."""
        await self._access.credential.ready()
        await self._who()
        if self._config.writable:
            self._see_how_far(await self._view.probe())

    def _see_how_far(self, found: Found) -> None:
        """A list that is none, or may show us some tickets only, does not tell that one is absent."""
        if found.type is None or not rights.sees_all(self._config, self._loading.statuses.roles):
            self.capabilities = msgspec.structs.replace(self.capabilities, finds_by_key=False)

    async def check(self) -> Account:
        """Who we are, the lists, what of the settings does not fit them, and whether tickets are listed."""
        try:
            return await self._looked_around()
        except NotForUs as e:
            raise AuthFailed(e.message, hint="Give the account a role that reads ticket types: ticket_agent.") from e
        except Rejected as e:
            hint = f"Is base_url of desk {self._config.name} right, and this a Rezolve.ai?"
            raise ConfigError(e.message, hint=hint) from e

    async def _looked_around(self) -> Account:
        name, detail, findings = await self._who()
        self._catalogue.forget()
        known = await self._catalogue.known()
        findings += self._catalogue.denied
        findings += rights.findings(self._config, self._loading.statuses.roles, self._access.claims, known)
        findings += readiness.missing(self._config, known)
        findings += readiness.findings(self._config, known, self._catalogue.offers)
        found = await self._view.probe()
        self._see_how_far(found)
        if found.type is None:
            findings.append(f"tickets cannot be listed, so not read, and lost answers not looked for: {found.said}")
        elif not found.sure:
            findings.append("no ticket is shown: the tenant is empty, or the account sees none (ticket_admin sees all)")
        if self._config.notes_read_path is None:
            findings.append("comments cannot be read: no notes_read_path is configured, and no public page has one")
        count = await self._count()
        detail += f", {len(known.types)} types, {'unknown number of' if count is None else count} tickets"
        return Account(name=name, detail=detail, findings=tuple(findings))

    async def _who(self) -> tuple[str, str, list[str]]:
        """Name, tenant and roles, as user/userinfo and the token tell them; it may be that neither does."""
        answer, findings = None, list[str]()
        try:
            answer = await self._calls.get(f"{T}/user/userinfo")
        except (MissingRole, Rejected) as e:
            findings.append(f"user/userinfo cannot be read, so roles are those that the token tells: {e.message}")
        user = wire.at(answer, "data/user") or wire.at(answer, "data") or {}
        name = wire.text(wire.first(user, ("username", "email", "name", "id"))) if isinstance(user, dict) else None
        roles = self._loading.statuses.roles = rights.roles(answer, self._access.claims)
        return name or self._config.tenant_id, f"roles {', '.join(roles) or 'unknown'}", findings

    async def _count(self) -> int | None:
        """How many tickets the desk counts for us; None where it does not tell."""
        try:
            answer = await self._calls.post(f"{T}/ticket/count", {"filterIds": ["all"]})
        except (MissingRole, Rejected, ConfigError):
            return None
        told = wire.at(answer, "data/counts/all")
        return told if isinstance(told, int) else None

    async def scan(self) -> AsyncIterator[Page]:
        """By the time of creation, which never changes; then what changed meanwhile."""
        start = await self._view.newest() or EPOCH
        yield Page((), begins=Cursor(wire.stamp(start)))
        seen, moved = SeenIds(), 0
        async for rows in self._view.since("createdAt", self._config.begins(), Walk()):
            live = [row for row in rows if not row.deleted]
            moved += sum(row.moved_to is not None for row in live if seen.add(row.id))
            yield Page(tuple(_ref(row) for row in live))
        yield Page(
            (), swept=True, note=(NO_COMMENTS if self._config.notes_read_path is None else NO_FILES).format(len(seen))
        )
        if moved:
            yield Page((), note=f"{moved} tickets were moved to another type; one that was migrated under an earlier"
                       " number may come again")  # fmt: skip
        async for page in self.list_changed(Cursor(wire.stamp(start))):
            seen.new([ref.id for ref in page.refs])
            yield Page(page.refs)
        if self._config.scan_from is None and (count := await self._count() or 0) > len(seen):
            yield Page((), note=f"the desk counts {count} tickets and showed {len(seen)}")
        yield Page((), cursor=Cursor(wire.stamp(start)))

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """By the time of the last change, from the cursor less the overlap; rows without an etag are read for it."""
        at = wire.moment(since) or EPOCH
        begin = max(EPOCH, at - timedelta(minutes=self._config.overlap_minutes))
        walk = Walk()
        async for rows in self._view.since("updatedAt", begin, walk):
            live = [row for row in rows if not row.deleted and (row.created or at) >= self._config.begins()]
            yield Page(tuple(await asyncio.gather(*map(self._versioned, live))))
        yield Page((), cursor=Cursor(wire.stamp(max(at, walk.top or at))))

    async def _versioned(self, row: wire.Record) -> Ref:
        """A ref that tells its version: without one a change would pass for none."""
        if row.etag is None:
            try:
                row = await self._calls.ticket(row.id)
            except NotFound:
                return Ref(TicketId(row.id))
        return _ref(row)

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Each by itself: there is no call for many."""
        return list(await asyncio.gather(*map(self._ticket, ids)))

    async def _ticket(self, id: TicketId) -> Ticket | Unreadable:
        known = await self._catalogue.known()
        try:
            row = await self._calls.ticket(id)
            if row.deleted:
                return Unreadable(id, "it is deleted", gone=True)
            if (now := await self._lives_on(row)) != id:
                return Unreadable(id, f"it was moved, and is {now} now", gone=True)
            return reading.ticket(row, known, self._config, await self._notes.of(id, known))
        except NotFound as e:
            return Unreadable(id, e.message, gone=True)
        except Rejected as e:
            return Unreadable(id, e.message)

    async def _lives_on(self, row: wire.Record) -> str:
        """The number of a ticket that may have been moved. What moved_to holds is not documented, so it is followed:
        where it leads to none that we can read, the ticket is the one we have."""
        if not row.away or row.moved_to is None:
            return row.id
        try:
            there = await self._calls.ticket(row.moved_to)
        except (MissingRole, Rejected):
            return row.id
        return row.id if there.deleted else there.id

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """Always Rejected: there is no public call for files."""
        text = f"{self._config.name}: file {file} of {ticket}: no public call for it"
        raise Rejected(text, reason="file_unreadable", hint="Bring it over by hand.")

    async def person(self, id: str) -> LookupValue | None:
        """Somebody who is in no list: a ticket names him by e-mail or user name."""
        known = await self._catalogue.known()
        found = known.value("person", id)
        if found is None and "@" in id:
            return LookupValue(kind="person", id=id, name=id, email=id)
        return found

    async def lookups(self) -> AsyncIterator[LookupValue]:
        """Every list, as it is now."""
        self._catalogue.forget()
        for value in (await self._catalogue.known()).index.values():
            yield value

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """By the marker, among what was created since the attempts (contract 5)."""
        return await self._finding.find(keys, newer)

    def calls(self, draft: Draft) -> int:
        """Requests it takes, with its steps."""
        return self._loading.calls(draft)

    async def admit(self) -> None:
        """Wait for the budget, with a credential and settings that hold."""
        await self._access.credential.ready()
        await self._loading.admit()

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """POST ticket/create (contract 3.1)."""
        return await self._loading.create(draft, files, fence)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """Notes or a transcript, the status; all only where settings say how (contract 3.6 and 3.10)."""
        return self._loading.steps(draft)

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """Looked for on the ticket itself."""
        return await self._loading.happened(id, draft, step)

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        return await self._loading.step(id, draft, step, files, fence)

    async def change(
        self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """PATCH update under the etag (contract 3.5)."""
        return await self._changing.change(id, draft, names, fence)

    def seal(self) -> None:
        """Nothing is written to it from now on."""
        self._http.seal()

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    async def _places(self) -> Places:
        return places(self._config, await self._catalogue.known())


def _ref(row: wire.Record) -> Ref:
    return Ref(TicketId(row.id), Version(row.etag) if row.etag else None)
