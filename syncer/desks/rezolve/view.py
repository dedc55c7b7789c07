"""The list of tickets: which `type` shows them, and walks that miss nothing while it moves (contract 3.4, 4)."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct

from syncer.deskkit.paging import sweep_until_quiet
from syncer.desks.rezolve import wire
from syncer.desks.rezolve.calls import NO_ROLE, Calls, MissingRole, NotForUs, T
from syncer.desks.rezolve.config import RezolveConfig
from syncer.errors import AuthFailed, ConfigError, Fatal, Rejected
from syncer.model.ids import TicketId

LIST = f"{T}/ticket/list"
COLUMNS = {"createdAt": "created_at", "updatedAt": "updated_at"}
MOST_RESTARTS = 5
ODD = "Is list_type of this desk the one that lists tickets? Its list is not as the vendor's page on it says."
log = structlog.get_logger()


class Found(Struct, frozen=True):
    """Which `type` lists tickets. `sure` is False while there was no row to tell by; none: no type does."""

    type: str | None
    sure: bool
    said: str = ""


class Walk(Struct):
    """What a walk has learned: the youngest time it saw, and whether the server kept to order and filter."""

    top: datetime | None = None
    obeyed: bool = True


class View:
    """Asks for lists of tickets; the type that shows them is found out once."""

    def __init__(self, config: RezolveConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls
        self._found: Found | None = None
        self._columns: dict[str, str | None] = {}

    async def probe(self) -> Found:
        """Which `type` lists tickets; asked again while all that answered with a list had no row in it."""
        if self._found is not None and self._found.sure:
            return self._found
        empty, said = "", list[str]()
        for kind in dict.fromkeys((self._config.list_type, "template", "agent", "user", "ticket")):
            try:
                answer = await self._calls.post(LIST, _body(1), type=kind)
            except (Rejected, MissingRole) as e:  # of one that this server does not take, or not from us
                said.append(f"type={kind}: {e.message}")
                continue
            rows = wire.list_rows(answer)
            if rows and wire.is_ticket(rows[0]):
                self._found = Found(kind, True)
                return self._found
            if rows:
                said.append(f"type={kind}: its rows are no tickets")
            elif rows is None:
                said.append(f"type={kind}: no rows where they should be")
            else:
                empty = empty or kind
        self._found = Found(empty, False) if empty else Found(None, True, "; ".join(said))
        return self._found

    async def rows(
        self, column: str, since: datetime | None, offset: int = 0, *, search: str = "", order: str = "ASC"
    ) -> list[wire.Record]:
        """One page, from a time on.

        Raises ConfigError where no type lists tickets or the question is refused, AuthFailed where we may not ask,
        Fatal where the answer has no rows.
        """
        found = await self.probe()
        if found.type is None:
            raise ConfigError(
                f"{self._config.name}: its list shows no tickets: {found.said}",
                hint="Does the account have a role that sees tickets (ticket_admin)? Set list_type.",
            )
        while True:
            named = self._columns.setdefault(column, column)
            body = _body(self._config.list_rows, column, offset, search=search, order=order)
            if named is not None and since is not None:
                condition = {"id": str(uuid.uuid4()), "op": "GE", "column": named, "operand": wire.stamp(since)}
                body["filter"] = {"op": "AND", "operand": [condition]}
            try:
                answer = await self._calls.post(LIST, body, type=found.type)
            except NotForUs as e:
                raise AuthFailed(e.message, hint=NO_ROLE) from e
            except Rejected as e:
                if e.reason != "http_422" or named is None or "filter" not in body:
                    raise ConfigError(e.message, hint=ODD) from e
                self._columns[column] = COLUMNS[column] if named == column else None
                log.info("filter_refused", desk=self._config.name, column=named)
                continue
            rows = wire.list_rows(answer)
            if rows is None:
                raise Fatal(f"{self._config.name}: list: no rows in the answer", hint=ODD)
            return [wire.record(row, f"{self._config.name}: list") for row in rows]

    async def newest(self) -> datetime | None:
        """The time of a change that is young, at best the youngest; None where there is no ticket."""
        rows = await self.rows("updatedAt", None, order="DESC")
        return max((row.updated for row in rows if row.updated), default=None)

    async def since(self, column: str, start: datetime, walk: Walk) -> AsyncIterator[list[wire.Record]]:
        """Every row from a time on, each at least once, oldest first where the server obeys (contract 4).

        Never by a growing offset, which skips a row when one before it moves: by a time that grows. Within one time
        pages overlap by a row, and begin again when that row has moved.
        """
        seen: set[tuple[str, str]] = set()
        offset, restarts, last = 0, 0, ""
        at, before, same = start, list[wire.Record](), 0
        while rows := await self.rows(column, at, offset):
            same, before = same + 1 if rows == before else 0, rows
            # The same page again and again: it is given whatever is asked for.
            if same > MOST_RESTARTS or not self._keeps(rows, column, at):
                walk.obeyed = False
                async for more in self._swept(column, start, walk, seen):
                    yield more
                return
            if last and rows[0].id != last and restarts < MOST_RESTARTS:
                offset, restarts, last = 0, restarts + 1, ""
                continue
            if fresh := _fresh(rows, seen):
                yield fresh
            times = [time for row in rows if (time := _time(row, column)) is not None]
            walk.top = max(times[-1], walk.top or times[-1])
            if times[-1] > at:
                at, offset, restarts, last = times[-1], 0, 0, ""
                seen = {(row.id, _version(row)) for row in rows if _time(row, column) == at}
            elif len(rows) > 1:
                offset, last = offset + len(rows) - 1, rows[-1].id
            elif last and self._config.list_rows > 1:
                return  # nothing but the row that pages have in common
            else:
                offset, last = offset + 1, ""

    def _keeps(self, rows: list[wire.Record], column: str, at: datetime) -> bool:
        """Whether the page is what was asked: each with its time, ascending, none from before."""
        times = [_time(row, column) for row in rows]
        known = [time for time in times if time is not None]
        return len(known) == len(times) and known == sorted(known) and wire.stamp(known[0]) >= wire.stamp(at)

    async def _swept(
        self, column: str, start: datetime, walk: Walk, seen: set[tuple[str, str]]
    ) -> AsyncIterator[list[wire.Record]]:
        """Where the server orders or filters in its own way: all of it by offset, until a sweep brings nothing new."""
        log.info("list_swept", desk=self._config.name, column=column)
        page: dict[str, wire.Record] = {}

        async def read_at(offset: int) -> list[TicketId]:
            rows = await self.rows(column, start, offset)
            page.update((f"{row.id}\n{_version(row)}", row) for row in rows)
            return [TicketId(f"{row.id}\n{_version(row)}") for row in rows]

        async for keys in sweep_until_quiet(read_at):
            rows = [page[key] for key in keys]
            page.clear()
            times = [time for row in rows if (time := _time(row, column)) is not None]
            walk.top = max([*times, *([walk.top] if walk.top else [])], default=None)
            if fresh := [row for row in _fresh(rows, seen) if (_time(row, column) or start) >= start]:
                yield fresh


def _body(
    top: int, sort: str = "createdAt", offset: int = 0, *, search: str = "", order: str = "ASC"
) -> dict[str, Any]:
    return {"search": search, "top": top, "offset": offset, "sort": sort, "searchOrder": order, "sortOrder": []}


def _time(row: wire.Record, column: str) -> datetime | None:
    return row.created if column == "createdAt" else row.updated


def _version(row: wire.Record) -> str:
    return row.etag or (wire.stamp(row.updated) if row.updated else "")


def _fresh(rows: list[wire.Record], seen: set[tuple[str, str]]) -> list[wire.Record]:
    found = [row for row in rows if (row.id, _version(row)) not in seen]
    seen.update((row.id, _version(row)) for row in found)
    return found
