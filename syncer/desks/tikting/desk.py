"""Tikting over its REST API. Field names live in wire.py, quirks in README.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

import msgspec
import structlog

from syncer.deskkit.budget import Budget
from syncer.deskkit.contract import Account, Capabilities, Download, DraftField, Newer, Written
from syncer.deskkit.http import DeskHttp, Reply
from syncer.deskkit.multipart import Form
from syncer.desks.tikting import wire
from syncer.desks.tikting.access import Access
from syncer.desks.tikting.config import TiktingConfig
from syncer.errors import AuthFailed, ConfigError, Fatal, InDoubt, NotFound, Rejected, Retryable
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import LookupValue

REGISTER = "/api/TicketsApi/register"
TICKETS = "/api/TicketsApi"
CREATE = "Tickets.Create"
PAGE = 50
MOST_PAGES = 200
MOST_PROBES = 20_000
JSON = {"Content-Type": "application/json"}
FIELDS = {
    "requester": DraftField(lookup="person", required=True),
    "status": DraftField(lookup="status", required=True),
    "site_id": DraftField(lookup="site", required=True),
    "department_id": DraftField(lookup="department", required=True),
    "priority": DraftField(lookup="priority"),
    "category": DraftField(lookup="category"),
    "group": DraftField(lookup="group"),
    "level": DraftField(lookup="level"),
    "ticket_type": DraftField(number=True),
}
log = structlog.get_logger()


class Tikting:
    """A Tikting as a create-only target (contract 8, layer A)."""

    def __init__(self, config: TiktingConfig) -> None:
        self.capabilities = Capabilities(
            writes=True,
            lookup_kinds=(*(kind for kind, _ in wire.LISTS.values()), "person"),
            fields=FIELDS,
            marker_in=("title",),
            finds_by_key=True,
            keeps_status=config.register_status == "any",
            max_title=255,
            max_body=config.max_body,
            needs_body=True,
            body="text" if config.text_mode == "plain" else "html",
            notifies="each registration may mail or push to technicians; switch it off in Tikting for the migration",
        )
        self.settle = config.timeout + config.search_lag
        budget = config.reading()
        self._config = config
        self._http = DeskHttp(
            config.name,
            config.base_url,
            per_second=budget.per_second,
            parallel=budget.parallel,
            timeout=config.timeout,
            ca_file=config.ca_file,
        )
        self.budget = self._http.budget
        registering = config.registering()
        self.parallel = min(registering.parallel, budget.parallel)
        own = registering.per_second < budget.per_second
        self._registrations = Budget(registering.per_second) if own else None
        self._access = Access(config, self._http)
        self._form = Form()
        self._form_headers = {"Content-Type": self._form.content_type}

    async def connect(self) -> None:
        """Log in, which every other call does too when it must."""
        await self._access.ready()

    async def check(self) -> Account:
        """Log in, look at the token's claims, read the lists."""
        await self._access.ready()
        granted = self._access.permissions
        findings: list[str] = []
        if granted is not None and CREATE not in granted:
            findings.append(f"the account lacks the permission {CREATE}: no ticket can be registered")
        if granted is not None and "Tickets.OnlyPrivate" in granted:
            findings.append("the account sees only its own tickets (Tickets.OnlyPrivate)")
        lists = wire.lowered(await self._metadata())
        for name in ("status", "sites", "departments"):
            if not lists.get(name):
                findings.append(f"appmetadata shows no {name}: registration needs one")
        detail = f"{len(lists.get('categories') or [])} categories, {len(lists.get('groups') or [])} groups"
        return Account(name=self._config.auth.email, detail=detail, findings=tuple(findings))

    async def lookups(self) -> AsyncIterator[LookupValue]:
        """The lists of appmetadata and the technicians; requesters cannot be listed (contract 3.1.5)."""
        for value in wire.lookups(await self._metadata()):
            yield value
        reply = await self._read("GET", "/api/Users/GroupUsers")
        for row in wire.decoded(reply.body, f"{self._config.name}: GroupUsers"):
            if found := wire.technician(row):
                yield found

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """Search the titles for each marker; with `newer`, look at every later id too (contract 5)."""
        found: dict[Key, TicketId] = {}
        for key in keys:
            for preset in ("AllTickets", "CompletedTickets"):
                if hits := await self._search(key, preset):
                    found[key] = _lowest(key, hits)
                    break
        missing = set(keys) - set(found)
        if missing and newer is not None:
            found.update(await self._walk(missing, newer))
        return found

    async def admit(self) -> None:
        """Wait for the budget of registrations, then for that of all calls."""
        if self._registrations is not None:
            await self._registrations.take()
        await self.budget.take()

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """Register the ticket with everything it has: no second call exists."""
        what = f"{self._config.name}: register {draft.key}"
        number = await self._access.ready()
        reply = await self._register(draft, files, fence)
        if reply.status == 401:  # it did nothing; the token ran out
            await self._access.renew(number)
            await self.admit()
            reply = await self._register(draft, files, fence)
        if reply.status == 413 and files:
            await self.admit()
            bare = await self._register(draft, (), fence)
            written = Written(self._judge(what, bare))
            return msgspec.structs.replace(written, losses=("file_too_large",) * len(files))
        return Written(self._judge(what, reply))

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    async def _register(self, draft: Draft, files: Sequence[Download], fence: Callable[[], None]) -> Reply:
        body = self._form.body(wire.parts(draft), "Uploads", files)
        return await self._http.request(
            "POST", REGISTER, data=body, headers=self._form_headers, budgeted=False, fence=fence
        )

    def _judge(self, what: str, reply: Reply) -> TicketId:
        """The id of a registered ticket, or what its answer means (contract 6)."""
        status = reply.status
        if status == 201:
            return wire.made_id(reply.body, reply.headers, what)
        text = f"{what} answered {status}: {reply.excerpt()}"
        if status == 400:
            granted = self._access.permissions
            if granted is not None and CREATE not in granted:
                raise AuthFailed(
                    f"{text} (the account lacks {CREATE}, which Tikting answers with 400)",
                    hint=f"Grant {CREATE} to the account of desk {self._config.name}, then the same command again.",
                )
            raise Rejected(text, reason="refused")
        if status == 413:
            raise Rejected(text, reason="too_large")
        if status in {401, 403}:
            raise AuthFailed(text, hint=f"May the account of desk {self._config.name} register tickets?")
        if status == 429:
            raise Retryable(text, after=self.budget.left())
        if 300 <= status < 500 and status != 408:
            raise ConfigError(text, hint=f"Is base_url of desk {self._config.name} right?")
        if 200 <= status < 300 or status >= 500 or status == 408:
            raise InDoubt(text)
        raise Fatal(text)

    async def _search(self, key: Key, preset: str) -> list[TicketId]:
        """Ids whose title ends with exactly this marker; the search itself may match more, or less exactly."""
        hits: list[TicketId] = []
        seen: set[str] = set()
        for page in range(1, MOST_PAGES):
            rows = await self._list({"page": page, "length": PAGE, "search": key, "listType": preset,
                                     "filterBy": "Subject"})  # fmt: skip
            ids = {id for row in rows if (id := wire.row_id(row))}
            if not ids - seen:
                break
            seen |= ids
            hits += [id for row in rows if (id := wire.row_id(row)) and await self._marker(row) == key]
        return hits

    async def _marker(self, row: Any) -> Key | None:
        if wire.has_title(row):
            return wire.row_marker(row)
        id = wire.row_id(row)
        return wire.row_marker(await self._ticket(id)) if id else None

    async def _walk(self, keys: set[Key], newer: Newer) -> dict[Key, TicketId]:
        """Look at each later id until so many in a row are unknown to Tikting: needs no search index."""
        found: dict[Key, TicketId] = {}
        misses, probes, id = 0, 0, int(newer.since)
        while misses < self._config.probe_misses and probes < MOST_PROBES:
            ids: list[TicketId] = []
            while len(ids) < self._config.probe_misses:
                id += 1
                if (one := TicketId(str(id))) in newer.known:
                    misses = 0
                else:
                    ids.append(one)
            probes += len(ids)
            for one, ticket in zip(ids, await asyncio.gather(*map(self._ticket, ids)), strict=True):
                misses = misses + 1 if ticket is None else 0
                key = wire.row_marker(ticket)
                if key in keys:
                    assert key is not None
                    found.setdefault(key, one)
        return found

    async def _ticket(self, id: TicketId) -> Any:
        try:
            reply = await self._read("GET", f"{TICKETS}/{id}")
        except NotFound:
            return None
        return wire.decoded(reply.body, f"{self._config.name}: ticket {id}")

    async def _list(self, query: dict[str, Any]) -> list[Any]:
        # A POST that only reads: repeating it is safe, unlike /register (contract hazard 1).
        reply = await self._read("POST", TICKETS, data=msgspec.json.encode(query), headers=JSON)
        rows = wire.decoded(reply.body, f"{self._config.name}: list")
        return rows if isinstance(rows, list) else []

    async def _metadata(self) -> Any:
        reply = await self._read("GET", f"{TICKETS}/appmetadata")
        return wire.decoded(reply.body, f"{self._config.name}: appmetadata")

    async def _read(self, method: str, path: str, **kwargs: Any) -> Reply:
        number = await self._access.ready()
        try:
            return await self._http.read(method, path, **kwargs)
        except AuthFailed:
            await self._access.renew(number)
        return await self._http.read(method, path, **kwargs)


def _lowest(key: Key, hits: Iterable[TicketId]) -> TicketId:
    ordered = sorted(set(hits), key=int)
    if len(ordered) > 1:
        log.warning("several_tickets_with_one_marker", key=key, kept=ordered[0], others=ordered[1:])
    return ordered[0]
