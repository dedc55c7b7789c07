"""Tikting as a source: whole tickets, the people they name, their files (contract 3.1.4, 3.3)."""

from __future__ import annotations

import mimetypes
import uuid
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from yarl import URL

from syncer.deskkit.contract import Download, Unreadable
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.repeating import repeated
from syncer.deskkit.reply import Reply, classify
from syncer.desks.tikting import wire_files, wire_in
from syncer.desks.tikting.access import Access, refuses_token
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.catalogue import Catalogue
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.listing import Listing
from syncer.errors import NotFound, Rejected, Retryable, SyncerError
from syncer.model.ids import TicketId
from syncer.model.ticket import Ticket

FILE_LIMIT = 1024 * 1024 * 1024
_BY_HAND = "Look at the ticket on the desk; where files lie elsewhere on this host, set file_path of the desk."


class Reading:
    """Reads ticket by ticket. What a ticket says of people is remembered: no call may ever tell more of them."""

    def __init__(self, calls: Calls, reader: wire_in.Reader, listing: Listing, catalogue: Catalogue) -> None:
        self._calls = calls
        self._reader = reader
        self._listing = listing
        self._catalogue = catalogue

    async def fetch(self, id: TicketId) -> Ticket | Unreadable:
        """One whole ticket. Raises Rejected when it cannot be read."""
        seen = await self._listing.seen(id)
        try:
            row = await self._calls.ticket(id)
        except NotFound as e:
            return Unreadable(id, e.message, gone=True)
        version = self._listing.version(seen, row)
        self._catalogue.meet(self._reader.people(row))
        return self._reader.ticket(id, row, version, await self._catalogue.names())


class Files:
    """Files by the address a ticket tells, or by the configured path; on this desk's own host only."""

    def __init__(self, config: TiktingConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self._access = access
        self._in_vain = ""
        """A token that was refused as soon as it was given: files want something else, and no log-in for each."""

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes. Raises Rejected where nothing tells how to get it or none comes, Retryable when down."""
        one = wire_files.parts(file)
        id, url, name = one.id, one.url, one.name
        what = f"{self._config.name}: file {name} of ticket {ticket}"
        place = self._place(ticket, id, url, what)
        path = spool / uuid.uuid4().hex
        with ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            reply = await repeated(lambda: self._once(place, what, path))
            kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            guess = mimetypes.guess_type(name)[0]
            if _is_a_page(reply.body, kind if guess else "") and guess != "text/html":
                raise Rejected(f"{what}: a page came instead", reason="file_unreadable", hint=_BY_HAND)
            undo.pop_all()
        return Download(name, guess or kind or "application/octet-stream", path.stat().st_size, path=path)

    def _place(self, ticket: TicketId, id: str, url: str, what: str) -> str:
        """The whole address of a file. Another host gets neither a request nor our token."""
        if self._config.file_path is not None and id:
            words = {"{file}": quote(id, safe=""), "{ticket}": quote(ticket, safe="")}
            path = self._config.file_path
            for word, value in words.items():
                path = path.replace(word, value)
            return self._http.base + path
        if not url:
            raise Rejected(
                f"{what}: Tikting documents no way to read files, and the ticket tells no address",
                reason="no_download_path",
                hint="Set file_path of the desk where this server has one.",
            )
        base = URL(f"{self._http.base}/")
        try:
            place = base.join(URL(_below(base.raw_path, url), encoded="%" in url))
            is_ours = place.origin() == base.origin() and place.user is None
        except ValueError as e:
            raise Rejected(f"{what}: its address is none", reason="file_unreadable", hint=_BY_HAND) from e
        if not is_ours:
            raise Rejected(f"{what}: it lies on another host", reason="file_unreadable", hint=_BY_HAND)
        return str(place)

    async def _once(self, place: str, what: str, into: Path) -> Reply:
        for last in (False, True):
            bearer = await self._access.ready()
            self._http.headers["Authorization"] = bearer
            reply = await self._http.download(place, into, credentials=True, limit=FILE_LIMIT)
            if not refuses_token(reply) or bearer == self._in_vain:
                break
            if last:
                self._in_vain = bearer
            else:
                await self._access.renew(bearer)
        error = classify(what, reply)
        if isinstance(error, Retryable):
            raise error
        if error:
            hint = error.hint if isinstance(error, SyncerError) else ""
            raise Rejected(str(error), reason="file_unreadable", hint=hint or _BY_HAND)
        return reply


def _is_a_page(body: bytes, kind: str) -> bool:
    """Whether a page came, by its beginning, also with its type where the name says that it should be of another."""
    begins = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    return begins.startswith((b"<html", b"<!doctype html")) or (kind == "text/html" and begins.startswith(b"<"))


def _below(path: str, url: str) -> str:
    """An address from the product's root, below the path where a proxy puts that; it may not know it (contract 1)."""
    is_from_root = url.startswith("/") and not url.startswith("//")
    return path[:-1] + url if is_from_root and not url.lower().startswith(path.lower()) else url
