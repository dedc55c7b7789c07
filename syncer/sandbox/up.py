"""Emulated desks on loopback ports, all in one process, up until somebody says stop."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec
from aiohttp import web
from msgspec import Struct

from syncer.deskkit import registry
from syncer.deskkit.emulation import EmulatedDesk, Faults
from syncer.deskkit.world import World
from syncer.errors import ConfigError

HOST = "127.0.0.1"
_PATIENCE = 1.0  # seconds that open connections get at the end


class Wanted(Struct, frozen=True, kw_only=True):
    """A desk to emulate: under which name, what fills it, on which port (0: any free one), what goes wrong on it."""

    name: str
    kind: str
    world: World
    port: int = 0
    faults: Faults | None = None


class Running(Struct, frozen=True, kw_only=True):
    """An emulated desk that takes requests."""

    name: str
    kind: str
    title: str
    url: str
    tickets: int
    desk: EmulatedDesk


class NotedDesk(Struct, frozen=True):
    """What the note says of one desk."""

    kind: str
    url: str
    tickets: int


class Note(Struct, frozen=True):
    """The file by which other processes find a running sandbox."""

    pid: int
    desks: dict[str, NotedDesk]


@runtime_checkable
class ListsPeople(Protocol):
    """An emulator that can be asked for its users as an administrator would export them."""

    def people_csv(self) -> str:
        """`email,id`, with a line of heads."""


def emptied(world: World) -> World:
    """The same people and lists without a ticket: what a target is filled with."""
    return msgspec.structs.replace(world, tickets=[])


@asynccontextmanager
async def up(wanted: Sequence[Wanted]) -> AsyncIterator[list[Running]]:
    """The desks, taking requests until the block ends. Raises ConfigError when a port is somebody else's."""
    async with AsyncExitStack() as stack:
        running = []
        for one in wanted:
            spec = registry.spec(one.kind)
            desk = await asyncio.to_thread(spec.emulator, one.world)
            if one.faults is not None:
                desk.carrier.set_faults(one.faults)
            port = await _serve(desk, one.port, stack)
            running.append(
                Running(
                    name=one.name,
                    kind=one.kind,
                    title=spec.title,
                    url=f"http://{HOST}:{port}",
                    tickets=len(one.world.tickets),
                    desk=desk,
                )
            )
        yield running


async def _serve(desk: EmulatedDesk, port: int, stack: AsyncExitStack) -> int:
    runner = web.AppRunner(desk.app(), access_log=None, shutdown_timeout=_PATIENCE)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as e:
        if e.errno != errno.EADDRINUSE:
            raise
        raise ConfigError(
            f"port {port} of {HOST} is in use", hint="Is a sandbox up already? Else give another one: --port 8800"
        ) from e
    taken: int = runner.addresses[0][1]
    return taken


@contextmanager
def signals() -> Iterator[asyncio.Event]:
    """An event that the first SIGINT or SIGTERM sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def write_note(path: Path, running: Sequence[Running]) -> None:
    """Tell other processes where the desks are; whoever sees the file sees all of it."""
    note = Note(os.getpid(), {one.name: NotedDesk(one.kind, one.url, one.tickets) for one in running})
    whole = path.with_name(path.name + ".new")
    whole.write_bytes(msgspec.json.format(msgspec.json.encode(note), indent=2) + b"\n")
    whole.replace(path)


def read_note(path: Path) -> Note | None:
    """What a sandbox noted; None where none did."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Note)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
