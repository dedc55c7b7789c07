"""InvGate Service Desk over its REST API. Field names live in wire.py, quirks in README.md."""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin

from yarl import URL

from syncer.deskkit.contract import Account, Capabilities, Download, Page, Ref, Unreadable
from syncer.deskkit.http import DeskHttp, classify
from syncer.deskkit.paging import sweep_until_quiet
from syncer.desks.invgate import lists, wire
from syncer.desks.invgate.access import Access
from syncer.desks.invgate.config import InvGateConfig
from syncer.errors import AuthFailed, ConfigError, NotFound, Rejected, Retryable
from syncer.model.ids import Cursor, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket

PLAIN_LISTS = ("status", "priority", "type", "source")
KINDS = (
    *PLAIN_LISTS, "category", "location", "group", "user_group", "company", "custom_field",
    "custom_field_option", "person",
)  # fmt: skip
PAGE_SIZE = 500
FILE_LIMIT = 1024 * 1024 * 1024
T = TypeVar("T")
Params = Sequence[tuple[str, object]]
Row = tuple[TicketId, int | None]
"""A ticket of the view and the time of its last update, where it is known."""


class InvGate:
    """An InvGate Service Desk as a source."""

    def __init__(self, config: InvGateConfig) -> None:
        self.capabilities = Capabilities(reads=True, fetch_batch=config.bulk, lookup_kinds=KINDS)
        self._config = config
        self._http = DeskHttp(
            config.name,
            config.base_url,
            per_second=config.budget.per_second,
            parallel=config.budget.parallel,
            timeout=config.timeout,
            ca_file=config.ca_file,
        )
        self.budget = self._http.budget
        self._access = Access(config, self._http)

    async def connect(self) -> None:
        """Log in, which every other call does too when it must."""
        await self._access.ready()

    async def check(self) -> Account:
        """Version, rights on every call a migration makes, and what the view shows against what is open."""
        version = await self._json("sd.version")
        denied: list[str] = []
        for endpoint in ("incident.attributes.status", "categories", "users", "incident.attachment"):
            try:
                await self._get(endpoint, [("page_size", 1)] if endpoint == "categories" else [])
            except AuthFailed:
                denied.append(endpoint)
            except Rejected:
                pass  # 428: a parameter is missing, so the call itself is allowed (contract 2.4)
        findings = [f"no permission for {name} (scope api.v1.{name}:get)" for name in denied]
        rows = await self._view_page([("limit", 1), ("offset", 0)])
        if not rows:
            findings.append(f"view {self._config.view_id} shows no request: is it shared with the API user?")
        open_now = await self.count_open()
        detail = f"InvGate {version.get('version', '?')}, view {self._config.view_id}, {open_now} open requests"
        auth = self._config.auth
        name = auth.client_id if auth.kind == "oauth2" else auth.user
        return Account(name=name, detail=detail, findings=tuple(findings))

    async def count_open(self) -> int | None:
        """How many requests the desk says are open, or None where it does not tell (contract 3.1.2)."""
        params: list[tuple[str, object]] = [("status_ids[]", s) for s in lists.OPEN_STATUSES]
        answer = await self._json("incidents.by.status", [*params, ("limit", 1)])
        total = answer.get("total")
        return int(total) if total is not None else None

    async def scan(self) -> AsyncIterator[Page]:
        """Sweeps of the view until quiet, then whoever an edit moved past us, by last update."""
        start = await self._newest()

        async def read_at(offset: int) -> list[TicketId]:
            return await self._view_page([("limit", self._config.list_rows), ("offset", offset)])

        async for ids in sweep_until_quiet(read_at):
            yield Page(tuple(Ref(id) for id in ids))
        async for page in self.list_changed(Cursor(str(start))):
            yield Page(page.refs)
        yield Page((), cursor=Cursor(str(start)))

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """Newest first, back to `since` less the overlap: never ascending, where a moving row is lost (4.3)."""
        until = int(since) - 60 * self._config.overlap_minutes
        # Asked before the walk: what changes during it may move past us, and must not be older than the cursor.
        newest = max(int(since), await self._newest())
        async for rows in self._changes():
            yield Page(tuple(Ref(id, Version(str(at)) if at else None) for id, at in rows if at is None or at >= until))
            if any(at is not None and at < until for _, at in rows):
                break
        yield Page((), cursor=Cursor(str(newest)))

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Many tickets with their comments in one call; ids the answer leaves out are gone or not visible."""
        params: list[tuple[str, object]] = [("ids[]", id) for id in ids]
        what = f"{self._config.name}: incidents"
        found: dict[str, Ticket | Unreadable] = {}
        for row in wire.incidents(await self._get("incidents", [*params, ("comments", 1)]), what):
            ticket = wire.ticket(row, self._config.base_url)
            found[ticket.id] = ticket
        return [found.get(id) or Unreadable(id, "the desk left it out of its answer", gone=True) for id in ids]

    async def values(self, ids: Sequence[TicketId]) -> list[dict[str, str]]:
        """What these tickets hold of the lists, without their comments; unreadable ones are left out."""
        params: list[tuple[str, object]] = [("ids[]", id) for id in ids]
        return wire.values(await self._get("incidents", params), f"{self._config.name}: incidents")

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes, from this desk's own host only; never with credentials to another (contract 3.3)."""
        meta = await self._json("incident.attachment", [("id", file)])
        url = urljoin(self._config.base_url + "/", str(meta.get("url") or ""))
        own = URL(self._config.base_url)
        if (URL(url).scheme, URL(url).host, URL(url).port) != (own.scheme, own.host, own.port):
            raise Rejected(f"file {file} lies on another host: {URL(url).host}", reason="file_elsewhere")
        path = spool / uuid.uuid4().hex
        name = wire.text(meta.get("name")) or f"attachment-{file}"
        reply = await self._http.download(url, path, credentials=True, limit=FILE_LIMIT)
        if reply.status in {401, 403}:
            reply = await self._http.download(url, path, credentials=False, limit=FILE_LIMIT)
        if error := classify(f"file {file} of ticket {ticket}", reply):
            path.unlink(missing_ok=True)
            raise error if isinstance(error, Retryable) else Rejected(str(error), reason="file_unreadable")
        kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        guess = mimetypes.guess_type(name)[0]
        if kind == "text/html" and guess != "text/html" and b"<html" in reply.body.lower():
            path.unlink(missing_ok=True)
            raise Rejected(f"file {file} of ticket {ticket}: a log-in page came instead", reason="file_unreadable")
        return Download(name, kind or guess or "application/octet-stream", path.stat().st_size, path=path)

    async def person(self, id: str) -> LookupValue | None:
        """A user who was not in the list: disabled, deleted, or new since."""
        try:
            row = await self._json("user", [("id", id), ("include_disabled", 1)])
        except Rejected:
            return None
        if isinstance(row, list):
            row = row[0] if row else {}
        return lists.person(row) if isinstance(row, dict) and row.get("id") else None

    async def lookups(self) -> AsyncIterator[LookupValue]:
        """Every list, people last."""
        for kind in PLAIN_LISTS:
            for value in lists.named(kind, wire.rows(await self._json(f"incident.attributes.{kind}"))):
                yield value
        for value in lists.tree("category", await self._categories(), "parent_category_id"):
            yield value
        for value in lists.tree("location", wire.rows(await self._json("locations")), "parent_id"):
            yield value
        for value in lists.levels(wire.rows(await self._json("helpdesksandlevels", [("include_deleted", 0)]))):
            yield value
        for kind, endpoint in (("user_group", "groups"), ("company", "companies")):
            for value in lists.named(kind, wire.rows(await self._json(endpoint))):
                yield value
        types = {str(row["id"]): str(row["name"]) for row in wire.rows(await self._json("cf.fields.types"))}
        for row in wire.rows(await self._json("cf.fields.all")):
            field = lists.custom_field(row)
            yield field
            kind = str(row.get("type", ""))  # the name of a type in some versions, its id in others
            if "list" in types.get(kind, kind).lower():
                keys = await self._json("cf.field.options.list", [("uid", field.id)])
                for value in lists.options(field.id, field.name, keys):
                    yield value
        for row in wire.rows(await self._json("users", [("include_disabled", 1)])):
            yield lists.person(row)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    async def _categories(self) -> list[dict[str, Any]]:
        # Some versions cut the list at 20 rows without page_size, others ignore paging: stop at a repeat (3.8).
        found: dict[str, dict[str, Any]] = {}
        for page in range(1, 1000):
            rows = wire.rows(await self._json("categories", [("page_size", PAGE_SIZE), ("page", page)]))
            before = len(found)
            found.update((str(row["id"]), row) for row in rows)
            if len(found) == before:
                break
        return list(found.values())

    async def _view_page(self, params: Params) -> list[TicketId]:
        return await self._view("incidents.by.view", params, wire.request_ids)

    async def _view(self, endpoint: str, params: Params, decode: Callable[[bytes, str], T]) -> T:
        """A page of the configured view. Raises ConfigError when the API user cannot see that view."""
        what = f"{self._config.name}: view {self._config.view_id}"
        try:
            return decode(await self._get(endpoint, [("view_id", self._config.view_id), *params]), what)
        except Rejected as e:
            raise ConfigError(
                f"{what} cannot be read: {e.message}",
                hint=f"Set view_id of desk {self._config.name} to a view the API user sees; its id is in the"
                " address bar of the view.",
            ) from e

    async def _changes(self) -> AsyncIterator[list[Row]]:
        """Rows of the view by last update, newest first, each with its time."""
        key, keys = None, set[str]()
        while True:
            rows, key = await self._by_last_update(key)
            if rows:
                yield await self._with_times(rows)
            if not key or key in keys:
                return
            keys.add(key)

    async def _by_last_update(self, key: str | None) -> tuple[list[Row], str | None]:
        params: list[tuple[str, object]] = [("sort_by", "last_update"), ("order_by", "desc")]
        if key:
            params.append(("page_key", key))
        return await self._view("incidents.details.by.view", params, wire.view_rows)

    async def _with_times(self, rows: list[Row]) -> list[Row]:
        """A view without the column last_update: the tickets themselves tell, but for those that are gone (4.3)."""
        blind = [id for id, at in rows if at is None]
        times: dict[str, int] = {}
        steps = [*range(0, len(blind), self._config.bulk), len(blind)]
        for a, b in pairwise(steps):
            for ticket in await self.fetch(blind[a:b]):
                if isinstance(ticket, Ticket) and ticket.updated_at:
                    times[ticket.id] = int(ticket.updated_at.timestamp())
        return [(id, at if at is not None else times.get(id)) for id, at in rows]

    async def _newest(self) -> int:
        """The time of the youngest change there is; 0 where the desk does not tell."""
        rows, _ = await self._by_last_update(None)
        return max((at or 0 for _, at in await self._with_times(rows[:1])), default=0)

    async def _json(self, endpoint: str, params: Params = ()) -> Any:
        return wire.plain(await self._get(endpoint, params), f"{self._config.name}: {endpoint}")

    async def _get(self, endpoint: str, params: Params = ()) -> bytes:
        """A reading call; a refused credential is renewed once (contract 2.1)."""
        path = f"/api/v1/{endpoint}"
        query = urlencode(params)
        number = await self._access.ready()
        try:
            return (await self._http.read("GET", path, query=query)).body
        except AuthFailed:
            await self._access.renew(number)
        try:
            return (await self._http.read("GET", path, query=query)).body
        except AuthFailed as e:
            raise AuthFailed(
                f"{self._config.name}: no permission for {endpoint}: {e.message}",
                hint=f"Give the API account the scope api.v1.{endpoint}:get, then run the same command again.",
            ) from e
        except NotFound as e:
            raise Rejected(f"{self._config.name}: no endpoint {endpoint}", reason="endpoint_missing") from e
