"""An archive that is open for writing: tickets are appended in groups, and acknowledged when they are on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack

from msgspec.structs import replace

from syncer.desks.archive import wire
from syncer.desks.archive.folder import INDEX, Folder, Lock
from syncer.desks.archive.index import Index, Row
from syncer.desks.archive.pending import Pending
from syncer.desks.archive.reading import Reading, refresh
from syncer.desks.archive.segments import Segments, parts
from syncer.errors import ConfigError, Fatal, Stopped, SyncerError
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import LookupValue

COMMIT_EVERY = 1000
"""Tickets the next life may have to read again to know where they stand."""


class Writing(Reading):
    """The one writer of an archive; also whoever else reads in this process reads here."""

    def __init__(self, folder: Folder, manifest: wire.Manifest, lock: Lock) -> None:
        segments = Segments(folder.tickets)
        index = Index(folder.root / INDEX)
        with ExitStack() as undo:
            undo.callback(index.close)
            refresh(index, segments, mend=True)
            super().__init__(folder, manifest, index, segments)
            self.blobs.sweep()
            self.pending = Pending(folder.pending, index)
            undo.pop_all()
        self._folder = folder
        self._lock = lock
        self._waiting: list[tuple[wire.TicketLine, Callable[[], None], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._uncommitted = 0
        self._adopting = asyncio.Lock()
        self._broken: Fatal | None = None

    @classmethod
    def of(cls, folder: Folder) -> Writing:
        """Take the right to write, mend what a killed writer left, and make the archive if there is none.

        Raises Stopped when somebody else is writing, ConfigError.
        """
        folder.manifest()  # before anything is made beside other people's things
        folder.begin()
        lock = folder.lock()
        with ExitStack() as undo:
            undo.callback(lock.release)
            manifest = folder.make()
            if manifest.imported is not None:
                raise ConfigError(
                    f"desk {folder.desk}: {folder.root} was made from {manifest.imported}, and is only read",
                    hint="Give the archive a folder of its own.",
                )
            archive = cls(folder, manifest, lock)
            undo.pop_all()
        return archive

    async def adopt(self, values: Iterable[LookupValue], origin: str | None) -> None:
        """Keep these lists; with the first origin it is told of, the archive is that one's. Raises ConfigError."""
        known = self.manifest.origin
        if origin is not None and known is not None and origin != known:
            raise ConfigError(
                f"desk {self._folder.desk}: {self._folder.root} is an archive of {known}, not of {origin}",
                hint="Give this one a folder of its own. If it is the same desk under a new address, change `origin`"
                " in archive.json.",
            )
        async with self._adopting:
            if origin is not None and known is None:
                self.manifest = replace(self.manifest, origin=origin)
                await asyncio.to_thread(self._folder.write_manifest, self.manifest)
            await asyncio.to_thread(self.lists.take, values)

    async def append(self, line: wire.TicketLine, fence: Callable[[], None]) -> None:
        """The ticket stands in a segment, on the disk, when this returns. `fence` is asked right before.

        Raises what `fence` raises; Stopped when it is surely not there; Fatal when nobody can tell.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((line, fence, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await future

    async def _write(self) -> None:
        """One write and one `fsync` serve all who wait; nobody waits for a group to fill."""
        while self._waiting:
            group, self._waiting = self._waiting, []
            lines: list[wire.TicketLine] = []
            futures: list[asyncio.Future[None]] = []
            for line, fence, future in group:
                try:
                    fence()
                except SyncerError as e:
                    _tell(future, e)
                    continue
                lines.append(line)
                futures.append(future)
            error: SyncerError | None = Fatal(f"{self._folder.root}: a write ended in a way nobody foresaw")
            try:
                await self._durably(lines)
                error = None
            except SyncerError as e:
                error = e
            finally:
                for future in futures:
                    _tell(future, error)

    async def _durably(self, lines: Sequence[wire.TicketLine]) -> None:
        if lines:
            await asyncio.to_thread(self._append, lines)

    def _append(self, lines: Sequence[wire.TicketLine]) -> None:
        if self._broken is not None:  # behind what nobody knows of nothing may be written, or it would never be seen
            raise self._broken
        texts = [wire.encoded(line) for line in lines]
        try:
            places = self._segments.append(texts)
            self._remember(lines, texts, places)
        except Fatal as e:
            self._broken = e
            raise
        self._uncommitted += len(lines)
        if self._uncommitted >= COMMIT_EVERY:
            self._commit(places[-1] + len(texts[-1]))

    def _remember(self, lines: Sequence[wire.TicketLine], texts: Sequence[bytes], places: Sequence[int]) -> None:
        try:
            self.index.add(
                Row(place, len(text), TicketId(line.id), Key(line.key) if line.key else None, wire.version_of(text))
                for place, text, line in zip(places, texts, lines, strict=True)
            )
        except Stopped as e:  # the tickets are there all the same: the next life finds them
            raise Fatal(e.message, hint=e.hint) from e

    def _commit(self, end: int) -> None:
        """The index is on the disk too, as far as the tickets are."""
        number, size = parts(end)
        for older, (before, _) in self.index.segments().items():
            if older < number and before != (stat := self._segments.path(older).stat()).st_size:
                self.index.has_read(older, stat.st_size, stat.st_mtime_ns)
        self.index.has_read(number, size, self._segments.path(number).stat().st_mtime_ns)
        self.index.commit()
        self._uncommitted = 0

    async def settle(self) -> None:
        """Returns when nobody waits for a write any more."""
        if self._writer is not None:
            await asyncio.gather(self._writer, return_exceptions=True)

    def close(self) -> None:
        """Note how many tickets there are, and let others write."""
        try:
            last = self.index.last_before(1 << 62)
            if self._uncommitted and last is not None and self._broken is None:
                self._commit(last.place + last.length)
            if self._broken is None and (count := self.index.count()) != (self.manifest.tickets or 0):
                self._folder.write_manifest(replace(self.manifest, tickets=count))
        finally:
            super().close()
            self._lock.release()


def _tell(future: asyncio.Future[None], error: SyncerError | None) -> None:
    if future.done():  # whoever waited was cancelled; what was written is there all the same
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
