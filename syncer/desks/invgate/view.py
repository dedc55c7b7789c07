"""The configured view: ids by offset, changes by last update, and the tickets behind them (contract 3.1 and 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from itertools import pairwise
from typing import TypeVar

from syncer.desks.invgate import wire
from syncer.desks.invgate.calls import Calls, Params
from syncer.desks.invgate.config import InvGateConfig
from syncer.errors import ConfigError, Rejected
from syncer.model.ids import TicketId

LAST_UPDATE = "last_update"
T = TypeVar("T")
Row = tuple[TicketId, int | None]
"""A ticket of the view and the time of its last update, where it is known."""


class View:
    """What one view shows this account. Closed requests cannot be listed in any other way."""

    def __init__(self, config: InvGateConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls

    async def tickets(self, ids: Sequence[TicketId], params: Params = ()) -> list[wire.IncidentRow]:
        """These tickets as far as they can be seen; one broken ticket may break the call."""
        asked: list[tuple[str, object]] = [("ids[]", id) for id in ids]
        return wire.incidents(await self._calls.get("incidents", [*asked, *params]), f"{self._config.name}: incidents")

    async def page(self, params: Params) -> list[TicketId]:
        """The ids of one page, in no documented order."""
        return await self._read("incidents.by.view", params, wire.request_ids)

    async def _read(self, endpoint: str, params: Params, decode: Callable[[bytes, str], T]) -> T:
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

    async def changes(self) -> AsyncIterator[list[Row]]:
        """Rows of the view by last update, newest first, each with its time."""
        async for rows in self._from_the_top(LAST_UPDATE):
            yield await self._with_times(rows)

    async def _from_the_top(self, sort_by: str) -> AsyncIterator[list[Row]]:
        """Rows by this column, the largest first, page by page."""
        key, keys = None, set[str]()
        while True:
            params: list[tuple[str, object]] = [("sort_by", sort_by), ("order_by", "desc")]
            if key:
                params.append(("page_key", key))
            rows, key = await self._read("incidents.details.by.view", params, wire.view_rows)
            if rows:
                yield rows
            if not key or key in keys:
                return
            keys.add(key)

    async def youngest(self, most: int) -> list[TicketId]:
        """The ids of about so many tickets, the youngest: a page has 10 of them in older versions."""
        found: list[TicketId] = []
        async for rows in self._from_the_top("id"):
            found += [id for id, _ in rows]
            if len(found) >= most:
                break
        return found

    async def _with_times(self, rows: list[Row]) -> list[Row]:
        """A view without the column last_update: the tickets themselves tell, but for those that are gone (4.3)."""
        blind = [id for id, at in rows if at is None]
        times: dict[str, int] = {}
        steps = [*range(0, len(blind), self._config.bulk), len(blind)]
        for a, b in pairwise(steps):
            try:
                tickets = await self.tickets(blind[a:b])
            except Rejected:
                continue  # one of them breaks the call; reading them one by one, later, will tell which
            for row in tickets:
                if at := wire.moment(row.last_update):
                    times[str(row.id)] = int(at.timestamp())
        return [(id, times.get(id) if told is None else told) for id, told in rows]

    async def newest(self) -> int:
        """The time of the youngest change there is; 0 where the desk does not tell."""
        async for rows in self._from_the_top(LAST_UPDATE):
            return max((at or 0 for _, at in await self._with_times(rows[: self._config.bulk])), default=0)
        return 0
