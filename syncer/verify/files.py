"""Files of both sides by their hashes: each is read whole, and gone from this machine after."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from pathlib import Path

from syncer.deskkit.contract import Download, Source
from syncer.errors import Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.ticket import File, Ticket

UNREADABLE = "unreadable"
_CHUNK = 1 << 20


class Hashing:
    """So many files at once."""

    def __init__(self, spool: Path, most: int) -> None:
        self._spool = spool
        self._turns = asyncio.Semaphore(most)

    async def of_draft(self, source: Source, draft: Draft) -> list[str]:
        """What the files of a draft should be: those of the source, and those we have written."""
        wanted = [*draft.files, *(file for one in draft.comments for file in one.files)]
        texts = [hashlib.sha256(text.text.encode()).hexdigest() for text in draft.texts]
        return texts + await self._all(source, draft.source_id, dict.fromkeys(wanted))

    async def of_ticket(self, target: Source, ticket: Ticket) -> list[str]:
        """What they are."""
        there = [*ticket.files, *(file for one in ticket.comments for file in one.files)]
        return await self._all(target, ticket.id, dict.fromkeys(there))

    async def _all(self, desk: Source, ticket: TicketId, files: Iterable[File]) -> list[str]:
        return list(await asyncio.gather(*(self._one(desk, ticket, file) for file in files)))

    async def _one(self, desk: Source, ticket: TicketId, file: File) -> str:
        async with self._turns:
            try:
                got = await desk.download(ticket, file.id, self._spool)
            except Rejected as e:
                return f"{UNREADABLE}: {e.reason}"
            return await asyncio.to_thread(_hash, got)


def _hash(got: Download) -> str:
    if got.path is None:
        return hashlib.sha256(got.content or b"").hexdigest()
    found = hashlib.sha256()
    try:
        with got.path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
    finally:
        got.path.unlink(missing_ok=True)
    return found.hexdigest()
