"""A Redmine that is not one: behaves like its REST interface, its silences included, filled from a seeded world."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from syncer.deskkit.emulation import Carrier, control_routes
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.desks.redmine.emulator_answers import Broken, Invalid, LogIn, Refused, fresh, page, refusal, wanted
from syncer.desks.redmine.emulator_fill import fill
from syncer.desks.redmine.emulator_gate import caller
from syncer.desks.redmine.emulator_kept import block, kept
from syncer.desks.redmine.emulator_params import Call, read_body
from syncer.desks.redmine.emulator_routes import find, is_page
from syncer.desks.redmine.emulator_state import state
from syncer.desks.redmine.emulator_switches import Auth, Switches
from syncer.desks.redmine.emulator_tables import Tables

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

__all__ = ["Auth", "RedmineEmulator", "Switches"]

_BIGGEST_BODY = 1024 * 1024 * 1024
_NOT_IN_QUERIES = re.compile('[<>"]')
_BROKEN_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")


class RedmineEmulator:
    """One emulated instance. Ids: issues from 101, journals from 501, files from 301, people of the world from 6, all
    in order of the world. Two accounts are nobody of the world: an administrator, id 1, and the user `sync`, id 5."""

    def __init__(self, world: World, *, switches: Switches | None = None, auth: Auth | None = None) -> None:
        self._auth = auth or Auth()
        self.carrier = Carrier()
        self.switches = switches or Switches()
        self.tables = Tables(self.carrier.clock, self.switches)
        fill(self.tables, world, self._auth)

    def app(self) -> web.Application:
        """The API behind the carrier's faults; all else is an unknown path."""
        carry = cast("Middleware", self.carrier.middleware())
        app = web.Application(middlewares=[carry], client_max_size=_BIGGEST_BODY)
        app.add_routes(control_routes(self))
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    def state(self) -> dict[str, Any]:
        """Everything it holds, as plain JSON values."""
        return state(self.tables)

    def block(self, url: str) -> dict[str, Any]:
        """The config block, as far as the switches go."""
        return block(self._auth, self.tables, url)

    def kept(self) -> list[KeptTicket]:
        """Its issues. Who asks is whose address stands in the field for it; that the accounts of the API watch what
        they write on makes them no people who are told."""
        return kept(self.tables)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            return fresh(request, await self._dispatch(request))
        except (Broken, Invalid, LogIn, Refused) as problem:
            return refusal(request, problem)

    async def _dispatch(self, request: web.Request) -> web.Response:
        if _NOT_IN_QUERIES.search(request.raw_path):
            return web.Response(status=400)  # the server before Redmine reads it so
        if _BROKEN_ESCAPE.search(request.raw_path):
            raise Broken(400, routed=False)
        found = find(request.method, request.path)
        if found is None:
            return self._no_call(request)
        answer, ids = found
        raw = await request.read()
        body = read_body(raw, request.content_type) if request.method not in ("GET", "HEAD") else {}
        by = caller(self.tables, request)
        return await answer(
            self.tables,
            Call(
                by=by,
                ids=ids,
                query=request.query,
                body=body,
                raw=raw,
                content_type=request.content_type if raw or "Content-Type" in request.headers else "",
                wants=wanted(request),
                here=f"{request.scheme}://{request.host}",
            ),
        )

    def _no_call(self, request: web.Request) -> web.Response:
        if request.method not in ("GET", "HEAD") or not is_page(request.path):
            raise Broken(404, routed=False)
        if request.path not in ("/", "/login") and not caller(self.tables, request).logged:
            raise LogIn
        return page()
