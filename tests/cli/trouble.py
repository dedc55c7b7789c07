"""Two emulated desks, a config and real syncer processes: for tests of what goes wrong, and of going on afterwards."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from syncer.deskkit.emulation import EmulatedDesk, Faults
from syncer.desks.invgate.emulator import InvGateEmulator
from syncer.desks.tikting.emulator import TiktingEmulator
from syncer.sandbox import folder
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied

from .front_door import Answer, command, environment

TICKETS = 60
SECRETS = ("sandbox-secret", "hunter2hunter2")
REGISTER = "/api/TicketsApi/register"
VARYING = {"id", "created", "updated", "closed"}
PORT = re.compile(r"127\.0\.0\.1:\d+")


class Served:
    """An emulated desk on a port of its own, where it can go away and come back."""

    def __init__(self, desk: EmulatedDesk) -> None:
        self.desk = desk
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def up(self) -> None:
        """Take requests."""
        self._runner = web.AppRunner(self.desk.app(), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def down(self) -> None:
        """Refuse connections from now on."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """Where it is, also while it is down."""
        return f"http://127.0.0.1:{self.port}"


class Box:
    """The two desks, and a folder with the files that syncer reads."""

    def __init__(self, place: Path, database: str, old: Served, new: Served) -> None:
        self.place = place
        self.config = place / "syncer.yaml"
        self.mapping = place / "mapping.yaml"
        self.old, self.new = old, new
        assert isinstance(new.desk, TiktingEmulator)
        folder.fill(place, old.url, new.url, new.desk.people_csv())
        self.edit(self.config, "database: embedded", f"database: {database}")
        self.edit(self.config, "timeout: 5", "timeout: 1")
        self.edit(self.config, "parallel: 32", "parallel: 2")  # what is done in the middle must not come too late

    def edit(self, file: Path, before: str, after: str) -> None:
        """Replace a text that is there."""
        text = file.read_text()
        assert before in text, before
        file.write_text(text.replace(before, after))

    async def do(self, *args: str, **how: Any) -> Answer:
        """A command to its end, which is never longer than a minute away."""
        return await self.end(await self.start(*args, **how))

    async def start(self, *args: str, limit: Callable[[], None] | None = None, **env: str) -> subprocess.Popen[str]:
        """A command under way."""
        words = command(*args, "--config", self.config)
        return await asyncio.to_thread(
            subprocess.Popen, words, text=True, env=environment() | env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limit,
        )  # fmt: skip

    async def end(self, process: subprocess.Popen[str]) -> Answer:
        """What it said, when it is over."""
        try:
            out, err = await asyncio.to_thread(process.communicate, timeout=60)
        finally:
            process.kill()
        return Answer(process.returncode, out, err)

    async def migrating(self, made: int = 10, **how: Any) -> subprocess.Popen[str]:
        """A migration that has made so many tickets and is not done by far."""
        self.new.desk.carrier.set_faults(slow())
        process = await self.start("migrate", "--yes", "--json", **how)
        for _ in range(1200):
            if self.registered() >= made:
                break
            assert process.poll() is None, process.communicate()
            await asyncio.sleep(0.02)
        assert made <= self.registered() < TICKETS - 5
        return process

    def registered(self) -> int:
        """How many tickets the target has."""
        return len(self.new.desk.state()["tickets"])

    async def goes_on(self, **how: Any) -> None:
        """The same command ends well now, and the target is as an undisturbed migration leaves it."""
        self.new.desk.carrier.set_faults(Faults())
        answer = await self.do("migrate", "--yes", "--json", **how)
        assert answer.code == 0, answer
        assert content(self.new.desk.state()) == await undisturbed()

    def writes(self) -> int:
        """How many registrations arrived, whatever became of them."""
        return sum(entry.path == REGISTER for entry in self.new.desk.carrier.log)


def slow() -> Faults:
    """A target that takes its time, so that something can happen in the middle."""
    return Faults(where=f"POST {REGISTER}", latency=0.15)


_reference: list[dict[str, Any]] = []


async def undisturbed() -> dict[str, Any]:
    """What the target holds after a migration in which nothing went wrong; made once."""
    if not _reference:
        with tempfile.TemporaryDirectory(prefix="syncer-tests-", ignore_cleanup_errors=True) as name:
            Path(name).chmod(0o755)  # the embedded server runs as another user when we are root
            async with box(Path(name), "embedded") as fine:
                answer = await fine.do("migrate", "--yes")
                assert answer.code == 0, answer
                _reference.append(content(fine.new.desk.state()))
                assert len(_reference[0]) == TICKETS
    return _reference[0]


def content(state: dict[str, Any]) -> dict[str, Any]:
    """The target's tickets by title, which ends with the marker; what depends on the moment is left out."""
    whole = {one["title"]: one for one in state["tickets"]}
    assert len(whole) == len(state["tickets"]), "no ticket is there twice"
    return {title: _lasting(one) for title, one in whole.items()}


def _lasting(ticket: dict[str, Any]) -> dict[str, Any]:
    described = PORT.sub("the desk", ticket["description"])
    return {k: v for k, v in ticket.items() if k not in VARYING} | {"description": described}


@asynccontextmanager
async def box(place: Path, database: str) -> AsyncIterator[Box]:
    """Both desks up, nothing migrated yet."""
    world = generate(1, TICKETS)
    old, new = Served(InvGateEmulator(world)), Served(TiktingEmulator(emptied(world)))
    await old.up()
    await new.up()
    try:
        yield Box(place, database, old, new)
    finally:
        await old.down()
        await new.down()


def told(answer: Answer, code: int, *words: str) -> None:
    """It stopped as it should: exit code, place, cause and next step; no secret, no traceback, a clean stdout."""
    assert answer.code == code, answer
    for word in words:
        assert re.search(word, answer.err), (word, answer.err)
    assert "Traceback" not in answer.err
    assert "unforeseen" not in answer.err
    assert "never retrieved" not in answer.err
    assert not [secret for secret in SECRETS if secret in answer.out + answer.err]
    assert answer.err.count("error: ") == 1, answer.err
    assert re.search("^next: ", answer.err, re.MULTILINE), answer.err
    if answer.out:
        json.loads(answer.out)
