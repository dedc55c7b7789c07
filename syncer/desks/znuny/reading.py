"""Whole tickets: many in one call, again where their texts are formatted, and once more where they just changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from syncer.deskkit.contract import Unreadable
from syncer.desks.znuny import wire
from syncer.desks.znuny.answers import Denied
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.files import Files
from syncer.desks.znuny.wire import Reader, Row
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import Ticket

TOGETHER = 8 * 1024 * 1024
"""Bytes of files of tickets that are read with them in one call; a ticket with more is read alone."""
ONE_SECOND = 1.1


class Reading:
    """Fetches tickets. What Znuny does not show is gone, or never was to be seen: it says the same of both."""

    def __init__(self, config: ZnunyConfig, calls: Calls, reader: Reader, files: Files) -> None:
        self._config = config
        self._calls = calls
        self._reader = reader
        self._files = files

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """One answer for each id. Raises Rejected or Retryable where a call fails for all."""
        rows = await self._rows(ids)
        if fresh := [id for id, row in rows.items() if isinstance(row, dict) and not wire.is_settled(row)]:
            # A change later within this second would show by nothing.
            await asyncio.sleep(ONE_SECOND)
            rows |= await self._rows(fresh)
        return [self._ticket(id, rows.get(id)) for id in ids]

    def _ticket(self, id: TicketId, row: Row | Unreadable | None) -> Ticket | Unreadable:
        if row is None:
            return Unreadable(id, "the desk left it out of its answer")
        if isinstance(row, Unreadable):
            return row
        try:
            return self._reader.ticket(row)
        except Rejected as e:
            return Unreadable(id, e.message)

    async def _rows(self, ids: Sequence[TicketId]) -> dict[TicketId, Row | Unreadable]:
        """One that cannot be seen fails the whole call: halved, until it stands alone."""
        try:
            return {**await self._whole(ids)}
        except Denied as e:
            if len(ids) == 1:
                why = f"{e.message} It is gone, or in a queue the account may not see."
                return {ids[0]: Unreadable(ids[0], why, gone=True)}
        half = len(ids) // 2
        parts = await asyncio.gather(self._rows(ids[:half]), self._rows(ids[half:]))
        return parts[0] | parts[1]

    async def _whole(self, ids: Sequence[TicketId]) -> dict[TicketId, Row]:
        """Without the bytes of files first; with them where a text is among these."""
        rows = await self._calls.whole(ids, contents=False)
        if not self._config.formatted:
            return rows
        sizes = {id: sum(file.size for file in _files(row)) for id, row in rows.items() if _is_formatted(row)}
        for group in _grouped(sizes):
            for id, row in (await self._calls.whole(group, contents=True)).items():
                rows[id] = row
                self._files.keep(id, row)
        return rows


def _files(row: Row) -> list[wire.Attached]:
    try:
        return [file for article in wire.articles(row) for file in wire.attached(article)]
    except Rejected:
        return []  # who reads the ticket says what is wrong with it


def _is_formatted(row: Row) -> bool:
    """Whether a text is still to come as it was: not where a server that knows no better gave all at once."""
    return any(file.is_body and not file.content for file in _files(row))


def _grouped(sizes: dict[TicketId, int]) -> Iterator[list[TicketId]]:
    group, weight = list[TicketId](), 0
    for id, size in sizes.items():
        if group and weight + size > TOGETHER:
            yield group
            group, weight = [], 0
        group.append(id)
        weight += size
    if group:
        yield group
