"""Tikting over its REST API. Field names live in wire.py and wire_*.py, quirks in README.md."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from syncer.deskkit.contract import (
    Account,
    Capabilities,
    Download,
    DraftField,
    Newer,
    Page,
    Step,
    Unreadable,
    Written,
)
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.looking import Described, Tried
from syncer.deskkit.mails import Mail, may_mail
from syncer.desks.tikting import wire
from syncer.desks.tikting.access import Access, judge
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.catalogue import Catalogue
from syncer.desks.tikting.changing import Changing
from syncer.desks.tikting.checking import Checking
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.describing import Describing
from syncer.desks.tikting.listing import Listing
from syncer.desks.tikting.loading import Loading
from syncer.desks.tikting.looking import Looking
from syncer.desks.tikting.probing import Probing
from syncer.desks.tikting.reading import Files, Reading
from syncer.desks.tikting.registering import Registering
from syncer.desks.tikting.search import Search
from syncer.desks.tikting.updating import Updating
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.desks.tikting.wire_in import Reader
from syncer.desks.tikting.writes import Writes
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, Key, TicketId
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket

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
QUIET = "switch notifications and automatic assignment off in Tikting"


class Tikting:
    """A Tikting: a source by a field map, a target by its one published call and by those the operator configured."""

    def __init__(self, config: TiktingConfig) -> None:
        self._config = config
        budget = config.reading()
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
        self.settle = config.timeout + config.search_lag
        fields = FieldMap(config.fields)
        access = Access(config, self._http)
        calls = Calls(config.name, self._http, access, fields)
        self._access = access
        self._catalogue = Catalogue(config, calls)
        looking = Looking(config, calls, fields)
        self._listing = Listing(config, calls, fields, access, self._catalogue)
        self._reading = Reading(calls, Reader(config, fields), self._listing, self._catalogue)
        self._files = Files(config, self._http, access)
        self._registering = Registering(config, self._http, access)
        self.parallel = self._registering.parallel
        writes = Writes(config, self._http, access, calls)
        updating = Updating(config, calls, writes, fields, self._catalogue)
        self._loading = Loading(config, writes, fields, self._catalogue, updating)
        self._changing = Changing(config, writes, fields, self._catalogue, updating)
        self._search = Search(calls, fields, config.probe_misses)
        self._checking = Checking(config, calls, access, looking)
        self._describing = Describing(config, calls, fields, looking)
        self._probing = Probing(config, calls, writes, self._catalogue, access)
        self.capabilities = _capabilities(config, self._loading, reads=fields.reads)

    async def connect(self) -> None:
        """Log in, which every other call does too when it must."""
        await self._access.ready()

    async def check(self) -> Account:
        """Log in, look at the token's claims, the lists, one row and its ticket. A desk whose tickets cannot be read
        is no source any more."""
        found = await self._checking.account()
        if self._checking.unreadable:
            self.capabilities = replace(self.capabilities, reads=False)
        return found

    async def describe(self, ticket: TicketId | None = None) -> Described:
        """Which keys rows and tickets have, and which of them the field map finds (contract 3.3)."""
        return await self._describing.describe(ticket)

    def probes(self) -> Mapping[str, bool]:
        """The configured calls, and whether trying each writes."""
        return self._probing.calls()

    async def probe(self, call: str, ticket: TicketId) -> Tried:
        """Try one of them, on this ticket (contract 3.4)."""
        return await self._probing.probe(call, ticket)

    async def scan(self) -> AsyncIterator[Page]:
        """Every ticket, walked until two walks agree (contract 4)."""
        async for page in self._listing.scan():
            yield page

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """Every ticket again, each with its version: no call tells what changed (contract 4)."""
        async for page in self._listing.changed():
            yield page

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Ticket by ticket."""
        return [await self._reading.fetch(id) for id in ids]

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes, where the ticket or the settings tell how."""
        return await self._files.download(ticket, file, spool)

    async def person(self, id: str) -> LookupValue | None:
        """Somebody a ticket named; requesters are in no list (contract 3.1.5)."""
        return await self._catalogue.person(id)

    def lookups(self) -> AsyncIterator[LookupValue]:
        """The lists of appmetadata, technicians, and all users where a call for them is configured."""
        return self._catalogue.values()

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """Search the titles for each marker; with `newer`, look at every later id too (contract 5)."""
        return await self._search.find(keys, newer)

    def calls(self, draft: Draft) -> int:
        """Requests it takes, with its steps."""
        return self._loading.calls(draft)

    async def admit(self) -> None:
        """Wait for the budget of registrations, then for that of all calls, with a token that holds until then."""
        if self._loading.leads:
            await self._catalogue.names()
        await self._registering.admit()

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """Register the ticket with all that this one call takes."""
        status = await self._loading.first_status(draft)
        return await self._registering.create(draft, files, fence, status)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """What the configured calls add; nothing without them."""
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
        """By `ticket.update`, as far as the operator says what that is told (contract 3.4)."""
        return await self._changing.change(id, draft, names, fence)

    def seal(self) -> None:
        """Nothing is written to it from now on."""
        self._http.seal()

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()


def _capabilities(config: TiktingConfig, loading: Loading, *, reads: bool) -> Capabilities:
    return Capabilities(
        reads=reads,
        writes=True,
        lookup_kinds=(*(kind for kind, _ in wire.LISTS.values()), "person"),
        fields={**FIELDS, **loading.fields},
        marker_in=("title",),
        finds_by_key=True,
        takes_comments=loading.replies,
        keeps_status=config.register_status == "any" or loading.leads,
        max_title=255,
        max_body=config.max_body,
        needs_body=True,
        body="text" if config.text_mode == "plain" else "html",
        takes_changes=config.active("ticket.update") is not None,
        mails=tuple(_mails(config, loading)),
    )


def _mails(config: TiktingConfig, loading: Loading) -> Iterator[Mail]:
    """A registration mails whom it assigns, if anybody (contract 3.1.2); whom other calls mail no page tells."""
    yield from may_mail(QUIET, ticket=("assignee", "group"))
    if loading.fields:
        yield from may_mail(f"{QUIET}, or leave assignee out of ticket.update", assignee=("assignee",))
    if loading.leads or ((update := config.active("ticket.update")) is not None and update.name("status")):
        yield from may_mail(f"{QUIET}, or leave the calls for a status out of endpoints", status=("requester",))
    if loading.replies:
        yield from may_mail(f"{QUIET}, or leave ticket.reply out of endpoints", reply=("requester",))
