"""Tikting over its REST API. Field names live in wire.py, quirks in README.md."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from syncer.deskkit.budget import Budget
from syncer.deskkit.contract import Account, Capabilities, Download, DraftField, Newer, Written
from syncer.deskkit.http import DeskHttp, Reply
from syncer.desks.tikting import wire
from syncer.desks.tikting.access import Access, TokenRefused, judge, refuses_token
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.search import NOT_AS_TOLD, Search
from syncer.desks.tikting.uploads import Uploads
from syncer.errors import AuthFailed, ConfigError, Fatal, InDoubt, NotFound, Rejected, Retryable
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import LookupValue

REGISTER = "/api/TicketsApi/register"
TICKETS = "/api/TicketsApi"
CREATE = "Tickets.Create"
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
            notifies="each registration may assign a technician and mail or push to them; switch it off in Tikting",
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
            judge=judge,
        )
        self.budget = self._http.budget
        registering = config.registering()
        self.parallel = min(registering.parallel, budget.parallel)
        own = registering.per_second < budget.per_second
        self._registrations = Budget(registering.per_second) if own else None
        self._access = Access(config, self._http)
        self._search = Search(config.name, self._list, self._ticket, config.probe_misses)
        self._uploads = Uploads(max_text=config.max_body, html=config.text_mode == "html")

    async def connect(self) -> None:
        """Log in, which every other call does too when it must."""
        await self._access.ready()

    async def check(self) -> Account:
        """Log in, look at the token's claims, read the lists, look at one row as a search would show it."""
        await self._access.ready()
        granted = self._access.permissions
        findings: list[str] = []
        if granted is None:
            findings.append(f"the token does not tell what the account may do; it needs the permission {CREATE}")
        elif CREATE not in granted:
            findings.append(f"the account lacks the permission {CREATE}: no ticket can be registered")
        if granted is not None and "Tickets.OnlyPrivate" in granted:
            findings.append("the account sees only its own tickets (Tickets.OnlyPrivate)")
        lists = wire.lowered(await self._metadata())
        for name in ("status", "sites", "departments"):
            if not lists.get(name):
                findings.append(f"appmetadata shows no {name}: registration needs one")
        rows = await self._list({"page": 1, "length": 1, "listType": "AllTickets"})
        if rows and wire.row_id(rows[0]) is None:
            findings.append("no row of the list has an id under id or ticketId: lost answers cannot be looked for")
        detail = f"{len(lists.get('categories') or [])} categories, {len(lists.get('groups') or [])} groups"
        return Account(name=self._config.auth.email, detail=detail, findings=tuple(findings))

    async def lookups(self) -> AsyncIterator[LookupValue]:
        """The lists of appmetadata and the technicians; requesters cannot be listed (contract 3.1.5)."""
        for value in wire.lookups(await self._metadata()):
            yield value
        try:
            reply = await self._read("GET", "/api/Users/GroupUsers")
        except TokenRefused:
            raise
        except (AuthFailed, Rejected) as e:  # which rights it needs is not documented; a table of people serves as well
            log.warning("technicians_not_listed", desk=self._config.name, error=e.message)
            return
        for row in wire.rows(reply.body, f"{self._config.name}: GroupUsers"):
            if found := wire.technician(row):
                yield found

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """Search the titles for each marker; with `newer`, look at every later id too (contract 5)."""
        return await self._search.find(keys, newer)

    async def admit(self) -> None:
        """Wait for the budget of registrations, then for that of all calls; with a token that holds until then.

        Logging in belongs here: a registration goes out right after its announcement, or the time from which a
        doubt counts would be too early.
        """
        for _ in range(2):
            await self._access.ready()
            if self._registrations is not None:
                await self._registrations.take()
            await self.budget.take()
            if not self._access.due:
                return

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """Register the ticket with everything it has: no second call exists.

        What surely did nothing is sent once more, while there is time within one timeout: a token that ran out,
        a body that was too large.
        """
        what = f"{self._config.name}: register {draft.key}"
        until = time.monotonic() + self._config.timeout
        bearer, renewed = await self._access.ready(), False
        while (left := until - time.monotonic()) > self._config.timeout / 2:
            body = self._uploads.body(draft, files)
            headers = {**body.headers, "Authorization": bearer}
            reply = await self._http.request(
                "POST", REGISTER, data=body.data, headers=headers, budgeted=False, timeout=left, fence=fence
            )
            if refuses_token(reply) and not renewed:
                bearer, renewed = await self._access.renew(bearer), True
            elif reply.status == 413 and body.files:
                self._uploads.refused(body)
            else:
                return Written(self._judge(what, reply), losses=("file_too_large",) * len(body.left_out))
            await self.admit()
        raise Retryable(f"{what}: no time is left in this attempt; it goes again", after=0.0)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    def _judge(self, what: str, reply: Reply) -> TicketId:
        """The id of a registered ticket, or what its answer means (contract 6)."""
        status = reply.status
        if status == 201:
            return wire.made_id(reply.body, reply.headers, what)
        text = f"{what} answered {status}: {reply.excerpt()}"
        if status == 400:
            raise self._refusal(text)
        if status == 413:
            raise Rejected(text, reason="too_large")
        if refuses_token(reply) or status == 403:
            raise AuthFailed(text, hint=f"May the account of desk {self._config.name} register tickets?")
        if status == 429:
            raise Retryable(text, after=self.budget.left())
        # A form may also be answered with the way to what it made.
        if status in {302, 303, 408} or 200 <= status < 300 or status >= 500:
            raise InDoubt(text)
        if status in {404, 405, 415} or 300 <= status < 400:
            raise ConfigError(text, hint=f"Is base_url of desk {self._config.name} right?")
        if status >= 400:
            raise Rejected(text, reason="refused")
        raise Fatal(text)

    def _refusal(self, text: str) -> Exception:
        """A 400, which also stands for a missing permission: only the token can tell them apart."""
        granted = self._access.permissions
        if granted is None:
            text += f" (or the account lacks {CREATE}: its token does not tell)"
        elif CREATE not in granted:
            return AuthFailed(
                f"{text} (the account lacks {CREATE}, which Tikting answers with 400)",
                hint=f"Grant {CREATE} to the account of desk {self._config.name}, then the same command again.",
            )
        return Rejected(text, reason="refused")

    async def _ticket(self, id: TicketId) -> Any:
        try:
            reply = await self._read("GET", f"{TICKETS}/{id}")
        except NotFound:
            return None
        except Rejected as e:
            raise ConfigError(e.message, hint=NOT_AS_TOLD) from e
        return wire.decoded(reply.body, f"{self._config.name}: ticket {id}")

    async def _list(self, query: dict[str, Any]) -> list[Any]:
        # A POST that only reads: repeating it is safe, unlike /register (contract hazard 1).
        reply = await self._ask("POST", TICKETS, data=msgspec.json.encode(query), headers=JSON)
        return wire.rows(reply.body, f"{self._config.name}: list")

    async def _metadata(self) -> Any:
        reply = await self._ask("GET", f"{TICKETS}/appmetadata")
        return wire.decoded(reply.body, f"{self._config.name}: appmetadata")

    async def _ask(self, method: str, path: str, **kwargs: Any) -> Reply:
        """A call that no ticket can be at fault for: a refusal must not pass for one of a ticket's."""
        try:
            return await self._read(method, path, **kwargs)
        except Rejected as e:
            raise ConfigError(e.message, hint=NOT_AS_TOLD) from e

    async def _read(self, method: str, path: str, headers: Mapping[str, str] = {}, **kwargs: Any) -> Reply:
        bearer = await self._access.ready()
        try:
            return await self._http.read(method, path, headers={**headers, "Authorization": bearer}, **kwargs)
        except TokenRefused:
            bearer = await self._access.renew(bearer)
        return await self._http.read(method, path, headers={**headers, "Authorization": bearer}, **kwargs)
