"""Znuny's reading calls: ids by a search, tickets by their ids, many at once (contract, tickets and searching)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from syncer.deskkit.http import DeskHttp
from syncer.desks.znuny import answers, wire
from syncer.desks.znuny.access import Access
from syncer.desks.znuny.answers import Denied, SessionRefused
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.wire import Row
from syncer.errors import ConfigError, Rejected
from syncer.model.ids import TicketId

ROWS = 100
"""Tickets without their articles in one call."""
_SEARCH = "Is routes.search that of TicketSearch?"
_WITH_ARTICLES = {"AllArticles": 1, "Attachments": 1, "HTMLBodyAsAttachment": 1, "Extended": 1}


class Calls:
    """Asks the desk, always with what should open it."""

    def __init__(self, config: ZnunyConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._routes = config.routes
        self._http = http
        self._access = access

    async def ask(self, route: str, params: dict[str, Any]) -> dict[str, Any]:
        """The object of an answer. A session that ended is replaced once, by whoever comes first."""
        what = f"{self._config.name}: {route}"

        async def once() -> dict[str, Any]:
            call = self._access.request(route, params)
            reply = await self._http.read(
                call.method, call.path, judge=answers.judge, query=call.query, data=call.data, headers=answers.HEADERS
            )
            return answers.decoded(what, reply)

        try:
            return await self._access.credential.asking(once, lambda e: isinstance(e, SessionRefused))
        except SessionRefused as e:
            raise self._access.refused(e) from e

    async def search(self, **conditions: Any) -> list[TicketId]:
        """Ids of tickets, archived ones too. Whether they are what was asked for only the tickets tell.

        Raises ConfigError for anything that is no answer to a search: it would pass for an empty list.
        """
        what = f"{self._config.name}: {self._routes.search}"
        try:
            answer = await self.ask(self._routes.search, {**conditions, "SearchInArchive": "AllTickets"})
        except Rejected as e:
            raise ConfigError(e.message, hint=_SEARCH) from e
        if not answer:
            return []
        found = answer.get("TicketID")
        ids = [id for one in found if (id := wire.ident(one))] if isinstance(found, list) else []
        if not ids:
            raise ConfigError(f"{what}: an answer that is no list of ids", hint=_SEARCH)
        return ids

    async def rows(self, ids: Sequence[TicketId]) -> dict[TicketId, Row]:
        """Tickets without their articles; what cannot be seen is left out."""
        found: dict[TicketId, Row] = {}
        for start in range(0, len(ids), ROWS):
            found |= await self._visible(ids[start : start + ROWS])
        return found

    async def _visible(self, ids: Sequence[TicketId]) -> dict[TicketId, Row]:
        """One that cannot be seen fails the whole call: halved, until it stands alone."""
        try:
            return await self._tickets(ids, {})
        except Denied:
            if len(ids) == 1:
                return {}
        half = len(ids) // 2
        parts = await asyncio.gather(self._visible(ids[:half]), self._visible(ids[half:]))
        return parts[0] | parts[1]

    async def whole(self, ids: Sequence[TicketId], *, contents: bool) -> dict[TicketId, Row]:
        """Tickets with their articles, and with the bytes of files if asked for. Raises Denied where one of them
        cannot be seen."""
        return await self._tickets(ids, {**_WITH_ARTICLES, "GetAttachmentContents": int(contents)})

    async def _tickets(self, ids: Sequence[TicketId], more: dict[str, Any]) -> dict[TicketId, Row]:
        params = {"TicketID": [int(id) for id in ids], "DynamicFields": 1, **more}
        answer = await self.ask(self._routes.get, params)
        found = answer.get("Ticket")
        if not isinstance(found, list):
            what = f"{self._config.name}: {self._routes.get}"
            raise Rejected(f"{what}: an answer without tickets", reason="schema", hint="Is routes.get TicketGet's?")
        by_id = {wire.ident(row.get("TicketID")): row for row in found if isinstance(row, dict)}
        return {id: by_id[id] for id in ids if id in by_id}
