"""An archive that is open for reading: its index brought up to its segments, its lists, its blobs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from syncer.deskkit.contract import Download, Unreadable
from syncer.desks.archive import wire
from syncer.desks.archive.blobs import Blobs
from syncer.desks.archive.folder import INDEX, LOCK, Folder, Lock
from syncer.desks.archive.index import Index, Row
from syncer.desks.archive.lists import Lists
from syncer.desks.archive.segments import Segments, parts, position
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import Ticket

BATCH = 1000


class Reading:
    """What is there. Its calls block: they belong into a thread."""

    def __init__(self, folder: Folder, manifest: wire.Manifest, index: Index, segments: Segments) -> None:
        self.manifest = manifest
        self.index = index
        self.lists = Lists(folder.lists)
        self.blobs = Blobs(folder.blobs)
        self.findings: tuple[str, ...] = ()
        self._segments = segments
        self._scratch: Path | None = None

    @classmethod
    def of(cls, folder: Folder) -> Reading:
        """Open it without changing anything but its index. Raises ConfigError when there is none, or a spoilt one."""
        manifest = folder.manifest()
        if manifest is None:
            raise ConfigError(
                f"desk {folder.desk}: there is no archive in {folder.root}",
                hint="A migration into it makes one; or name the right folder in `path`.",
            )
        if manifest.imported is not None and manifest.stamp is None:
            raise ConfigError(
                f"desk {folder.desk}: {folder.root} is not whole: the import of {manifest.imported} was cut short",
                hint="Run `syncer check` with the config that imports it.",
            )
        segments = Segments(folder.tickets)
        index, busy = _usual_index(folder.root, segments)
        scratch = None
        if index is None:
            # Somebody is writing into it, or we may not: an index of our own, away from theirs.
            scratch = Path(tempfile.mkdtemp(prefix="syncer-index-"))
            index = Index(scratch / INDEX)
            refresh(index, segments)
        found = cls(folder, manifest, index, segments)
        found._scratch = scratch
        found.findings = () if busy else tuple(_findings(index, segments, manifest))
        return found

    def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """One answer for each id."""
        rows = self.index.find(ids)
        return [self._ticket(rows[id]) if id in rows else Unreadable(id, "not in the archive", gone=True) for id in ids]

    def _ticket(self, row: Row) -> Ticket | Unreadable:
        try:
            return wire.ticket(self.line(row), row.version)
        except Rejected as e:
            return Unreadable(row.id, e.message)
        except ValueError as e:  # msgspec's are, too
            return Unreadable(row.id, f"{self._place(row)}: {e}")

    def line(self, row: Row) -> wire.TicketLine:
        """The whole ticket. Raises Rejected when the file was changed since, msgspec.MsgspecError when it is wrong."""
        try:
            text = self._segments.read(row.place, row.length)
        except OSError as e:
            raise Rejected(f"{self._place(row)}: {e.strerror}", reason="unreadable") from e
        if wire.version_of(text) != row.version:
            raise Rejected(f"{self._place(row)}: was changed while it was read; try again", reason="unreadable")
        return wire.ticket_line(text)

    def _place(self, row: Row) -> str:
        number, offset = parts(row.place)
        return f"{self._segments.path(number).name}, byte {offset}"

    def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file by what `fetch` called it. Raises Rejected."""
        row = self.index.find([ticket]).get(ticket)
        if row is None:
            raise NotFound(f"ticket {ticket} is not in the archive")
        try:
            found = wire.numbered(self.line(row), file)
        except msgspec.MsgspecError as e:
            raise Rejected(f"{self._place(row)}: {e}", reason="file_unreadable") from e
        if found is None:
            raise Rejected(f"ticket {ticket} has no file {file}", reason="file_unreadable")
        return self.blobs.give(found, spool)

    def end(self) -> int:
        """Where the last ticket stands."""
        last = self.index.last_before(1 << 62)
        return last.place if last else -1

    def close(self) -> None:
        """Let go of files."""
        self.index.close()
        self._segments.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


def _usual_index(root: Path, segments: Segments) -> tuple[Index | None, bool]:
    """The one beside the tickets, where it can be had; and whether somebody is writing there now."""
    path = root / INDEX
    lock = _lock(root)
    if lock is None:  # as it is, or not at all
        if not path.exists():
            return None, False
        index = Index(path, writable=False)
        if fits(index, segments, whole=True):
            return index, False
        index.close()
        return None, False
    if not lock.taken:
        return None, True
    try:
        index = Index(path)
        refresh(index, segments)
        index.close()
    finally:
        lock.release()
    return Index(path, writable=False), False


def _lock(root: Path) -> Lock | None:
    """None for a folder we may only read, whatever we may do with the files in it: an index needs others beside it."""
    try:
        return Lock(root / LOCK) if os.access(root, os.W_OK, effective_ids=True) else None
    except OSError:
        return None


def _findings(index: Index, segments: Segments, manifest: wire.Manifest) -> Iterator[str]:
    number = max(segments.numbers(), default=0)
    if number and index.segments()[number][0] < segments.path(number).stat().st_size:
        yield f"{segments.path(number).name} ends within a line: a write that was cut short, or half a copy"
    if manifest.tickets is not None and index.count() < manifest.tickets:
        yield f"it holds {index.count():,} tickets, but {manifest.tickets:,} were written: is the copy whole?"


def fits(index: Index, segments: Segments, *, whole: bool = False) -> bool:
    """Whether what the index has read still stands there, so that reading on is enough; `whole`: nothing is new."""
    known, numbers = index.segments(), segments.numbers()
    newest = max(known, default=0)
    if not known.keys() <= set(numbers) or any(n < newest and n not in known for n in numbers):
        return False
    for number, (size, changed) in known.items():
        stat = segments.path(number).stat()
        if (stat.st_size, stat.st_mtime_ns) == (size, changed):
            continue
        if whole or number != newest or stat.st_size < size or not _still_ends(index, segments, number, size):
            return False
    return not whole or len(known) == len(numbers)


def _still_ends(index: Index, segments: Segments, number: int, size: int) -> bool:
    row = index.last_before(position(number, size))
    if size == 0 or row is None or row.place < position(number, 0):
        return size == 0
    stands = wire.version_of(segments.read(row.place, row.length)) == row.version
    return stands and row.place + row.length == position(number, size)


def refresh(index: Index, segments: Segments, *, mend: bool = False) -> int | None:
    """Bring the index up to what the segments hold. Where the last segment was torn, if it was; `mend` cuts it there.

    Raises ConfigError for a line that is no ticket and cannot have been torn.
    """
    if not fits(index, segments):
        index.reset()
    known, numbers, torn = index.segments(), segments.numbers(), None
    for number in numbers:
        before = known.get(number, (0, 0))
        stat = segments.path(number).stat()
        last = number == numbers[-1]
        if before != (stat.st_size, stat.st_mtime_ns):
            torn = _read_on(index, segments, number, before[0], last=last)
        if mend and last:
            segments.mend(number, torn)
            stat = segments.path(number).stat()
        seen = stat.st_size if torn is None or mend else torn
        index.has_read(number, seen, stat.st_mtime_ns)
    index.commit()
    return torn


def _read_on(index: Index, segments: Segments, number: int, start: int, *, last: bool) -> int | None:
    rows: list[Row] = []
    torn = None
    for stored in segments.stored(number, start):
        try:
            head = wire.head(stored.text)
        except msgspec.MsgspecError as e:
            # A kill leaves half a line, a power cut may leave zeros; and neither was acknowledged.
            if last and (not stored.ended or b"\0" in stored.text):
                torn = stored.offset
                break
            raise _no_ticket(segments.path(number), stored.offset, e) from e
        key = Key(head.key) if head.key is not None else None
        place, version = position(number, stored.offset), wire.version_of(stored.text)
        rows.append(Row(place, len(stored.text), TicketId(head.id), key, version))
        if len(rows) >= BATCH:
            index.add(rows)
            rows = []
    index.add(rows)
    return torn


def _no_ticket(path: Path, offset: int, error: Exception) -> ConfigError:
    with path.open("rb") as file:
        line = sum(1 for _ in iter(lambda: file.tell() < offset and file.readline(), False)) + 1
    return ConfigError(
        f"{path}:{line}: is no ticket: {error}",
        hint="Restore the file from a copy, or mend the line; or take it out, and the ticket is lost.",
    )
