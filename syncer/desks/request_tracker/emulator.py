"""A Request Tracker that is not one: behaves like its REST API 2.0, filled from a seeded world."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from syncer.deskkit.emulation import Carrier, control_routes
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.desks.request_tracker import emulator_owners as owners
from syncer.desks.request_tracker import emulator_shapes as shapes
from syncer.desks.request_tracker.emulator_answers import Answer, Broke, Refused, answered, refusal
from syncer.desks.request_tracker.emulator_auth import Gate, ToLogin
from syncer.desks.request_tracker.emulator_bodies import with_body
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_control import extra_control_routes
from syncer.desks.request_tracker.emulator_fill import fill
from syncer.desks.request_tracker.emulator_kept import block, kept
from syncer.desks.request_tracker.emulator_routes import Route, find
from syncer.desks.request_tracker.emulator_staff import Staff
from syncer.desks.request_tracker.emulator_state import state
from syncer.desks.request_tracker.emulator_switches import Auth, Switches
from syncer.desks.request_tracker.emulator_tables import Tables

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

__all__ = ["Auth", "RequestTrackerEmulator", "Switches"]

_ROOT = "/REST/2.0"
_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Login</title></head><body><form>Login</form></body></html>"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
_BIGGEST_BODY = 1024 * 1024 * 1024
_LONGEST_LINE = 1024 * 1024


class RequestTrackerEmulator:
    """One emulated server. Ids: tickets from 1, queues from 3, custom fields from 2, people from 35 by twos, all in
    order of the world; transactions from 40 by time. The user of the API is nobody of the world: sync, with id 27.

    `staff` does what people at the desk do.
    """

    def __init__(self, world: World, *, switches: Switches | None = None, auth: Auth | None = None) -> None:
        self._auth = auth = auth or Auth()
        self.carrier = Carrier()
        self.switches = switches or Switches()
        self.tables = Tables(self.carrier.clock, self.switches)
        fill(self.tables, world, auth)
        self.gate = Gate(auth, self.tables)
        self.staff = Staff(self.tables)
        self._workers = asyncio.Semaphore(self.switches.workers)

    def app(self) -> web.Application:
        """The API behind the carrier's faults; whatever is not of the API is the login page."""
        carry = cast("Middleware", self.carrier.middleware())
        lines = {"max_line_size": _LONGEST_LINE, "max_field_size": _LONGEST_LINE}
        app = web.Application(middlewares=[carry], client_max_size=_BIGGEST_BODY, handler_args=lines)
        app.add_routes(control_routes(self))
        app.add_routes(extra_control_routes(self))
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    def state(self) -> dict[str, Any]:
        """Everything it holds, as plain JSON values."""
        return state(self.tables)

    def block(self, url: str) -> dict[str, Any]:
        """The config block, as far as the switches go."""
        return block(self._auth, self.tables, url)

    def kept(self) -> list[KeptTicket]:
        """Its tickets."""
        return kept(self.tables)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.path == owners.PAGE and self.switches.tells_owners:
                return self._owners(request)
            if not request.path.startswith(_ROOT + "/"):
                return web.Response(text=_LOGIN_PAGE, content_type="text/html")
            return await self._dispatch(request)
        except (Broke, Refused) as problem:
            return refusal(problem)
        except ToLogin:
            return web.Response(status=302, text="Login required", headers={"Location": "/"})

    def _called(self, request: web.Request, names: tuple[str, ...], place: str = "") -> Call:
        method = "GET" if request.method == "HEAD" else request.method
        base = f"{request.url.origin()}{_ROOT}"
        return Call(self.tables, self.gate.check(request), method, names, request.query, base, place)

    def _owners(self, request: web.Request) -> web.Response:
        try:
            return owners.page(request, self._called(request, ()))
        except Refused as e:  # it is a page for people, who are asked to log in
            raise ToLogin from e

    async def _dispatch(self, request: web.Request) -> web.Response:
        self.gate.check(request)
        place = request.path.removeprefix(_ROOT)
        found = find(place)
        if found is None:
            raise Refused(404)
        route, names = found
        method = "GET" if request.method == "HEAD" else request.method
        _admit(route, request.method, method)
        call = await with_body(self._called(request, names, place), route, request)
        if route.body == "message" and request.headers.get("If-Match", "*") != "*":
            raise Refused(412)
        if not route.versioned:
            return answered(route.methods[method](call))
        return await self._versioned(call, route, request)

    async def _versioned(self, call: Call, route: Route, request: web.Request) -> web.Response:
        """A call on a ticket. The look at its version and what is done then are two things."""
        ticket = self.tables.ticket(call.id)
        if ticket is None and call.method == "PUT":
            raise Refused(404, "Resource does not exist; use POST to create")
        if ticket is not None and call.method == "POST":
            raise Refused(409, "Resource already exists; use PUT to update")
        expected = request.headers.get("If-Match", "*")
        if expected == "*" or ticket is None:
            return self._unchanged(request, route.methods[call.method](call))
        async with self._workers:
            row = shapes.last_seen(call, ticket)
            if row is None or expected.strip('"') != str(row.id):
                raise Refused(412)
            await asyncio.sleep(self.switches.write_seconds)
            return answered(route.methods[call.method](call))

    def _unchanged(self, request: web.Request, answer: Any) -> web.Response:
        """304 for whoever has it already."""
        known = request.headers.get("If-None-Match")
        if isinstance(answer, Answer) and known is not None and answer.headers.get("ETag") == known:
            return answered(Answer(status=304, headers=answer.headers))
        return answered(answer)


def _admit(route: Route, asked: str, method: str) -> None:
    if asked not in _METHODS:
        raise Refused(501)
    if method not in route.methods:
        allowed = [name for name in ("GET", "PUT", "POST", "DELETE") if name in route.methods]
        raise Refused(404 if method == "GET" and route.body == "record" else 405, headers={"Allow": ", ".join(allowed)})
