"""Files of RT: attachments, told by number, their bytes in base64 within JSON."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from syncer.deskkit.contract import Download
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.repeating import repeated
from syncer.deskkit.reply import Reply, classify
from syncer.desks.request_tracker import wire, wire_talk
from syncer.desks.request_tracker.access import Access
from syncer.desks.request_tracker.calls import REST
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.errors import Rejected, Retryable
from syncer.model.ids import TicketId

FILE_LIMIT = 512 * 1024 * 1024


class Files:
    """Takes files from RT."""

    def __init__(self, config: RequestTrackerConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self._access = access

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes. Raises Rejected where it is not whole, Retryable when down."""
        what = f"{self._config.name}: file {file} of ticket {ticket}"
        answer, path = spool / f"{uuid.uuid4().hex}.json", spool / uuid.uuid4().hex
        with ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            try:
                await repeated(lambda: self._once(file, what, answer))
                row = wire.decoded(answer.read_bytes(), what)
            finally:
                answer.unlink(missing_ok=True)
            content = _content(row, file, what)
            path.write_bytes(content)
            undo.pop_all()
        kind = wire.text(row.get("ContentType")).lower() or "application/octet-stream"
        name = wire.text(row.get("Filename")) or f"attachment-{file}{mimetypes.guess_extension(kind) or ''}"
        shown = wire_talk.content_id(row.get("Headers"))
        return Download(name, kind, len(content), path=path, shown_as=(f"cid:{shown}",) if shown else ())

    async def _once(self, file: str, what: str, into: Path) -> Reply:
        await self._access.credential.ready()
        url = f"{self._http.base}{REST}/attachment/{file}"
        reply = await self._http.download(url, into, credentials=True, limit=FILE_LIMIT)
        error = classify(what, reply)
        if isinstance(error, Retryable):
            raise error
        if error:
            raise Rejected(str(error), reason="file_unreadable")
        return reply


def _content(row: Any, file: str, what: str) -> bytes:
    """The bytes. Of a text RT tells others than it was given, so that only of other files the size must be right."""
    if not isinstance(row, dict) or wire.ident(row) != file:
        raise Rejected(f"{what}: an answer that is not this file", reason="file_unreadable")
    part = wire_talk.part({**row, "TransactionId": wire.ident(row, "TransactionId")})
    try:
        content = base64.b64decode(row.get("Content") or "")
    except (binascii.Error, TypeError, ValueError) as e:
        raise Rejected(f"{what}: its content is no base64", reason="file_unreadable") from e
    if part.size >= 0 and len(content) != part.size and not part.type.startswith("text/"):
        raise Rejected(f"{what}: {len(content)} bytes of {part.size}", reason="file_unreadable")
    return content
