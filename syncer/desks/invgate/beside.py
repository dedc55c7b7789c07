"""What no call for many tickets tells, asked of each ticket: observers, links, work, which comment was the solution."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from syncer.desks.invgate import custom, wire
from syncer.desks.invgate.calls import Calls
from syncer.desks.invgate.catalogue import Catalogue
from syncer.desks.invgate.config import InvGateConfig
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.lookups import FieldForm
from syncer.model.ticket import Rating, Ticket, TicketLink, TimeEntry

DELETED = "0"
_DONE = frozenset({"5", "6"})


class _Found(Struct):
    observers: tuple[str, ...] = ()
    links: tuple[TicketLink, ...] = ()
    times: tuple[TimeEntry, ...] = ()
    solutions: frozenset[str] = frozenset()


class Beside:
    """Makes a row of the bulk call a whole ticket."""

    def __init__(self, config: InvGateConfig, calls: Calls, catalogue: Catalogue) -> None:
        self._config = config
        self._calls = calls
        self._catalogue = catalogue
        self._forms: Mapping[str, FieldForm] | None = None

    async def ticket(self, row: wire.IncidentRow) -> Ticket:
        """The ticket with all that is beside it. Raises Rejected, Retryable, AuthFailed with the scope it lacks."""
        ticket = wire.ticket(row, self._config.base_url)
        found = await self._ask(ticket) if self._config.also_read else _Found()
        return replace(
            ticket,
            custom=await self._custom(row.custom_fields),
            comments=tuple(
                replace(comment, solution=True) if comment.id in found.solutions else comment
                for comment in ticket.comments
            ),
            cc=found.observers,
            links=found.links,
            times=found.times,
            rating=_rating(row.rating),
        )

    async def _custom(self, values: wire.Map) -> dict[str, Any]:
        if not isinstance(values, dict) or not values:
            return {}
        if self._forms is None and custom.has_numbers(values):
            self._forms = await self._catalogue.forms()
        return custom.typed(values, self._forms or {})

    async def _ask(self, ticket: Ticket) -> _Found:
        wanted, id = self._config.also_read, ticket.id
        found = _Found()

        async def observers() -> None:
            answer = await self._answer("incident.observer", id)
            found.observers = tuple(str(one) for one in wire.rows(answer) if isinstance(one, int | str))

        async def links() -> None:
            rows = wire.records(await self._answer("incident.link", id))
            found.links = tuple(TicketLink(TicketId(str(row["id"]))) for row in rows if str(row["id"]) != id)

        async def times() -> None:
            rows = wire.records(await self._answer("timetracking", id, iso=True), "timetracking_id")
            found.times = tuple(_entry(row) for row in rows if str(row.get("status", 1)) != DELETED)

        async def solutions() -> None:
            rows = wire.records(await self._answer("incident.comment", id, solutions=True))
            found.solutions = frozenset(str(row["id"]) for row in rows if wire.clearly_yes(row.get("is_solution")))

        asked = {"observers": observers, "links": links, "times": times}
        if ticket.comments and ticket.values.get("status") in _DONE:
            asked["solutions"] = solutions
        await asyncio.gather(*(ask() for name, ask in asked.items() if name in wanted))
        return found

    async def _answer(self, endpoint: str, id: TicketId, *, iso: bool = False, solutions: bool = False) -> Any:
        """An answer about one ticket; nothing where this version has no such call."""
        more = [("date_format", "iso8601")] if iso else [("is_solution", 1)] if solutions else []
        try:
            return await self._calls.json(endpoint, [("request_id", id), *more])
        except Rejected as e:
            if e.reason in {"not_found", "http_405"}:
                return []
            raise


def _entry(row: dict[str, Any]) -> TimeEntry:
    """One piece of work; without an offset its time is taken for UTC (3.6)."""
    try:
        at = datetime.fromisoformat(str(row.get("from")))
    except ValueError:
        at = None
    return TimeEntry(
        id=str(row["timetracking_id"]),
        author=wire.ident(row.get("user_id")),
        at=at if at is None or at.tzinfo else at.replace(tzinfo=UTC),
        seconds=int(total) if (total := str(row.get("total") or "0")).isdigit() else 0,
        note=wire.text(row.get("comment")),
    )


def _rating(value: wire.Loose) -> Rating | None:
    return Rating(int(value)) if isinstance(value, int | str) and str(value) in {"1", "2", "3", "4", "5"} else None
