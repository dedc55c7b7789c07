"""Types, offers, metadata, queues and people: asked once in a desk's life (contract 3.7 to 3.9)."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from syncer.desks.rezolve import wire
from syncer.desks.rezolve.calls import Calls, MissingRole, NotForUs, T
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.known import Known, known
from syncer.desks.rezolve.ticket_types import TicketType, ticket_type
from syncer.errors import ConfigError, Rejected

KINDS = ("status", "priority", "category", "type", "group", "offer", "queue", "custom_field", "custom_option",
         "person")  # fmt: skip
SELECT = "id,name,properties,fields,workflow,action_permissions"
MOST_PAGES = 1000
log = structlog.get_logger()


class Catalogue:
    """One list that the account may not read is left out, aloud; without types and metadata nothing goes."""

    def __init__(self, config: RezolveConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls
        self._lock = asyncio.Lock()
        self._known: Known | None = None
        self.offers: list[dict[str, Any]] = []
        self.denied: list[str] = []
        """In words, each list that could not be read."""

    async def known(self) -> Known:
        """All lists, as they were when they were first asked for."""
        async with self._lock:
            if self._known is None:
                self._known = await self._pull()
            return self._known

    @property
    def at_hand(self) -> Known | None:
        """All lists, where they were asked for already."""
        return self._known

    def forget(self) -> None:
        """Ask again next time."""
        self._known = None

    async def _pull(self) -> Known:
        self.denied = []
        types = await self._types()
        meta = await self._calls.known(f"{T}/tenant/meta")
        offers = await self._optional("offers", f"{T}/tenant/sc/offers")
        self.offers = wire.rows_at(offers, "data/offers", "offers")
        queues = await self._optional("queues", f"{T}/queue/list")
        people: list[dict[str, Any]] = []
        for kind in ("agent", "user"):
            answer = await self._optional(f"people ({kind})", f"{T}/user/list", type=kind)
            people += wire.rows_at(answer, "data/users", "users", "data")
        return known(types, meta, offers, queues, people)

    async def _types(self) -> dict[str, TicketType]:
        found: dict[str, TicketType] = {}
        for _ in range(MOST_PAGES):
            params: dict[str, Any] = {"$select": SELECT, "$top": self._config.type_rows, "$skip": len(found)}
            answer = await self._calls.known(f"{T}/ticket-type", **params)
            before = len(found)
            for row in wire.rows_at(answer, "data/value", "value", "data"):
                if (one := ticket_type(row)) is not None:
                    found.setdefault(one.id, one)
            if len(found) == before:  # the end, or a server that pages in a way of its own
                break
        return found

    async def _optional(self, what: str, path: str, **params: str) -> Any:
        """A list a migration can do without: its values then show as ids that need a decision."""
        try:
            return await self._calls.known(path, **params)
        except (MissingRole, NotForUs, Rejected, ConfigError) as e:
            log.warning("list_not_read", desk=self._config.name, list=what, error=e.message)
            self.denied.append(f"the list of {what} cannot be read: {e.message}")
            return {}
