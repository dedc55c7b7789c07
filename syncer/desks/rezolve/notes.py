"""Notes of a ticket, where the operator knows paths for them: no public page has one (contract 3.10)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download
from syncer.desks.rezolve import wire, wire_out
from syncer.desks.rezolve.calls import Calls, wire_path
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.known import Known
from syncer.desks.rezolve.lag import looks
from syncer.desks.rezolve.writes import Ask, Writes
from syncer.errors import Fatal, InDoubt, NotFound, Rejected, SyncerError
from syncer.model.draft import CommentDraft
from syncer.model.ids import Key
from syncer.model.ticket import Comment

RESOLUTION = "resolution"
"""The kind of note that tells how it was solved (3.10)."""


class _Note(Struct, frozen=True):
    """A note, and the word for its kind as it came."""

    comment: Comment
    kind: str | None


class _Out(Struct, frozen=True):
    """A private note that left and was not seen yet; `until` then it shows, if it is there. `sure`: it is."""

    ticket: str
    key: Key
    until: float
    sure: bool


class Notes:
    """Reads and writes notes as the config says they look.

    No page says how a note is made private, so a setting may be wrong: the first private one must be seen to be private
    before any other leaves.
    """

    def __init__(self, config: RezolveConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._first = asyncio.Lock()
        self._out: _Out | None = None
        self._proven = False
        """Whether a private note was seen that is private there."""

    async def of(self, id: str, known: Known) -> tuple[Comment, ...]:
        """The notes of a ticket, oldest first; none where no path for them is configured. Raises Rejected where not
        all of them can be told."""
        found = [note.comment for note in await self._read(id, known)]
        return tuple(sorted(found, key=lambda c: c.created_at.timestamp() if c.created_at else 0.0))

    async def find(self, id: str, comment: CommentDraft, known: Known) -> str | None:
        """The id of the note that carries this one's marker. Raises Fatal when it is private, and may not be there."""
        note = await self._seen(id, comment.key, known)
        if note is None:
            return None
        if not comment.public:
            self._judge(id, note)
        return note.comment.id

    async def write(
        self, id: str, comment: CommentDraft, files: Sequence[Download], known: Known, attempt: Attempt
    ) -> None:
        """One note, with the marker by which it is found again. Raises Fatal when it is private, and requesters may be
        able to read it."""
        if comment.public:
            await self._send(id, comment, files, attempt)
            return
        if not self._config.keeps_private:
            text = f"{self._config.name}: ticket {id}: a private note cannot be written so that only staff read it"
            raise Rejected(text, reason="refused", field="notes", hint="Put {kind} into notes_body.")
        if self._proven:
            await self._send(id, comment, files, attempt)
            return
        async with self._first:
            if self._out is not None and not self._proven:
                await self._prove(self._out, known)
            if self._proven:
                await self._send(id, comment, files, attempt)
                return
            try:
                await self._send(id, comment, files, attempt)
            except (InDoubt, Fatal):
                self._out = _Out(id, comment.key, time.monotonic() + self._config.settle, sure=False)
                raise
            self._out = _Out(id, comment.key, time.monotonic() + self._config.list_lag, sure=True)
            await self._prove(self._out, known)

    async def _send(self, id: str, comment: CommentDraft, files: Sequence[Download], attempt: Attempt) -> None:
        path = self._config.notes_write_path
        assert path is not None
        html = self._config.text_mode == "html"
        text = comment.body + wire_out.named(files, html=html) + wire_out.mark(comment.key, html=html)
        kind = "public" if comment.public else "private"
        body = wire_out.filled(self._config.notes_body, {"text": text, "kind": kind})
        ask = Ask(what=f"note on {id}", method="POST", path=path.replace("{objectId}", wire_path(id)), body=body)
        try:
            await self._writes.send(ask, attempt)
        except NotFound as e:
            hint = f"Is notes_write_path of desk {self._config.name} right, and ticket {id} there?"
            raise Rejected(e.message, reason="refused", field="notes", hint=hint) from e

    async def _prove(self, out: _Out, known: Known) -> None:
        """Look until that note was seen to be private, or surely never came there. Raises Fatal: it is written, so an
        error of a look must not pass for one of the write."""
        why, refused = "it does not show", False
        async for _ in looks(max(0.0, out.until - time.monotonic())):
            try:
                note = await self._seen(out.ticket, out.key, known)
            except SyncerError as e:
                why, refused = e.message, True
                continue
            why, refused = "it does not show", False
            if note is not None:
                self._judge(out.ticket, note)
                break
        else:
            if out.sure or refused:
                raise Fatal(
                    f"{self._config.name}: ticket {out.ticket}: nobody knows whether a private note is private: {why}",
                    hint="Look at it there by hand; mend notes_read_path, notes_pointer, notes_keys or list_lag.",
                )
        self._out = None

    def _judge(self, id: str, note: _Note) -> None:
        """Raises Fatal when a note that shall be private is not clearly so: no other may follow it."""
        if note.comment.public:
            what = "shows as one that requesters can read"
        elif not any(wire.same(note.kind, private) for private in self._config.notes_private_kinds):
            what = f"shows as of kind {note.kind}, of which nobody knows who reads it" if note.kind else "tells no kind"
        else:
            self._proven = True
            return
        raise Fatal(
            f"{self._config.name}: ticket {id}: a private note {what}",
            hint="Make sure there by hand that it is private; then set notes_body, notes_keys.kind, notes_public_kinds"
            " and notes_private_kinds to what this tenant takes and tells.",
        )

    async def _seen(self, id: str, key: Key, known: Known) -> _Note | None:
        notes = await self._read(id, known)
        return next((note for note in notes if wire_out.marker(note.comment.body) == key), None)

    async def _read(self, id: str, known: Known) -> list[_Note]:
        """As they came. Raises Rejected where some would be lost: a note would be taken for absent that is there."""
        path, pointer = self._config.notes_read_path, self._config.notes_pointer
        if path is None:
            return []
        try:
            answer = await self._calls.get(path.replace("{objectId}", wire_path(id)))
        except NotFound as e:  # of the path; whether the ticket is there is asked for elsewhere
            raise self._unlike(id, e.message, "notes_read_path") from e
        rows = wire.at(answer, pointer)
        if not isinstance(rows, list):
            raise self._unlike(id, f"no list at {pointer}", "notes_pointer")
        if (told := wire.more_than(answer, pointer, len(rows))) is not None:
            raise self._unlike(id, f"{len(rows)} came, and there are {told}", "notes_read_path")
        if strange := sum(not isinstance(row, dict) for row in rows):
            raise self._unlike(id, f"{strange} of {len(rows)} at {pointer} are no objects", "notes_pointer")
        return [self._note(id, row, number, known) for number, row in enumerate(rows)]

    def _note(self, id: str, row: dict[str, Any], number: int, known: Known) -> _Note:
        keys = self._config.notes_keys
        cell = {name: wire.at(row, keys[name]) if name in keys else None for name in
                ("id", "body", "author", "time", "kind")}  # fmt: skip
        if not wire.has(row, keys["body"]) or not isinstance(cell["body"], str | None):
            raise self._unlike(id, f"no text at {keys['body']} of note {number + 1}", "notes_keys.body")
        kind = wire.text(cell["kind"])
        comment = Comment(
            id=wire.text(cell["id"]) or str(number),
            author=known.person(cell["author"]),
            created_at=wire.moment(cell["time"]),
            body=cell["body"] or "",
            # What is not clearly for all to read is for staff.
            public=any(wire.same(kind, public) for public in self._config.notes_public_kinds),
            solution=wire.same(kind, RESOLUTION),
        )
        return _Note(comment, kind)

    def _unlike(self, id: str, what: str, setting: str) -> Rejected:
        hint = f"Is {setting} of desk {self._config.name} what this tenant has?"
        return Rejected(f"notes of {id}: {what}", reason="schema", field="notes", hint=hint)
