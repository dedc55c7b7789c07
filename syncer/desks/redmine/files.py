"""Redmine's files: read by their id, written by a token that an issue or note then names."""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.repeating import repeated
from syncer.deskkit.reply import Reply, classify
from syncer.desks.redmine import wire
from syncer.desks.redmine.calls import Calls, NotAllowed
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.wire_out import Uploaded, file_name
from syncer.desks.redmine.writes import Writes
from syncer.errors import InDoubt, Rejected, Retryable
from syncer.model.ids import Key, TicketId

FILE_LIMIT = 1024 * 1024 * 1024
UPLOADS = "/uploads.json"
OCTETS = {"Content-Type": "application/octet-stream", "Accept": "application/json"}
_CHUNK = 256 * 1024


class Files:
    """Takes files from Redmine and gives it some."""

    def __init__(self, config: RedmineConfig, http: DeskHttp, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._http = http
        self._calls = calls
        self._writes = writes
        self._taken: dict[Key, Uploaded] = {}

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes. Raises Rejected where they cannot be had, Retryable when down."""
        what = f"{self._config.name}: file {file} of issue {ticket}"
        try:
            row = (await self._calls.get(f"/attachments/{file}.json")).get("attachment")
        except NotAllowed as e:
            raise Rejected(e.message, reason="file_unreadable") from e
        except Rejected as e:
            raise Rejected(f"{what}: {e.message}", reason="file_unreadable") from e
        if not isinstance(row, dict) or wire.ident(row) != file:
            raise Rejected(f"{what}: an answer that is not this file", reason="file_unreadable")
        name = wire.text(row.get("filename")) or f"attachment-{file}"
        path = spool / uuid.uuid4().hex
        with ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            # Not by its content_url: that host may be another one, and a key goes nowhere else.
            await repeated(lambda: self._once(f"{self._http.base}/attachments/download/{file}", what, path))
            size, told = path.stat().st_size, wire.whole(row.get("filesize"))
            if told is not None and told != size:
                raise Rejected(f"{what}: {size} bytes came of {told}", reason="file_unreadable")
            undo.pop_all()
        kind = wire.text(row.get("content_type")) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Download(name, kind, size, path=path)

    async def _once(self, url: str, what: str, into: Path) -> Reply:
        reply = await self._http.download(url, into, credentials=True, limit=FILE_LIMIT)
        error = classify(what, reply)
        if isinstance(error, Retryable):
            raise error
        if error is not None:  # a redirect leads to the page on which one logs in
            raise Rejected(str(error), reason="file_unreadable")
        return reply

    async def take(self, owner: Key, files: Sequence[Download], attempt: Attempt) -> Uploaded:
        """Upload each. Nothing of it shows before an issue or note names it: a lost answer is no doubt.

        What was taken for an attempt that came to nothing is there for the next one: large files may take longer than
        one attempt lasts.
        """
        taken = self._taken.setdefault(owner, Uploaded([], [], []))
        for file in files[taken.dealt_with :]:
            await self._upload(file, taken, attempt)
            taken.dealt_with += 1
        return taken

    def named(self, owner: Key) -> None:
        """What was taken for this one belongs to it now: a token works once."""
        self._taken.pop(owner, None)

    async def _upload(self, file: Download, taken: Uploaded, attempt: Attempt) -> None:
        query = urlencode({"filename": file.name})
        headers = {**OCTETS, "Content-Length": str(file.size)}
        try:
            reply = await self._writes.send("POST", UPLOADS, _bytes(file), headers, attempt, query=query)
            token = _token(reply)
        except InDoubt as e:
            raise Retryable(e.message) from e
        except Rejected as e:
            return taken.leave(file, "was refused", "file_too_large" if e.reason == "too_large" else "file_refused")
        if token is None:
            raise Retryable(f"{self._config.name}: POST {UPLOADS} answered without a token")
        made = {"token": token, "filename": file.name, "content_type": file.content_type}
        if (name := file_name(file.name)) != file.name:
            made["description"] = file.name[:255]
            taken.rename(file, name)
        taken.tokens.append(made)
        return None


def _bytes(file: Download) -> bytes | AsyncIterator[bytes]:
    if file.content is not None:
        return file.content
    assert file.path is not None
    return _stream(file.path)


async def _stream(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def _token(reply: Reply) -> str | None:
    try:
        value: Any = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return None
    made = value.get("upload") if isinstance(value, dict) else None
    token = made.get("token") if isinstance(made, dict) else None
    return token if isinstance(token, str) and token else None
