"""Files on their way: fetched from the source right before they are needed, and gone from this machine after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from syncer.deskkit.contract import Download, Source
from syncer.errors import Rejected, Retryable
from syncer.model.draft import TextFile
from syncer.model.ids import TicketId
from syncer.model.ticket import File
from syncer.pipeline.extract import answers

IN_MEMORY = 256 * 1024
"""Files up to here travel in memory; larger ones are streamed from the spool."""
LOSS = "file_unreadable"


class Files:
    """The source's files, by way of a spool folder."""

    def __init__(self, source: Source, spool: Path) -> None:
        self._source = source
        self._spool = spool

    async def fetch(self, ticket: TicketId, files: Sequence[File]) -> tuple[list[Download], list[str]]:
        """Each file once, and a line for each that cannot be had.

        Raises Retryable when the source is in trouble, Rejected when it is so for one of these files only.
        """
        found: list[Download] = []
        lost: list[str] = []
        for file in dict.fromkeys(files):
            try:
                found.append(_small_in_memory(await self._source.download(ticket, file.id, self._spool)))
            except Rejected as e:
                lost.append(f"[File {file.id} could not be read: {e.reason}]")
            except Retryable as e:
                if not await answers(self._source):
                    raise
                raise Rejected(e.message, reason="unreadable") from e
        return found, lost


@contextmanager
def gone_after(files: Sequence[Download]) -> Iterator[None]:
    """What lies in the spool is deleted when the block ends, however that is."""
    try:
        yield
    finally:
        for file in files:
            if file.path is not None:
                file.path.unlink(missing_ok=True)


def rehosted(text: str, files: Sequence[Download]) -> str:
    """A text that shows its images by their names, which is how targets know files that come with it, and no longer
    where they lay on the source."""
    for file in files:
        for address in sorted(file.shown_as, key=len, reverse=True):
            text = text.replace(address, file.name)
    return text


def written(text: TextFile) -> Download:
    """A text of ours as a file."""
    content = text.text.encode()
    return Download(text.name, "text/plain; charset=utf-8", len(content), content=content)


def _small_in_memory(file: Download) -> Download:
    if file.path is None or file.size > IN_MEMORY:
        return file
    content = file.path.read_bytes()
    file.path.unlink(missing_ok=True)
    return msgspec.structs.replace(file, content=content, path=None)
