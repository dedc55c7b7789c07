"""RT's reading calls: pages of lists, walks by rising ids, single records; each answer compared with what was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from syncer.deskkit.blindness import NOT_ALLOWED
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Judge, Reply, classify
from syncer.desks.request_tracker import wire
from syncer.desks.request_tracker.access import Access
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.wire import Row, Rows
from syncer.errors import AuthFailed, ConfigError, NotFound, Rejected, Retryable
from syncer.model.ids import TicketId

REST = "/REST/2.0"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
Condition = Mapping[str, Any]
OWNERS = "/Helpers/Autocomplete/Owners"
MOST_OWNERS = 500
MOST_HIDDEN = 1000
"""So many pages in a row without a row we may see are looked through."""


class Calls:
    """Asks the desk, always with its token."""

    def __init__(self, config: RequestTrackerConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self._access = access

    async def read(self, method: str, path: str, query: str = "", body: Any = None, judge: Judge = classify) -> bytes:
        """The answer. Raises AuthFailed, Retryable, Rejected, ConfigError for a redirect."""
        data = None if body is None else msgspec.json.encode(body)
        try:
            reply = await self._access.credential.asking(
                lambda: self._http.read(method, REST + path, query=query, data=data, headers=HEADERS, judge=judge)
            )
        except AuthFailed as e:
            raise self._access.refused(e) from e
        return reply.body

    async def one(self, path: str) -> Row:
        """One record. Raises NotFound; Rejected also where we may not see it, or the answer is none."""
        what = f"{self._config.name}: {path}"
        value = wire.decoded(await self.read("GET", path, judge=_single), what)
        if not isinstance(value, dict):
            raise Rejected(f"{what}: an answer that is no record", reason="schema")
        return value

    async def ticket(self, id: TicketId) -> Row:
        """One ticket as it is. Raises NotFound for one that is merged into another, whose answer comes then."""
        row = await self.one(f"/ticket/{id}")
        there = wire.ident(row)
        if there is None:
            raise Rejected(f"{self._config.name}: ticket {id}: an answer without an id", reason="schema")
        if there != id:
            raise NotFound(f"{self._config.name}: ticket {id} is merged into {there}")
        return row

    async def user(self, name: str) -> Row:
        """Somebody by login name or number."""
        return await self.one(f"/user/{quote(name, safe='@')}")

    async def owners(self, queue: str) -> list[str] | None:
        """Who has the right OwnTicket on tickets of this queue, without those who may everything; None where RT does
        not tell. No call of REST 2.0 does: it is the page by which RT's own form completes names."""
        asked = urlencode({"term": "", "limit": f"RT::Queue-{queue}", "max": MOST_OWNERS})
        # Without a page that it comes from RT takes a request for one that somebody was lured into.
        headers = {**HEADERS, "Referer": f"{self._http.base}/"}
        try:
            reply = await self._http.read("GET", OWNERS, query=asked, headers=headers, judge=_told_or_not)
            rows = msgspec.json.decode(reply.body, type=list[Row])
        except (Rejected, msgspec.DecodeError):
            return None
        names = {wire.text(row.get("value")) for row in rows}
        if wire.NOBODY not in names:  # who may own any ticket: an answer without is about something else
            return None
        return sorted(names - {"", wire.NOBODY}, key=str.casefold)

    async def rows(self, path: str, params: Mapping[str, Any], body: Sequence[Condition] | None = None) -> Rows:
        """A page of a list. Raises ConfigError where there is no list at all, Rejected where it is refused."""
        what = f"{self._config.name}: {path}"
        asked = {"per_page": self._config.page_size, "page": 1, **params}
        try:
            answer = await self.read("GET" if body is None else "POST", path, urlencode(asked), body)
        except NotFound as e:
            hint = f"Is base_url of desk {self._config.name} the root of RT 5, without /REST/2.0?"
            raise ConfigError(e.message, hint=hint) from e
        found = wire.listed(answer, what)
        if found.page not in (None, asked["page"]):
            raise ConfigError(f"{what}: page {found.page} came, page {asked['page']} was asked for")
        return found

    async def listed(self, path: str, params: Mapping[str, Any], body: Sequence[Condition] | None = None) -> Rows:
        """The same where a refusal is no ticket's fault: ConfigError."""
        try:
            return await self.rows(path, params, body)
        except Rejected as e:
            raise ConfigError(e.message, hint="This server refuses a list as syncer asks for it; is it an RT 5?") from e

    async def every(
        self, path: str, params: Mapping[str, Any], body: Sequence[Condition] | None = None
    ) -> AsyncIterator[Row]:
        """All rows of a list whose rows stay where they are, page by page until there are none."""
        page = 0
        while True:
            page += 1
            found = await self.listed(path, {**params, "page": page}, body)
            for row in found.rows:
                yield row
            if not found.rows or (found.total is not None and page * self._config.page_size >= found.total):
                return

    async def whole(self, path: str, params: Mapping[str, Any], body: Sequence[Condition] | None = None) -> list[Row]:
        """All rows in the order of their ids of what is ours to see: there a page that is not full is the last."""
        found, page = list[Row](), 0
        while True:
            page += 1
            rows = (await self.rows(path, {**params, "orderby": "id", "page": page}, body)).rows
            found += rows
            if len(rows) < self._config.page_size:
                return found

    async def after(
        self, path: str, condition: str, params: Mapping[str, Any], since: int, until: int
    ) -> AsyncIterator[list[Row]]:
        """Rows whose id is above `since`, by rising ids, at least up to `until`, which is one we may see.

        A page is cut before rows are taken out that we may not see: an empty one is not the end before `until`.
        """
        page, what = 1, f"{self._config.name}: {path}"
        while True:
            asked = {**params, "query": f"id > {since}{condition}", "orderby": "id", "order": "ASC", "page": page}
            found = await self.listed(path, asked)
            ids = [int(wire.ident(row) or 0) for row in found.rows]
            if ids:
                if ids[0] <= since or ids != sorted(set(ids)):
                    raise ConfigError(f"{what}: the answer is not what was asked for: ids above {since}, rising")
                yield found.rows
                since, page = ids[-1], 1
                continue
            if since >= until or (found.total is not None and page * self._config.page_size >= found.total):
                return
            page += 1
            if page > MOST_HIDDEN:
                hint = "Give the API user the rights ShowTicket and ShowTicketComments for all queues."
                raise ConfigError(f"{what}: too many rows after {since} are hidden from this account", hint=hint)

    async def newest(self, path: str, condition: str) -> int:
        """The highest id we may see; 0 where there is none among the newest."""
        for page in range(1, 11):
            asked = {"query": condition, "orderby": "id", "order": "DESC", "page": page}
            found = await self.listed(path, asked)
            if found.rows:
                return int(wire.ident(found.rows[0]) or 0)
        return 0


def _single(what: str, reply: Reply) -> Exception | None:
    """As for every call, but 403 is about this one record."""
    if reply.status == 403:
        return Rejected(f"{what} answered 403: {reply.excerpt()}", reason=NOT_ALLOWED)
    return classify(what, reply)


def _told_or_not(what: str, reply: Reply) -> Exception | None:
    """A page that is for people may be closed to us, whatever else is open."""
    error = classify(what, reply)
    return error if error is None or isinstance(error, Retryable) else Rejected(str(error), reason=NOT_ALLOWED)
