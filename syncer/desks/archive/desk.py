"""An archive as a desk: a folder is read and written as others are asked. Field names live in wire.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from pathlib import Path

from syncer.deskkit.budget import Budget
from syncer.deskkit.contract import (
    Account,
    Capabilities,
    Download,
    DraftField,
    Newer,
    Page,
    Ref,
    Step,
    Unreadable,
    Written,
)
from syncer.desks.archive import importing
from syncer.desks.archive.config import KINDS, ArchiveConfig
from syncer.desks.archive.folder import Folder
from syncer.desks.archive.loading import Loading, steps
from syncer.desks.archive.reading import Reading
from syncer.desks.archive.writing import Writing
from syncer.errors import Fatal
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, Key, TicketId
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket

OTHER_KINDS = ("custom_field", "custom_option", "person")
FIELDS = {
    "requester": DraftField(lookup="person"),
    "creator": DraftField(lookup="person"),
    "assignee": DraftField(lookup="person"),
    "created_at": DraftField(number=True),
    "updated_at": DraftField(),
    "closed_at": DraftField(),
    "number": DraftField(),
    "url": DraftField(),
    "html": DraftField(),
}
PAGE = 1000
UNLIMITED = 1_000_000.0
"""Calls a second: nobody is asked."""


class Archive:
    """A folder of tickets: a source, and a target for whatever a source can tell."""

    settle = 0.0
    parallel = 32

    def __init__(self, config: ArchiveConfig) -> None:
        self._config = config
        self._folder = Folder(config.path, config.name)
        kinds = self._kinds()
        lists = {kind: DraftField(lookup=kind) for kind in kinds if kind not in OTHER_KINDS}
        self.capabilities = Capabilities(
            reads=True, writes=config.imported is None, fetch_batch=200, lookup_kinds=kinds, fields=FIELDS | lists,
            marker_in=("field",), finds_by_key=True, takes_comments=True, takes_files=True, takes_tags=True,
            takes_cc=True, takes_custom=True, takes_times=True, keeps_links=True, keeps_rating=True,
            keeps_private=True, keeps_times=True, keeps_authors=True, adopts_lists=True, remote=False,
            takes_changes=config.imported is None,
        )  # fmt: skip
        self.budget = Budget(UNLIMITED)
        self._opening = asyncio.Lock()
        self._sealed = False
        self._open: Reading | None = None
        self._loading: Loading | None = None

    def _kinds(self) -> tuple[str, ...]:
        """The lists that are there; of an archive that is not there yet, all there may be."""
        there = tuple(sorted(one.stem for one in self._folder.lists.glob("*.jsonl")))
        return there or (*KINDS, *OTHER_KINDS)

    async def connect(self) -> None:
        """Look whether the folder may be one; an import reads its file anew when that has changed."""
        if self._config.imported is not None:
            await self._reading()
        else:
            await asyncio.to_thread(self._folder.manifest)

    async def check(self) -> Account:
        """What is there, without writing."""
        name = str(self._folder.root)
        if self._config.imported is None and await asyncio.to_thread(self._folder.manifest) is None:
            return Account(name, "no archive yet; a migration into it makes one")
        archive = await self._reading()
        tickets = await asyncio.to_thread(archive.index.count)
        manifest = archive.manifest
        of = f"of {manifest.origin}" if manifest.origin else "of nobody said whom"
        return Account(name, f"an archive {of}, {tickets:,} tickets", archive.findings)

    async def scan(self) -> AsyncIterator[Page]:
        """Every ticket, in the order of writing."""
        archive = await self._reading()
        end = await asyncio.to_thread(archive.end)
        yield Page((), begins=Cursor(str(end)))
        for finding in archive.findings:
            yield Page((), note=f"{self._config.name}: {finding}")
        async for page in self._pages(archive, -1, end):
            yield page
        yield Page((), swept=True)
        yield Page((), cursor=Cursor(str(end)))

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """What was written since. All of it where a file is imported: its lines stand anywhere, versions tell."""
        archive = await self._reading()
        end = await asyncio.to_thread(archive.end)
        after = int(since)
        if self._config.imported is not None or after > end:  # or it is another archive by now
            after = -1
        async for page in self._pages(archive, after, end):
            yield page
        yield Page((), cursor=Cursor(str(end)))

    async def _pages(self, archive: Reading, after: int, end: int) -> AsyncIterator[Page]:
        while rows := await asyncio.to_thread(archive.index.page, after, end, PAGE):
            yield Page(tuple(Ref(row.id, row.version) for row in rows))
            after = rows[-1].place

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Whole tickets."""
        archive = await self._reading()
        return await asyncio.to_thread(archive.fetch, ids)

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A blob whose bytes are what its name says."""
        archive = await self._reading()
        return await asyncio.to_thread(archive.download, ticket, file, spool)

    async def person(self, id: str) -> LookupValue | None:
        """Somebody from the list of people."""
        return (await self._reading()).lists.get("person", id)

    async def lookups(self) -> AsyncIterator[LookupValue]:
        """Every list, people last; none where there is no archive yet."""
        if self._config.imported is None and await asyncio.to_thread(self._folder.manifest) is None:
            return
        for value in (await self._reading()).lists.all():
            yield value

    async def adopt(self, values: AsyncIterator[LookupValue], origin: str | None = None) -> None:
        """Keep the lists of who is brought here."""
        found = [value async for value in values]
        await (await self._writing()).adopt(found, origin)

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """By the index, which is exact."""
        return await (await self._load()).find(keys)

    def calls(self, draft: Draft) -> int:
        """Nobody is asked."""
        return 0

    async def admit(self) -> None:
        """There is nothing to wait for."""

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """The whole ticket, where no comment of it has files; else all but these."""
        return await (await self._load()).create(draft, files, fence)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """Comments with files, and the end; mostly none."""
        return steps(draft, begun=self._loading is not None and self._loading.begun(draft.source_id))

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """By the folder, which is exact."""
        return await (await self._load()).happened(id, step)

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        return await (await self._load()).step(id, step, files, fence)

    async def change(
        self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """A later line, which takes the place of the earlier one."""
        return await (await self._load()).change(draft, id, names, fence)

    def seal(self) -> None:
        """Nothing is written to it from now on."""
        self._sealed = True

    async def close(self) -> None:
        """Let go of the folder."""
        async with self._opening:
            await self._shut()

    async def _shut(self) -> None:
        archive, self._open, self._loading = self._open, None, None
        if isinstance(archive, Writing):
            await archive.settle()
        if archive is not None:
            await asyncio.to_thread(archive.close)

    async def _reading(self) -> Reading:
        async with self._opening:
            if self._open is None:
                if self._config.imported is not None:
                    await asyncio.to_thread(importing.refresh, self._folder, self._config.imported)
                self._open = await asyncio.to_thread(Reading.of, self._folder)
            return self._open

    async def _writing(self) -> Writing:
        if self._sealed:
            raise Fatal(
                f"{self._config.name}: not written, for nothing may be written to this archive",
                hint="This is a fault of syncer's, please report it. Nothing was written.",
            )
        async with self._opening:
            if not isinstance(self._open, Writing):
                await self._shut()
                archive = await asyncio.to_thread(Writing.of, self._folder)
                self._open, self._loading = archive, Loading(archive)
            assert isinstance(self._open, Writing)
            return self._open

    async def _load(self) -> Loading:
        await self._writing()
        assert self._loading is not None
        return self._loading
