"""The folder an embedded server lives in: which it is, whose, its locks, its small files, its failures."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from syncer.errors import ConfigError, StoreUnavailable

# Where root keeps the database when the server's user cannot reach the folder asked for.
# Not a folder for temporary files: system cleaners empty those, and this is somebody's ledger.
ELSEWHERE = Path("/var/lib")
LOG = "server.log"
LOG_LIMIT = 1_000_000  # bytes; then it is set aside, in the stead of the one set aside before
OWN_SERVER = "set `database: postgresql://...` to use a server of your own"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUser:
    """The user Postgres runs as: ourselves, or an unprivileged one when we are root, whom it refuses."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def of(cls, data: Path) -> ServerUser:
        """The owner of `data` where it exists, so that root can serve what an ordinary user made.

        Raises ConfigError when root has nobody to become.
        """
        if os.geteuid() != 0:
            return cls()
        try:
            if data.exists():
                user = cls(uid=data.stat().st_uid, gid=data.stat().st_gid)
            else:
                nobody = pwd.getpwnam("nobody")
                user = cls(uid=nobody.pw_uid, gid=nobody.pw_gid)
            user.run("/bin/sh", "-c", ":")
        except (KeyError, OSError) as error:
            raise ConfigError(
                f"Postgres does not run as root, and root cannot become another user here: {error}",
                hint=f"run syncer as an ordinary user, or {OWN_SERVER}",
            ) from error
        return user

    def own(self, path: Path) -> None:
        """Give a file of ours to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def run(
        self, *command: str | Path, cwd: Path = Path("/"), stdin: str = "", keep: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end, out of reach of the terminal's Ctrl-C; `keep` are descriptors it inherits."""
        # Not our environment: a server lives long, and its environment can be read by others of its user,
        # while ours may hold tokens of desks. PG* variables would lead it astray besides.
        environment = {k: v for k in ("PATH", "LD_LIBRARY_PATH") if (v := os.environ.get(k)) is not None}
        return subprocess.run(  # noqa: S603
            command,
            cwd=cwd,
            env=environment | {"LC_ALL": "C", "TZ": "UTC"},
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            pass_fds=keep,
            start_new_session=True,
            timeout=600,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def can_keep_files_in(self, folder: Path) -> bool:
        """Tried, not computed: folders above, access lists, file systems without owners all have a say."""
        probe = Path(tempfile.mkdtemp(prefix="probe-", dir=folder))
        try:
            self.own(probe)
            return self.run("/bin/sh", "-c", 'cd "$1" && : >file', "sh", probe).returncode == 0
        except OSError:
            return False
        finally:
            shutil.rmtree(probe, ignore_errors=True)


def known_place(folder: Path) -> Path | None:
    """Where the database of `folder` is, None if there is none yet. Changes nothing.

    Raises StoreUnavailable when it was kept elsewhere and is gone, ConfigError when the place is not ours.
    """
    try:
        kept = Path((folder / "place").read_text().strip())
    except FileNotFoundError:
        if (folder / "data").is_dir():
            return folder
        # Also without the note: whoever lost the folder has not lost the database.
        kept = _elsewhere(folder)
        return _ours(kept) if os.geteuid() == 0 and (kept / "data").is_dir() else None
    # An empty database in its stead would have no memory of what was written already.
    if not (kept / "data").is_dir():
        raise StoreUnavailable(
            f"the database of {folder} was kept in {kept}, which is gone",
            hint=f"restore it from a backup; removing {folder} starts anew, with no memory of earlier runs",
        )
    return _ours(kept)


def new_place(folder: Path) -> Path:
    """Make the folder; if we are root and the server's user cannot work in it, one elsewhere as well.

    No mode and no owner of anything that was there before is touched. Raises ConfigError when the place
    elsewhere is not ours.
    """
    root = os.geteuid() == 0
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if root:
            folder.chmod(0o711)
    if not root or ServerUser.of(folder / "data").can_keep_files_in(folder):
        return folder
    place = _elsewhere(folder)
    with suppress(FileExistsError):
        place.mkdir(mode=0o700)
        place.chmod(0o711)
    return _ours(place)


def _elsewhere(folder: Path) -> Path:
    mark = hashlib.sha256(os.path.realpath(folder).encode()).hexdigest()[:12]
    return ELSEWHERE / f"syncer-{os.geteuid()}-{mark}"


def _ours(place: Path) -> Path:
    # Anyone can make a folder, or a link, in a temporary directory.
    found = place.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022:
        return place
    raise ConfigError(
        f"{place} is not a folder that only this user (uid {os.geteuid()}) can write to",
        hint=f"run syncer as the user who owns it, move it away, or {OWN_SERVER}",
    )


def open_lock(path: Path) -> int:
    """A descriptor of its own, hence a lock of its own; closed, or dying with us, it gives the lock back."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    _like_its_folder(lock, path)
    return lock


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the lock alone, after waiting for it. Whoever inherits the descriptor holds it on."""
    lock = open_lock(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def is_locked(path: Path) -> bool:
    """Whether somebody holds this lock alone. Asking does not disturb others who ask."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)


def write_whole(path: Path, text: str) -> None:
    """Replace a small private file (0600) in one step; a reader sees the old text or the new."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(file)
        _like_its_folder(file, path)
    fresh.replace(path)
    sync_folder(path.parent)


def ready_log(log: Path, user: ServerUser) -> int:
    """Let this user append to the log, a new one if it grew large. Returns its size."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
    os.close(open_lock(log))
    user.own(log)
    return log.stat().st_size


def sync_folder(folder: Path) -> None:
    """Make renames in this folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _like_its_folder(file: int, path: Path) -> None:
    # Root may visit a folder that an ordinary user made; what root leaves there stays that user's.
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)


def failed(place: Path, what: str, said: str) -> StoreUnavailable:
    """The error that tells a person where it happened, the last words of Postgres, and what to do."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"FATAL:|PANIC:|ERROR:|error:|HINT:|could not", line)]
    last = " | ".join((telling or lines)[-4:])
    hint = f"see {place / LOG}, or {OWN_SERVER}" if (place / LOG).exists() else OWN_SERVER
    if re.search("No space left|free disk space", said):
        hint = f"free some space on the disk of {place}, then run the same command again"
    if "look up effective user" in said:
        hint = f"run syncer as a user that has a name in /etc/passwd, or {OWN_SERVER}"
    return StoreUnavailable(f"{what} in {place}{': ' + last if last else ''}", hint=hint)
