"""Motadata ServiceOps over its REST API V1. Field names live in wire.py and wire_out.py, quirks in README.md."""

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
from syncer.desks.motadata import wire
from syncer.desks.motadata.access import Access
from syncer.desks.motadata.calls import BY_CREATION, Calls
from syncer.desks.motadata.catalogue import Catalogue
from syncer.desks.motadata.changing import Changing
from syncer.desks.motadata.config import MEGABYTE, MotadataConfig
from syncer.desks.motadata.files import Files
from syncer.desks.motadata.finding import Finding
from syncer.desks.motadata.listing import Listing
from syncer.desks.motadata.loading import Loading
from syncer.desks.motadata.names import KINDS, Names
from syncer.desks.motadata.requesters import Requesters
from syncer.desks.motadata.writes import Writes
from syncer.errors import NotFound, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, Key, TicketId
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket

FIELDS = {
    "requester": DraftField(lookup="person", required=True),
    "status": DraftField(lookup="status"),
    "priority": DraftField(lookup="priority"),
    "urgency": DraftField(lookup="urgency"),
    "impact": DraftField(lookup="impact"),
    "category": DraftField(lookup="category"),
    "department": DraftField(lookup="department"),
    "location": DraftField(lookup="location"),
    "support_level": DraftField(lookup="support_level"),
    "source": DraftField(lookup="source"),
    "assignee": DraftField(lookup="person"),
}
# Each write may set off a notification rule (contract 8); only a reply is said to mail whatever these are (3.6).
MAILS = may_mail(
    "switch the notification rules off in ServiceOps, under Admin",
    ticket=("requester", "cc", "assignee", "group"), note=("assignee",), assignee=("assignee",),
    status=("requester", "assignee"), cc=("cc",),
)  # fmt: skip
REPLIES = Mail(on="reply", to=("requester",), certain=True, silence="set public_replies of the desk to false")
(AS_NOTE,) = may_mail(MAILS[0].silence, reply=("assignee",))
MARKER_ROOM = 200
"""Characters of a description kept free for the marker and lines about files."""


class Motadata:
    """A Motadata ServiceOps: a source, and a target for requests of the type incident."""

    def __init__(self, config: MotadataConfig) -> None:
        self.capabilities = capabilities(config)
        self.settle = config.timeout + config.search_lag
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
        names = Names(config)
        self._reader = wire.Reader(config, names)
        self._catalogue = Catalogue(config, self._calls, names)
        self._listing = Listing(config, self._calls)
        self._finding = Finding(config, self._calls)
        writes = Writes(config, self._http, self._access, self._calls)
        self._files = Files(config, self._http, self._access, writes)
        self._loading = Loading(config, self._calls, writes, self._files, names)
        self._changing = Changing(config, self._calls, writes, self._loading, names)
        self._requesters = Requesters(config, self._calls, writes)
        self._findings: tuple[str, ...] | None = None

    async def connect(self) -> None:
        """Log in, which every other call does too when it must; a key is tried with the first of them."""
        await self._access.credential.ready()

    async def check(self) -> Account:
        """Log in, look at one request as a list, a GET and its conversations show it, and at the optional lists."""
        page = await self._calls.requests(0, BY_CREATION, size=1)
        if self._findings is None:  # this is asked again after outages, and what it says does not change
            self._findings = tuple([found async for found in self._looks(page)])
        auth = self._config.auth
        name = "API key" if auth.kind == "api_key" else auth.username
        detail = f"ServiceOps, {'an unknown number of' if page.total is None else page.total} requests"
        return Account(name=name, detail=detail, findings=self._findings)

    async def _looks(self, page: wire.Rows) -> AsyncIterator[str]:
        if page.total is None:
            yield "the list does not tell how many requests there are: a hole in it would not be noticed"
        for row in page.rows[:1]:
            id = wire.ident(row) or TicketId("")
            try:
                whole = await self._calls.request(id)
                await self._calls.talk(id)
            except Rejected as e:
                yield f"request {id} is listed and cannot be read: {e.message}"
                continue
            field = self._config.marker_field
            if field and field not in (whole.get("customField") or {}):
                yield f"no request has a custom field {field!r} (marker_field): the marker would stand in texts only"
        optional = [*self._config.lookup_paths.values(), self._config.requester_search, self._config.technician_search]
        for path in filter(None, optional):
            if not await self._catalogue.shows(path):
                yield f"{path} shows nothing: these names and people are only known from requests and settings"

    async def scan(self) -> AsyncIterator[Page]:
        """Every request, by overlapping pages, until as many were seen as are counted (contract 4.2)."""
        async for page in self._listing.scan():
            yield page

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """The whole list again, compared with `since`: no condition on times is documented (contract 4.3, mode F)."""
        async for page in self._listing.changed(since):
            yield page

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Request by request, each with its conversations."""
        return [await self._fetch(id) for id in ids]

    async def _fetch(self, id: TicketId) -> Ticket | Unreadable:
        try:
            row = await self._calls.request(id)
        except NotFound as e:
            return Unreadable(id, e.message, gone=True)
        try:
            talk = await self._calls.talk(id)
        except NotFound as e:
            # Only a request that is not there itself is gone: the path of its conversations may be missing.
            return Unreadable(id, f"its conversations cannot be read: {e.message}", gone=await self._is_gone(id))
        for one in (row, *talk):
            for person in wire.people(one):
                self._catalogue.meet(person)
        return self._reader.ticket(row, talk)

    async def _is_gone(self, id: TicketId) -> bool:
        try:
            await self._calls.request(id)
        except NotFound:
            return True
        return False

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes, where the settings say how (contract 3.7)."""
        return await self._files.download(ticket, file, spool)

    async def person(self, id: str) -> LookupValue | None:
        """Somebody by e-mail; the name is what requests and conversations say, or the list of requesters."""
        return await self._catalogue.person(id)

    def lookups(self) -> AsyncIterator[LookupValue]:
        """Every name, people last."""
        return self._catalogue.values()

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """By the marker, among the newest requests or among all since (contract 5)."""
        return await self._finding.find(keys, newer)

    def calls(self, draft: Draft) -> int:
        """Requests it takes, with its files and steps."""
        return self._loading.calls(draft)

    async def admit(self) -> None:
        """Wait for the budget, with a credential that holds until then."""
        await self._access.credential.ready()
        await self.budget.take()

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """POST request (contract 3.2)."""
        return await self._loading.create(draft, files, fence)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """A look, group and assignee, conversations, the status (contract 8)."""
        return self._loading.steps(draft)

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """Looked for on the request itself."""
        return await self._loading.happened(id, draft, step)

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        return await self._loading.step(id, draft, step, files, fence)

    async def change(
        self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """PATCH request (contract 3.4)."""
        return await self._changing.change(id, draft, names, fence)

    async def known(self, email: str) -> str | None:
        """The id of whoever has this address."""
        return await self._requesters.known(email)

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """Make a requester; nobody is mailed."""
        return await self._requesters.invite(person, fence)

    def seal(self) -> None:
        """Nothing is written to it from now on."""
        self._http.seal()

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()


def capabilities(config: MotadataConfig) -> Capabilities:
    """What can be done with it by these settings."""
    group = {"group": DraftField(lookup="group")} if config.group_key else {}
    return Capabilities(
        reads=True,
        writes=True,
        lookup_kinds=(*KINDS, "custom_field", "person"),
        fields={**FIELDS, **group},
        marker_in=("title",),
        finds_by_key=True,
        takes_comments=True,
        takes_files=config.attachment_upload_path is not None,
        takes_tags=True,
        takes_cc=True,
        takes_custom=True,
        takes_people=config.requester_search is not None,
        keeps_private=True,
        max_title=config.max_subject,
        max_body=config.max_description - MARKER_ROOM,
        max_file=int(config.max_file_mb * MEGABYTE),
        takes_changes=True,
        mails=(*MAILS, REPLIES if config.public_replies else AS_NOTE),
    )
