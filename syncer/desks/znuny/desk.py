"""Znuny over a REST web service of its generic interface. Field names live in wire.py and wire_out.py, quirks in
README.md."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from pathlib import Path

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
from syncer.deskkit.mails import Mail, may_mail
from syncer.desks.znuny import checking, costs
from syncer.desks.znuny.access import Access
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.catalogue import KINDS, Catalogue
from syncer.desks.znuny.changing import Changing
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.custom import DynamicFields
from syncer.desks.znuny.files import MEGABYTE, Files
from syncer.desks.znuny.finding import Finding
from syncer.desks.znuny.listing import Listing
from syncer.desks.znuny.loading import Loading
from syncer.desks.znuny.names import Names
from syncer.desks.znuny.people import People
from syncer.desks.znuny.reading import Reading
from syncer.desks.znuny.trying import Seen
from syncer.desks.znuny.wire import Reader
from syncer.desks.znuny.wire_out import MAX_TITLE, Writer
from syncer.desks.znuny.writes import Writes
from syncer.errors import Rejected
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, Key, TicketId
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket

_SILENCE = "switch them off in Znuny, under Admin, Ticket Notifications"
MAILS = (
    *may_mail(_SILENCE, ticket=("group",), reply=("group",), note=("group",), status=("assignee",)),
    Mail(on="assignee", to=("assignee",), certain=True, silence=_SILENCE),
)


class Znuny:
    """A Znuny, or an OTRS Community Edition: a source and a target."""

    def __init__(self, config: ZnunyConfig) -> None:
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
            pause=config.pause,
        )
        self.budget = self._http.budget
        self._access = Access(config, self._http)
        self._calls = Calls(config, self._http, self._access)
        self._people, names, fields = People(config), Names(config), DynamicFields(config)
        self._names = names
        self._files = Files(config, self._calls)
        self._listing = Listing(config, self._calls)
        self._reading = Reading(config, self._calls, Reader(config, self._people, names, fields), self._files)
        self._catalogue = Catalogue(config, self._calls, self._listing, (self._people, names, fields))
        self._finding = Finding(config, self._calls)
        writes = Writes(config, self._http, self._access)
        writer = Writer(config, self._people, names)
        self._loading = Loading(config, self._calls, writes, self._files, (self._people, fields, writer))
        self._changing = Changing(config, self._calls, writes, (self._people, fields, writer))
        self._seen: Seen | None = None

    async def connect(self) -> None:
        """Log in, which every other call does too when it must."""
        await self._access.credential.ready()

    async def check(self) -> Account:
        """Log in, look at the ticket that changed last: what the account sees, the clock, the marker's field."""
        newest = await self._listing.newest()
        if self._seen is None:  # this is asked again after outages, and what it says does not change
            self._seen = await checking.looks(self._config, self._calls, newest)
        last = "no ticket is to be seen" if newest is None else f"last change {newest.get('Changed')}"
        detail = f"Znuny, {last} ({self._config.timezone})"
        return Account(
            name=self._config.auth.user,
            detail=detail,
            findings=tuple(self._seen.findings),
            facts=tuple(self._seen.facts),
        )

    async def scan(self) -> AsyncIterator[Page]:
        """Every ticket, by when it was made."""
        async for page in self._listing.scan():
            yield page

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """What changed since, by the server's clock, oldest first."""
        async for page in self._listing.changed(since):
            yield page

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Whole tickets, many in one call; texts as they were written."""
        return await self._reading.fetch(ids)

    async def values(self, ids: Sequence[TicketId]) -> list[dict[str, str]]:
        """What these tickets hold of the lists, without their articles; unreadable ones are left out."""
        return [self._names.of(row) for row in (await self._calls.rows(ids)).values()]

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes, which come with the whole ticket."""
        return await self._files.download(ticket, file, spool)

    async def person(self, id: str) -> LookupValue | None:
        """Somebody as settings or tickets tell of them: no call does."""
        return self._people.value(id)

    def lookups(self) -> AsyncIterator[LookupValue]:
        """Every name, people last."""
        return self._catalogue.values()

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """By the marker in its field, and each newer ticket by its id."""
        return await self._finding.find(keys, newer)

    def calls(self, draft: Draft) -> int:
        """As `costs` counts them."""
        return costs.calls(draft)

    async def admit(self) -> None:
        """Wait for the budget, with a session that should hold until then."""
        await self._access.credential.ready()
        await self.budget.take()

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """TicketCreate."""
        return await self._loading.create(draft, files, fence)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """Each comment, and a last look."""
        return self._loading.steps(draft)

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """Looked for on the ticket itself."""
        return await self._loading.happened(id, draft, step)

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        return await self._loading.step(id, draft, step, files, fence)

    async def known(self, email: str) -> str | None:
        """The address itself: Znuny takes any valid one for somebody who asks, and makes nobody of it."""
        return self._people.known(email)

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """There is no call, and no need: raises Rejected, for what is no address."""
        raise Rejected(f"{self._config.name}: {person.name} has no valid e-mail", reason="refused")

    async def change(
        self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """TicketUpdate, read back; never an article."""
        return await self._changing.change(id, draft, names, fence)

    async def remove(self, id: TicketId, fence: Callable[[], None] = lambda: None) -> Written:
        """TicketUpdate: the state `removed`, and no marker."""
        return await self._changing.remove(id, fence)

    async def removed(self, id: TicketId) -> bool:
        """Whether it is so, or not to be seen."""
        return await self._changing.removed(id)

    def seal(self) -> None:
        """Nothing is written to it from now on."""
        self._http.seal()

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()


def capabilities(config: ZnunyConfig) -> Capabilities:
    """What can be done with it by these settings."""
    lists = config.lists
    more = {"service": lists.services, "sla": lists.slas}
    fields = {
        "requester": DraftField(lookup="person", required=True),
        "queue": DraftField(lookup="queue", required=config.queue is None),
        "status": DraftField(lookup="status"),
        "priority": DraftField(lookup="priority"),
        "type": DraftField(lookup="type"),
        **{kind: DraftField(lookup=kind) for kind, names in more.items() if names},
        "assignee": DraftField(lookup="person"),
    }
    return Capabilities(
        reads=True,
        writes=True,
        fetch_batch=config.bulk,
        lookup_kinds=KINDS,
        fields=fields,
        marker_in=("field",) if config.marker_field is not None else ("title",),
        finds_by_key=True,
        takes_comments=True,
        takes_custom=True,
        takes_people=True,
        keeps_private=True,
        keeps_authors=True,
        max_title=MAX_TITLE,
        needs_body=True,
        max_file=int(config.max_request_mb * MEGABYTE),
        takes_changes=True,
        takes_back=True,
        mails=MAILS,
    )
