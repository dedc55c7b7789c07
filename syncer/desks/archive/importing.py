"""Makes an archive from a file of tickets somebody else made, and makes it anew when that file has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from syncer.desks.archive import wire
from syncer.desks.archive.config import Import
from syncer.desks.archive.folder import INDEX, Folder
from syncer.desks.archive.import_rows import Reader, in_order
from syncer.desks.archive.import_table import MOST_PROBLEMS, Problems, Record, records
from syncer.desks.archive.index import Index, Row
from syncer.desks.archive.lists import Lists
from syncer.desks.archive.segments import Segments, parts
from syncer.errors import ConfigError
from syncer.model.ids import TicketId

BATCH = 1000
_comments = msgspec.json.Decoder(wire.CommentLine)


def refresh(folder: Folder, settings: Import) -> None:
    """The archive of this file, made if it is not there or if file or settings have changed since.

    Raises ConfigError with the mistakes in the file, Stopped when another syncer is making it.
    """
    manifest = folder.manifest()
    if manifest is not None and manifest.imported is None:
        raise ConfigError(
            f"desk {folder.desk}: {folder.root} is an archive that was not made from a file",
            hint="Give what is imported a folder of its own.",
        )
    stamp = _stamp(settings)
    if manifest is not None and manifest.stamp == stamp:
        return
    folder.begin()
    lock = folder.lock()
    try:
        file = str(settings.file)
        # From here on the folder is ours to empty, and is no archive until it is whole.
        begun = wire.Manifest(
            format=wire.FORMAT, imported=file, created=datetime.now(UTC).isoformat(timespec="seconds")
        )
        folder.write_manifest(begun)
        _empty(folder)
        tickets = _Import(folder, settings).run()
        folder.write_manifest(replace(begun, origin=f"file {file}", stamp=stamp, tickets=tickets))
    finally:
        lock.release()


def _stamp(settings: Import) -> str:
    """Changes with the files and with what is said of them."""
    whole = hashlib.blake2b(settings.model_dump_json().encode(), digest_size=16)
    for file in filter(None, (settings.file, settings.comments.file)):
        try:
            stat = file.stat()
        except OSError as e:
            raise ConfigError(f"{file}: {e.strerror}", hint="Is `import.file` right? It lies beside the config.") from e
        whole.update(f"{stat.st_size} {stat.st_mtime_ns}".encode())
    return whole.hexdigest()


def _empty(folder: Folder) -> None:
    for place in (folder.tickets, folder.lists):
        place.mkdir(exist_ok=True)
        for path in place.glob("*.jsonl"):
            path.unlink()
    folder.blobs.mkdir(exist_ok=True)
    (folder.root / INDEX).unlink(missing_ok=True)


class _Import:
    """One pass over the comments, if they have a file of their own, and one over the tickets."""

    def __init__(self, folder: Folder, settings: Import) -> None:
        self._folder = folder
        self._settings = settings
        self._problems = Problems(settings.file)
        self._reader = Reader(settings)

    def run(self) -> int:
        """How many tickets there are. Raises ConfigError with what is wrong with the file."""
        segments = Segments(self._folder.tickets)
        index = Index(self._folder.root / INDEX)
        try:
            if self._settings.comments.file is not None:
                self._comments_of(self._settings.comments.file, index)
            self._tickets(segments, index)
            for ticket, _ in index.untold(MOST_PROBLEMS):
                place = str(self._settings.comments.file)
                self._problems.add(place, f"has comments of {ticket!r}, which is no ticket of {self._settings.file}")
            self._problems.over()
            Lists(self._folder.lists).take(self._reader.words.lists())
            return index.count()
        finally:
            index.close()
            segments.close()

    def _rows(self, file: Path, columns: Mapping[str, str]) -> Iterator[Record]:
        return records(file, list(columns.values()), self._settings.delimiter, self._problems)

    def _comments_of(self, file: Path, index: Index) -> None:
        """Kept by ticket until their tickets come."""
        for number, record in enumerate(self._rows(file, self._settings.comments.columns), 1):
            try:
                ticket, comment = self._reader.comment_row(record, number)
            except ValueError as e:
                self._problems.add(record.place, str(e))
                continue
            index.tell(ticket, msgspec.json.encode(comment).decode())

    def _tickets(self, segments: Segments, index: Index) -> None:
        batch: dict[str, wire.TicketLine] = {}
        for number, record in enumerate(self._rows(self._settings.file, self._settings.columns), 1):
            try:
                line = self._reader.ticket(record, number)
            except ValueError as e:
                self._problems.add(record.place, str(e))
                continue
            if line.id in batch or index.find([line.id]):
                self._problems.add(record.place, f"a second ticket with the id {line.id!r}")
                continue
            if self._settings.comments.file is not None:
                line = replace(line, comments=in_order(map(_comments.decode, index.told(line.id))))
            batch[line.id] = line
            if len(batch) >= BATCH:
                _store(list(batch.values()), segments, index)
                batch.clear()
        _store(list(batch.values()), segments, index)


def _store(lines: Sequence[wire.TicketLine], segments: Segments, index: Index) -> None:
    if not lines:
        return
    texts = [wire.encoded(line) for line in lines]
    places = segments.append(texts)
    index.add(
        Row(place, len(text), TicketId(line.id), None, wire.version_of(text))
        for place, text, line in zip(places, texts, lines, strict=True)
    )
    for number in {parts(place)[0] for place in places}:
        stat = segments.path(number).stat()
        index.has_read(number, stat.st_size, stat.st_mtime_ns)
    index.commit()
