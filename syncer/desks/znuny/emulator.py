"""A Znuny 6.5 that is not one: behaves like its generic interface over REST, filled from a seeded world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from syncer.deskkit.emulation import Carrier, control_routes
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.desks.znuny.emulator_answers import Broken, Died, Fault, Refused, data, failure, not_found
from syncer.desks.znuny.emulator_auth import Gate
from syncer.desks.znuny.emulator_control import extra_control_routes
from syncer.desks.znuny.emulator_create import create
from syncer.desks.znuny.emulator_fill import fill
from syncer.desks.znuny.emulator_get import get, history
from syncer.desks.znuny.emulator_kept import block, kept
from syncer.desks.znuny.emulator_routes import Asked, read
from syncer.desks.znuny.emulator_search import search
from syncer.desks.znuny.emulator_staff import Staff
from syncer.desks.znuny.emulator_state import state
from syncer.desks.znuny.emulator_switches import Auth, Switches
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_update import update

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

__all__ = ["Auth", "Switches", "ZnunyEmulator"]

_SESSION, _SEARCH = "SessionCreate", "TicketSearch"
_OPERATIONS = {
    "TicketCreate": create,
    "TicketUpdate": update,
    "TicketGet": get,
    "TicketHistoryGet": history,
}
_BIGGEST_BODY = 1024 * 1024 * 1024
_LONGEST_LINE = 4 * 1024 * 1024
_INTERFACE = "/nph-genericinterface.pl"


class ZnunyEmulator:
    """One emulated instance. Ids: tickets from 101, articles from 301, agents of the world from 3, all in its order.

    Agent 1 is root@localhost, to whom every ticket belongs that is nobody's; agent 2 calls the API. `staff` does what
    people at the desk do.
    """

    def __init__(self, world: World, *, switches: Switches | None = None, auth: Auth | None = None) -> None:
        self._auth = auth = auth or Auth()
        self.carrier = Carrier()
        self.switches = switches or Switches()
        self.tables = Tables(self.carrier.clock, self.switches)
        self.gate = Gate(auth, self.carrier, self.tables)
        fill(self.tables, world, auth)
        self.staff = Staff(self.tables)

    def app(self) -> web.Application:
        """The web service behind the carrier's faults; all else is the web server's own page."""
        app = web.Application(
            middlewares=[cast("Middleware", self.carrier.middleware())],
            client_max_size=_BIGGEST_BODY,
            handler_args={"max_line_size": _LONGEST_LINE, "max_field_size": _LONGEST_LINE},
        )
        app.add_routes(control_routes(self))
        app.add_routes(extra_control_routes(self))
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    def state(self) -> dict[str, Any]:
        """Everything it holds, as plain JSON values."""
        return state(self.tables) | {"logins": self.gate.logins}

    def block(self, url: str) -> dict[str, Any]:
        """The config block, with the lists that only an administrator can see."""
        return block(self._auth, self.tables, url)

    def kept(self) -> list[KeptTicket]:
        """Its tickets."""
        return kept(self.tables)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if not request.path.startswith(self._auth.prefix + _INTERFACE):
            return not_found(request.path)
        try:
            switches = self.switches
            asked = await read(request, self._auth.service, switches.missing, switches.max_body)
            return data(self._do(asked))
        except Refused as refused:
            return data(refused.answer)
        except (Fault, Broken) as problem:
            return failure(problem)
        except Died:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=499)

    def _do(self, asked: Asked) -> dict[str, Any]:
        """What an operation answers. Raises Refused, Fault."""
        if asked.operation == _SESSION:
            return self.gate.session(asked.data)
        operation = asked.operation.removesuffix("List")
        self.gate.check(operation, asked.data)
        if operation == _SEARCH:
            return search(self.tables, asked.data, self.carrier.faults)
        return _OPERATIONS[operation](self.tables, asked.data)
