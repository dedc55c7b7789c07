"""One write after the one that made a ticket: announced, done, looked for where nobody knows whether it was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from msgspec import Struct

from syncer.deskkit.contract import Target, Written
from syncer.errors import Fatal, InDoubt, Rejected, Retryable, SyncerError
from syncer.model.ids import TicketId
from syncer.model.link import EffectState, Intent
from syncer.pipeline.journal import Journal
from syncer.pipeline.tally import Tally

ATTEMPTS = 6
FIRST_WAIT = 0.5
LOOKS_EVERY = 0.5
"""Seconds between two looks at what became of it."""
IN_DOUBT = "in_doubt"
UNTOLD = "loss_untold"
"""Of a write that was only found done, nobody told what the target did not take."""


def why(error: SyncerError) -> str:
    """In words for whoever must do it by hand."""
    return f"{error.message} ({error.hint})" if error.hint else error.message


class Counts(Protocol):
    """Counts attempts that surely came to nothing, by the ticket they were for."""

    def failed(self, id: TicketId, error: InDoubt) -> None:
        """One more. Raises when there were enough of them in a row."""

    def over(self, id: TicketId) -> None:
        """One went well: counting begins anew."""


class Patience:
    """Counts the attempts at things no single ticket is at fault for; `what` the target then takes none of."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._tries: dict[TicketId, int] = {}

    def failed(self, id: TicketId, error: InDoubt) -> None:
        """One more that came to nothing. Raises Retryable when there were enough of them."""
        self._tries[id] = self._tries.get(id, 0) + 1
        if self._tries[id] >= ATTEMPTS:
            raise Retryable(
                f"{error.message}; tried {ATTEMPTS} times, and looked each time: it is not there",
                hint=f"The target takes no {self._what} now; the same command goes on later.",
            )

    def over(self, id: TicketId) -> None:
        """One went well."""
        self._tries.pop(id, None)


class Deed(Struct, frozen=True):
    """What shall be done to ticket `on` of the target. `happened` tells the id of what it made, "" where it made
    nothing with an id, None when it is not there (yet); `write` raises as a target's `create` does."""

    on: TicketId
    intent: Intent
    write: Callable[[], Awaitable[Written]]
    happened: Callable[[], Awaitable[str | None]]
    lost: tuple[str, ...] = ()
    """What is lost with it, however it goes."""


class Deeds:
    """Does them, each once."""

    def __init__(self, target: Target, journal: Journal, tally: Tally, counts: Counts) -> None:
        self._target = target
        self._journal = journal
        self._tally = tally
        self._counts = counts
        # Bound once: the proxy of structlog binds anew at each call.
        self._log = structlog.get_logger().bind()

    async def do(self, deed: Deed) -> tuple[str, ...]:
        """Attempt after attempt until it is known to have happened; the losses on the way. Raises Rejected, or what
        ends the pass."""
        id, step = deed.intent.source_id, deed.intent.step
        waits = 0
        while True:
            await self._target.admit()
            await self._journal.announce(deed.intent)
            try:
                written = await deed.write()
            except InDoubt as e:
                self._log.info("answer_lost", ticket=id, step=step, error=e.message)
                self._tally.trouble = e.message
                if await self.happened(deed, time.monotonic()):
                    self._counts.over(id)
                    return (UNTOLD, *deed.lost)
                self._counts.failed(id, e)
            except Retryable as e:
                self._journal.close(id, EffectState.ABSENT, step)
                waits += 1
                if waits >= ATTEMPTS:
                    raise  # the desk says not now, whatever the ticket
                self._tally.trouble = e.message
                await asyncio.sleep(e.after if e.after is not None else FIRST_WAIT * 2**waits)
            except (Rejected, Fatal):  # an answer nobody understands says nothing of the write: it stays open
                raise
            except SyncerError:
                self._journal.close(id, EffectState.ABSENT, step)
                raise
            else:
                self._journal.done(id, written.id, step, (*written.losses, *deed.lost))
                self._counts.over(id)
                self._tally.trouble = ""
                return (*written.losses, *deed.lost)

    async def happened(self, deed: Deed, stamp: float) -> bool:
        """Whether an attempt of this moment did it after all: looked for until it can no longer come.

        Raises Rejected, in doubt, when the target refuses the look: nobody knows then.
        """
        id, step = deed.intent.source_id, deed.intent.step
        while True:
            over = time.monotonic() > stamp + self._target.settle
            try:
                made = await deed.happened()
            except Rejected as e:
                raise Rejected(f"look on the target at ticket {deed.on}; {e.message}", reason=IN_DOUBT) from e
            if made is not None:
                self._journal.done(id, TicketId(made), step, (UNTOLD, *deed.lost))
                return True
            if over:
                self._journal.close(id, EffectState.ABSENT, step)
                return False
            await asyncio.sleep(LOOKS_EVERY)
