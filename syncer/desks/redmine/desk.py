"""Redmine over its REST API. Field names live in wire.py, wire_out.py and fields.py, quirks in README.md."""

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
from syncer.deskkit.mails import Mail, Reader, may_mail
from syncer.deskkit.settled import settled
from syncer.desks.redmine import costs
from syncer.desks.redmine.access import Access
from syncer.desks.redmine.calls import Calls
from syncer.desks.redmine.catalogue import KINDS, Catalogue
from syncer.desks.redmine.changing import Changing
from syncer.desks.redmine.checking import Checking
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.ending import Ending
from syncer.desks.redmine.files import Files
from syncer.desks.redmine.finding import Finding
from syncer.desks.redmine.linking import Linking
from syncer.desks.redmine.listing import Listing
from syncer.desks.redmine.loading import Loading
from syncer.desks.redmine.notes import Notes
from syncer.desks.redmine.people import People
from syncer.desks.redmine.reading import Reading
from syncer.desks.redmine.rights import Rights
from syncer.desks.redmine.writes import Writes
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, Key, TicketId
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket, TicketLink

BATCH = 25
SUBJECT = 255
FIELDS = {
    "status": DraftField(lookup="status"),
    "priority": DraftField(lookup="priority"),
    "type": DraftField(lookup="type"),
    "category": DraftField(lookup="category"),
    "assignee": DraftField(lookup="person"),
}
SILENCE = "switch the events off in Redmine, under Administration, Settings, Email notifications"


class Redmine:
    """A Redmine: a source and a target."""

    def __init__(self, config: RedmineConfig) -> None:
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
        calls = Calls(config, self._http, self._access)
        writes = Writes(config, self._http, self._access)
        self._people = People(config, calls, writes)
        self._catalogue = Catalogue(config, calls, self._people)
        rights = Rights(calls)
        self._checking = Checking(config, calls, self._catalogue, self._people, rights)
        self._listing = Listing(config, calls)
        self._reading = Reading(config, calls, self._catalogue, self._people)
        self._finding = Finding(config, calls, self._catalogue)
        self._files = Files(config, self._http, calls, writes)
        ending = Ending(config, calls, self._catalogue, writes)
        notes = Notes(config, calls, writes, self._people, rights)
        self._loading = Loading(calls, writes, self._files, (config, self._catalogue, self._people, notes, ending))
        self._linking = Linking(config, calls, writes, ending)
        self._changing = Changing(calls, writes, (config, self._catalogue, self._people, ending))

    async def connect(self) -> None:
        """Ask whose key it is: lists would answer without one, too."""
        await self._access.credential.ready()

    async def check(self) -> Account:
        """Whose key it is, what its roles lack, and whether the configured fields are there."""
        return await self._checking.check()

    async def scan(self) -> AsyncIterator[Page]:
        """Every issue, by its id."""
        async for page in self._listing.scan():
            yield page

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """What Redmine counts as changed, oldest first."""
        async for page in self._listing.changed(since):
            yield page

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Issue by issue, with all that hangs on it; once more where the second of a change was not over."""
        found = await settled(self._reading.tickets, ids, self._http.clock)
        if any(isinstance(one, Ticket) or one.gone for one in found):
            # A key that was taken back reads public issues still, without their private notes.
            await self._access.confirm()
        return found

    async def values(self, ids: Sequence[TicketId]) -> list[dict[str, str]]:
        """What these issues hold of the lists, in one call."""
        return await self._reading.values(ids)

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes."""
        return await self._files.download(ticket, file, spool)

    async def person(self, id: str) -> LookupValue | None:
        """A user, locked or not; one who is only an address; else a name that an issue had."""
        return await self._people.person(id)

    def lookups(self) -> AsyncIterator[LookupValue]:
        """Every list, people last."""
        return self._catalogue.values()

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """By the marker, among the newest issues or all since."""
        return await self._finding.find(keys, newer)

    def calls(self, draft: Draft) -> int:
        """As `costs` counts them."""
        return costs.calls(draft, self._config, self._catalogue.begins(draft.fields.get("type", "")))

    async def admit(self) -> None:
        """Wait for the budget, with a key that was accepted."""
        await self._access.credential.ready()
        await self.budget.take()

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """POST issues."""
        return await self._loading.create(draft, files, fence)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """Notes, then what mails: status, category, assignee; watchers last."""
        return self._loading.steps(draft)

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """Looked for on the issue itself."""
        return await self._loading.happened(id, draft, step)

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        return await self._loading.step(id, draft, step, files, fence)

    async def linked(self, id: TicketId, link: TicketLink) -> bool:
        """Whether these two issues are linked."""
        return await self._linking.linked(id, link)

    async def link(self, id: TicketId, link: TicketLink, fence: Callable[[], None]) -> Written:
        """A relation, or a subtask."""
        return await self._linking.link(id, link, fence)

    async def known(self, email: str) -> str | None:
        """The id of whoever has this address."""
        return await self._people.known(email)

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """Make a user, or take their address for one; nobody is mailed."""
        return await self._people.invite(person, fence)

    async def change(
        self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """PUT issue, read back."""
        return await self._changing.change(id, draft, names, fence)

    async def remove(self, id: TicketId, fence: Callable[[], None] = lambda: None) -> Written:
        """DELETE issue."""
        return await self._changing.remove(id, fence)

    async def removed(self, id: TicketId) -> bool:
        """Whether there is no such issue."""
        return await self._changing.removed(id)

    def seal(self) -> None:
        """Nothing is written to it from now on."""
        self._http.seal()

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()


def capabilities(config: RedmineConfig) -> Capabilities:
    """What can be done with it by these settings."""
    requester = {"requester": DraftField(lookup="person", required=True)} if config.requester_field else {}
    return Capabilities(
        reads=True,
        writes=True,
        fetch_batch=BATCH,
        lookup_kinds=KINDS,
        fields={**requester, "group": DraftField(lookup="group", required=config.project is None), **FIELDS},
        marker_in=("field",) if config.marker_field else ("title",),
        finds_by_key=True,
        takes_comments=True,
        takes_cc=True,
        takes_custom=True,
        takes_links=True,
        takes_people=bool(config.requester_field) or config.make_users,
        keeps_private=True,
        shows_private_files=config.private_files == "withhold",
        keeps_authors=config.switch_user,
        max_title=SUBJECT,
        body="text",
        takes_changes=True,
        takes_back=True,
        mails=mails(config),
    )


def mails(config: RedmineConfig) -> tuple[Mail, ...]:
    """Who is mailed as Redmine comes. Whoever comments in their own name watches it from then on."""
    commenters: tuple[Reader, ...] = ("cc",) if config.switch_user else ()
    watching: tuple[Reader, ...] = ("group", "account", *commenters)
    return (
        Mail(on="assignee", to=("assignee",), certain=True, silence=SILENCE),
        *may_mail(
            SILENCE, ticket=("group", "account", "assignee"), reply=watching, note=watching, status=watching,
            link=("assignee", "cc"),
        ),
    )  # fmt: skip
