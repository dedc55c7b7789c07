"""A Tikting of a test's own, as the contract describes one: nothing in it comes from the emulator."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

LOGIN, LIST, METADATA = "/api/Users/authenticate", "/api/TicketsApi", "/api/TicketsApi/appmetadata"
TECHNICIANS, REGISTER = "/api/Users/GroupUsers", "/api/TicketsApi/register"
GRANTED = ("Tickets.Create",)
STATUS = {"open": 1, "pending": 2, "solved": 3, "closed": 4, "hold": 5}
RITA, ANN = "51ec6518-ce26-5105-9643-b01284698a76", "32e57f2b-6834-5708-b7f6-7c4aca283e6a"
LISTS: dict[str, Any] = {
    "groups": [{"id": 301, "group": "Network"}, {"id": 302, "group": "Desktop"}],
    "levels": [{"id": 51, "title": "First line"}],
    "priorities": [{"id": 1, "priority": "Low"}, {"id": 3, "priority": "High"}],
    "categories": [{"id": 401, "name": "Hardware"}, {"id": 402, "name": "Twin"}, {"id": 403, "name": "Twin"}],
    "status": [
        {"id": 1, "status": "Open", "statusType": 1},
        {"id": 2, "status": "Pending", "statusType": 2},
        {"id": 3, "status": "Resolved", "statusType": 3},
        {"id": 4, "status": "Closed", "statusType": 4},
        {"id": 5, "status": "On hold", "statusType": 5},
        {"id": 6, "status": "Closed, no answer", "statusType": 4},
    ],
    "clients": [],
    "sites": [{"id": 101, "title": "Main site"}],
    "departments": [{"id": 201, "title": "IT"}],
}
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def token(permissions: tuple[str, ...] | None) -> str:
    """A token with these permissions, or with claims that nobody can read."""
    if permissions is None:
        return "opaque-token"
    payload = base64.urlsafe_b64encode(json.dumps({"permission": list(permissions)}).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def row(id: int, **more: Any) -> dict[str, Any]:
    """A row of the list; its status is open."""
    return {"id": id, "title": f"Ticket {id}", "ticketStatusId": 1, **more}


def detail(id: int, **more: Any) -> dict[str, Any]:
    """A whole ticket, flat."""
    base = {"id": id, "title": f"Ticket {id}", "description": f"What happened {id}", "creatorId": RITA,
            "ticketStatusId": 1, "createdDate": "2024-05-01T07:53:20"}  # fmt: skip
    return {**base, **more}


class Site:
    """Rows and tickets by id; `answers` are those of a test, by method and path, used up one by one."""

    def __init__(self, ids: Any = (), permissions: tuple[str, ...] | None = GRANTED) -> None:
        self.rows: dict[int, Any] = {id: row(id) for id in ids}
        self.tickets: dict[int, Any] = {id: detail(id) for id in ids}
        self.permissions = permissions
        self.lists: dict[str, Any] = LISTS
        self.technicians: list[Any] = []
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, list[Answer]] = {}
        self.always: dict[str, Answer] = {}
        self.page: Callable[[dict[str, Any]], list[Any]] = self.listed
        self.asked: list[tuple[str, str, Any]] = []
        self.log_ins = 0

    def listed(self, query: dict[str, Any]) -> list[Any]:
        """Rows with the newest first, as many as are asked."""
        found = [self.rows[id] for id in sorted(self.rows, reverse=True)]
        if query.get("search"):
            found = [one for one in found if str(query["search"]) in f"{one.get('title')} {one.get('id')}"]
        start = (query["page"] - 1) * query["length"]
        return found[start : start + query["length"]]

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    def queries(self) -> list[dict[str, Any]]:
        """What the list was asked, in order."""
        return [body for method, path, body in self.asked if (method, path) == ("POST", LIST)]

    def count(self, method: str, path: str) -> int:
        return sum(1 for one in self.asked if one[:2] == (method, path))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = msgspec.json.decode(raw) if request.content_type == "application/json" and raw else raw
        self.asked.append((request.method, request.path, body))
        key = f"{request.method} {request.path}"
        if left := self.answers.get(key):
            return await left.pop(0)(request)
        if request.path == LOGIN:
            self.log_ins += 1
            return _sent({"Id": ANN, "Username": "sync", "Token": token(self.permissions)})
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            return web.Response(status=401)
        if key in self.always:
            return await self.always[key](request)
        return self._known(request, body)

    def _known(self, request: web.Request, body: Any) -> web.StreamResponse:
        match request.method, request.path:
            case "POST", "/api/TicketsApi":
                return _sent(self.page(body))
            case "GET", "/api/TicketsApi/appmetadata":
                return _sent(self.lists)
            case "GET", "/api/Users/GroupUsers":
                return _sent(self.technicians)
            case "GET", path if path in self.files:
                return web.Response(body=self.files[path])
            case "GET", path if path.startswith("/api/TicketsApi/"):
                found = self.tickets.get(int(path.rpartition("/")[2]))
                return web.Response(status=404) if found is None else _sent(found)
        return web.Response(status=404)


def _sent(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def sent(value: Any, status: int = 200) -> Answer:
    """An answer of a test's own."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")

    return answer


def said(status: int, text: str = "", **headers: str) -> Answer:
    """An answer that is no JSON."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)

    return answer
