"""Changes one ticket's fields under its etag: a plan holds only for the ticket as it was read (3.5, 8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from syncer.deskkit.attempt import Attempt
from syncer.desks.rezolve import wire
from syncer.desks.rezolve.calls import Calls, T, wire_path
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.writes import Ask, Stale, Writes
from syncer.errors import InDoubt, NotFound, Rejected

LOOKS, BETWEEN = 4, 0.5
"""So many looks for what a change did, so many seconds between them: what is read may lag behind what is written."""
Update = Mapping[str, Any]


class Goal(Struct, frozen=True):
    """What shall become of a ticket. `left` is what is to be changed next on the ticket as it is, None when nothing
    is; `misses` says what a ticket is like that does not come to it. `labels` make a refusal readable."""

    left: Callable[[wire.Record], Update | None]
    misses: Callable[[wire.Record], str]
    labels: Mapping[str, str]
    most: int = 1
    """So many changes lead there at most."""


class Changes:
    """Reads, plans, writes, and looks; anew where somebody was quicker."""

    def __init__(self, config: RezolveConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes

    async def ticket(self, id: str) -> wire.Record:
        """The ticket as it is now. Raises Rejected when it is not there, or not any more what it was."""
        name = self._config.name
        try:
            row = await self._calls.ticket(id)
        except NotFound as e:
            raise Rejected(f"{name}: ticket {id} is not there any more", reason="gone") from e
        if row.id != id:
            raise Rejected(f"{name}: ticket {id} is {row.id} now: was it moved to another type?", reason="gone")
        if row.deleted:
            raise Rejected(f"{name}: ticket {id} is deleted", reason="gone")
        return row

    async def lead(self, id: str, goal: Goal, attempt: Attempt) -> None:
        """Change after change, each planned on the ticket as it is then. Only its fields are sent: what somebody else
        changed in between stays.

        Raises Rejected when the ticket does not keep a change, when somebody is quicker each time, and, in doubt, when
        a change was taken and does not show.
        """
        row = await self.ticket(id)
        update, stale, most = goal.left(row), 0, goal.most
        while update is not None:
            try:
                await self._send(row, update, goal.labels, attempt)
            except Stale as e:
                stale += 1
                if stale > self._config.conflicts:
                    text = f"{e.message}; it changed each of the {stale} times it was tried"
                    raise Rejected(text, reason="refused") from e
                row, before = await self._after(row, e.message, "refused"), None
            else:
                most -= 1
                row, before = await self._after(row, "its change was taken", "in_doubt"), update
            update = goal.left(row)
            if update is not None and (update == before or most == 0):
                raise Rejected(f"{self._config.name}: ticket {id} {goal.misses(row)}", reason="refused")

    async def _send(self, row: wire.Record, update: Update, labels: Mapping[str, str], attempt: Attempt) -> None:
        ask = Ask(
            what=f"update of {row.id}", method="PATCH", path=f"{T}/ticket/{wire_path(row.id)}/update",
            body={"etag": row.etag, "ticketUpdate": dict(update)}, labels=labels,
        )  # fmt: skip
        answer = await self._writes.send(ask, attempt)
        if answer.get("success") is not True and wire.etag(answer) is None:
            raise InDoubt(f"{self._config.name}: {ask.what}: its answer does not say that it was done")

    async def _after(self, before: wire.Record, said: str, reason: str) -> wire.Record:
        """The ticket with another etag than before: each change makes a new one. Raises Rejected when none shows."""
        for look in range(LOOKS):
            if look:
                await asyncio.sleep(BETWEEN)
            row = await self.ticket(before.id)
            if row.etag != before.etag:
                return row
        raise Rejected(f"{self._config.name}: ticket {before.id}: {said}, and it shows no change", reason=reason)
