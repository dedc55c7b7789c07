"""A life of the engine in this process, which ends at a step of our choice as a killed process ends.

Each life has an event loop of its own. At the chosen step that loop stands still for ever: no `except`, no `finally`,
no line of any task runs again. Its connections are closed, which is all that the world sees of a killed process. What
is left of it is kept, because Python would run `finally` blocks while it tidies up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from asyncpg.connection import Connection

from syncer.cli import opening
from syncer.deskkit.http import DeskHttp
from syncer.migrate import backfill, delta
from syncer.migrate.engine import Engine, Report
from tests.flows.place import Place

STATEMENTS = ("execute", "executemany", "fetch", "fetchrow", "fetchval")
RETURN = "SELECT pg_advisory_unlock_all()"
"""What a pool says to a connection that is given back: nothing a kill could spoil."""
SENDING = "before POST /api/TicketsApi/register"
ANNOUNCING = "before announcing and acknowledging"
ANNOUNCED = "after announcing and acknowledging"
LONGEST = 90.0
Command = Callable[[Engine], Coroutine[Any, Any, Report]]
When = Callable[[list[str]], bool]
"""Told all steps so far, at each step: is it now?"""
_graves: list[object] = []
_asleep: list[Life] = []


def never(_: list[str]) -> bool:
    """Not at all."""
    return False


def at(number: int) -> When:
    """At this step, counted from 1."""
    return lambda steps: len(steps) == number


def on(name: str, times: int = 1) -> When:
    """At a step of this name, when it comes for the so-manyth time."""
    return lambda steps: steps[-1] == name and steps.count(name) == times


@dataclass
class Life:
    """One life: which steps it took, where it was killed, how it ended when it was not."""

    kill: When
    pause: When
    steps: list[str] = field(default_factory=list)
    killed: bool = False
    paused: bool = False
    report: Report | None = None
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self.loop = asyncio.SelectorEventLoop()
        self._held: list[asyncio.Future[None]] = []

    async def step(self, name: str) -> None:
        """A step of this life has been reached: the next one, unless it is over."""
        if asyncio.get_running_loop() is not self.loop:
            return
        if not (self.killed or self.paused):
            self.steps.append(name)
            self.killed, self.paused = self.kill(self.steps), self.pause(self.steps)
        if self.killed or self.paused:
            self.loop.stop()
            self._held.append(self.loop.create_future())
            await self._held[-1]

    def kill_now(self) -> None:
        """Between two steps; to be called in the life's own loop."""
        self.killed = True
        self.loop.stop()

    def live(self, main: Coroutine[Any, Any, Report]) -> None:
        """Until it ends, is killed or is paused."""
        self._task = self.loop.create_task(main)
        self._task.add_done_callback(lambda _: self.loop.stop())
        self._go_on()

    def wake(self) -> None:
        """A paused life goes on as if nothing had been."""
        _asleep.remove(self)
        self.paused, self.pause = False, never
        for future in self._held:
            future.set_result(None)
        self._go_on()

    def _go_on(self) -> None:
        asyncio.set_event_loop(self.loop)
        limit = self.loop.call_later(LONGEST, self.loop.stop)
        self.loop.run_forever()
        limit.cancel()
        asyncio.set_event_loop(None)
        if self.killed:
            self._bury()
        elif self.paused:
            _asleep.append(self)
        else:
            assert self._task.done(), f"a life did not end within {LONGEST} s; its last step: {self.steps[-1]}"
            self._retire()

    def _bury(self) -> None:
        self.loop.set_exception_handler(lambda loop, context: None)
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        _graves.append((self, tasks))
        for transport in list(self.loop._transports.values()):  # type: ignore[attr-defined]
            if transport._sock is not None:
                transport._sock.close()
                transport._sock = None
        self.loop.close()

    def _retire(self) -> None:
        if self._task.cancelled() or self._task.exception() is not None:
            self.error = None if self._task.cancelled() else self._task.exception()
        else:
            self.report = self._task.result()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


def bury_sleepers() -> None:
    """Paused lives that a test did not wake again end here."""
    while _asleep:
        _asleep.pop()._bury()


def begin(place: Place, command: Command = backfill.backfill, *, kill: When = never, pause: When = never) -> Life:
    """A life of `syncer migrate` (or another command) up to its end, its kill or its pause."""
    return run(place, Life(kill, pause), command)


def run(place: Place, life: Life, command: Command = backfill.backfill) -> Life:
    """This life, up to its end, its kill or its pause."""
    with _steps(life):
        life.live(_command(place, command))
    return life


def whole(place: Place, command: Command = backfill.backfill) -> Report:
    """A life nobody disturbs; raises what it raises."""
    life = begin(place, command)
    if life.report is None:
        assert life.error is not None
        raise life.error
    return life.report


def wake(life: Life) -> None:
    """A paused life goes on, to its end."""
    with _steps(life):
        life.wake()


async def _command(place: Place, command: Command) -> Report:
    name = "delta" if command is delta.delta else "migrate"
    async with opening.engine(place.config, None, name, quiet=True) as (engine, progress):
        try:
            return await command(engine)
        finally:
            progress.close()


def _steps(life: Life) -> ExitStack:
    """Every request and every statement of this life is a step before it leaves and a step when it was done."""
    stack = ExitStack()
    # The collector's settings belong to the process, and this one is not the command's.
    stack.enter_context(patch.object(opening, "_settle_memory", lambda: None))
    stack.enter_context(patch.object(DeskHttp, "_send", _stepping(life, DeskHttp._send, _request)))
    stack.enter_context(patch.object(DeskHttp, "download", _stepping(life, DeskHttp.download, _file)))
    for name in STATEMENTS:
        stack.enter_context(patch.object(Connection, name, _stepping(life, getattr(Connection, name), _statement)))
    return stack


def _stepping(life: Life, done: Any, named: Callable[..., str]) -> Any:
    async def stepping(self: Any, *args: Any, **kwargs: Any) -> Any:
        name = named(*args)
        if name.startswith(RETURN):
            return await done(self, *args, **kwargs)
        await life.step(f"before {name}")
        try:
            return await done(self, *args, **kwargs)
        finally:
            await life.step(f"after {name}")

    return stepping


def _request(method: str, url: Any, *_: Any) -> str:
    return f"{method} {url.path}"


def _file(url: str, *_: Any) -> str:
    return "GET a file"


def _statement(query: str, *_: Any) -> str:
    if "insert into effect" in query:
        return "announcing and acknowledging"
    return " ".join(query.split())[:60]
