"""InvGate Service Desk over its REST API. Field names live in wire.py, quirks in README.md."""

from __future__ import annotations

import asyncio
import html
import mimetypes
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import ExitStack
from pathlib import Path

from msgspec import UNSET

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
from syncer.deskkit.paging import sweep_until_quiet
from syncer.deskkit.settled import settled
from syncer.desks.invgate import lists, wire
from syncer.desks.invgate.abilities import capabilities
from syncer.desks.invgate.access import Access, NotAllowed, judge
from syncer.desks.invgate.beside import Beside
from syncer.desks.invgate.calls import Calls
from syncer.desks.invgate.catalogue import Catalogue
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.files import Files
from syncer.desks.invgate.loading import Loading
from syncer.desks.invgate.people import People
from syncer.desks.invgate.view import View
from syncer.desks.invgate.writes import Writes
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket, TicketLink


class InvGate:
    """An InvGate Service Desk: a source, and with an `acting_user` a target."""

    def __init__(self, config: InvGateConfig) -> None:
        self.capabilities = capabilities(config)
        self.settle = config.timeout
        self.parallel = config.budget.parallel
        self._config = config
        self._http = DeskHttp(
            config.name,
            config.base_url,
            per_second=config.budget.per_second,
            parallel=config.budget.parallel,
            timeout=config.timeout,
            ca_file=config.ca_file,
            judge=judge,
            pause=config.pause,
        )
        self.budget = self._http.budget
        self._credential = credential = Access(config, self._http).credential
        self._calls = Calls(config, self._http, credential)
        self._catalogue = Catalogue(config, self._calls)
        self._beside = Beside(config, self._calls, self._catalogue)
        self._view = View(config, self._calls)
        writes = Writes(config, self._http, credential)
        self._loading = Loading(config, self._calls, self._view, writes, self.budget)
        self._people = People(config, self._calls, writes)
        self._files = Files(config, self._http, credential)
        self._denied: tuple[str, ...] | None = None
        self._embeds = False

    async def connect(self) -> None:
        """Log in, which every other call does too when it must."""
        await self._credential.ready()

    async def check(self) -> Account:
        """Version, rights on every call a migration makes, and what the view shows against what is open."""
        try:
            version = await self._calls.json("sd.version")
        except Rejected as e:
            hint = f"Is base_url of desk {self._config.name} right, and this an InvGate?"
            raise ConfigError(e.message, hint=hint) from e
        if self._denied is None:  # rights do not change during a run, and this is asked again after outages
            self._denied = tuple([found async for found in self._calls.missing_rights()])
        findings = list(self._denied)
        rows = await self._view.page([("limit", 1), ("offset", 0)])
        if not rows and not self.capabilities.writes:  # a desk that is filled may well be empty
            findings.append(f"view {self._config.view_id} shows no request: is it shared with the API user?")
        open_now = await self.count_open()
        told = version.get("version") if isinstance(version, dict) else version
        shown = "unknown number of" if open_now is None else open_now
        detail = f"InvGate {told or '?'}, view {self._config.view_id}, {shown} open requests"
        auth = self._config.auth
        name = auth.client_id if auth.kind == "oauth2" else auth.user
        return Account(name=name, detail=detail, findings=tuple(findings))

    async def count_open(self) -> int | None:
        """How many requests the desk says are open, or None where it does not tell (contract 3.1.2)."""
        params: list[tuple[str, object]] = [("status_ids[]", s) for s in lists.OPEN_STATUSES]
        try:
            answer = await self._calls.json("incidents.by.status", [*params, ("limit", 1)])
        except (NotAllowed, Rejected):
            return None
        total = str(answer.get("total")) if isinstance(answer, dict) else ""
        return int(total) if total.isdigit() else None

    async def scan(self) -> AsyncIterator[Page]:
        """Sweeps of the view until quiet, then whoever an edit moved past us, by last update."""
        start = await self._view.newest()
        yield Page((), begins=Cursor(str(start)))

        async def read_at(offset: int) -> list[TicketId]:
            return await self._view.page([("limit", self._config.list_rows), ("offset", offset)])

        async for ids in sweep_until_quiet(read_at):
            yield Page(tuple(Ref(id) for id in ids), swept=not ids)
        async for page in self.list_changed(Cursor(str(start))):
            yield Page(page.refs)
        yield Page((), cursor=Cursor(str(start)))

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """Newest first, back to `since` less the overlap: never ascending, where a moving row is lost (4.3)."""
        until = int(since) - 60 * self._config.overlap_minutes
        # Asked before the walk: what changes during it may move past us, and must not be older than the cursor.
        newest = max(int(since), await self._view.newest())
        async for rows in self._view.changes():
            yield Page(tuple(Ref(id, Version(str(at)) if at else None) for id, at in rows if at is None or at >= until))
            if any(at is not None and at < until for _, at in rows):
                break
        yield Page((), cursor=Cursor(str(newest)))

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Many tickets with their comments in one call, once more where the second of a change was not over."""
        return await settled(self._fetched, ids, self._http.clock)

    async def _fetched(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Ids that the answer leaves out are gone or not visible."""
        try:
            rows = await self._view.tickets(ids, [("comments", 1)])
        except NotFound as e:
            if len(ids) == 1:
                return [Unreadable(ids[0], e.message, gone=True)]
            raise
        # An instance that never shows comments here does not know the parameter: they are asked for one by one.
        self._embeds = self._embeds or any(row.comments is not UNSET for row in rows)
        found: dict[str, Ticket | Unreadable] = {}
        for row in rows:
            if not self._embeds:
                answer = await self._calls.get("incident.comment", [("request_id", str(row.id))])
                row.comments = wire.comment_rows(answer, f"{self._config.name}: comments of {row.id}")
        for ticket in await asyncio.gather(*map(self._ticket, rows)):
            found[ticket.id] = ticket
        return [found.get(id) or Unreadable(id, "the desk left it out of its answer", gone=True) for id in ids]

    async def _ticket(self, row: wire.IncidentRow) -> Ticket | Unreadable:
        """One that breaks does not take its neighbours with it."""
        try:
            return await self._beside.ticket(row)
        except Rejected as e:
            return Unreadable(TicketId(str(row.id)), e.message)

    async def values(self, ids: Sequence[TicketId]) -> list[dict[str, str]]:
        """What these tickets hold of the lists, without their comments; unreadable ones are left out."""
        params: list[tuple[str, object]] = [("ids[]", id) for id in ids]
        return wire.values(await self._calls.get("incidents", params), f"{self._config.name}: incidents")

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes, from this desk's host or a declared one; credentials only to its own (contract 3.3)."""
        what = f"{self._config.name}: file {file} of ticket {ticket}"
        (meta, *_) = wire.records(await self._calls.json("incident.attachment", [("id", file)])) or [{}]
        url = meta.get("url")
        if not isinstance(url, str) or not url:
            raise Rejected(f"{what}: the desk gives no address for it", reason="file_unreadable")
        name = wire.text(meta.get("name")) or f"attachment-{file}"
        path = spool / uuid.uuid4().hex
        with ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            reply = await self._files.fetch(url, what, path)
            kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            guess = mimetypes.guess_type(name)[0]
            head = reply.body.lstrip().lower()
            page = b"<html" in head or head.startswith(b"<!doctype html")
            if page and kind == "text/html" and guess != "text/html":
                raise Rejected(f"{what}: a log-in page came instead", reason="file_unreadable")
            undo.pop_all()
        shown_as = tuple(dict.fromkeys((url, html.escape(url))))
        size = path.stat().st_size
        return Download(name, kind or guess or "application/octet-stream", size, path=path, shown_as=shown_as)

    async def person(self, id: str) -> LookupValue | None:
        """A user who was not in the list: disabled, deleted, or new since."""
        try:
            row = await self._calls.json("user", [("id", id), ("include_disabled", 1)])
        except Rejected:
            return None
        found = wire.records(row)
        return lists.person(found[0]) if found else None

    def lookups(self) -> AsyncIterator[LookupValue]:
        """Every list, people last."""
        return self._catalogue.values()

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """By the marker in their titles, among the youngest or among all since (contract 5)."""
        return await self._loading.find(keys, newer)

    def calls(self, draft: Draft) -> int:
        """Requests it takes, with its steps."""
        return self._loading.calls(draft)

    async def admit(self) -> None:
        """Wait for the budget, with a credential that holds until then."""
        await self._credential.ready()
        await self._loading.admit()

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """POST incident (contract 3.4)."""
        return await self._loading.create(draft, files, fence)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """Group and agent, comments, the status (contract 8)."""
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
        """PUT incident and what goes with it (contract 3.4 to 3.6)."""
        return await self._loading.change(id, draft, names, fence)

    async def linked(self, id: TicketId, link: TicketLink) -> bool:
        """Whether these two requests are linked."""
        return await self._loading.linked(id, link)

    async def link(self, id: TicketId, link: TicketLink, fence: Callable[[], None]) -> Written:
        """POST incident.link (contract 3.6)."""
        return await self._loading.link(id, link, fence)

    async def known(self, email: str) -> str | None:
        """The id of whoever has this address."""
        return await self._people.known(email)

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """Make a requester; nobody is mailed."""
        return await self._people.invite(person, fence)

    def seal(self) -> None:
        """Nothing is written to it from now on."""
        self._http.seal()

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()
