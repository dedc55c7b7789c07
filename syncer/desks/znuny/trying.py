"""Whether the operations that write are there and let us in: each is asked for something that Znuny must refuse.

An article without a text makes no ticket and changes none. What Znuny says of it comes in the order in which it looks:
is there such an operation, may this agent do that here, are the names known, is a text there (contract, tickets).
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from syncer.desks.znuny.answers import Denied
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.wire import Row
from syncer.errors import ConfigError, Rejected

_CODE = re.compile(r"\b((?:Ticket|Session)\w+)\.[A-Z]\w+: ")
_NO_TEXT = "Article->Body"
_NOBODY = "root@localhost"
"""An address that every Znuny takes as it comes, whatever it checks of others."""
_WORDLESS = {"Subject": "syncer check"}
_SETTINGS = {"Ticket->Queue": "queue", "Ticket->State": "state", "Ticket->Priority": "priority"}


class Seen(Struct):
    """What a person should read and act on, and what is good to know."""

    findings: list[str]
    facts: list[str]


class Trying:
    """Asks in vain, on purpose."""

    def __init__(self, config: ZnunyConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls

    async def all(self, newest: Row | None, seen: Seen) -> None:
        """TicketGet, TicketCreate and TicketUpdate."""
        if newest is None:
            await self._asked("get", "TicketGet", {"TicketID": [1]}, seen)
        await self._create(newest, seen)
        await self._update(newest, seen)

    async def _create(self, newest: Row | None, seen: Seen) -> None:
        queue = self._config.queue or (newest or {}).get("Queue") or next(iter(self._config.lists.queues), "Raw")
        ticket = {"Title": "syncer check", "Queue": queue, "State": self._config.state,
                  "Priority": self._config.priority, "CustomerUser": _NOBODY}  # fmt: skip
        refused = await self._asked("create", "TicketCreate", {"Ticket": ticket, "Article": _WORDLESS}, seen)
        if refused is None:
            return
        if _NO_TEXT in refused.message:
            seen.facts.append(f"may create tickets in the queue {queue} (create)")
        elif isinstance(refused, Denied):
            user = self._config.auth.user
            seen.findings.append(
                f"the groups of {user} lack the permission create on the queue {queue}: it can write no ticket there"
            )
        else:
            setting = next((name for word, name in _SETTINGS.items() if word in refused.message), "")
            where = f"; see {setting} of the desk" if setting else ""
            seen.findings.append(f"a ticket in the queue {queue} would be refused: {_said(refused)}{where}")

    async def _update(self, newest: Row | None, seen: Seen) -> None:
        id = 0 if newest is None else int(newest["TicketID"])
        refused = await self._asked("update", "TicketUpdate", {"TicketID": id, "Article": _WORDLESS}, seen)
        if refused is None or newest is None:
            return
        queue = newest.get("Queue")
        if _NO_TEXT in refused.message:
            seen.facts.append(f"may write on tickets of the queue {queue} (rw)")
        elif isinstance(refused, Denied):
            seen.findings.append(
                f"the groups of {self._config.auth.user} lack the permission rw on the queue {queue}: no comment can be"
                f" written on its tickets, such as {id}"
            )
        else:
            seen.findings.append(f"a comment on ticket {id} would be refused: {_said(refused)}")

    async def _asked(self, route: str, operation: str, body: dict[str, Any], seen: Seen) -> Rejected | None:
        """How the operation refuses it. None where no such operation is at this route, which is told."""
        called = getattr(self._config.routes, route)
        try:
            await self._calls.ask(called, body)
        except ConfigError as e:
            seen.findings.append(f"the web service has no operation {operation} at {called} (routes.{route}). {e.hint}")
        except Rejected as e:
            found = _CODE.search(e.message)
            if found is None or found[1] == operation:
                return e
            seen.findings.append(f"routes.{route}, {called}, leads to {found[1]} and not to {operation}")
        else:
            seen.findings.append(f"{called} (routes.{route}) takes what {operation} refuses: is it that operation?")
        return None


def _said(refused: Rejected) -> str:
    """Znuny's own words, without the name of the operation before them."""
    return refused.message.rpartition(": ")[2]
