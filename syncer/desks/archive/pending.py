"""Tickets that were made and have steps left: each a small file of its own, until its line goes into a segment."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from syncer.desks.archive import wire
from syncer.desks.archive.folder import replace_durably
from syncer.desks.archive.index import Index
from syncer.model.ids import Key, TicketId


class Held(Struct):
    """What must be at hand of a ticket that is not whole yet. `said` are the comments whose files are there."""

    key: Key
    said: set[str]


_comments = msgspec.json.Decoder(wire.CommentLine)


class Pending:
    """The folder of these files. A file begins with the ticket's line; each step adds that of its comment.

    Its calls block: they belong into a thread. Only for who may write.
    """

    def __init__(self, folder: Path, index: Index) -> None:
        self._folder = folder
        self._held: dict[TicketId, Held] = {}
        for path in sorted(folder.glob("*")):
            self._load(path, index)

    def _load(self, path: Path, index: Index) -> None:
        """Take over what an earlier life left; what it had ended, or not even begun, is taken away."""
        lines = path.read_bytes().splitlines(keepends=True) if path.suffix == ".jsonl" else []
        line = wire.ticket_line(lines[0]) if lines else None
        if line is None or index.find([line.id]):
            path.unlink()
            return
        whole = [one for one in lines[1:] if one.endswith(b"\n") and b"\0" not in one]
        if whole != lines[1:]:  # torn: it was never acknowledged
            replace_durably(path, b"".join([lines[0], *whole]))
        self._held[TicketId(line.id)] = Held(Key(line.key or ""), {_comments.decode(one).id for one in whole})

    def __len__(self) -> int:
        return len(self._held)

    def get(self, id: TicketId) -> Held | None:
        """A ticket that is not whole yet."""
        return self._held.get(id)

    def find(self, keys: Sequence[Key]) -> dict[Key, TicketId]:
        """Those of these that are not whole yet."""
        wanted = frozenset(keys)
        return {held.key: id for id, held in self._held.items() if held.key in wanted}

    def begin(self, line: wire.TicketLine) -> None:
        """The ticket is made; on disk when this returns. Raises OSError when it surely is not."""
        id = TicketId(line.id)
        replace_durably(self._path(id), wire.encoded(line))
        self._held[id] = Held(Key(line.key or ""), set())

    def add(self, id: TicketId, comment: wire.CommentLine) -> None:
        """A comment with its files; on disk when this returns. Raises OSError; doing it twice changes nothing."""
        with self._path(id).open("ab") as file:
            size = file.tell()
            try:
                file.write(wire.encoded(comment))
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(file.fileno(), size)
                raise
        self._held[id].said.add(comment.id)

    def whole(self, id: TicketId) -> wire.TicketLine:
        """The ticket with all that its steps brought."""
        first, *rest = self._path(id).read_bytes().splitlines(keepends=True)
        line = wire.ticket_line(first)
        comments = {one.id: one for one in line.comments}
        comments |= {one.id: one for one in map(_comments.decode, rest)}
        return replace(line, comments=tuple(comments.values()))

    def end(self, id: TicketId) -> None:
        """Its line stands in a segment. Should this be lost to a power cut, the next life sees that it is over."""
        self._held.pop(id, None)
        with suppress(OSError):
            self._path(id).unlink()

    def _path(self, id: TicketId) -> Path:
        return self._folder / f"{hashlib.blake2b(id.encode(), digest_size=16).hexdigest()}.jsonl"
