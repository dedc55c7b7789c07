"""ServiceOps' reading calls: one new log-in when a token ends, and what a refusal means (contract 2.2, 4.1 and 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog

from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Judge, Reply, classify
from syncer.desks.motadata import limits, wire, wire_out
from syncer.desks.motadata.access import Access
from syncer.desks.motadata.config import MotadataConfig
from syncer.errors import AuthFailed, ConfigError, Fatal, NotFound, Rejected, Retryable
from syncer.model.ids import TicketId

REQUEST = "/api/v1/request"
SEARCH = f"{REQUEST}/search/byqual"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
BY_CREATION, BY_UPDATE = "createdTime", "updatedTime"
MOST_STALE = 3
log = structlog.get_logger()
Row = dict[str, Any]


class TokenRefused(AuthFailed):
    """401: the desk does not take our credential, or not any more; it did nothing."""


class NotAllowed(Rejected):
    """403: the role has no right to this one call (contract 6: the item fails, not the run)."""


class Unclear(Rejected):
    """No clear answer to a look at an id: it is not there, or the desk is in trouble."""


class Calls:
    """Asks the desk, always with a credential that should be good."""

    def __init__(self, config: MotadataConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self._access = access
        self._by_type = False

    def judge(self, what: str, reply: Reply) -> Exception | None:
        """As for every desk, but 403 is about one call, and waits may be told in ServiceOps' own headers."""
        wait = limits.heed(self._config.name, self._http.budget, reply)
        if reply.status == 401:
            return TokenRefused(f"{what} answered 401: {reply.excerpt()}")
        if reply.status == 403:
            return NotAllowed(f"{what} answered 403: {reply.excerpt()}", reason="not_allowed")
        error = classify(what, reply)
        if isinstance(error, Retryable) and wait is not None:
            error.after = wait
        return error

    def glancing(self, what: str, reply: Reply) -> Exception | None:
        """For looking whether an id is there: a 500 is not an outage to wait for, but may mean that it is not."""
        return Unclear(f"{what} answered 500", reason="http_500") if reply.status == 500 else self.judge(what, reply)

    async def read(
        self, method: str, path: str, query: str = "", body: Any = None, judge: Judge | None = None
    ) -> bytes:
        """The answer. A refused token is replaced once, by whoever comes first."""
        data = None if body is None else msgspec.json.encode(body)
        try:
            reply = await self._access.credential.asking(
                lambda: self._http.read(
                    method, path, judge=judge or self.judge, query=query, data=data, headers=HEADERS
                )
            )
        except TokenRefused as e:
            raise self._access.refused(f"{self._config.name}: {method} {path}", Reply(401, {}, b"")) from e
        return reply.body

    async def page(
        self, path: str, offset: int, size: int, sort: str = "", body: Any = None, judge: Judge | None = None
    ) -> wire.Rows:
        """A page of a list, as far as the server gives it."""
        params: list[tuple[str, object]] = [("offset", offset), ("size", size)]
        if sort:
            params.append(("sort_by", sort))
        answer = await self.read("POST", path, urlencode(params), body or {}, judge)
        return wire.listed(answer, f"{self._config.name}: {path}")

    async def requests(self, offset: int, sort: str = BY_CREATION, body: Any = None, size: int = 0) -> wire.Rows:
        """A page of requests. Raises ConfigError where this server has no such list, AuthFailed without the right."""
        try:
            page = await self.page(SEARCH, offset, size or self._config.page_size, sort, body)
        except NotFound as e:
            raise ConfigError(
                f"{e.message}: unsupported server generation",
                hint="syncer needs /api/v1/request of ServiceOps 8.3 or later. Is base_url right, without /api?",
            ) from e
        except NotAllowed as e:
            raise AuthFailed(e.message, hint="Give the API user's role the right to see requests.") from e
        except Rejected as e:
            raise ConfigError(e.message, hint="This server refuses the list of requests as syncer asks for it.") from e
        if any(wire.ident(row) is None for row in page.rows):
            raise Fatal(f"{self._config.name}: a request in the list has no id")
        return page

    async def every(self, path: str, body: Any = None, judge: Judge | None = None) -> AsyncIterator[list[Row]]:
        """All rows of a list, page by page: by as many as came, until there are none or all were counted (4.1)."""
        offset, stale, seen = 0, 0, set[str]()
        while True:
            page = await self.page(path, offset, self._config.page_size, body=body, judge=judge)
            if not page.rows:
                return
            fresh = [row for row in page.rows if (id := str(row.get("id") or row)) not in seen and not seen.add(id)]  # type: ignore[func-returns-value]
            stale = 0 if fresh else stale + 1
            yield fresh
            offset += len(page.rows)
            if (page.total is not None and offset >= page.total) or stale == MOST_STALE:
                return

    async def request(self, id: TicketId) -> Row:
        """One request. Raises NotFound, or Rejected when the answer is none."""
        what = f"{self._config.name}: request {id}"
        row = wire.decoded(await self.read("GET", f"{REQUEST}/{id}"), what)
        if not isinstance(row, dict) or wire.ident(row) != id:
            raise Rejected(f"{what}: an answer that is not this request", reason="schema")
        return row

    async def glance(self, id: TicketId) -> Row | None:
        """A request if it is there, None for a 404. A desk may say in other ways that it is not (3.3), and these may
        mean trouble too: Unclear. Raises NotAllowed where it may be there and we may not see it."""
        what = f"{self._config.name}: request {id}"
        try:
            row = wire.decoded(await self.read("GET", f"{REQUEST}/{id}", judge=self.glancing), what)
        except NotFound:
            return None
        except (Unclear, NotAllowed):
            raise
        except Rejected as e:
            raise Unclear(e.message, reason=e.reason) from e
        if not isinstance(row, dict) or wire.ident(row) != id:
            raise Unclear(f"{what}: an answer that is not this request", reason="schema")
        return row

    async def talk(self, id: TicketId) -> list[Row]:
        """Every conversation of a request; asked by type where a server wants a condition (3.6)."""
        path = f"{REQUEST}/{id}/conversation/search/byqual"
        if self._by_type:
            return await self._typed(path)
        try:
            return await self._all(path, {})
        except (NotFound, NotAllowed):
            raise
        except Rejected:
            found = await self._typed(path)
        try:
            return await self._all(path, {})  # it was the trouble of a moment
        except Rejected as e:
            # A type we do not know is not seen any more: this must be rare, and is told.
            self._by_type = True
            log.warning("conversations_asked_by_type", desk=self._config.name, error=e.message)
            return found

    async def _typed(self, path: str) -> list[Row]:
        return [row for kind in wire_out.TYPES for row in await self._all(path, wire_out.of_type(kind))]

    async def _all(self, path: str, body: Mapping[str, Any]) -> list[Row]:
        judge = None if body else self.glancing  # a 500 may only mean that it wants a condition
        return [row async for rows in self.every(path, body, judge) for row in rows]
