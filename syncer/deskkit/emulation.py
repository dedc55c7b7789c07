"""Parts for emulators: a clock one can move, faults on a schedule, a request log, a world to fill them with."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Protocol

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from syncer.deskkit.kept import KeptTicket


class Clock:
    """Seconds since the epoch, real until somebody moves it."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """The emulated desk's time, epoch seconds."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Jump forward (or back)."""
        self.offset += seconds


class Faults(Struct, kw_only=True):
    """What goes wrong, how often. Shares are of the requests whose `METHOD path` matches `where`.

    `before` answers `refusal` and does nothing; `after` does it and then answers 502; `cut_before` and `cut_after`
    drop the connection before or after it was done; `hang` does it and says nothing until the caller hangs up;
    `html` does it and answers a login page with 200; `half` does it and breaks off in the middle of the body.
    `per_second` is a limit by fixed one-second window over which 429 is answered. Any 429 comes with Retry-After when
    `retry_after`. `first` gives the fault of the first matching requests by name, in order
    (`["cut_after", "ok", "before"]`). What refuses repeats the caller's credential, as careless servers do.
    """

    where: str = ".*"
    seed: int = 0
    latency: float = 0.0
    before: float = 0.0
    refusal: Annotated[int, Meta(ge=400, le=599)] = 503
    after: float = 0.0
    cut_before: float = 0.0
    cut_after: float = 0.0
    hang: float = 0.0
    html: float = 0.0
    half: float = 0.0
    per_second: int = 0
    retry_after: bool = True
    first: list[str] = []
    token_seconds: float = 0.0
    search_lag: float = 0.0


class Entry(Struct):
    """One request as it arrived; `fault` names what was done to it."""

    at: float
    method: str
    path: str
    status: int
    fault: str = ""


_SHARES = ("before", "after", "cut_before", "cut_after", "hang", "html", "half")
_LISTENS = 0.02  # so often it is looked whether a caller has hung up
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Carrier:
    """Clock, faults and request log of one emulated desk, and the middleware that applies them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.log: deque[Entry] = deque(maxlen=2_000_000)
        self.set_faults(Faults())

    def set_faults(self, faults: Faults) -> None:
        """Replace the schedule; counting begins anew."""
        self.faults = faults
        self._where = re.compile(faults.where)
        self._random = random.Random(faults.seed)
        self._first = list(faults.first)
        self._window, self._in_window = 0, 0

    def busiest_second(self) -> int:
        """The most requests that arrived in any sliding second."""
        recent: deque[float] = deque()
        most = 0
        for entry in self.log:
            recent.append(entry.at)
            while recent[0] <= entry.at - 1.0:
                recent.popleft()
            most = max(most, len(recent))
        return most

    def counts(self) -> dict[str, int]:
        """How many requests by `METHOD path status`."""
        return dict(Counter(f"{e.method} {e.path} {e.status}" for e in self.log))

    def _draw(self, request: web.Request) -> str:
        if not self._where.fullmatch(f"{request.method} {request.path}"):
            return ""
        if self._first:
            name = self._first.pop(0)
            return "" if name == "ok" else name
        pick = self._random.random()
        for name in _SHARES:
            pick -= getattr(self.faults, name)
            if pick < 0:
                return name
        return ""

    def _throttled(self) -> bool:
        if not self.faults.per_second:
            return False
        window = int(time.monotonic())
        if window != self._window:
            self._window, self._in_window = window, 0
        self._in_window += 1
        return self._in_window > self.faults.per_second

    def middleware(self) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
        """Logs each request but the control ones, and lets go wrong what the schedule says."""

        @web.middleware
        async def carry(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith("/_control"):
                return await handler(request)
            entry = Entry(at=time.monotonic(), method=request.method, path=request.path, status=0)
            self.log.append(entry)
            response = await self._answer(request, handler, entry)
            entry.status = response.status
            return response

        return carry

    async def _answer(self, request: web.Request, handler: Handler, entry: Entry) -> web.StreamResponse:
        if self.faults.latency:
            await asyncio.sleep(self.faults.latency)
        if self._throttled():
            entry.fault = "throttled"
            return self._refuse(request, 429)
        entry.fault = fault = self._draw(request)
        if fault == "before":
            return self._refuse(request, self.faults.refusal)
        if fault == "cut_before":
            return _cut(request)
        response = await handler(request)
        match fault:
            case "after":
                return web.Response(status=502, text="<html>Bad gateway</html>", content_type="text/html")
            case "cut_after":
                return _cut(request)
            case "hang":
                return await _hang(request)
            case "html":
                return web.Response(text="<html>Please log in</html>", content_type="text/html")
            case "half":
                return await _half(request, response)
        return response

    def _refuse(self, request: web.Request, status: int) -> web.Response:
        headers = {"Retry-After": "1"} if status == 429 and self.faults.retry_after else {}
        text = f"<html>{status}: not now. You sent: {request.headers.get('Authorization', 'nothing')}</html>"
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)


async def _hang(request: web.Request) -> web.Response:
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(_LISTENS)
    return web.Response(status=499)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


async def _half(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if response.status == 204:  # it ends with its headers: it comes whole, or not at all
        return response
    body = bytes(response.body) if isinstance(response, web.Response) and isinstance(response.body, bytes) else b"{}"
    partial = web.StreamResponse(status=response.status, headers={"Content-Type": response.content_type})
    partial.content_length = len(body) + 100
    await partial.prepare(request)
    await partial.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return partial


class EmulatedDesk(Protocol):
    """What every desk folder's `emulator.py` builds: an application, and a way to look at what it holds."""

    carrier: Carrier

    def app(self) -> web.Application:
        """The desk's API, with `control_routes` and the carrier's middleware in place."""

    def state(self) -> dict[str, Any]:
        """What it holds, as plain JSON values, for judges."""

    def block(self, url: str) -> dict[str, Any]:
        """The config block with which syncer can read and write it when it is served there, secrets and all."""

    def kept(self) -> list[KeptTicket]:
        """The tickets it holds, in words that are the same for every kind of desk, for judges."""


def control_routes(desk: EmulatedDesk) -> list[web.RouteDef]:
    """`/_control/state|counts|pace|forget|faults|clock`: look at and steer an emulator from another process."""
    carrier = desk.carrier

    def answer(value: Any) -> web.Response:
        return web.Response(body=msgspec.json.encode(value), content_type="application/json")

    async def state(_: web.Request) -> web.Response:
        return answer(desk.state())

    async def counts(_: web.Request) -> web.Response:
        return answer(carrier.counts())

    async def pace(_: web.Request) -> web.Response:
        seconds = carrier.log[-1].at - carrier.log[0].at if carrier.log else 0.0
        return answer(
            {"busiest_second": carrier.busiest_second(), "requests": len(carrier.log), "first_to_last": seconds}
        )

    async def forget(_: web.Request) -> web.Response:
        carrier.log.clear()
        return answer({"ok": True})

    async def faults(request: web.Request) -> web.Response:
        carrier.set_faults(msgspec.json.decode(await request.read(), type=Faults))
        return answer({"ok": True})

    async def clock(request: web.Request) -> web.Response:
        carrier.clock.advance(float((await request.json())["advance"]))
        return answer({"now": carrier.clock.now()})

    return [
        web.get("/_control/state", state),
        web.get("/_control/counts", counts),
        web.get("/_control/pace", pace),
        web.post("/_control/forget", forget),
        web.post("/_control/faults", faults),
        web.post("/_control/clock", clock),
    ]
