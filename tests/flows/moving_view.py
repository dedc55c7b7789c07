"""A view of an emulated InvGate that people work on while it is read: between any two requests, tickets move."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import msgspec
from aiohttp import web

from syncer.deskkit.emulation import Handler
from syncer.deskkit.world import SeedTicket, World
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.desk import InvGate
from syncer.desks.invgate.emulator import InvGateEmulator, Switches
from syncer.sandbox.seed import generate
from tests.desks.serving import served

OPEN_ONES = 2
"""The view of open tickets: closing takes one out, reopening brings it back."""
OPEN = 2
WORK = ("edit", "close", "create", "reopen", "remove"), (10, 4, 2, 2, 1)
"""What people do, and how often."""


@cache
def world(shown: int, closed: int) -> World:
    """So many open tickets and so many closed ones, mixed; a few share each second of their last update."""
    made = generate(3, shown + closed)
    statuses = ["open"] * shown + ["closed"] * closed
    random.Random(shown).shuffle(statuses)
    tickets = [_bare(one, status, n) for n, (one, status) in enumerate(zip(made.tickets, statuses, strict=True))]
    return msgspec.structs.replace(made, tickets=tickets)


def _bare(ticket: SeedTicket, status: str, number: int) -> SeedTicket:
    updated = 1_700_000_000 + number // 7 * 120
    return msgspec.structs.replace(
        ticket, status=status, updated=updated, closed=updated if status == "closed" else None, comments=[], files=[],
        body="<p>A printer</p>",
    )  # fmt: skip


class MovingView:
    """Moves tickets after every other answer or so, as a seed says, and knows which ones never left the view."""

    def __init__(
        self,
        seed: int,
        *,
        shown: int,
        closed: int,
        most: int,
        switches: Switches,
        ticks: Sequence[int] = (0, 0, 0, 1, 7),
    ) -> None:
        self.emulator = InvGateEmulator(world(shown, closed), switches=switches)
        self.throughout = set(self.shown())
        self.moved: Counter[str] = Counter()
        self.requests = 0
        self.still = False
        self.on_move: Callable[[int], None] = lambda id: None
        self._pick = random.Random(seed)
        self._most = most
        self._ticks = ticks
        tickets = self.emulator.tables.tickets.values()
        self._open = [one.id for one in tickets if one.is_open]
        self._closed = [one.id for one in tickets if not one.is_open]

    def shown(self) -> list[int]:
        """The ids that the view shows now."""
        return [one.id for one in self.emulator.tables.tickets.values() if one.is_open]

    def app(self) -> web.Application:
        """The emulator's own application; people do their work once an answer is made, before it is sent."""
        app = self.emulator.app()

        @web.middleware
        async def people(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            self.requests += 1
            if not self.still and "/incidents" in request.path:
                self._work()
            return response

        app.middlewares.append(people)
        return app

    def _work(self) -> None:
        if self._pick.random() < 0.5:
            return  # now and then two answers show the same view
        for _ in range(self._pick.randint(1, 2 * self._most)):
            self.emulator.carrier.clock.advance(self._pick.choice(self._ticks))
            self._move(self._pick.choices(*WORK)[0])

    def _move(self, what: str) -> None:
        self.moved[what] += 1
        match what:
            case "edit":
                id = self._pick.choice(self._open)
                self.emulator.edit(id, title="edited")
            case "close" if len(self._open) > 1:
                id = self._taken(self._open)
                self._closed.append(id)
                self.throughout.discard(id)
                self.emulator.close(id)
            case "remove" if len(self._open) > 1:
                id = self._taken(self._open)
                self.throughout.discard(id)
                self.emulator.vanish(id)
                return
            case "reopen" if self._closed:
                id = self._taken(self._closed)
                self._open.append(id)
                self.emulator.edit(id, status_id=OPEN)
            case _:
                id = self.emulator.create()
                self._open.append(id)
        self.on_move(id)

    def _taken(self, ids: list[int]) -> int:
        at = self._pick.randrange(len(ids))
        ids[at], ids[-1] = ids[-1], ids[at]
        return ids.pop()


@asynccontextmanager
async def reading(view: MovingView, kind: type[InvGate] = InvGate, **more: Any) -> AsyncIterator[InvGate]:
    """The desk that reads this view, through real HTTP."""
    async with served(view) as url:
        block = {
            "name": "old", "base_url": url, "view_id": OPEN_ONES, "auth": {"kind": "basic", "key": "sandbox-key"},
            "timeout": 10, "budget": {"per_second": 100_000, "parallel": 8}, **more,
        }  # fmt: skip
        desk = kind(InvGateConfig.model_validate(block))
        try:
            yield desk
        finally:
            await desk.close()
