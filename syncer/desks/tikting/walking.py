"""One walk through a list whose order, length and end are not documented (contract 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from msgspec import Struct

from syncer.deskkit.paging import SeenIds
from syncer.desks.tikting import wire
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.errors import ConfigError, Fatal
from syncer.model.ids import TicketId

MOST_ROWS = 100_000
GROWS = 4
MOST_STALE = 2


class Row(Struct, frozen=True):
    """A row of a list, with the id it has."""

    id: TicketId
    value: Any


class Walker:
    """Walks lists by number of page. `stuck` names the lists that show the same rows whatever page is asked."""

    def __init__(self, config: TiktingConfig, calls: Calls, fields: FieldMap) -> None:
        self._config = config
        self._calls = calls
        self._fields = fields
        self.stuck: set[str] = set()

    async def page(self, preset: str, number: int, length: int, search: str = "") -> list[Row]:
        """The rows of one page. Raises ConfigError for one whose id cannot be told: it would be lost in silence."""
        query: dict[str, Any] = {"page": number, "length": length, "listType": preset}
        if search:
            query |= {"search": search, "filterBy": "TicketId"}
        rows = await self._calls.rows(query)
        found = [Row(id, row) for row in rows if (id := wire.row_id(row, self._fields)) is not None]
        if len(found) < len(rows):
            where = ", ".join(self._fields.paths("id"))
            raise ConfigError(
                f"{self._config.name}: {len(rows) - len(found)} rows of the list {preset} have no id under {where}",
                hint=f"See: syncer describe {self._config.name}; then set fields.id of the desk.",
            )
        return found

    async def rows(self, preset: str, search: str = "") -> AsyncIterator[list[Row]]:
        """Every row of a list, each once; page by page until one is empty, or two bring nothing new.

        Raises Fatal when it does not end within `max_pages`.
        """
        length, first, stale, seen = self._config.page_length, 0, 0, SeenIds()
        for number in range(1, self._config.max_pages + 1):
            rows = await self.page(preset, number, length, search)
            if not rows:
                return
            if number == 1:
                # A server that gives fewer than asked may count its pages by what was asked, and skip the rest.
                first = length = min(length, len(rows))
            if fresh := [row for row in rows if seen.add(row.id)]:
                yield fresh
            stale = 0 if fresh else stale + 1
            if stale == MOST_STALE:
                if len(seen) == first and not search:
                    async for more in self._at_once(preset, first, seen):
                        yield more
                return
        raise Fatal(
            f"{self._config.name}: the list {preset} has over {self._config.max_pages} pages",
            hint=f"If there are so many tickets, set max_pages of desk {self._config.name} higher.",
        )

    async def _at_once(self, preset: str, first: int, seen: SeenIds) -> AsyncIterator[list[Row]]:
        """What one larger page shows, where all pages are the same: `page` is ignored, or there is only one."""
        length = self._config.page_length
        while length < MOST_ROWS:
            length *= GROWS
            fresh = [row for row in await self.page(preset, 1, length) if seen.add(row.id)]
            if not fresh:
                break
            yield fresh
        half = max(1, first // 2)
        one, other = [{row.id for row in await self.page(preset, number, half)} for number in (1, 2)]
        if len(seen) > first or other <= one:
            self.stuck.add(preset)
