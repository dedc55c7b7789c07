"""Files by way of the configured paths: neither of them is documented today (contract 3.7)."""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from html import escape
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.multipart import Form
from syncer.deskkit.repeating import repeated
from syncer.deskkit.reply import Reply, classify
from syncer.desks.motadata import shapes, wire
from syncer.desks.motadata.access import Access
from syncer.desks.motadata.config import MEGABYTE, MotadataConfig
from syncer.desks.motadata.writes import Writes
from syncer.errors import ConfigError, InDoubt, Rejected, Retryable
from syncer.model.ids import Key, TicketId

FILE_LIMIT = 1024 * 1024 * 1024
PART = "file"


class Taken(Struct):
    """What became of files: those the desk took, lines that name the others, a loss for each of these."""

    attached: list[dict[str, str]]
    told: list[str]
    losses: list[str]

    def lines(self) -> str:
        """What is missing, as the end of a text."""
        return "".join(f"<p>{escape(line)}</p>" for line in self.told)


class Files:
    """Takes files from ServiceOps and gives it some."""

    def __init__(self, config: MotadataConfig, http: DeskHttp, access: Access, writes: Writes) -> None:
        self._config = config
        self._http = http
        self._access = access
        self._writes = writes
        self.most = int(config.max_file_mb * MEGABYTE)
        """Bytes a file may have that is written."""
        self._form = Form()
        self._taken: dict[Key, Taken] = {}

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes. Raises Rejected where no path is configured or none comes, Retryable when down."""
        ref, name = wire.file_parts(file)
        what = f"{self._config.name}: file {name} of request {ticket}"
        if self._config.attachment_download_path is None:
            raise Rejected(
                f"{what}: ServiceOps documents no way to read files",
                reason="no_download_path",
                hint="Set attachment_download_path of the desk where this server has one.",
            )
        url = self._http.base + self._config.attachment_download_path.replace("{refFileName}", quote(ref, safe=""))
        path = spool / uuid.uuid4().hex
        with ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            reply = await repeated(lambda: self._once(url, what, path))
            kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            guess = mimetypes.guess_type(name)[0]
            if reply.body.lstrip()[:15].lower().startswith((b"<html", b"<!doctype html")) and guess != "text/html":
                raise Rejected(f"{what}: a page came instead", reason="file_unreadable")
            undo.pop_all()
        return Download(name, guess or kind or "application/octet-stream", path.stat().st_size, path=path)

    async def _once(self, url: str, what: str, into: Path) -> Reply:
        reply = await self._access.credential.sending(
            lambda: self._http.download(url, into, credentials=True, limit=FILE_LIMIT),
            lambda reply: reply.status == 401,
        )
        error = classify(what, reply)
        if isinstance(error, Retryable):
            raise error
        if error:
            raise Rejected(str(error), reason="file_unreadable")
        return reply

    async def take(self, owner: Key, files: Sequence[Download], attempt: Attempt) -> Taken:
        """Upload each. Nothing of it shows before a request or conversation names it: a lost answer is no doubt.

        What was taken for an attempt that came to nothing is there for the next one: large files may take longer than
        one attempt lasts.
        """
        if (before := self._taken.get(owner)) is not None:
            return before
        taken = Taken([], [], [])
        for file in files:
            if self._config.attachment_upload_path is None:
                _left(taken, file, "was not brought over", "file_not_taken")
            elif file.size > self.most:
                _left(taken, file, "was too large and is not here", "file_too_large")
            else:
                await self._upload(self._config.attachment_upload_path, file, taken, attempt)
        self._taken[owner] = taken
        return taken

    def named(self, owner: Key) -> None:
        """What was taken for this one belongs to it now."""
        self._taken.pop(owner, None)

    async def _upload(self, path: str, file: Download, taken: Taken, attempt: Attempt) -> None:
        what = f"{self._config.name}: POST {path}"
        data, length = self._form.body((), PART, [file])
        headers = {"Content-Type": self._form.content_type, "Content-Length": str(length), "Accept": "application/json"}
        try:
            reply = await self._writes.send("POST", path, data, headers, attempt, timeout=self._config.timeout)
            if reply.status in {404, 405} or (reply.status == 200 and reply.body[:64].lstrip()[:1] == b"<"):
                raise ConfigError(
                    f"{what} answered {reply.status}, and no file was taken",
                    hint=f"Is attachment_upload_path of desk {self._config.name} right for this server?",
                )
            self._writes.judged(what, reply)
            value = wire.decoded(reply.body, what)
        except InDoubt as e:
            raise Retryable(e.message) from e
        except Rejected as e:
            return _left(taken, file, "was refused", "file_too_large" if e.reason == "too_large" else "file_refused")
        value = value[0] if isinstance(value, list) and value else value
        ref = shapes.text(value.get("refFileName")) if isinstance(value, dict) else ""
        if not ref:
            return _left(taken, file, "was refused", "file_refused")
        taken.attached.append({"refFileName": ref, "realName": file.name})
        return None


def _left(taken: Taken, file: Download, why: str, loss: str) -> None:
    taken.told.append(f"[File {file.name} ({file.size} bytes) {why}.]")
    taken.losses.append(loss)
