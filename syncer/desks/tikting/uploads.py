"""The form of a registration, with as many of its files as Tikting lets through (413; the limit is not documented)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec
from msgspec import Struct

from syncer.deskkit.contract import Download
from syncer.deskkit.multipart import Form
from syncer.desks.tikting import wire
from syncer.model.draft import Draft

PART = "Uploads"


class Body(Struct):
    """What to send: `data` of `length` bytes, holding `files`; `left_out` had no room."""

    data: Any
    length: int
    files: list[Download]
    left_out: list[Download]
    headers: dict[str, str]


class Uploads:
    """Builds bodies and remembers the smallest one that was refused, so that it is not sent again and again."""

    def __init__(self, *, max_text: int, html: bool) -> None:
        self._form = Form()
        self._max_text = max_text
        self._html = html
        self._refused: int | None = None

    def body(self, draft: Draft, files: Sequence[Download]) -> Body:
        """The draft with its files, without the largest ones when such a body was refused before."""
        kept = list(files)
        left_out: list[Download] = []
        made = self._made(draft, kept, left_out)
        while self._refused is not None and made.length >= self._refused and kept:
            left_out.append(max(kept, key=lambda file: file.size))
            kept.remove(left_out[-1])
            made = self._made(draft, kept, left_out)
        return made

    def refused(self, body: Body) -> None:
        """Tikting said 413 to this one."""
        self._refused = min(body.length, self._refused or body.length)

    def _made(self, draft: Draft, kept: list[Download], left_out: list[Download]) -> Body:
        told = self._told(draft, left_out) if left_out else draft
        data, length = self._form.body(wire.parts(told), PART, kept)
        headers = {"Content-Type": self._form.content_type, "Content-Length": str(length)}
        return Body(data, length, kept, left_out, headers)

    def _told(self, draft: Draft, left_out: list[Download]) -> Draft:
        """The draft that names the files which are missing, where the description has room for that."""
        lines = [f"[File {f.name} ({f.size} bytes) was too large for Tikting and is not here.]" for f in left_out]
        note = "".join(f"<p>{escape(line)}</p>" for line in lines) if self._html else "\n\n" + "\n".join(lines)
        if len(draft.body) + len(note) > self._max_text:
            return draft
        return msgspec.structs.replace(draft, body=draft.body + note)
