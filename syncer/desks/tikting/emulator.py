"""Tikting as far as its interface is documented: log in, look-ups, register, list, get, technicians.

What the documentation leaves open is a switch, see `Switches`; nothing else is served, but in the profile `extended`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from syncer.deskkit.emulation import Carrier, control_routes
from syncer.deskkit.forms import is_form, read_form
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World

from .emulator_accounts import CREATE, FALLBACK_EMAIL, FALLBACK_GUID, Account, LogIn, People, Sessions
from .emulator_answers import INTERNAL_HOST, INVALID, Answers, as_answers
from .emulator_control import extra_control_routes, marker_of
from .emulator_extended import Extended
from .emulator_kept import block, kept
from .emulator_lists import Lists, Viewer, may_see, read_query
from .emulator_lookups import DONE, lookups_of
from .emulator_mails import Aftermath
from .emulator_register import Registrar
from .emulator_seed import fill
from .emulator_switches import Switches, extended
from .emulator_tickets import Shelf, Ticket
from .emulator_views import Writer, login_body, registered, stored, technician

__all__ = ["FALLBACK_EMAIL", "FALLBACK_GUID", "Account", "Switches", "TiktingEmulator", "extended"]


class TiktingEmulator:
    """One emulated Tikting. Its first account is made from `email` to `roles`, others may be added."""

    def __init__(
        self,
        world: World,
        *,
        switches: Switches | None = None,
        email: str = "sync@example.org",
        password: str = "sandbox-secret",  # noqa: S107 - an emulator's
        permissions: Sequence[str] = (CREATE,),
        roles: Sequence[str] = ("Administrator",),
        others: Sequence[Account] = (),
    ) -> None:
        self.carrier = Carrier()
        self.switches = switches or Switches()
        self.lookups = lookups_of(world, duplicates=self.switches.duplicate_labels)
        group_ids = list(self.lookups.labels["groups"])
        account = Account(
            email=email,
            password=password,
            username=email.partition("@")[0],
            permissions=tuple(permissions),
            roles=tuple(roles),
            groups=tuple(group_ids[:1]),
        )
        self._account = account
        accounts = [account, *others]
        self.people = People(world, group_ids, accounts)
        self.sessions = Sessions(accounts, self.carrier, self.switches)
        self.shelf = Shelf(self.people, self.lookups, self.switches)
        fill(self.shelf, world, self.people, self.lookups, self.carrier.clock.now())
        self._registrar = Registrar(self.people, self.lookups, self.switches)
        self.aftermath = Aftermath(self.people, self.switches)
        self._lists = Lists(self.shelf, self.switches)
        self._writer = Writer(self.people, self.lookups, self.shelf.files, self.switches)
        self.answers = Answers(self.switches)
        self._extended = Extended(self) if self.switches.profile == "extended" else None

    def app(self) -> web.Application:
        """The six documented calls, and those of the profile `extended`; every other path is 404."""
        limit = self.switches.max_body + 1
        carry = cast("Middleware", self.carrier.middleware())
        app = web.Application(client_max_size=limit, middlewares=[carry, as_answers])
        base = self.switches.base_path.rstrip("/")
        app.add_routes(
            [
                web.post(f"{base}/api/Users/authenticate", self._authenticate),
                web.get(f"{base}/api/TicketsApi/appmetadata", self.known(self._metadata)),
                web.post(f"{base}/api/TicketsApi/register", self.known(self._register)),
                web.post(f"{base}/api/TicketsApi", self.known(self._list)),
                web.get(f"{base}/api/TicketsApi/{{id:[0-9]{{1,20}}}}", self.known(self._get)),
                web.get(f"{base}/api/Users/GroupUsers", self.known(self._technicians)),
                web.get(f"{base}/api/Users/GroupUsers/{{id:[0-9]{{1,20}}}}", self.known(self._technicians)),
            ]
        )
        if self._extended:
            app.add_routes(self._extended.routes())
        app.add_routes(control_routes(self))
        app.add_routes(extra_control_routes(self))
        return app

    def state(self) -> dict[str, Any]:
        """The tickets and what became of log-ins and notifications."""
        return {
            "tickets": [stored(ticket, self.people) for ticket in self.shelf.live],
            "notifications": len(self.aftermath.notifications),
            "mails": [msgspec.to_builtins(one) for one in self.aftermath.notifications if one.channel == "mail"],
            "logins": self.sessions.logins,
            "failed_logins": self.sessions.failed_logins,
            "lookups": self.lookups.metadata(()),
        }

    def block(self, url: str) -> dict[str, Any]:
        """The config block for the first account."""
        return block(self._account, self.switches, url)

    def kept(self) -> list[KeptTicket]:
        """Its tickets."""
        return kept(self.shelf, self.people, self.lookups)

    def summary(self) -> dict[str, Any]:
        """How many tickets there are, and which markers they carry more than once."""
        markers = Counter(filter(None, (marker_of(ticket.title) for ticket in self.shelf.live)))
        return {
            "tickets": len(self.shelf.live),
            "distinct_markers": len(markers),
            "duplicate_markers": sorted(marker for marker, times in markers.items() if times > 1),
        }

    def people_csv(self) -> str:
        """Users as an administrator exports them: `email,id`."""
        return self.people.csv()

    def known(
        self, handler: Callable[[web.Request, Account], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """The handler, for those with a live token; others are 401."""

        async def checked(request: web.Request) -> web.Response:
            account = self.sessions.account(request.headers.get("Authorization", ""))
            if account is None:
                return web.Response(status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
            return await handler(request, account)

        return checked

    async def _authenticate(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return self.answers.problem(415, "Unsupported Media Type")
        try:
            given = msgspec.json.decode(await request.read(), type=LogIn)
        except msgspec.MsgspecError as broken:
            return self.answers.problem(400, INVALID, {"$": [str(broken)]})
        if not given.Email or not given.Password:
            return self.answers.problem(400, INVALID, {"Email": ["Required."]})
        entered = self.sessions.log_in(given.Email, given.Password, given.Domain or "")
        if entered is None:
            return self.answers.problem(401, "Username or password is incorrect, or the account is locked.")
        account, token = entered
        return self.answers.json(login_body(account, self.people.by_id[account.id], token, request.host))

    async def _metadata(self, request: web.Request, account: Account) -> web.Response:
        return self.answers.json(self.lookups.metadata(self.switches.omit_lookups))

    async def _register(self, request: web.Request, account: Account) -> web.Response:
        content_type = request.headers.get("Content-Type", "")
        if not is_form(content_type):
            return self.answers.problem(415, "Unsupported Media Type")
        if (request.content_length or 0) > self.switches.max_body:
            return self.answers.problem(413, "Request body too large.")
        form = read_form(content_type, await request.read())
        if CREATE not in account.permissions:
            return self.answers.problem(400, "You are not allowed to do this.")
        if form is None:
            return self.answers.problem(400, "Failed to read the request form.")
        fields, problems = self._registrar.read(form)
        if problems:
            return self.answers.problem(400, INVALID, problems)
        ticket = self._store(fields)
        return self._created(request, ticket)

    def _store(self, fields: dict[str, Any]) -> Ticket:
        now = self.carrier.clock.now()
        done = now if self.lookups.status_types[fields["status"]] in DONE else None
        ticket = Ticket(id=self.shelf.next_id(), created=now, updated=now, closed=done, stored=now, **fields)
        self.shelf.files.add(ticket.id, ticket.uploads)
        self.aftermath.follow(ticket)
        self.shelf.add(ticket)
        return ticket

    def _created(self, request: web.Request, ticket: Ticket) -> web.Response:
        body = registered(ticket)
        host = INTERNAL_HOST if self.switches.internal_location else f"{request.scheme}://{request.host}"
        path = request.path.removesuffix("register")
        headers = {"Location": f"{host}{path}{ticket.id}"}
        match self.switches.answer_id:
            case "body":
                headers = {}
            case "location":
                del body["id"]
            case "differ":
                body["id"] = ticket.id + 1
        return self.answers.json(body, status=201, headers=headers)

    async def _list(self, request: web.Request, account: Account) -> web.Response:
        if request.content_type != "application/json":
            return self.answers.problem(415, "Unsupported Media Type")
        query, problems = read_query(await request.read())
        if problems:
            return self.answers.problem(400, INVALID, problems)
        viewer = self._viewer(account)
        page = self._lists.page(query, viewer, self.carrier.faults.search_lag)
        answer = self.answers.json([self._writer.row(ticket, viewer) for ticket in page])
        if not query.search:
            self._let_appear(self.switches.appear)
            self.shelf.stir(self.switches.move, viewer.now)
        return answer

    def _let_appear(self, number: int) -> None:
        for _ in range(number):
            self._store(
                {
                    "title": f"Walk-in {len(self.shelf.live)}",
                    "description": "Came in while somebody was reading.",
                    "creator": FALLBACK_GUID,
                    "site": self.lookups.first("sites"),
                    "department": self.lookups.first("departments"),
                    "status": self.lookups.first("status"),
                    "type": 1,
                }
            )

    async def _get(self, request: web.Request, account: Account) -> web.Response:
        ticket = self.visible(int(request.match_info["id"]), account)
        if ticket is None:
            return self.answers.problem(404, "Not Found")
        ticket.unread = False
        origin = f"{request.scheme}://{request.host}"
        return self.answers.json(self._writer.detail(ticket, self._viewer(account), origin))

    def visible(self, id: int, account: Account) -> Ticket | None:
        """The ticket, if it is there and shown to the account."""
        ticket = self.shelf.get(id)
        hidden = ticket and self.switches.hide_unseen and not may_see(self._viewer(account), ticket, self.switches)
        return None if hidden else ticket

    def _viewer(self, account: Account) -> Viewer:
        return Viewer(account, self.carrier.clock.now(), self.lookups)

    async def _technicians(self, request: web.Request, account: Account) -> web.Response:
        group = request.match_info.get("id")
        users = self.people.technicians(None if group is None else int(group))
        return self.answers.json([technician(user, request.host) for user in users])
