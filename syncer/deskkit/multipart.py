"""Builds multipart/form-data bodies: small ones as one bytes object, many times cheaper than by parts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

from syncer.deskkit.contract import Download

_CHUNK = 256 * 1024
# As browsers do (WHATWG); what else steers a header has no place in a name and becomes an underscore.
_ESCAPE = dict.fromkeys((*range(32), 127), "_") | str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
_TEXT_HEAD = '"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'


def in_a_form(name: str) -> str:
    """How a file's name stands in a form: few servers take back what was escaped there."""
    return name.translate(_ESCAPE)


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
            out += (head, name, _TEXT_HEAD, value, "\r\n")
        return "".join(out).encode("utf-8", "replace")

    def file_head(self, name: str, file: Download) -> bytes:
        """The headers of a file part. Names travel as UTF-8 with quotes escaped as browsers do (WHATWG)."""
        filename = in_a_form(file.name)
        return (f'{self._head}{name}"; filename="{filename}"\r\nContent-Type: {file.content_type}\r\n\r\n').encode(
            "utf-8", "replace"
        )

    def body(
        self, fields: Sequence[tuple[str, str]], part: str = "", files: Sequence[Download] = ()
    ) -> tuple[Any, int]:
        """What may be sent as `data`, and its length: bytes when all is in memory, else a stream."""
        if not files:
            whole = self.fields(fields) + self._tail
            return whole, len(whole)
        if all(f.content is not None for f in files):
            whole = b"".join(piece for piece in self._pieces(fields, part, files) if isinstance(piece, bytes))
            return whole, len(whole)
        pieces = list(self._pieces(fields, part, files))
        length = sum(len(piece) if isinstance(piece, bytes) else piece.size for piece in pieces)
        return _stream(pieces), length

    def _pieces(
        self, fields: Sequence[tuple[str, str]], part: str, files: Sequence[Download]
    ) -> Iterator[bytes | Download]:
        yield self.fields(fields)
        for file in files:
            yield self.file_head(part, file)
            yield file if file.content is None else file.content
            yield b"\r\n"
        yield self._tail


async def _stream(pieces: Sequence[bytes | Download]) -> AsyncIterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
        elif piece.path is not None:
            for chunk in _chunks(piece.path):
                yield chunk


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
