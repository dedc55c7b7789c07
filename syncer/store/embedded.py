"""A real Postgres of syncer's own, started and stopped for those who have none."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from syncer.errors import ConfigError, StoreUnavailable
from syncer.store.binaries import STARTING, find_programs, make_database, start_server
from syncer.store.place import (
    LOG,
    OWN_SERVER,
    ServerUser,
    failed,
    is_locked,
    known_place,
    locked,
    new_place,
    open_lock,
    ready_log,
    write_whole,
)

STOPPING, UNSEEN = 60, 10  # seconds of patience


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. Its `dsn` holds the password and stays out of the repr."""

    dsn: str = field(repr=False)
    data: Path
    pid: int


class EmbeddedPostgres:
    """A Postgres in `folder`, shared by all processes that join it; the last one to leave stops it.

    The count is kept by the kernel, in locks: a process that was killed has left. `place` is where the
    database is, known after join(): `folder`, or one elsewhere if root's server cannot work in `folder`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.place = self.folder
        self._user: int | None = None  # our descriptor of the users' lock, while we are one

    def __enter__(self) -> Server:
        return self.join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def join(self) -> Server:
        """Become a user of the server, starting it, and making its database, if need be.

        Safe for many processes at once; repeated, it restarts a server that died. Raises ConfigError when
        there is no Postgres to start or the folder is somebody else's, StoreUnavailable when it fails.
        """
        with _explained(self.folder):
            self.place = known_place(self.folder) or new_place(self.folder)
            with locked(self.place / "start.lock"):
                if self._user is None:
                    self._user = open_lock(self.place / "users.lock")
                    fcntl.flock(self._user, fcntl.LOCK_SH)
                try:
                    server = _awaited(self.place) or _started(self.place)
                    if self.place != self.folder and not (self.folder / "place").exists():
                        write_whole(self.folder / "place", f"{self.place}\n")
                except BaseException:
                    with suppress(StoreUnavailable):
                        self._let_go()
                    raise
                return server

    def leave(self) -> None:
        """Stop being a user. Raises StoreUnavailable when the last one out cannot stop the server."""
        if self._user is None:
            return
        try:
            with _explained(self.folder), suppress(FileNotFoundError), locked(self.place / "start.lock"):
                self._let_go()
        finally:
            self._forget()

    def _let_go(self) -> None:
        if self._user is None:
            return
        try:
            # Nobody joins meanwhile, the start lock is ours; so alone on this one means last one out.
            fcntl.flock(self._user, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _stop(self.place)
        except BlockingIOError:
            return
        finally:
            self._forget()

    def _forget(self) -> None:
        if self._user is not None:
            os.close(self._user)
            self._user = None


def running(folder: Path) -> Server | None:
    """The server of this folder, if it runs and takes connections. Changes nothing."""
    folder = folder.absolute()
    with _explained(folder):
        place = known_place(folder)
        return _serving(place) if place and is_locked(place / "server.lock") else None


def _awaited(place: Path) -> Server | None:
    """The server that runs or is about to; None once no process of one is left."""
    began = time.monotonic()
    while is_locked(place / "server.lock"):
        if server := _serving(place):
            return server
        if time.monotonic() - began > (STARTING if _visible_pid(place) else UNSEEN):
            raise StoreUnavailable(
                f"{place} is in use by a Postgres that this process cannot see, or that does not get ready",
                hint=f"if another container or machine shares the folder, {OWN_SERVER}",
            )
        time.sleep(0.05)
    return None


def _serving(place: Path) -> Server | None:
    pid, lines = _visible_pid(place), _pid_file(place)
    if pid is None or len(lines) < 8 or lines[7].strip() != "ready":
        return None
    password = (place / "password").read_text().strip()
    # It speaks no TLS, and PGSSLMODE in somebody's environment must not ask it to.
    dsn = f"postgresql://syncer:{password}@127.0.0.1:{lines[3].strip()}/syncer?sslmode=disable"
    return Server(dsn=dsn, data=place / "data", pid=pid)


def _started(place: Path) -> Server:
    data, log = place / "data", place / LOG
    user = ServerUser.of(data)
    version = int((data / "PG_VERSION").read_text().split(".")[0]) if data.is_dir() else None
    programs = find_programs(place, user, version)
    if version is None:
        make_database(place, user, programs)
    for cut_short in place.glob("new-*"):
        shutil.rmtree(cut_short, ignore_errors=True)
    _drop_reused_pid(place)
    said = ""
    for port in _ports(place):
        before = ready_log(log, user)
        # The server and its children inherit this lock. While it is held, one of them is alive, whatever
        # became of us, of its pid file, or of a pid that meanwhile is somebody else's.
        with locked(place / "server.lock") as lock:
            started = start_server(place, user, programs, port, lock)
        if started.returncode == 0 and (server := _serving(place)):
            write_whole(place / "port", f"{port}\n")
            return server
        said = log.read_bytes()[before:].decode(errors="replace") or started.stderr
        if "Address already in use" not in said:
            break
    raise failed(place, "Postgres does not start", said)


def _stop(place: Path) -> None:
    began, sent = time.monotonic(), 0
    while is_locked(place / "server.lock"):
        waited = time.monotonic() - began
        pid = _visible_pid(place)
        # Fast shutdown first: clients are cut off, nothing is lost. Then the immediate one.
        due = 1 + (waited > STOPPING)
        if pid is not None and sent < due:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT if due > 1 else signal.SIGINT)
            sent = due
        if waited > (STOPPING if sent else 0) + UNSEEN:
            raise failed(place, "Postgres does not stop", "")
        time.sleep(0.01)


def _pid_file(place: Path) -> list[str]:
    try:
        return (place / "data" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _visible_pid(place: Path) -> int | None:
    """The pid in the pid file, unless the process of that pid is something else, or in another container."""
    lines = _pid_file(place)
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    try:
        program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].rpartition(b"/")[2]
        # Postgres works in its data folder; but in a container even root may not be allowed to look.
        with suppress(PermissionError):
            if not (place / "data").samefile(f"/proc/{pid}/cwd"):
                return None
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/cmdline").exists() else pid
    return pid if program.startswith(b"postgres") else None


def _drop_reused_pid(place: Path) -> None:
    # Postgres takes any living process of its user under the pid it left behind for itself, and gives up.
    lines = _pid_file(place)
    pid = lines[0].strip() if lines else ""
    if pid.isdigit() and _visible_pid(place) is None and Path(f"/proc/{pid}").exists():
        (place / "data" / "postmaster.pid").unlink()


def _ports(place: Path) -> Iterator[int]:
    """The port of last time while nobody else has it, then some that are free now."""
    with suppress(FileNotFoundError, ValueError):
        yield int((place / "port").read_text())
    for _ in range(5):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        yield port


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise ConfigError(
            f"{folder}: no access to {error.filename or 'the server'} ({error.strerror})",
            hint=f"run syncer as the user who made the folder, or {OWN_SERVER}",
        ) from error
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise failed(folder, "the embedded Postgres failed", str(error)) from error
