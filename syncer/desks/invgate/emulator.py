"""An InvGate Service Desk that is not one: behaves like its API, filled from a seeded world."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import msgspec
from aiohttp import web

from syncer.deskkit.emulation import Carrier, control_routes
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World
from syncer.desks.invgate import (
    emulator_lists,
    emulator_lookups,
    emulator_people,
    emulator_tickets,
    emulator_transitions,
    emulator_writes,
)
from syncer.desks.invgate.emulator_auth import Gate
from syncer.desks.invgate.emulator_fill import fill
from syncer.desks.invgate.emulator_kept import block, kept
from syncer.desks.invgate.emulator_matrix import METHODS, NEWER, scope
from syncer.desks.invgate.emulator_params import Params, Refused, read_params, refused
from syncer.desks.invgate.emulator_people import NoUser
from syncer.desks.invgate.emulator_state import state
from syncer.desks.invgate.emulator_switches import Auth, Switches
from syncer.desks.invgate.emulator_tables import GONE_USER, Tables, Ticket, View
from syncer.desks.invgate.emulator_words import CLOSED, FINAL_STATUSES, OPEN, SOLVED, WAITING
from syncer.desks.invgate.emulator_writes import add_comment, add_ticket

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

__all__ = ["GONE_USER", "NEWER", "Auth", "InvGateEmulator", "Switches"]

_HANDLERS: dict[tuple[str, str], Callable[[Tables, Params], Any]] = {
    **emulator_tickets.HANDLERS,
    **emulator_lists.HANDLERS,
    **emulator_lookups.HANDLERS,
    **emulator_people.HANDLERS,
    **emulator_writes.HANDLERS,
    **emulator_transitions.HANDLERS,
}
# What is not emulated answers as an edition that does not have it yet.
_EMULATED = {
    endpoint: found
    for endpoint, methods in METHODS.items()
    if (found := frozenset(method for method in methods if (method, endpoint) in _HANDLERS))
}
_LOGIN_PAGE = "<html><body><form>Please log in</form></body></html>"
_LONGEST_LINE = 4 * 1024 * 1024
_BIGGEST_BODY = 1024 * 1024 * 1024


class InvGateEmulator:
    """One emulated instance. Ids: tickets from 1001, people from 301 in order of the world, levels 101, 102..."""

    def __init__(self, world: World, *, switches: Switches | None = None, auth: Auth | None = None) -> None:
        self.carrier = Carrier()
        self.switches = switches or Switches()
        self.tables = Tables(self.carrier.clock, self.switches)
        self._auth = auth or Auth()
        self.gate = Gate(self._auth, self.carrier, self.switches)
        fill(self.tables, world)

    @property
    def views(self) -> dict[int, View]:
        """Stored filters by id: 1 shows all tickets, 2 the open ones; more may be added."""
        return self.tables.views

    def app(self) -> web.Application:
        """The API, the token endpoint and the downloads, behind the carrier's faults."""
        app = web.Application(
            middlewares=[cast("Middleware", self.carrier.middleware())],
            client_max_size=_BIGGEST_BODY,
            handler_args={"max_line_size": _LONGEST_LINE, "max_field_size": _LONGEST_LINE},
        )
        app.router.add_route("*", "/api/v1/{endpoint}", self._call)
        app.router.add_post("/oauth/v2.0/access_token", self._token)
        app.router.add_get("/attachments/download/{id:[0-9]+}", self._download)
        app.add_routes(control_routes(self))
        return app

    def state(self) -> dict[str, Any]:
        """Everything it holds, as plain JSON values."""
        return state(self.tables)

    def block(self, url: str) -> dict[str, Any]:
        """The config block, with an agent to write in the name of."""
        return block(self._auth, self.tables, url)

    def kept(self) -> list[KeptTicket]:
        """Its requests."""
        return kept(self.tables)

    def edit(self, id: int, **changes: Any) -> None:
        """Change fields of a ticket (`title=`, `description=`, `status_id=`...) as an agent would, now."""
        ticket = self.tables.tickets[id]
        for name, value in changes.items():
            setattr(ticket, name, value)
        if "status_id" in changes:
            self._settle(ticket)
        self.tables.bump(ticket)

    def close(self, id: int) -> None:
        """Solve and accept: the ticket leaves all lists of open ones."""
        ticket = self.tables.tickets[id]
        if ticket.status_id != SOLVED:
            self.comment(id, "<p>Done</p>", solution=True)
        self.edit(id, status_id=CLOSED, rating=5)

    def comment(self, id: int, text: str, *, private: bool = False, solution: bool = False) -> int:
        """Say something on a ticket as its assignee, or its creator; the comment's id."""
        ticket = self.tables.tickets[id]
        author = ticket.assigned_id or ticket.creator_id
        return add_comment(self.tables, ticket, author, text, not private, solution).id

    def create(self, title: str = "New request", body: str = "<p>New</p>", **fields: Any) -> int:
        """A new ticket as if it came in now; fields are those of a Ticket. Gives its id."""
        someone = next(iter(self.tables.users))
        values: dict[str, Any] = {
            "id": 0,
            "title": title,
            "description": body,
            "user_id": someone,
            "creator_id": someone,
            "category_id": next(iter(self.tables.categories)),
            "priority_id": 2,
            "type_id": 1,
            "source_id": 2,
            "created_at": self.tables.now(),
            "last_update": self.tables.now(),
            "date_ocurred": self.tables.now(),
        }
        values.update(fields)
        ticket = Ticket(**values)
        add_ticket(self.tables, ticket)
        return ticket.id

    def vanish(self, id: int) -> None:
        """Remove a ticket as an administrator can, without a trace."""
        del self.tables.tickets[id]
        self.tables.changed()

    def _settle(self, ticket: Ticket) -> None:
        now, status = self.tables.now(), ticket.status_id
        if status in (SOLVED, CLOSED):
            ticket.solved_at = ticket.solved_at or now
        elif status <= OPEN or status == WAITING:
            ticket.solved_at = None
        ticket.closed_at = now if status in FINAL_STATUSES else None
        ticket.closed_reason = 1 if status == CLOSED else None
        ticket.waiting_for = 2 if status == WAITING else None

    async def _call(self, request: web.Request) -> web.StreamResponse:
        endpoint, method = request.match_info["endpoint"], request.method
        try:
            self._admit(endpoint, method, request)
            reads_body = method == "POST" or (method == "PUT" and self.switches.put_reads_body)
            params = await read_params(request, str(request.url.origin()), reads_body)
            return _json(200, self._worded(_HANDLERS[method, endpoint](self.tables, params)))
        except Refused as answer:
            return _json(answer.status, self._worded(answer.body))
        except NoUser as answer:
            return _json(200, answer.answer)

    def _worded(self, answer: Any) -> Any:
        """An envelope in the words of this instance: their case differs, and the key of an error's text."""
        if isinstance(answer, dict) and isinstance(answer.get("status"), str):
            answer = dict(answer)
            if answer["status"] == "ERROR" and self.switches.error_key == "error":
                answer["error"] = answer.pop("info")
            if self.switches.status_word == "lower":
                answer["status"] = answer["status"].lower()
        return answer

    def _admit(self, endpoint: str, method: str, request: web.Request) -> None:
        if len(request.raw_path) > self.switches.max_uri:
            raise refused(414, "The address is too long")
        scopes = self.gate.check(request.headers.get("Authorization"))
        if endpoint not in _EMULATED or endpoint in self.switches.missing:
            raise refused(404, "The endpoint does not exist")
        if method not in _EMULATED[endpoint]:
            raise refused(405, "The method is not allowed")
        if scopes is not None and scope(endpoint, method) not in scopes:
            raise refused(403, "The token lacks the scope")

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        try:
            return _json(200, self.gate.issue(form, request.headers.get("Authorization")))
        except Refused as answer:
            return _json(answer.status, answer.body)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        file = self.tables.files.get(int(request.match_info["id"]))
        header = request.headers.get("Authorization")
        try:
            match self.switches.download:
                case "auth":
                    self.gate.check(header)
                case "other_host" if header is not None:
                    self.tables.leaks += 1
                    raise refused(400, "Only one way to sign in is allowed")
                case "signed" if header is not None:
                    raise refused(403, "Only one way to sign in is allowed")
                case "login_page":
                    return web.Response(text=_LOGIN_PAGE, content_type="text/html")
        except Refused as answer:
            return _json(answer.status, answer.body)
        if file is None:
            return _json(404, {"error": "The attachment does not exist", "status": 404})
        return web.Response(
            body=file.content,
            content_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"},
        )


def _json(status: int, value: Any) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
