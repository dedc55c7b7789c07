"""ServiceOps' requesters: looked for by e-mail, and made where one may (contract 3.8)."""

from __future__ import annotations

from collections.abc import Callable

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.motadata import wire_out
from syncer.desks.motadata.calls import Calls
from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.shapes import text
from syncer.desks.motadata.writes import Writes
from syncer.errors import ConfigError, Rejected
from syncer.model.ids import TicketId
from syncer.model.lookups import LookupValue

REQUESTER = "/api/v1/requester"


class Requesters:
    """They are known by their e-mail, which is their id for us."""

    def __init__(self, config: MotadataConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes

    async def known(self, email: str) -> str | None:
        """The address, where somebody has it. Raises Rejected where nobody can look."""
        search = self._config.requester_search
        if search is None:
            raise Rejected(f"{self._config.name}: without requester_search nobody can be looked for", reason="refused")
        condition = wire_out.with_email(email, self._config.operator_style)
        try:
            page = await self._calls.page(search, 0, 10, body=condition)
        except ConfigError as e:
            raise Rejected(e.message, reason="refused") from e
        wanted = email.strip().casefold()
        there = (text(row.get("email")).strip().casefold() for row in page.rows)
        return email.strip().lower() if wanted in there else None

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """POST requester, with the address as the name to log on by."""
        body = {"name": person.name, "email": person.email, "userLogOnName": person.email}
        await self._writes.post(REQUESTER, body, Attempt(self._config.timeout, fence))
        return Written(TicketId((person.email or "").strip().lower()))
