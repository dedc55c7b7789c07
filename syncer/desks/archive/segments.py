"""The files that hold tickets, one on each line: appended to, read from anywhere, cut where a write was torn."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

from msgspec import Struct

from syncer.desks.archive.folder import sync_folder
from syncer.errors import Fatal, Stopped

MOST_BYTES = 128 * 1024 * 1024
"""A segment that is larger is followed by another one."""
OPEN_FILES = 32
_OFFSET_BITS = 40


def position(number: int, offset: int) -> int:
    """Where a line begins, as one number that grows in the order of writing."""
    return number << _OFFSET_BITS | offset


def parts(position: int) -> tuple[int, int]:
    """Segment and offset."""
    return position >> _OFFSET_BITS, position & ((1 << _OFFSET_BITS) - 1)


class Stored(Struct, frozen=True):
    """A line as it stands in a segment. `ended`: its end is there."""

    offset: int
    text: bytes
    ended: bool


class Segments:
    """All segments of one archive."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most = most_bytes
        self._open: OrderedDict[int, int] = OrderedDict()
        self._guard = Lock()
        self._last: int | None = None

    def numbers(self) -> list[int]:
        """Those there are, in their order; files of other names are left alone."""
        if not self.folder.is_dir():
            return []
        return sorted(int(one.stem) for one in self.folder.glob("*.jsonl") if one.stem.isdecimal())

    def path(self, number: int) -> Path:
        """Its file: five digits, or as many as somebody else wrote."""
        usual = self.folder / f"{number:05}.jsonl"
        if usual.exists():
            return usual
        return next((one for one in self.folder.glob("*.jsonl") if one.stem.isdecimal() and int(one.stem) == number),
                    usual)  # fmt: skip

    def stored(self, number: int, start: int) -> Iterator[Stored]:
        """The lines from an offset on, blank ones left out; only the last one may have no end."""
        with self.path(number).open("rb") as file:
            file.seek(start)
            offset = start
            for text in file:
                if text.strip():
                    yield Stored(offset, text, text.endswith(b"\n"))
                offset += len(text)

    def read(self, place: int, length: int) -> bytes:
        """The bytes of one line. Raises OSError."""
        number, offset = parts(place)
        with self._guard:
            fd = self._open.pop(number, None)
            if fd is None:
                fd = os.open(self.path(number), os.O_RDONLY | os.O_CLOEXEC)
            self._open[number] = fd
            if len(self._open) > OPEN_FILES:
                os.close(self._open.popitem(last=False)[1])
            return os.pread(fd, length, offset)

    def append(self, lines: Sequence[bytes]) -> list[int]:
        """Put them at the end, all or none, on disk when this returns; where each begins.

        Raises Stopped when surely none is there, Fatal when nobody can tell.
        """
        number = self._for_writing()
        path = self.path(number)
        try:
            fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as e:
            raise _stopped(path, e) from e
        try:
            start = os.fstat(fd).st_size
            _write(fd, path, start, b"".join(lines))
            try:
                os.fsync(fd)
            except OSError as e:
                raise Fatal(
                    f"{path}: {e.strerror}: what was just written may or may not be on the disk",
                    hint="Mend the disk. The same command looks at what is there and goes on.",
                ) from e
        finally:
            os.close(fd)
        if start == 0:
            sync_folder(self.folder)
        places = []
        for line in lines:
            places.append(position(number, start))
            start += len(line)
        return places

    def _for_writing(self) -> int:
        if self._last is None:
            self._last = max(self.numbers(), default=1)
        path = self.path(self._last)
        if path.exists() and path.stat().st_size >= self._most:
            self._last += 1
        return self._last

    def mend(self, number: int, torn_at: int | None) -> None:
        """Cut a segment where its last write was torn, or end its last line; and put on disk what stands before.

        Somebody may have been killed between writing and `fsync`: what we build on from here on shall stay.
        """
        fd = os.open(self.path(number), os.O_RDWR | os.O_CLOEXEC)
        try:
            size = os.fstat(fd).st_size
            if torn_at is not None:
                os.ftruncate(fd, torn_at)
            elif size and os.pread(fd, 1, size - 1) != b"\n":
                os.pwrite(fd, b"\n", size)
            os.fsync(fd)
        finally:
            os.close(fd)

    def close(self) -> None:
        """Let go of all files."""
        with self._guard:
            while self._open:
                os.close(self._open.popitem()[1])


def _write(fd: int, path: Path, size: int, content: bytes) -> None:
    """All of it or nothing: a disk that fills up takes a part first."""
    rest = memoryview(content)
    try:
        while rest:
            rest = rest[os.write(fd, rest) :]
    except OSError as e:
        try:
            os.ftruncate(fd, size)
        except OSError as worse:
            raise Fatal(f"{path}: {e.strerror}, and half a line could not be taken back: {worse.strerror}") from e
        raise _stopped(path, e) from e


def _stopped(path: Path, error: OSError) -> Stopped:
    return Stopped(
        f"{path}: {error.strerror}", hint="Make room on the disk, or mend the folder. The same command goes on."
    )
