"""A Motadata ServiceOps that is not one: behaves like its API as far as that is known, filled from a seeded world."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from syncer.deskkit.emulation import Carrier, control_routes
from syncer.deskkit.forms import is_form, read_form
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.desks.motadata import emulator_files as files
from syncer.desks.motadata.emulator_answers import (
    Invalid,
    Refused,
    UnknownId,
    UnknownPath,
    json_answer,
    refusal,
)
from syncer.desks.motadata.emulator_auth import Gate, OAuthRefused
from syncer.desks.motadata.emulator_calls import Body, Call
from syncer.desks.motadata.emulator_control import extra_control_routes
from syncer.desks.motadata.emulator_fill import fill
from syncer.desks.motadata.emulator_kept import block, kept
from syncer.desks.motadata.emulator_lists import search_requests
from syncer.desks.motadata.emulator_rates import Bucket
from syncer.desks.motadata.emulator_records import Person
from syncer.desks.motadata.emulator_routes import LOOKUP, find
from syncer.desks.motadata.emulator_staff import Staff
from syncer.desks.motadata.emulator_state import state
from syncer.desks.motadata.emulator_switches import Auth, Switches
from syncer.desks.motadata.emulator_tables import Tables

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

__all__ = ["Auth", "MotadataEmulator", "Switches"]

_TOKEN_PATH = "/api/oauth/token"  # noqa: S105 - a path
_FORMS = {"multipart/form-data": "multipart", "application/x-www-form-urlencoded": "form"}
_BIGGEST_BODY = 1024 * 1024 * 1024


class MotadataEmulator:
    """One emulated instance. Ids: requests from 65, conversations from 31, people from 101, all in order of the world.

    The user of the API is nobody of the world: Sync Bot, with id 1. `staff` does what people at the desk do.
    """

    def __init__(self, world: World, *, switches: Switches | None = None, auth: Auth | None = None) -> None:
        self._auth = auth = auth or Auth()
        self.carrier = Carrier()
        self.switches = switches or Switches()
        self.tables = Tables(self.carrier.clock, self.switches)
        self.gate = Gate(auth, self.carrier, self.tables)
        fill(self.tables, world, auth.user)
        self.staff = Staff(self.tables)
        self._bucket = Bucket(self.carrier.clock, self.switches)

    def app(self) -> web.Application:
        """The API behind the carrier's faults; all else is an unknown path."""
        carry = cast("Middleware", self.carrier.middleware())
        app = web.Application(middlewares=[carry], client_max_size=_BIGGEST_BODY)
        app.add_routes(control_routes(self))
        app.add_routes(extra_control_routes(self))
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    def state(self) -> dict[str, Any]:
        """Everything it holds, as plain JSON values."""
        return state(self.tables) | {"logins": self.gate.logins}

    def block(self, url: str) -> dict[str, Any]:
        """The config block, as far as the switches go."""
        return block(self._auth, self.tables, url)

    def kept(self) -> list[KeptTicket]:
        """Its requests."""
        return kept(self.tables)

    def people_csv(self) -> str:
        """Users as an administrator exports them: `email,id`."""
        rows = [f"{one.email},{one.id}" for one in self.tables.people.values() if one.email and not one.deleted]
        return "\n".join(["email,id", *rows]) + "\n"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        passes, headers = self._bucket.take()
        try:
            if not passes:
                raise Refused(self.switches.rate_status, "Too many requests")
            response = await self._dispatch(request)
        except (Invalid, Refused, UnknownId, UnknownPath) as problem:
            response = refusal(problem, self.switches)
        response.headers.update(headers)
        return response

    async def _dispatch(self, request: web.Request) -> web.Response:
        path = re.sub("/+", "/", request.path) if self.switches.double_slash == "accept" else request.path
        if path == _TOKEN_PATH and request.method == "POST":
            return await self._token(request)
        ref = files.ref_asked(request, self.switches.download_path)
        if ref is not None:
            self._admit("download", request)
            return files.download(self.tables, ref)
        if files.upload_asked(request, self.switches.upload_path):
            self._admit("upload", request)
            return json_answer(await files.upload(self.tables, request))
        return await self._call(request, path)

    async def _call(self, request: web.Request, path: str) -> web.Response:
        found = find(request.method, path)
        if found is None or (found[0].name.startswith(LOOKUP) and not self.switches.lookup_paths):
            raise UnknownPath
        route, ids = found
        by = self._admit(route.name, request)
        body = Body.read(await request.read(), request.content_type)
        call = Call(ids=ids, query=request.query, body=body, by=by)
        if route.answer is None:
            return json_answer(search_requests(self.tables, call, self.carrier.faults))
        return json_answer(route.answer(self.tables, call))

    def _admit(self, name: str, request: web.Request) -> Person:
        """Who calls. Raises what stands in the way of this call."""
        header = request.headers.get("Authorization", "")
        by = self.gate.check(header)
        if name in self.switches.missing:
            raise UnknownPath
        if name in self.switches.forbidden:
            raise Refused(403, "Forbidden")
        if name.startswith(LOOKUP) and not self.switches.lookups_by_key and header.startswith("Apikey"):
            raise Refused(401, "Unauthorized")
        return by

    async def _fields(self, request: web.Request) -> dict[str, str]:
        """The texts of a form, as far as its encoding is taken here."""
        if _FORMS.get(request.content_type) not in self.switches.token_bodies:
            return {}
        header = request.headers["Content-Type"]
        if is_form(header):
            form = read_form(header, await request.read())
            return form.texts if form else {}
        return {key: value for key, value in (await request.post()).items() if isinstance(value, str)}

    async def _token(self, request: web.Request) -> web.Response:
        header, form = request.headers.get("Authorization"), await self._fields(request)
        try:
            return json_answer(self.gate.issue(form, header, secure=request.secure))
        except OAuthRefused as problem:
            if self.switches.login_refusal == "bare_401":
                return web.Response(status=401)
            return json_answer(problem.body, problem.status)
