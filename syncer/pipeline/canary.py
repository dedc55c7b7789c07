"""The first tickets of a run go over one by one, and the target is asked whom it mailed about each: a rule of its own
may mail people whom nobody was told of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog

from syncer.deskkit.changing import TellsMails
from syncer.deskkit.contract import Target
from syncer.deskkit.mails import Mailed, Reader
from syncer.errors import Brake, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

FIRST = 5
"""So many: few tickets have all that may mail."""
WORDS: dict[Reader, str] = {
    "requester": "who asked for help", "assignee": "who works on it", "cc": "who is told of it",
    "group": "somebody else",
}  # fmt: skip
log = structlog.get_logger()


class Canary:
    """Looks at the first tickets. Where the target keeps no record of its mails, or all is `accepted` in the config,
    there is nothing to look at. `addresses` are those of the target's people."""

    def __init__(self, target: Target, addresses: Mapping[str, str], *, accepted: bool) -> None:
        self._target = target if isinstance(target, TellsMails) and not accepted else None
        self._expected = {reader for mail in target.capabilities.mails for reader in mail.to}
        self._addresses = addresses
        self._left = FIRST if self._target is not None else 0
        self._turn = asyncio.Lock()
        self._found: Brake | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """While there is something to look at, one ticket at a time; none after one that mailed. Raises Brake."""
        if self._left:
            async with self._turn:
                if self._found is not None:
                    raise self._found
                if self._left:
                    yield
                    return
        yield

    async def brought(self, draft: Draft, id: TicketId) -> None:
        """This one is whole on the target. Raises Brake when somebody was mailed whom nobody was told of."""
        if not self._left or self._target is None:
            return
        try:
            mails = await self._target.mailed(id)
        except Rejected as e:  # whoever may not see mails sees none: that is told by a check, and no fault of a ticket
            log.info("mails_not_shown", ticket=id, error=e.message)
            return
        self._left -= 1
        for mail in mails:
            for address in mail.to:
                if (reader := self._reader(draft, address)) not in self._expected:
                    self._found = _brake(id, mail, f"{address} ({WORDS[reader]})")
                    raise self._found

    def _reader(self, draft: Draft, address: str) -> Reader:
        """As what somebody is mailed about this ticket."""
        ids = {"requester": [draft.fields.get("requester")], "assignee": [draft.fields.get("assignee")], "cc": draft.cc}
        found: list[Reader] = ["requester", "assignee", "cc"]
        known = {name: {self._addresses.get(id or "", id) for id in ids[name]} for name in found}
        held = [name for name in found if address.strip().lower() in known[name]]
        # Who has two parts in it may be mailed for the one that was told of.
        return next((name for name in held if name in self._expected), held[0] if held else "group")


def _brake(id: TicketId, mail: Mailed, whom: str) -> Brake:
    return Brake(
        f"the target mailed {whom} about its ticket {id}: {mail.about}; nobody was told that it would",
        hint="Switch that rule off on the target, then the same command goes on. If it is all right:"
        " accept_mails: true in the route's config.",
    )
