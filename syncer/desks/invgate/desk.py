"""InvGate Service Desk over its REST API. Field names live in wire.py, quirks in README.md."""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from msgspec import UNSET

from syncer.deskkit.contract import Account, Capabilities, Download, Page, Ref, Unreadable
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.paging import sweep_until_quiet
from syncer.desks.invgate import lists, wire
from syncer.desks.invgate.access import Access, NotAllowed, judge
from syncer.desks.invgate.calls import PLAIN_LISTS, Calls, Params
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.files import Files
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.ids import Cursor, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket

KINDS = (
    *PLAIN_LISTS, "category", "location", "group", "user_group", "company", "custom_field",
    "custom_field_option", "person",
)  # fmt: skip
PAGE_SIZE = 500
T = TypeVar("T")
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
            judge=judge,
            pause=config.pause,
        )
        self.budget = self._http.budget
        self._access = Access(config, self._http)
        self._calls = Calls(config, self._http, self._access)
        self._files = Files(config, self._http, self._access)
        self._denied: tuple[str, ...] | None = None
        self._embeds = False

    async def connect(self) -> None:
        """Log in, which every other call does too when it must."""
        await self._access.ready()

    async def check(self) -> Account:
        """Version, rights on every call a migration makes, and what the view shows against what is open."""
        version = await self._calls.json("sd.version")
        if self._denied is None:  # rights do not change during a run, and this is asked again after outages
            self._denied = tuple([found async for found in self._calls.missing_rights()])
        findings = list(self._denied)
        rows = await self._view_page([("limit", 1), ("offset", 0)])
        if not rows:
            findings.append(f"view {self._config.view_id} shows no request: is it shared with the API user?")
        open_now = await self.count_open()
        told = version.get("version") if isinstance(version, dict) else version
        shown = "unknown number of" if open_now is None else open_now
        detail = f"InvGate {told or '?'}, view {self._config.view_id}, {shown} open requests"
        auth = self._config.auth
        name = auth.client_id if auth.kind == "oauth2" else auth.user
        return Account(name=name, detail=detail, findings=tuple(findings))

    async def count_open(self) -> int | None:
        """How many requests the desk says are open, or None where it does not tell (contract 3.1.2)."""
        params: list[tuple[str, object]] = [("status_ids[]", s) for s in lists.OPEN_STATUSES]
        try:
            answer = await self._calls.json("incidents.by.status", [*params, ("limit", 1)])
        except (NotAllowed, Rejected):
            return None
        total = str(answer.get("total")) if isinstance(answer, dict) else ""
        return int(total) if total.isdigit() else None

    async def scan(self) -> AsyncIterator[Page]:
        """Sweeps of the view until quiet, then whoever an edit moved past us, by last update."""
        start = await self._newest()
        yield Page((), begins=Cursor(str(start)))

        async def read_at(offset: int) -> list[TicketId]:
            return await self._view_page([("limit", self._config.list_rows), ("offset", offset)])

        async for ids in sweep_until_quiet(read_at):
            yield Page(tuple(Ref(id) for id in ids), swept=not ids)
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
        try:
            rows = await self._rows(ids, [("comments", 1)])
        except NotFound as e:
            if len(ids) == 1:
                return [Unreadable(ids[0], e.message, gone=True)]
            raise
        # An instance that never shows comments here does not know the parameter: they are asked for one by one.
        self._embeds = self._embeds or any(row.comments is not UNSET for row in rows)
        found: dict[str, Ticket | Unreadable] = {}
        for row in rows:
            if not self._embeds:
                answer = await self._calls.get("incident.comment", [("request_id", str(row.id))])
                row.comments = wire.comment_rows(answer, f"{self._config.name}: comments of {row.id}")
            ticket = wire.ticket(row, self._config.base_url)
            found[ticket.id] = ticket
        return [found.get(id) or Unreadable(id, "the desk left it out of its answer", gone=True) for id in ids]

    async def values(self, ids: Sequence[TicketId]) -> list[dict[str, str]]:
        """What these tickets hold of the lists, without their comments; unreadable ones are left out."""
        params: list[tuple[str, object]] = [("ids[]", id) for id in ids]
        return wire.values(await self._calls.get("incidents", params), f"{self._config.name}: incidents")

    async def _rows(self, ids: Sequence[TicketId], params: Params = ()) -> list[wire.IncidentRow]:
        asked: list[tuple[str, object]] = [("ids[]", id) for id in ids]
        return wire.incidents(await self._calls.get("incidents", [*asked, *params]), f"{self._config.name}: incidents")

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """A file's bytes, from this desk's host or a declared one; credentials only to its own (contract 3.3)."""
        what = f"{self._config.name}: file {file} of ticket {ticket}"
        (meta, *_) = wire.records(await self._calls.json("incident.attachment", [("id", file)])) or [{}]
        url = meta.get("url")
        if not isinstance(url, str) or not url:
            raise Rejected(f"{what}: the desk gives no address for it", reason="file_unreadable")
        name = wire.text(meta.get("name")) or f"attachment-{file}"
        path = spool / uuid.uuid4().hex
        with ExitStack() as undo:
            undo.callback(path.unlink, missing_ok=True)
            reply = await self._files.fetch(url, what, path)
            kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            guess = mimetypes.guess_type(name)[0]
            head = reply.body.lstrip().lower()
            page = b"<html" in head or head.startswith(b"<!doctype html")
            if page and kind == "text/html" and guess != "text/html":
                raise Rejected(f"{what}: a log-in page came instead", reason="file_unreadable")
            undo.pop_all()
        return Download(name, kind or guess or "application/octet-stream", path.stat().st_size, path=path)

    async def person(self, id: str) -> LookupValue | None:
        """A user who was not in the list: disabled, deleted, or new since."""
        try:
            row = await self._calls.json("user", [("id", id), ("include_disabled", 1)])
        except Rejected:
            return None
        found = wire.records(row)
        return lists.person(found[0]) if found else None

    async def lookups(self) -> AsyncIterator[LookupValue]:
        """Every list, people last. One that this version lacks or the account may not read is left out, aloud."""
        for kind in PLAIN_LISTS:
            for value in lists.named(kind, wire.records(await self._calls.json(f"incident.attributes.{kind}"))):
                yield value
        for value in lists.tree("category", await self._categories(), "parent_category_id"):
            yield value
        for value in lists.tree("location", wire.records(await self._calls.optional("locations")), "parent_id"):
            yield value
        for value in lists.levels(
            wire.records(await self._calls.optional("helpdesksandlevels", [("include_deleted", 0)]))
        ):
            yield value
        for kind, endpoint in (("user_group", "groups"), ("company", "companies")):
            for value in lists.named(kind, wire.records(await self._calls.optional(endpoint))):
                yield value
        async for value in self._custom_fields():
            yield value
        everyone = await self._calls.json("users", [("include_disabled", 1)], timeout=self._config.users_timeout)
        for row in wire.records(everyone):
            yield lists.person(row)

    async def _custom_fields(self) -> AsyncIterator[LookupValue]:
        types = {
            str(row["id"]): wire.text(row.get("name"))
            for row in wire.records(await self._calls.optional("cf.fields.types"))
        }
        for row in wire.records(await self._calls.optional("cf.fields.all"), "uid"):
            field = lists.custom_field(row)
            yield field
            kind = lists.field_kind(row, types, self._config.field_types)
            if kind != "plain":
                answer = await self._calls.optional(f"cf.field.options.{kind}", [("uid", field.id)])
                for value in lists.options(field, kind, answer):
                    yield value

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    async def _categories(self) -> list[dict[str, Any]]:
        # Some versions cut the list at 20 rows without page_size, others ignore paging: stop at a repeat (3.8).
        found: dict[str, dict[str, Any]] = {}
        for page in range(1, 1000):
            rows = wire.records(await self._calls.json("categories", [("page_size", PAGE_SIZE), ("page", page)]))
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
            return decode(await self._calls.get(endpoint, [("view_id", self._config.view_id), *params]), what)
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
            try:
                tickets = await self._rows(blind[a:b])
            except Rejected:
                continue  # one of them breaks the call; reading them one by one, later, will tell which
            for row in tickets:
                if at := wire.moment(row.last_update):
                    times[str(row.id)] = int(at.timestamp())
        return [(id, times.get(id) if told is None else told) for id, told in rows]

    async def _newest(self) -> int:
        """The time of the youngest change there is; 0 where the desk does not tell."""
        rows, _ = await self._by_last_update(None)
        return max((at or 0 for _, at in await self._with_times(rows[: self._config.bulk])), default=0)
