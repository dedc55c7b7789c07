"""Tikting's reading calls: one new log-in when a token ends, and what a refusal means (contract 3.1 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Judge, Reply
from syncer.desks.tikting import wire
from syncer.desks.tikting.access import Access, TokenRefused, judge, unsuccessful
from syncer.desks.tikting.bodies import JSON
from syncer.desks.tikting.config_endpoints import Endpoint
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.errors import ConfigError, Fatal, NotFound, Rejected
from syncer.model.ids import TicketId

TICKETS = "/api/TicketsApi"
TECHNICIANS = "/api/Users/GroupUsers"
NOT_AS_TOLD = "Is base_url right, and this a Tikting that answers as its documentation says?"
Row = dict[str, Any]


def _of_one_ticket(what: str, reply: Reply) -> Exception | None:
    """As everywhere, but that a single ticket may not be seen says nothing of the others."""
    if reply.status == 403:
        return Rejected(f"{what} answered 403: {reply.excerpt()}", reason="not_allowed")
    return judge(what, reply)


class Calls:
    """Asks the desk, always with a token that should hold."""

    def __init__(self, name: str, http: DeskHttp, access: Access, fields: FieldMap) -> None:
        self.name = name
        self._http = http
        self._access = access
        self._fields = fields

    async def read(
        self, method: str, path: str, *, headers: Mapping[str, str] = {}, judge: Judge | None = None, **kwargs: Any
    ) -> Reply:
        """The answer. A refused token is replaced once."""
        for last in (False, True):
            bearer = await self._access.ready()
            try:
                return await self._http.read(
                    method, path, judge=judge, headers={**headers, "Authorization": bearer}, **kwargs
                )
            except TokenRefused:
                if last:
                    raise
                await self._access.renew(bearer)
        raise AssertionError("the second try either returns or raises")

    async def rows(self, query: Mapping[str, Any]) -> list[Any]:
        """Rows of tickets. A POST that only reads: repeating it is safe, unlike /register (contract hazard 1)."""
        reply = await self._ask("POST", TICKETS, data=msgspec.json.encode(query), headers=JSON)
        return wire.rows(reply.body, f"{self.name}: list")

    async def metadata(self) -> Any:
        """The lists of values."""
        reply = await self._ask("GET", f"{TICKETS}/appmetadata")
        return wire.decoded(reply.body, f"{self.name}: appmetadata")

    async def technicians(self) -> list[Any]:
        """Who works here. Raises AuthFailed or Rejected where this account may not see them."""
        reply = await self.read("GET", TECHNICIANS)
        return wire.rows(reply.body, f"{self.name}: GroupUsers")

    async def glance(self, id: TicketId) -> Any:
        """A ticket if it is there, None for a 404. Anything else says nothing of it, and raises: null and another
        ticket, too."""
        try:
            reply = await self.read("GET", f"{TICKETS}/{id}")
        except NotFound:
            return None
        except Rejected as e:
            raise ConfigError(e.message, hint=NOT_AS_TOLD) from e
        found = wire.decoded(reply.body, f"{self.name}: ticket {id}")
        if wire.row_id(found, self._fields) != id:
            raise Fatal(self._not_this(id), hint=NOT_AS_TOLD)
        return found

    async def shown(self, id: TicketId) -> Any:
        """What comes when a ticket is asked for. Raises NotFound, or Rejected when it is not shown."""
        reply = await self.read("GET", f"{TICKETS}/{id}", judge=_of_one_ticket)
        try:
            return wire.decoded(reply.body, f"{self.name}: ticket {id}")
        except Fatal as e:
            raise Rejected(e.message, reason="schema") from e

    async def ticket(self, id: TicketId) -> Row:
        """One whole ticket. Raises NotFound, or Rejected when it is not shown, or the answer is not this ticket."""
        found = await self.shown(id)
        if not isinstance(found, dict) or wire.row_id(found, self._fields) != id:
            raise Rejected(self._not_this(id), reason="schema")
        return found

    def _not_this(self, id: TicketId) -> str:
        where = ", ".join(self._fields.paths("id")) or "any path"
        return f"{self.name}: ticket {id}: an answer that is not this ticket, by its id under {where}"

    async def users(self, endpoint: Endpoint, path: str, **kwargs: Any) -> Any:
        """The answer of a configured call. Raises ConfigError where it is refused: no ticket is at fault."""
        reply = await self._ask(endpoint.method, path, **kwargs)
        what = f"{self.name}: {endpoint.method} {path}"
        if error := unsuccessful(what, endpoint, reply):
            raise error
        return wire.decoded(reply.body, what)

    async def _ask(self, method: str, path: str, **kwargs: Any) -> Reply:
        """A call that no ticket can be at fault for: a refusal must not pass for one of a ticket's."""
        try:
            return await self.read(method, path, **kwargs)
        except Rejected as e:
            raise ConfigError(e.message, hint=NOT_AS_TOLD) from e
