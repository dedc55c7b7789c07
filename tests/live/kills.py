"""A migration as a process of its own, killed from outside when the desks' requests have come so far."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from aiohttp import web
from msgspec import Struct

from syncer.deskkit.emulation import Carrier, Entry, Handler
from tests.cli.front_door import command, environment
from tests.flows import matrix_facts as facts

Moment = Literal["arrived", "under way", "done"]
"""The desk never did it; did it when the sender was dead; did it, and the answer never left."""
MOMENTS: tuple[Moment, ...] = ("arrived", "under way", "done")
PATIENCE = 900
STOPPED = 3
MOST_LIVES = 3


class Shot(Struct, frozen=True):
    """Kill at the so-manyth request of a life that may write."""

    number: int
    moment: Moment


def shots(kills: int, tickets: int, seed: int = 1) -> list[Shot]:
    """So many, all before the tickets are over; the same for the same seed."""
    chance = random.Random(seed)
    most = max(2, tickets // kills)
    return [Shot(chance.randint(1, most), MOMENTS[number % 3]) for number in range(kills)]


class Life:
    """One process, killed at a shot. `code` is its exit code, `said` what it said on stderr."""

    def __init__(self, carrier: Carrier, config: Path, shot: Shot) -> None:
        self._shot, self._seen, self._fired = shot, 0, threading.Event()
        self._whole = carrier._answer
        carrier._answer = self._answer  # type: ignore[method-assign]
        line = command("migrate", "move", "--yes", "--no-plan", "--json", "--config", config)
        self._child = subprocess.Popen(
            line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            env=environment(),
        )  # fmt: skip
        try:
            _, self.said = self._child.communicate(timeout=PATIENCE)
        except BaseException:
            self._child.kill()
            self._child.communicate()
            raise
        finally:
            carrier._answer = self._whole  # type: ignore[method-assign]
        self.code = self._child.returncode

    async def _answer(self, request: web.Request, handler: Handler, entry: Entry) -> web.StreamResponse:
        call = f"{request.method} {request.path}"
        if self._fired.is_set() or request.method in {"GET", "HEAD"} or facts.LOOKS.fullmatch(call):
            return await self._whole(request, handler, entry)
        self._seen += 1
        if self._seen < self._shot.number:
            return await self._whole(request, handler, entry)
        self._fired.set()
        await request.read()
        if self._shot.moment == "arrived":
            self._kill()
            return web.Response(status=503)
        if self._shot.moment == "under way":
            self._kill()
            await asyncio.sleep(0.2)
            return await self._whole(request, handler, entry)
        response = await self._whole(request, handler, entry)
        self._kill()
        return response

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            self._child.send_signal(signal.SIGKILL)


def killed(carrier: Carrier, config: Path, plan: Sequence[Shot]) -> int:
    """The same command again and again, killed at each shot: how many died. Raises AssertionError where one ended
    otherwise than killed, or stopped until it is sure of something."""
    died = lives = 0
    while died < len(plan):
        lives += 1
        assert lives <= MOST_LIVES * len(plan), "it stops each time before it is killed"
        life = Life(carrier, config, plan[died])
        assert life.code in (-signal.SIGKILL, STOPPED), f"{plan[died]}: ended with {life.code}: {life.said}"
        died += life.code == -signal.SIGKILL
    return died
