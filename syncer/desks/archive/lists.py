"""The value lists of an archive: one file for each kind, appended to; what stands last of an id counts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from syncer.desks.archive import wire
from syncer.desks.archive.folder import sync_folder
from syncer.errors import ConfigError, Stopped
from syncer.model.lookups import LookupValue

OPTION = "custom_option"


class Lists:
    """All lists, in memory: they are small beside the tickets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._values: dict[str, dict[str, LookupValue]] = {}
        self._ends: dict[str, int] = {}
        self.labels: dict[tuple[str, str], str] = {}
        """(custom field, option) -> what the option is called."""
        for path in sorted(folder.glob("*.jsonl")):
            self._read(path)

    def _read(self, path: Path) -> None:
        end = 0
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    if line.strip():
                        self._know(wire.value(path.stem, line))
                except msgspec.MsgspecError as e:
                    if line.endswith(b"\n"):
                        hint = "Mend the line: see the README of the archive."
                        raise ConfigError(f"{path}:{number}: {e}", hint=hint) from e
                    break  # torn by whoever wrote it: it was never acknowledged
                end += len(line)
        self._ends[path.stem] = end

    def _know(self, value: LookupValue) -> None:
        self._values.setdefault(value.kind, {})[value.id] = value
        if value.kind == OPTION and value.parent is not None:
            self.labels[value.parent, value.id] = value.name

    def get(self, kind: str, id: str) -> LookupValue | None:
        """One entry."""
        return self._values.get(kind, {}).get(id)

    def all(self) -> Iterable[LookupValue]:
        """Every entry, people last."""
        kinds = sorted(self._values, key=lambda kind: (kind == "person", kind))
        return (value for kind in kinds for value in self._values[kind].values())

    def take(self, values: Iterable[LookupValue]) -> None:
        """Keep those that are new or other than before; on disk when this returns. Only for who may write.

        Raises Stopped.
        """
        news: dict[str, list[LookupValue]] = {}
        for value in values:
            if self.get(value.kind, value.id) != value:
                news.setdefault(value.kind, []).append(value)
        for kind, found in news.items():
            path = self._folder / f"{kind}.jsonl"
            try:
                self._ends[kind] = _append(path, self._ends.get(kind, 0), found)
            except OSError as e:
                raise Stopped(f"{path}: {e.strerror}", hint="Make room on the disk. The same command goes on.") from e
            for value in found:
                self._know(value)


def _append(path: Path, end: int, values: Iterable[LookupValue]) -> int:
    """Behind the last whole line, over what a killed writer left there; where the last whole line ends now."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.ftruncate(fd, end)
        lines = b"".join(wire.encoded(wire.value_line(value)) for value in values)
        if end and os.pread(fd, 1, end - 1) != b"\n":
            lines = b"\n" + lines
        rest, at = memoryview(lines), end
        while rest:
            written = os.pwrite(fd, rest, at)
            rest, at = rest[written:], at + written
        os.fsync(fd)
    finally:
        os.close(fd)
    if not end:
        sync_folder(path.parent)
    return at
