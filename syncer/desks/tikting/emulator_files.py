"""The stored files of an emulated Tikting, their addresses and their download."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable
from urllib.parse import quote

from aiohttp import web
from msgspec import Struct

from .emulator_answers import INTERNAL_HOST, Refused
from .emulator_switches import Switches

_FIRST = 70_001


class Upload(Struct):
    """A stored file; the content only when it is small enough to be kept. The id is its own on the whole desk."""

    name: str
    size: int
    sha256: str
    content_type: str
    content: bytes | None = None
    id: int = 0


def upload_of(name: str, content: bytes, content_type: str, keep: int) -> Upload:
    """What is remembered of a file."""
    kept = content if len(content) <= keep else None
    return Upload(name, len(content), hashlib.sha256(content).hexdigest(), content_type, kept)


class Files:
    """All files by id, each with the ticket it belongs to."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._all: list[tuple[int, Upload]] = []

    def add(self, ticket: int, uploads: Iterable[Upload]) -> None:
        """Give files of a ticket their ids."""
        for upload in uploads:
            upload.id = _FIRST + len(self._all)
            self._all.append((ticket, upload))

    def find(self, id: int) -> tuple[int, Upload] | None:
        """The number of a file's ticket, and the file."""
        at = id - _FIRST
        return self._all[at] if 0 <= at < len(self._all) else None

    @property
    def folder(self) -> str:
        """What every path of a file begins with."""
        return self._switches.base_path.rstrip("/") + "/files/"

    def address(self, upload: Upload, origin: str) -> str:
        """Where a file is said to be; `origin` is what the caller called the desk."""
        return f"{self._host(origin)}{self.folder}{upload.id}"

    def shown(self, text: str, origin: str) -> str:
        """A text with the addresses of its images as files have them."""
        host = self._host(origin)
        return text.replace(f'="{self.folder}', f'="{host}{self.folder}') if host else text

    def inlined(self, text: str, uploads: Iterable[Upload]) -> str:
        """A text whose images are these files, by their paths instead of their names."""
        for upload in uploads:
            names = {upload.name, html.escape(upload.name), quote(upload.name)}
            name = "|".join(re.escape(one) for one in sorted(names))
            image = rf"""(<img\b[^>]*?\bsrc\s*=\s*)(?:"(?:{name})"|'(?:{name})'|(?:{name})(?=[\s>/]))"""
            text = re.sub(image, rf'\g<1>"{self.folder}{upload.id}"', text, flags=re.IGNORECASE)
        return text

    def _host(self, origin: str) -> str:
        match self._switches.file_urls:
            case "absolute":
                return origin
            case "internal":
                return INTERNAL_HOST
        return ""


def download(upload: Upload) -> web.Response:
    """A file's bytes. Raises Refused when it was too big to be kept."""
    if upload.content is None:
        raise Refused(410, "Gone")
    name = quote(upload.name, safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return web.Response(body=upload.content, content_type=upload.content_type, headers=headers)
