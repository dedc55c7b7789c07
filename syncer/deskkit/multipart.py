"""Builds multipart/form-data bodies: small ones as one bytes object, many times cheaper than by parts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from syncer.deskkit.contract import Download

_CHUNK = 256 * 1024
_ESCAPE = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


class Form:
    """One boundary for a connection's life; random, so that no ticket's text can contain it by design."""

    def __init__(self) -> None:
        boundary = "syncer-" + os.urandom(18).hex()
        self.content_type = "multipart/form-data; boundary=" + boundary
        self._head = "--" + boundary + '\r\nContent-Disposition: form-data; name="'
        self._tail = ("--" + boundary + "--\r\n").encode()

    def fields(self, fields: Sequence[tuple[str, str]]) -> bytes:
        """The parts of plain text values, without the closing boundary."""
        head = self._head
        out: list[str] = []
        for name, value in fields:
            out += (head, name, '"\r\n\r\n', value, "\r\n")
        return "".join(out).encode("utf-8", "replace")

    def file_head(self, name: str, file: Download) -> bytes:
        """The headers of a file part. Names travel as UTF-8 with quotes escaped as browsers do (WHATWG)."""
        filename = file.name.translate(_ESCAPE)
        return (f'{self._head}{name}"; filename="{filename}"\r\nContent-Type: {file.content_type}\r\n\r\n').encode(
            "utf-8", "replace"
        )

    def body(self, fields: Sequence[tuple[str, str]], part: str = "", files: Sequence[Download] = ()) -> Any:
        """What aiohttp may send as `data`: bytes when all is in memory, else a stream of known length."""
        if not files:
            return self.fields(fields) + self._tail
        if all(f.content is not None for f in files):
            pieces = [self.fields(fields)]
            for file in files:
                pieces += (self.file_head(part, file), file.content or b"", b"\r\n")
            return b"".join((*pieces, self._tail))
        return self._stream(fields, part, files)

    async def _stream(
        self, fields: Sequence[tuple[str, str]], part: str, files: Sequence[Download]
    ) -> AsyncIterator[bytes]:
        yield self.fields(fields)
        for file in files:
            yield self.file_head(part, file)
            if file.path is None:
                yield file.content or b""
            else:
                for chunk in _chunks(file.path):
                    yield chunk
            yield b"\r\n"
        yield self._tail


def _chunks(path: Path) -> Any:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
