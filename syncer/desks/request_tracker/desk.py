"""Request Tracker 5 over its REST API 2.0. Field names live in the wire modules, quirks in README.md."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from pathlib import Path

from syncer.deskkit.attempt import Attempt
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
from syncer.deskkit.mails import Mail, Mailed, may_mail
from syncer.desks.request_tracker.access import Access
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.catalogue import KINDS, Catalogue
from syncer.desks.request_tracker.changing import Changing
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.files import Files
from syncer.desks.request_tracker.finding import Finding
from syncer.desks.request_tracker.links import Links
from syncer.desks.request_tracker.listing import Listing
from syncer.desks.request_tracker.loading import Loading
from syncer.desks.request_tracker.looks import Looks, Seen
from syncer.desks.request_tracker.mailing import Mailing
from syncer.desks.request_tracker.newest import Newest
from syncer.desks.request_tracker.people import People
from syncer.desks.request_tracker.reading import BATCH, Reading
from syncer.desks.request_tracker.writes import Writes
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, Key, TicketId
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket, TicketLink

MAX_SUBJECT = 200
"""Bytes of a subject: RT cuts what is longer and says nothing."""
_SILENCE = "switch the scrips that mail off in RT, under Admin, Global, Scrips"
MAILS = (
    *may_mail(_SILENCE, ticket=("group",), reply=("group",), note=("group",)),
    Mail(on="assignee", to=("assignee",), certain=True, silence=_SILENCE),
)


class RequestTracker:
    """A Request Tracker 5: a source and a target."""

    def __init__(self, config: RequestTrackerConfig) -> None:
        self.capabilities = capabilities(config)
        self.settle = config.timeout + config.write_lag
        self.parallel = config.budget.parallel
        self._config = config
        self._http = DeskHttp(
            config.name, config.base_url, per_second=config.budget.per_second, parallel=config.budget.parallel,
            timeout=config.timeout, ca_file=config.ca_file, pause=config.pause,
        )  # fmt: skip
        self.budget = self._http.budget
        self._access = Access(config, self._http)
        calls = Calls(config, self._http, self._access)
        self._catalogue = Catalogue(config, calls)
        self._looks = Looks(config, calls, self._catalogue, self._access)
        newest = Newest(calls)
        self._listing = Listing(config, calls, newest)
        self._reading = Reading(config, calls, self._catalogue, newest)
        self._files = Files(config, self._http, self._access)
        self._finding = Finding(config, calls)
        writes = Writes(config, self._http, self._access)
        self._loading = Loading(config, calls, self._catalogue, self._reading, writes)
        self._links = Links(config, calls, writes)
        self._people = People(config, calls, writes)
        self._changing = Changing(config, calls, self._catalogue, writes)
        self._mailing = Mailing(calls)
        self._seen: Seen | None = None

    async def connect(self) -> None:
        """Ask for the version: a token that is none is refused."""
        await self._looks.version()

    async def check(self) -> Account:
        """Who we are, how much is shown to us, and what RT says we may do."""
        version = await self._looks.version()
        name, zone = await self._looks.name()
        count = await self._looks.count()
        if self._seen is None:  # this is asked again after outages, and what it says does not change
            self._seen = await self._looks.around(count, zone)
        shown = "an unknown number of" if count is None else f"{count:,}"
        return Account(
            name=name,
            detail=f"RT {version}, {shown} ticket{'' if count == 1 else 's'}",
            findings=tuple(self._seen.findings),
            facts=tuple(self._seen.facts),
        )

    async def scan(self) -> AsyncIterator[Page]:
        """Every ticket by rising ids; then what changed meanwhile."""
        async for page in self._listing.scan():
            yield page

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """The tickets of all transactions since the cursor, less the overlap."""
        async for page in self._listing.changed(since):
            yield page

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Many at once, each whole."""
        return await self._reading.tickets(ids)

    async def values(self, ids: Sequence[TicketId]) -> list[dict[str, str]]:
        """What tickets hold of the lists, many by one call."""
        return await self._reading.values(ids)

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """An attachment's bytes."""
        return await self._files.download(ticket, file, spool)

    async def person(self, id: str) -> LookupValue | None:
        """Somebody by login name."""
        return await self._catalogue.person(id)

    def lookups(self) -> AsyncIterator[LookupValue]:
        """Every list, people last."""
        return self._catalogue.values()

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """By the marker in its field, and among all tickets made since."""
        return await self._finding.find(keys, newer)

    def calls(self, draft: Draft) -> int:
        """As `costs` counts them."""
        return self._loading.calls(draft)

    async def admit(self) -> None:
        """Wait for the budget. Raises ConfigError where a marker would have no place."""
        await self._loading.ready()
        await self.budget.take()

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """POST ticket, nobody on it yet."""
        return await self._loading.create(draft, files, fence)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """A look, what was said, the status, people."""
        return self._loading.steps(draft)

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """Looked for on the ticket itself."""
        return await self._loading.happened(id, draft, step)

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        return await self._loading.step(id, draft, step, files, fence)

    async def linked(self, id: TicketId, link: TicketLink) -> bool:
        """Whether the two have to do with each other in this way."""
        return await self._links.linked(id, link)

    async def link(self, id: TicketId, link: TicketLink, fence: Callable[[], None]) -> Written:
        """Link them, where they are not linked yet."""
        return await self._links.link(id, link, Attempt(self._config.timeout, fence))

    async def known(self, email: str) -> str | None:
        """The login name of whoever has this address."""
        return await self._people.known(email)

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """Make somebody who asks for help; nobody is mailed."""
        return await self._people.invite(person, fence)

    async def change(
        self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """PUT ticket, read back; never its first words."""
        return await self._changing.change(id, draft, names, fence)

    async def remove(self, id: TicketId, fence: Callable[[], None] = lambda: None) -> Written:
        """DELETE ticket."""
        return await self._changing.remove(id, Attempt(self._config.timeout, fence))

    async def removed(self, id: TicketId) -> bool:
        """Whether it is deleted."""
        return await self._changing.removed(id)

    async def mailed(self, id: TicketId) -> Sequence[Mailed]:
        """The mails that RT keeps a copy of."""
        return await self._mailing.told(id)

    def seal(self) -> None:
        """Nothing is written to it from now on."""
        self._http.seal()

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()


def capabilities(config: RequestTrackerConfig) -> Capabilities:
    """What can be done with it by these settings."""
    created = {"created_at": DraftField(number=True)} if config.created_field or config.native_created else {}
    return Capabilities(
        reads=True,
        writes=True,
        fetch_batch=BATCH,
        lookup_kinds=KINDS,
        fields={
            "requester": DraftField(lookup="person"),
            "assignee": DraftField(lookup="person"),
            "queue": DraftField(lookup="queue", required=config.queue is None),
            "status": DraftField(lookup="status"),
            "priority": DraftField(lookup="priority"),
            "closed_at": DraftField(),
            **created,
        },
        marker_in=("title",) if config.marker_field is None else ("field",),
        finds_by_key=True,
        takes_comments=True,
        takes_tags=config.tag_field is not None,
        takes_cc=True,
        takes_custom=True,
        takes_links=True,
        takes_people=True,
        keeps_private=True,
        max_title=MAX_SUBJECT,
        title_in_bytes=True,
        max_file=int(config.max_file_mb * 1024 * 1024),
        takes_changes=True,
        takes_back=True,
        mails=MAILS,
    )
