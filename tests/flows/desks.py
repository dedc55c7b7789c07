"""Two emulated desks over real HTTP, in a thread of their own: they go on while a life of the engine stands still."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

from aiohttp import web

from syncer.deskkit.emulation import Carrier, Entry, Faults, Handler
from syncer.deskkit.world import World
from syncer.desks.invgate.emulator import InvGateEmulator
from syncer.desks.tikting.emulator import TiktingEmulator
from syncer.sandbox.up import emptied
from tests.desks.serving import served
from tests.elsewhere import Elsewhere
from tests.flows.worlds import SECRET

Answer = Callable[[], Awaitable[web.StreamResponse]]
Watch = Callable[[web.Request, Answer], Awaitable[web.StreamResponse]]
REGISTER = "POST /api/TicketsApi/register"
PATIENCE = 20.0


class Desks:
    """An InvGate full of tickets and an empty Tikting. `watch` sees each request before and after it is answered."""

    def __init__(self, world: World, elsewhere: Elsewhere) -> None:
        self.elsewhere = elsewhere
        self.old = InvGateEmulator(world)
        self.new = TiktingEmulator(emptied(world))
        self.old_url = self.new_url = ""
        self.watch: Watch = only_answer
        self.leaks: list[str] = []
        """Requests that told the target of a private note, also those it refused or never answered."""
        self._under_way = 0

    async def open(self, stack: AsyncExitStack) -> None:
        """Take requests."""
        for desk in (self.old, self.new):
            self._attend(desk.carrier)
        self.old_url = await stack.enter_async_context(served(self.old))
        self.new_url = await stack.enter_async_context(served(self.new))

    def _attend(self, carrier: Carrier) -> None:
        whole = carrier._answer

        async def answer(request: web.Request, handler: Handler, entry: Entry) -> web.StreamResponse:
            self._under_way += 1
            try:
                # A whole request will be dealt with, whatever becomes of its sender meanwhile.
                body = await request.read()
                if carrier is self.new.carrier and SECRET.encode() in body + request.path_qs.encode():
                    self.leaks.append(f"{request.method} {request.path}")
                return await self.watch(request, lambda: whole(request, handler, entry))
            finally:
                self._under_way -= 1

        carrier._answer = answer  # type: ignore[method-assign]

    def settle(self) -> None:
        """Wait until every request that arrived has been dealt with."""
        until = time.monotonic() + PATIENCE
        while self._under_way:
            assert time.monotonic() < until, "the emulators still work on something"
            time.sleep(0.005)

    def reset(self) -> None:
        """The target empty again, nothing going wrong, logs empty."""

        async def work() -> None:
            self.watch = only_answer
            self.leaks.clear()
            self.empty()
            for desk in (self.old, self.new):
                desk.carrier.set_faults(Faults())
                desk.carrier.log.clear()

        self.elsewhere.do(work())

    def empty(self) -> None:
        """No ticket on the target."""
        for ticket in list(self.new.shelf.live):
            self.new.shelf.delete(ticket)

    def registrations(self) -> int:
        """How many attempts to register a ticket arrived, whatever became of them."""
        return sum(1 for e in list(self.new.carrier.log) if f"{e.method} {e.path}" == REGISTER)

    def contents(self) -> dict[str, bytes]:
        """The bytes of the files on the target by their SHA-256, as far as the emulator keeps them."""
        return {f.sha256: f.content for t in self.new.shelf.live for f in t.uploads if f.content is not None}


async def only_answer(_: web.Request, answer: Answer) -> web.StreamResponse:
    """Nothing to see."""
    return await answer()


@contextmanager
def desks_of(world: World) -> Iterator[Desks]:
    """Both desks while the block lasts."""
    elsewhere, stack = Elsewhere(), AsyncExitStack()
    try:
        desks = Desks(world, elsewhere)
        elsewhere.do(desks.open(stack))
        yield desks
        elsewhere.do(stack.aclose())
    finally:
        elsewhere.end()
