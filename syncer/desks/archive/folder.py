"""Where things lie in an archive, what `archive.json` says of it, and who may write into it."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from syncer.desks.archive.wire import FORMAT, Manifest
from syncer.errors import ConfigError, Stopped

INDEX, LOCK = "index.sqlite", "lock"
_MANIFEST = "archive.json"
_OURS = frozenset({_MANIFEST, LOCK, INDEX, f"{INDEX}-journal", "lists", "tickets", "blobs", "pending", "lost+found"})


class Folder:
    """The paths of one archive."""

    def __init__(self, root: Path, desk: str) -> None:
        self.root = root
        self.desk = desk
        self.lists, self.tickets = root / "lists", root / "tickets"
        self.blobs, self.pending = root / "blobs", root / "pending"

    def manifest(self) -> Manifest | None:
        """What `archive.json` says; None when there is no archive yet. Raises ConfigError when it is none of ours."""
        path = self.root / _MANIFEST
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except (FileNotFoundError, NotADirectoryError):
            self._is_free()
            return None
        except (OSError, msgspec.MsgspecError) as e:
            raise ConfigError(f"desk {self.desk}: {path} cannot be read: {e}") from e
        if found.format != FORMAT:
            raise ConfigError(
                f"desk {self.desk}: {path}: format {found.format} is not known to this syncer, which knows {FORMAT}",
                hint="Use a newer syncer.",
            )
        return found

    def _is_free(self) -> None:
        """Nothing is made beside other people's things."""
        if self.root.exists() and not self.root.is_dir():
            raise ConfigError(f"desk {self.desk}: {self.root} is a file, not a folder")
        there = [one.name for one in self.root.iterdir() if one.name[0] != "."] if self.root.exists() else []
        strange = sorted(set(there) - _OURS)
        if strange:
            raise ConfigError(
                f"desk {self.desk}: {self.root} has no archive.json, and holds {', '.join(strange[:3])}",
                hint="Give the archive a folder of its own.",
            )

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace it; whoever reads it sees all of one or all of the other."""
        whole = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
        replace_durably(self.root / _MANIFEST, whole)

    def begin(self) -> None:
        """The folder itself; where it is new, nobody but its owner may look into it: it will hold private notes."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(mode=0o700, exist_ok=True)

    def make(self) -> Manifest:
        """The archive, made if it is not there yet. Raises ConfigError."""
        manifest = self.manifest()
        for place in (self.root, self.lists, self.tickets, self.blobs, self.pending):
            place.mkdir(parents=True, exist_ok=True)
        if manifest is None:
            manifest = Manifest(format=FORMAT, created=datetime.now(UTC).isoformat(timespec="seconds"))
            self.write_manifest(manifest)
            sync_folder(self.root.parent)
        return manifest

    def lock(self) -> Lock:
        """The right to write; ends with the process, however that ends. Raises Stopped when somebody else has it."""
        lock = Lock(self.root / LOCK)
        if not lock.taken:
            raise Stopped(
                f"desk {self.desk}: another syncer is writing into {self.root} ({lock.holder})",
                hint="Wait until it is through: an archive has one writer at a time.",
            )
        return lock


class Lock:
    """An attempt at the lock of a folder; `holder` says who has it where we have not."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self.holder = ""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.taken = False
            self.holder = os.pread(self._fd, 100, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
        else:
            self.taken = True
            os.truncate(self._fd, 0)
            os.pwrite(self._fd, f"process {os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others write."""
        if self.taken:
            self.taken = False
            os.close(self._fd)


def replace_durably(path: Path, content: bytes) -> None:
    """The file holds this from here on, also after a power cut; a half is never seen."""
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """What was made, renamed or removed in it stays so after a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some network file systems cannot, and need not
            os.fsync(fd)
    finally:
        os.close(fd)
