"""Notes of a ticket, where the operator knows paths for them: no public page has one (contract 3.10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download
from syncer.desks.rezolve import wire, wire_out
from syncer.desks.rezolve.calls import Calls, wire_path
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.known import Known
from syncer.desks.rezolve.writes import Ask, Writes
from syncer.errors import Fatal, Rejected, SyncerError
from syncer.model.draft import CommentDraft
from syncer.model.ids import Key
from syncer.model.ticket import Comment

RESOLUTION = "resolution"
"""The kind of note that tells how it was solved (3.10)."""


class Notes:
    """Reads and writes notes as the config says they look."""

    def __init__(self, config: RezolveConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._private = False
        """Whether a private note was seen that is private there."""

    async def of(self, id: str, known: Known) -> tuple[Comment, ...]:
        """The notes of a ticket, oldest first; none where no path for them is configured."""
        path = self._config.notes_read_path
        if path is None:
            return ()
        answer = await self._calls.get(path.replace("{objectId}", wire_path(id)))
        rows = wire.at(answer, self._config.notes_pointer)
        if not isinstance(rows, list):
            raise Rejected(f"notes of {id}: no list at {self._config.notes_pointer}", reason="schema", field="notes")
        if (told := wire.more_than(answer, self._config.notes_pointer, len(rows))) is not None:
            # Some for all would lose the rest, and take a note for absent that is there.
            raise Rejected(f"notes of {id}: {len(rows)} came, and there are {told}", reason="schema", field="notes")
        found = [self._comment(row, number, known) for number, row in enumerate(rows) if isinstance(row, dict)]
        return tuple(sorted(found, key=lambda c: c.created_at.timestamp() if c.created_at else 0.0))

    async def find(self, id: str, key: Key, known: Known) -> str | None:
        """The id of the note that carries this marker."""
        return next((note.id for note in await self.of(id, known) if wire_out.marker(note.body) == key), None)

    async def write(
        self, id: str, comment: CommentDraft, files: Sequence[Download], known: Known, attempt: Attempt
    ) -> None:
        """One note, with the marker by which it is found again."""
        path = self._config.notes_write_path
        assert path is not None
        html = self._config.text_mode == "html"
        text = comment.body + wire_out.named(files, html=html) + wire_out.mark(comment.key, html=html)
        kind = "public" if comment.public else "private"
        body = wire_out.filled(self._config.notes_body, {"text": text, "kind": kind})
        ask = Ask(what=f"note on {id}", method="POST", path=path.replace("{objectId}", wire_path(id)), body=body)
        await self._writes.send(ask, attempt)
        if not comment.public and not self._private:
            await self._look(id, comment.key, known)

    async def _look(self, id: str, key: Key, known: Known) -> None:
        """The first private note is looked at: no page says how a note is made private, so a setting may be wrong.

        Raises Fatal when requesters can read it: no other may follow it.
        """
        try:
            note = next((one for one in await self.of(id, known) if wire_out.marker(one.body) == key), None)
        except SyncerError:
            return  # it is written, whatever comes of the look; the next private note is looked at
        if note is not None and note.public:
            raise Fatal(
                f"{self._config.name}: ticket {id}: a private note shows as one that requesters can read",
                hint="Make it private there by hand; set notes_body and notes_public_kinds to what this tenant takes.",
            )
        self._private = note is not None

    def _comment(self, row: dict[str, Any], number: int, known: Known) -> Comment:
        keys = self._config.notes_keys
        cell = {name: wire.at(row, keys.get(name, "")) if name in keys else None for name in
                ("id", "body", "author", "time", "kind")}  # fmt: skip
        kind = wire.text(cell["kind"])
        return Comment(
            id=wire.text(cell["id"]) or str(number),
            author=known.person(cell["author"]),
            created_at=wire.moment(cell["time"]),
            body=wire.text(cell["body"]) or "",
            # What is not clearly for all to read is for staff.
            public=any(wire.same(kind, public) for public in self._config.notes_public_kinds),
            solution=wire.same(kind, RESOLUTION),
        )
