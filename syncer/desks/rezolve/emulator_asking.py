"""What a call brings along, read and checked before anything is done (contract 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.web import FileField
from msgspec import Struct

from syncer.desks.rezolve.emulator_answers import Shape, bad
from syncer.desks.rezolve.emulator_auth import Caller
from syncer.desks.rezolve.emulator_catalogue import ASSIGNEE, REQUESTER
from syncer.desks.rezolve.emulator_record import value_of
from syncer.desks.rezolve.emulator_switches import Switches
from syncer.desks.rezolve.emulator_tables import Tables, Ticket

T = "/api/v2/ticketing"
_TYPES = ("template", "agent", "user")


class Upload(Struct):
    """A file as it was sent."""

    name: str
    content_type: str
    content: bytes


class Ask(Struct):
    """One call: who, about what, with what."""

    caller: Caller
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    files: list[Upload] = []


Call = Callable[[Tables, Ask], Any]


class Route(Struct, frozen=True, kw_only=True):
    """An endpoint; `name` is what switches call it, `shape` that of its errors."""

    name: str
    method: str
    path: str
    call: Call
    shape: Shape = "envelope"
    writes: bool = False
    cached: bool = False
    query: bool = True
    form: bool = False
    accept: str = "application/json"


def check_headers(request: web.Request, accept: str, form: bool = False) -> None:
    """The headers beside those of identity; raises 400."""
    if accept not in request.headers.get("Accept", ""):
        raise bad(f"The header accept must be {accept}")
    wanted = "multipart/form-data" if form else "application/json"
    if request.body_exists and request.content_type != wanted:
        raise bad(f"The header content-type must be {wanted}")


def check_query(request: web.Request, route_name: str, switches: Switches) -> None:
    """The two parameters of every call; raises 400."""
    if route_name == "get" and not switches.get_needs_query:
        return
    allowed: tuple[str, ...] = _TYPES
    if route_name == "list" and switches.list_type == "ticket":
        allowed = (*_TYPES, "ticket")
    if request.query.get("type") not in allowed:
        raise bad(f"The parameter type must be one of {', '.join(allowed)}")
    if request.query.get("module") != "ticketing":
        raise bad("The parameter module must be ticketing")


async def read_body(request: web.Request) -> Any:
    """The JSON body, an empty object for none; raises 400."""
    content = await request.read()
    try:
        return msgspec.json.decode(content) if content else {}
    except msgspec.DecodeError:
        raise bad("The body is not JSON") from None


async def read_files(request: web.Request) -> list[Upload]:
    """The file parts of a form."""
    parts = (await request.post()).values()
    return [Upload(part.filename, part.content_type, part.file.read()) for part in parts if isinstance(part, FileField)]


def visible(tables: Tables, caller: Caller) -> Callable[[Ticket], bool] | None:
    """Which tickets a caller's roles show (contract 2); None for all of them."""
    if not caller.roles.isdisjoint({"ticket_admin", "tenant_admin"}):
        return None
    if "ticket_agent" in caller.roles:
        return lambda ticket: (
            caller.teams is None or ticket.team in caller.teams or _holds(tables, ticket, ASSIGNEE, caller)
        )
    if "ticket_user" in caller.roles:
        return lambda ticket: ticket.submitted_by == caller.username or _holds(tables, ticket, REQUESTER, caller)
    return None if tables.switches.roleless == "all" else lambda _: False


def _holds(tables: Tables, ticket: Ticket, name: str, caller: Caller) -> bool:
    return bool(value_of(tables.types[ticket.type_id], ticket, name) == caller.username)
