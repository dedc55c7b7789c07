"""What an emulated Tikting serves beyond its documentation: configured calls, and the bytes of files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

from .emulator_accounts import Account, Sessions, User
from .emulator_actions import Acted, Action, Actions
from .emulator_answers import Answers, Refused, invalid
from .emulator_endpoints import Endpoint, check_endpoints
from .emulator_files import download
from .emulator_sent import Sent, read_sent
from .emulator_tickets import Ticket
from .emulator_views import login_body, technician

Known = Callable[[web.Request, Account], Awaitable[web.Response]]
_REFRESH = "user.refresh"


class Extendable(Acted, Protocol):
    """What of a desk these calls need besides what they act on."""

    sessions: Sessions
    answers: Answers

    def visible(self, id: int, account: Account) -> Ticket | None:
        """The ticket, if the account may see it."""

    def known(self, handler: Known) -> Callable[[web.Request], Awaitable[web.Response]]:
        """The handler, for those with a token."""


class Extended:
    """The routes of the profile `extended`."""

    def __init__(self, desk: Extendable) -> None:
        check_endpoints(desk.switches.endpoints)
        self._desk = desk
        self._actions = Actions(desk).by_name

    def routes(self) -> list[web.RouteDef]:
        """A route for each configured call, and one for files."""
        desk, base = self._desk, self._desk.switches.base_path.rstrip("/")
        routes = [
            web.route(endpoint.method, base + endpoint.route, desk.known(self._call(name, endpoint)))
            for name, endpoint in desk.switches.endpoints.items()
        ]
        file = self._with_token if desk.switches.files_need_token else self._without_token
        return [*routes, web.get(f"{desk.shelf.files.folder}{{file:[0-9]{{1,18}}}}", file)]

    def _call(self, name: str, endpoint: Endpoint) -> Known:
        async def call(request: web.Request, account: Account) -> web.Response:
            try:
                sent = await read_sent(endpoint, request)
                if name in self._actions:
                    return self._act(endpoint, self._actions[name], sent, self._acting(name, sent, account))
                if name == _REFRESH:
                    return self._refresh(request, endpoint, account)
                return self._users(request, endpoint, sent, account)
            except Refused as refused:
                return self._desk.answers.problem(refused.status, refused.title, refused.problems)

        return call

    def _acting(self, name: str, sent: Sent, account: Account) -> tuple[Ticket, Account]:
        ticket = self._desk.visible(sent.number("id") or 0, account)
        if ticket is None:
            raise Refused(404, "Not Found")
        if not account.staff and not (name == "ticket.requester_reply" and ticket.creator == account.id):
            raise Refused(403, "Forbidden")
        return ticket, account

    def _act(self, endpoint: Endpoint, action: Action, sent: Sent, acting: tuple[Ticket, Account]) -> web.Response:
        ticket, account = acting
        made = action(ticket, sent, account)
        status = endpoint.success[0]
        if not endpoint.result_id:
            return web.Response(status=status)
        body: Any = ticket.id if made is None else made
        for name in reversed(endpoint.result_id.removeprefix("$.").split(".")):
            body = {name: body}
        return self._desk.answers.json(body, status)

    def _refresh(self, request: web.Request, endpoint: Endpoint, account: Account) -> web.Response:
        token = self._desk.sessions.renew(account)
        body = login_body(account, self._desk.people.by_id[account.id], token, request.host)
        return self._desk.answers.json(body, endpoint.success[0])

    def _users(self, request: web.Request, endpoint: Endpoint, sent: Sent, account: Account) -> web.Response:
        if not account.staff:
            raise Refused(403, "Forbidden")
        people = self._desk.people
        searched = "search" in endpoint.sent or "search" in endpoint.placed
        users = people.found(sent.given("search")) if searched else list(people.by_id.values())
        page = [technician(user, request.host) for user in _page(users, sent)]
        return self._desk.answers.json(page, endpoint.success[0])

    async def _with_token(self, request: web.Request) -> web.Response:
        return await self._desk.known(self._file)(request)

    async def _without_token(self, request: web.Request) -> web.Response:
        return await self._file(request, None)

    async def _file(self, request: web.Request, account: Account | None) -> web.Response:
        found = self._desk.shelf.files.find(int(request.match_info["file"]))
        ticket = found and (self._desk.visible(found[0], account) if account else self._desk.shelf.get(found[0]))
        if not found or not ticket:
            return self._desk.answers.problem(404, "Not Found")
        try:
            return download(found[1])
        except Refused as refused:
            return self._desk.answers.problem(refused.status, refused.title)


def _page(users: list[User], sent: Sent) -> list[User]:
    page, length = sent.number("page"), sent.number("length")
    if page is None and length is None:
        return users
    page = 1 if page is None else page
    length = 10 if length is None else length
    if page < 1 or length < 1:
        raise invalid("page", "Counting begins at 1.")
    return users[(page - 1) * length : page * length]
