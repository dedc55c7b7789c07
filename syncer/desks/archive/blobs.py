"""The bytes of files, each once, under the hash of what they are."""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import ExitStack
from pathlib import Path

from syncer.deskkit.contract import Download
from syncer.desks.archive.folder import sync_folder
from syncer.desks.archive.wire import FileLine
from syncer.errors import Rejected, Stopped

IN_MEMORY = 256 * 1024
"""Larger files travel through the spool."""
_PIECE = 1024 * 1024
_NEW = ".new-"


class Blobs:
    """A folder of blobs: `ab/abcdef...`. Its calls block: they belong into a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where the blob lies, or would lie."""
        return self._folder / sha256[:2] / sha256

    def take(self, file: Download) -> FileLine:
        """Keep the bytes of a file; whole and on disk when this returns. Raises Stopped."""
        try:
            sha256, size = self._keep(file)
        except OSError as e:
            raise Stopped(
                f"{e.filename or self._folder}: {e.strerror}",
                hint="Make room on the disk, or mend the folder. The same command goes on.",
            ) from e
        return FileLine(sha256, file.name, size, file.content_type, file.shown_as)

    def _keep(self, file: Download) -> tuple[str, int]:
        if file.content is not None:
            sha256 = hashlib.sha256(file.content).hexdigest()
            if not self._is_there(sha256, len(file.content)):
                new = self._begun()
                with new.open("wb") as out:
                    out.write(file.content)
                    out.flush()
                    os.fsync(out.fileno())
                self._settle(new, sha256)
            return sha256, len(file.content)
        assert file.path is not None
        new, whole, size = self._begun(), hashlib.sha256(), 0
        try:
            with file.path.open("rb") as source, new.open("wb") as out:
                while piece := source.read(_PIECE):
                    whole.update(piece)
                    size += len(piece)
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            sha256 = whole.hexdigest()
            if not self._is_there(sha256, size):
                self._settle(new, sha256)
        finally:
            new.unlink(missing_ok=True)
        return sha256, size

    def _is_there(self, sha256: str, size: int) -> bool:
        path = self.path(sha256)
        return path.exists() and path.stat().st_size == size

    def _begun(self) -> Path:
        self._folder.mkdir(exist_ok=True)
        return self._folder / f"{_NEW}{uuid.uuid4().hex}"

    def _settle(self, new: Path, sha256: str) -> None:
        """A blob has its name only when it is whole on the disk."""
        path = self.path(sha256)
        if not path.parent.is_dir():
            path.parent.mkdir(exist_ok=True)
            sync_folder(self._folder)
        new.replace(path)
        sync_folder(path.parent)

    def give(self, file: FileLine, spool: Path) -> Download:
        """The file, its bytes compared with their name. Raises Rejected."""
        path = self.path(file.sha256)
        try:
            with path.open("rb") as source:
                size = os.fstat(source.fileno()).st_size
                if size <= IN_MEMORY:
                    content = source.read()
                    self._compare(file, path, hashlib.sha256(content).hexdigest(), len(content))
                    return Download(file.name, file.type, size, content=content, shown_as=file.shown_as)
                return self._into(spool, file, path, size)
        except OSError as e:
            raise Rejected(
                f"{path}: {e.strerror}: the bytes of {file.name!r}", reason="file_unreadable", field=file.name
            ) from e

    def _into(self, spool: Path, file: FileLine, path: Path, size: int) -> Download:
        into = spool / uuid.uuid4().hex
        with ExitStack() as undo:
            undo.callback(into.unlink, missing_ok=True)
            with path.open("rb") as source, into.open("wb") as out:
                whole = hashlib.sha256()
                while piece := source.read(_PIECE):
                    whole.update(piece)
                    out.write(piece)
            self._compare(file, path, whole.hexdigest(), size)
            undo.pop_all()
        return Download(file.name, file.type, size, path=into, shown_as=file.shown_as)

    def _compare(self, file: FileLine, path: Path, sha256: str, size: int) -> None:
        if sha256 != file.sha256:
            raise Rejected(
                f"{path}: its bytes are not what its name says: {file.name!r} is damaged ({size:,} bytes are there)",
                reason="file_unreadable", field=file.name, hint="Restore it from a copy of the archive.",
            )  # fmt: skip

    def sweep(self) -> None:
        """Take away what a killed writer had begun; only for who may write."""
        for begun in self._folder.glob(f"{_NEW}*"):
            begun.unlink(missing_ok=True)
