"""Changes one ticket's fields under its etag: a plan holds only for the ticket as it was read (3.5, 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from syncer.deskkit.attempt import Attempt
from syncer.desks.rezolve import wire
from syncer.desks.rezolve.calls import Calls, T, wire_path
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.lag import looks
from syncer.desks.rezolve.writes import Ask, Stale, Writes
from syncer.errors import InDoubt, NotFound, Rejected

GONE = "Was it deleted, or may this account not see it?"
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
            text = f"{name}: ticket {id} is not there any more"
            raise Rejected(text, reason="gone", hint=GONE) from e
        if row.id != id:
            text = f"{name}: ticket {id} is {row.id} now"
            raise Rejected(text, reason="gone", hint="Was it moved to another type? Do there by hand what is left.")
        if row.deleted:
            text = f"{name}: ticket {id} is deleted"
            raise Rejected(text, reason="gone", hint="Restore it there, or leave it out.")
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
                self._again(stale, e)
                row, before = await self._after(row, e.message, "refused"), None
            else:
                most -= 1
                row, before = await self._after(row, "its change was taken", "in_doubt"), update
            update = goal.left(row)
            if update is not None and (update == before or most == 0):
                hint = "Try it there by hand: a rule, a role or a required field may stand in the way."
                raise Rejected(f"{self._config.name}: ticket {id} {goal.misses(row)}", reason="refused", hint=hint)

    async def once(self, row: wire.Record, goal: Goal, attempt: Attempt) -> wire.Record:
        """One change, planned anew where somebody was quicker; the ticket then, whatever it kept of it."""
        stale = 0
        while (update := goal.left(row)) is not None:
            try:
                await self._send(row, update, goal.labels, attempt)
            except Stale as e:
                stale += 1
                self._again(stale, e)
                row = await self._after(row, e.message, "refused")
            else:
                return await self._after(row, "its change was taken", "in_doubt")
        return row

    def _again(self, stale: int, error: Stale) -> None:
        """Raises Rejected when it was tried often enough."""
        if stale > self._config.conflicts:
            text = f"{error.message}; it changed each of the {stale} times it was tried"
            hint = f"Do rules of the desk change it all the time? Raise conflicts of desk {self._config.name}."
            raise Rejected(text, reason="refused", hint=hint) from error

    async def _send(self, row: wire.Record, update: Update, labels: Mapping[str, str], attempt: Attempt) -> None:
        ask = Ask(
            what=f"update of {row.id}", method="PATCH", path=f"{T}/ticket/{wire_path(row.id)}/update",
            body={"etag": row.etag, "ticketUpdate": dict(update)}, labels=labels,
        )  # fmt: skip
        try:
            answer = await self._writes.send(ask, attempt)
        except NotFound as e:
            raise Rejected(e.message, reason="gone", hint=GONE) from e
        if answer.get("success") is not True and wire.etag(answer) is None:
            text = f"{self._config.name}: {ask.what}: its answer does not say that it was done"
            raise InDoubt(text, hint="Look at the ticket; the next run looks, too.")

    async def _after(self, before: wire.Record, said: str, reason: str) -> wire.Record:
        """The ticket with another etag than before: each change makes a new one. What is read may lag behind what is
        written, so it is looked for as long as that. Raises Rejected when none shows."""
        async for _ in looks(self._config.list_lag):
            row = await self.ticket(before.id)
            if row.etag != before.etag:
                return row
        raise Rejected(
            f"{self._config.name}: ticket {before.id}: {said}, and it shows no change",
            reason=reason,
            hint=f"Look at the ticket; if it shows the change later, raise list_lag of desk {self._config.name}.",
        )
