"""A Rezolve.ai tenant that is not one: behaves like the contract of its ticketing API, filled from a seeded world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from syncer.deskkit.emulation import Carrier, Handler, control_routes
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.desks.rezolve import (
    emulator_kept,
    emulator_lists,
    emulator_lookups,
    emulator_notes,
    emulator_notifications,
    emulator_writes,
)
from syncer.desks.rezolve.emulator_answers import Refused, Shape, answer, cached_answer, error_answer, hollow
from syncer.desks.rezolve.emulator_asking import Ask, Route, T, check_headers, check_query, read_body, read_files
from syncer.desks.rezolve.emulator_auth import Caller, Gate
from syncer.desks.rezolve.emulator_control import extra_control_routes
from syncer.desks.rezolve.emulator_fill import GONE_USER, fill
from syncer.desks.rezolve.emulator_limits import Limits
from syncer.desks.rezolve.emulator_state import state
from syncer.desks.rezolve.emulator_steering import Steering
from syncer.desks.rezolve.emulator_stream import Streams
from syncer.desks.rezolve.emulator_switches import Auth, Switches
from syncer.desks.rezolve.emulator_tables import Tables

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

__all__ = ["GONE_USER", "Auth", "RezolveEmulator", "Switches"]

_BIGGEST_BODY = 1024 * 1024 * 1024
_Stream = Callable[[web.Request, Caller, Any], Awaitable[web.StreamResponse]]


class RezolveEmulator:
    """One emulated tenant. Types from 17020 in the order incident, service request, question, problem, change."""

    def __init__(self, world: World, *, switches: Switches | None = None, auth: Auth | None = None) -> None:
        self.carrier = Carrier()
        self.switches = switches or Switches()
        self.auth = auth or Auth()
        self.tables = Tables(self.carrier.clock, self.switches, self.auth)
        self.tables.search_lag = lambda: self.carrier.faults.search_lag
        self.gate = Gate(self.auth, self.carrier, self.switches)
        self.steering = Steering(self.tables)
        self._limits = Limits(self.carrier.clock, self.switches)
        fill(self.tables, world)

    def app(self) -> web.Application:
        """The API, the token endpoint and the streams, behind the carrier's faults."""
        streams = Streams(self.tables, self.gate)
        app = web.Application(
            middlewares=[cast("Middleware", self.carrier.middleware()), _as_answers],
            client_max_size=_BIGGEST_BODY,
        )
        app.router.add_post(self.switches.token_path, self._token)
        app.router.add_post(f"{T}/ticket/sse/list/updates", self._streaming(streams.updates, query=True))
        app.router.add_get(f"{T}/ticket/sse/notifications", self._streaming(streams.notifications, query=False))
        for route in (
            *emulator_lookups.ROUTES,
            *emulator_notifications.ROUTES,
            *emulator_lists.ROUTES,
            *emulator_writes.ROUTES,
            *emulator_notes.routes(self.switches),
        ):
            app.router.add_route(route.method, route.path, self._serving(route))
        app.add_routes(control_routes(self))
        app.add_routes(extra_control_routes(self))

        async def stop(_: web.Application) -> None:
            streams.stop()

        app.on_shutdown.append(stop)
        return app

    def state(self) -> dict[str, Any]:
        """Everything it holds, as plain JSON values."""
        return state(self.tables)

    def block(self, url: str) -> dict[str, Any]:
        """The config block with which all that its switches allow is read and written."""
        return emulator_kept.block(self.tables, url)

    def kept(self) -> list[KeptTicket]:
        """Its tickets that are not deleted."""
        return emulator_kept.kept(self.tables)

    def _serving(self, route: Route) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            headers: dict[str, str] = {}
            try:
                headers = self._limits.take()
                response = await self._answer(route, request)
            except Refused as refused:
                response = self._refusal(refused, route.shape)
            response.headers.update(headers)
            return response

        return serve

    async def _answer(self, route: Route, request: web.Request) -> web.StreamResponse:
        """Who calls, then how, then whether he may, then what he wants (contract 2)."""
        caller = self.gate.caller(request.headers)
        check_headers(request, route.accept, route.form)
        if route.query:
            check_query(request, route.name, self.switches)
        if route.writes:
            self.gate.may_write(caller)
        else:
            self.gate.may_read(caller)
        if route.name in self.switches.hollow:
            return answer(hollow(self.tables.now()))
        ask = Ask(caller, request.match_info, request.query)
        if route.form:
            ask.files = await read_files(request)
        elif route.method != "GET":
            ask.body = await read_body(request)
        return self._called(route, request, ask)

    def _called(self, route: Route, request: web.Request, ask: Ask) -> web.StreamResponse:
        broken = self.switches.broken.get(route.name)
        body: Any = None if broken == "before" else route.call(self.tables, ask)
        if broken is not None:
            raise Refused(500, "INTERNAL_ERROR", "Internal error", shape="bare" if route.writes else None)
        if isinstance(body, web.StreamResponse):
            return body
        return cached_answer(body, request.headers.get("If-None-Match")) if route.cached else answer(body)

    def _streaming(self, stream: _Stream, *, query: bool) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                self._limits.take()
                caller = self.gate.caller(request.headers)
                check_headers(request, "text/event-stream")
                if query:
                    check_query(request, "stream", self.switches)
                self.gate.may_read(caller)
                return await stream(request, caller, await read_body(request))
            except Refused as refused:
                return self._refusal(refused, "envelope")

        return serve

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        try:
            return answer(self.gate.issue(form, request.headers.get("Authorization")))
        except Refused as refused:
            return self._refusal(refused, "oauth")

    def _refusal(self, refused: Refused, shape: Shape) -> web.Response:
        return error_answer(refused, refused.shape or shape, self.tables.now())


@web.middleware
async def _as_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What the framework refuses is an answer like others, so that it is logged with its status."""
    try:
        return await handler(request)
    except web.HTTPException as refused:
        return web.Response(status=refused.status, text=f"<html>{refused.reason}</html>", content_type="text/html")
