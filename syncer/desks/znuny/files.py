"""Files come within their tickets, all of them or none: what came for one is kept for a while for the others."""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from html import escape
from pathlib import Path

from msgspec import Struct

from syncer.deskkit.contract import Download
from syncer.desks.znuny import wire, wire_out
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.wire import Attached, Row
from syncer.errors import Rejected
from syncer.model.ids import TicketId

KEPT = 64 * 1024 * 1024
"""Characters of base64 held on to, of all tickets together; of one ticket there may be more."""
SMALL = 1024 * 1024
MEGABYTE = 1024 * 1024


class Taken(Struct):
    """Files as they go along, and what is to be told and counted of those that do not."""

    files: list[dict[str, str]]
    told: list[str]
    losses: list[str]

    def lines(self) -> str:
        """What is missing, as the end of a text."""
        return "".join(f"<p>{escape(line)}</p>" for line in self.told)


class Files:
    """Takes files from Znuny and gives it some."""

    def __init__(self, config: ZnunyConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls
        self._held: OrderedDict[TicketId, dict[str, Attached]] = OrderedDict()
        self._lock = asyncio.Lock()

    def keep(self, id: TicketId, row: Row) -> None:
        """Hold on to the files of a ticket that came with their bytes; the oldest give way."""
        self._held[id] = {file.id: file for article in wire.articles(row) for file in wire.attached(article)}
        self._held.move_to_end(id)
        while len(self._held) > 1 and sum(map(_weight, self._held.values())) > KEPT:
            self._held.popitem(last=False)

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes. Raises Rejected where the ticket does not have it any more."""
        what = f"{self._config.name}: file {file} of ticket {ticket}"
        async with self._lock:  # else each file of a ticket would fetch all of them
            if file not in self._held.get(ticket, {}):
                rows = await self._calls.whole([ticket], contents=True)
                if ticket in rows:
                    self.keep(ticket, rows[ticket])
            found = self._held.get(ticket, {}).get(file)
        if found is None or found.content is None:
            raise Rejected(f"{what}: the ticket does not show it", reason="file_unreadable")
        data = wire.content(found)
        if found.size and len(data) != found.size:
            raise Rejected(f"{what}: {len(data)} of {found.size} bytes came", reason="file_unreadable")
        shown_as = (f"cid:{found.content_id}",) if found.content_id else ()
        if len(data) <= SMALL:
            return Download(found.name, found.content_type, len(data), content=data, shown_as=shown_as)
        path = spool / uuid.uuid4().hex
        path.write_bytes(data)
        return Download(found.name, found.content_type, len(data), path=path, shown_as=shown_as)

    def take(self, files: Sequence[Download]) -> Taken:
        """As many as have room in one call, in their order."""
        taken, left = Taken([], [], []), self._config.max_request_mb * MEGABYTE
        for file in files:
            if file.size > left:
                _left(taken, file)
                continue
            left -= file.size
            taken.files.append(wire_out.file(file))
            if (name := taken.files[-1]["Filename"]) != file.name:
                taken.told.append(f"[File {file.name} ({file.size} bytes) is here as {name}.]")
                taken.losses.append("value_not_kept")
        return taken

    def refused(self, files: Sequence[Download]) -> Taken:
        """None of them: they were too much for the server."""
        taken = Taken([], [], [])
        for file in files:
            _left(taken, file)
        return taken


def _weight(files: dict[str, Attached]) -> int:
    return sum(len(file.content or "") for file in files.values())


def _left(taken: Taken, file: Download) -> None:
    taken.told.append(f"[File {file.name} ({file.size} bytes) was too large and is not here.]")
    taken.losses.append("file_too_large")
