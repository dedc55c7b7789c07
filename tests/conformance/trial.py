"""One emulated desk on loopback with a connector to it, and a place in between where answers can be changed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
from aiohttp import web
from pydantic import BaseModel, SecretStr

from syncer.deskkit import registry
from syncer.deskkit.contract import Capabilities, Source, Target
from syncer.deskkit.emulation import Carrier, EmulatedDesk, Faults
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.sandbox.seed import generate
from tests.conformance import breaks
from tests.live.desk import LiveDesk, carried

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Through = Callable[[web.Request, Answer], Awaitable[web.StreamResponse]]
_CREDENTIALS = ("Authorization", "Cookie", "X-API-Key", "X-Redmine-API-Key", "X-Auth-Token")
_OPENS = re.compile("password|session|token|secret", re.IGNORECASE)
_LONGEST_LINE = 4 * 1024 * 1024
UNHURRIED, REAL_TIMES = 10, 5
"""The seconds an answer may usually take; so many times those that suffice an emulator a real server gets."""
SMALL_PAGES = {"page_size": 10, "page_length": 10, "list_rows": 10, "probe_gaps": 0}
"""What desks call their size of a page, by the lists alone; those that have another word for it are read with their
own."""


class Trial:
    """A connector before an emulated desk, or the real server of this kind where there is one. `through` sees each
    request and gives its answer."""

    def __init__(self, kind: str, world: World) -> None:
        self.kind = kind
        self.world = world
        self.spec = registry.spec(kind)
        self.url = ""
        self.desk: Any = None
        self.config: Any = None
        self.through: Through = breaks.through(self.kept)
        self.credentials: set[str] = set()
        self.stop: Callable[[], Awaitable[None]]
        """Takes the desk down."""
        self._opened: list[Any] = []
        self._use(carried(kind, world))

    def _use(self, emulator: EmulatedDesk) -> None:
        self.emulator: Any = breaks.emulator(self.spec, self.world, emulator)
        self._app = self.emulator.app()
        self._app.freeze()

    def becomes(self, world: World) -> None:
        """The desk goes on as if this had happened to it; requests of its log and faults stay with what it was."""
        self.world = world
        if isinstance(self.emulator, LiveDesk):
            self.emulator.becomes(world)
        else:
            self._use(self.spec.emulator(world))

    def open(self, **settings: Any) -> Any:
        """Another connector, with these settings where this kind of desk has them."""
        model = self.spec.config()
        block = self.emulator.block(self.url)
        fitting = {name: value for name, value in settings.items() if name in model.model_fields}
        self.config = model.model_validate({**block, "name": "desk", **fitting})
        self.desk = breaks.desk(self.spec.open(self.config))
        self._opened.append(self.desk)
        return self.desk

    async def again(self, **settings: Any) -> None:
        """Go on with another connector that is logged in, such as a less patient one: but a real server has other work
        and is no quicker for it."""
        if "timeout" in settings and isinstance(self.emulator, LiveDesk):
            settings["timeout"] = min(settings["timeout"] * REAL_TIMES, UNHURRIED)
        await self.open(**settings).connect()

    async def close(self) -> None:
        """Let go of every connector that was opened."""
        for desk in self._opened:
            await desk.close()

    @property
    def claims(self) -> Capabilities:
        """What the connector says the desk can."""
        return cast("Capabilities", self.desk.capabilities)

    @property
    def source(self) -> Source:
        """The connector, for reading."""
        return cast("Source", self.desk)

    @property
    def target(self) -> Target:
        """The connector, for writing."""
        return cast("Target", self.desk)

    @property
    def carrier(self) -> Carrier:
        """The emulator's clock, faults and request log."""
        return cast("Carrier", self.emulator.carrier)

    def kept(self) -> dict[str, KeptTicket]:
        """What the desk holds, by id."""
        return {ticket.id: ticket for ticket in self.emulator.kept()}

    def fail(self, **faults: Any) -> None:
        """From now on this goes wrong; without a word, nothing."""
        self.carrier.set_faults(Faults(**faults))

    def secrets(self) -> set[str]:
        """What nobody may ever read: secrets of the config, and credentials that were seen on their way."""
        return {secret for secret in _secrets(self.config) | self.credentials if len(secret) > 3}

    def front(self) -> web.Application:
        """What takes the connector's requests."""
        front = web.Application(
            client_max_size=1 << 30,
            handler_args={"max_line_size": _LONGEST_LINE, "max_field_size": _LONGEST_LINE},
        )
        front.router.add_route("*", "/{path:.*}", self._take)
        return front

    async def _take(self, request: web.Request) -> web.StreamResponse:
        for name in _CREDENTIALS:
            self.credentials |= {word for word in request.headers.get(name, "").split() if len(word) > 8}
        self.credentials |= _within(await request.read())
        return await self.through(request, self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        # Not served by itself: so it can be exchanged while a connection lasts.
        try:
            return await self._app._handle(request)  # type: ignore[no-any-return]
        except web.HTTPException as refused:
            return refused


def _within(body: bytes) -> set[str]:
    """What opens a desk that takes it in the body of each call."""
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return set()
    pairs = told.items() if isinstance(told, dict) else ()
    return {value for key, value in pairs if _OPENS.search(key) and isinstance(value, str) and len(value) > 8}


def _secrets(value: Any) -> set[str]:
    if isinstance(value, SecretStr):
        return {value.get_secret_value()}
    if isinstance(value, BaseModel):
        return set[str]().union(*(_secrets(part) for _, part in value))
    return set()


@asynccontextmanager
async def on_trial(kind: str, world: World | None = None, **settings: Any) -> AsyncIterator[Trial]:
    """An emulated desk that is up, and a connector that is logged in."""
    trial = Trial(kind, world or generate(3, 16))
    runner = web.AppRunner(trial.front(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        trial.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        trial.stop = runner.cleanup
        trial.open(**{"timeout": UNHURRIED, **settings})
        await trial.desk.connect()
        yield trial
    finally:
        await trial.close()
        await runner.cleanup()
