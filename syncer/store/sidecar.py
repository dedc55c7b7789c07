"""Private notes a target cannot keep private: they stay on this machine, one JSON line each, readable by us only."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from syncer.model.draft import PrivateNote


class Sidecar:
    """An append-only file of one run. Lines are on disk before the ticket they belong to is announced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None
        self._dirty = False

    def add(self, notes: Sequence[PrivateNote]) -> None:
        """Append these notes; `sync` makes them durable."""
        if self._fd is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        _append(self._fd, b"".join(msgspec.json.encode(note) + b"\n" for note in notes))
        self._dirty = True

    async def sync(self) -> None:
        """Everything added so far survives a power cut from here on."""
        if self._dirty and self._fd is not None:
            self._dirty = False
            await asyncio.to_thread(os.fsync, self._fd)

    def close(self) -> None:
        """Let go of the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _append(fd: int, lines: bytes) -> None:
    """All of it or nothing: a disk that fills up takes a part first, and half a line would spoil the next one."""
    size = os.fstat(fd).st_size
    try:
        while lines:
            lines = lines[os.write(fd, lines) :]
    except OSError:
        with suppress(OSError):
            os.ftruncate(fd, size)
        raise
