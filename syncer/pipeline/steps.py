"""What comes after a ticket was made: comments, fields, its status; one step after the other, each announced first."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence

import msgspec
import structlog
from msgspec.structs import replace

from syncer.deskkit.contract import Download, Step, TakesSteps, Target
from syncer.errors import Fatal, InDoubt, Rejected, Retryable, SyncerError
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.link import EffectState, Intent, Unfinished
from syncer.pipeline.files import LOSS, Files, gone_after
from syncer.pipeline.journal import Journal
from syncer.pipeline.tally import Tally

ATTEMPTS = 6
FIRST_WAIT = 0.5
LOOKS_EVERY = 0.5
"""Seconds between two looks at what became of a step."""
IN_DOUBT = "in_doubt"

Failed = Callable[[TicketId, InDoubt], None]
"""Told of each attempt that surely came to nothing; raises when there were enough of them."""


class Steps:
    """Ends tickets that are on the target already. One ticket's steps are never side by side."""

    def __init__(self, target: Target, journal: Journal, files: Files, tally: Tally, failed: Failed) -> None:
        self._target = target
        self._journal = journal
        self._files = files
        self._tally = tally
        self._failed = failed
        self._takes = target if isinstance(target, TakesSteps) else None
        # Bound once: the proxy of structlog binds anew at each call.
        self._log = structlog.get_logger().bind()

    def of(self, draft: Draft) -> Sequence[Step]:
        """What is left to do when this ticket is made; nothing where one call does it all."""
        return self._takes.steps(draft) if self._takes is not None else ()

    async def end(self, draft: Draft, before: Unfinished) -> tuple[str, ...]:
        """Do all steps that are not over; the losses on the way. Raises Rejected, named after its step, or what ends
        the pass."""
        losses: list[str] = []
        for step in self.of(draft):
            if step.name in before.done:
                continue
            age = before.doubts.get(step.name)
            try:
                losses += await self._until_done(draft, before.target_id, step, age)
            except Rejected as e:
                if e.reason != IN_DOUBT:
                    self._journal.close(draft.source_id, EffectState.REFUSED, step.name)
                raise Rejected(f"{step.name}: {e.message}", reason=e.reason, field=e.field, hint=e.hint) from e
        return tuple(losses)

    async def _until_done(self, draft: Draft, id: TicketId, step: Step, age: float | None) -> tuple[str, ...]:
        """Looked for where it may have happened, else done with its files."""
        if age is not None and await self._happened(draft, id, step, time.monotonic() - age):
            return ()
        if step.comment is None or not step.comment.files:
            return await self._attempts(draft, id, step, ())
        files, lost = await self._files.fetch(draft.source_id, step.comment.files)
        with gone_after(files):
            if lost:
                body = "\n\n".join((step.comment.body, *lost))
                step = replace(step, comment=replace(step.comment, body=body))
            return (*await self._attempts(draft, id, step, files), *(LOSS,) * len(lost))

    async def _attempts(self, draft: Draft, id: TicketId, step: Step, files: Sequence[Download]) -> tuple[str, ...]:
        """Attempt after attempt until it is known to have happened."""
        waits = 0
        while True:
            await self._target.admit()
            await self._journal.announce(Intent(draft.source_id, draft.key, draft.version, _print(step), step.name))
            try:
                assert self._takes is not None
                written = await self._takes.step(id, draft, step, files, self._journal.check)
            except InDoubt as e:
                self._log.info("answer_lost", ticket=draft.source_id, step=step.name, error=e.message)
                self._tally.trouble = e.message
                if await self._happened(draft, id, step, time.monotonic()):
                    return ()
                self._failed(draft.source_id, e)
            except Retryable as e:
                self._journal.close(draft.source_id, EffectState.ABSENT, step.name)
                waits += 1
                if waits >= ATTEMPTS:
                    raise  # the desk says not now, whatever the ticket
                self._tally.trouble = e.message
                await asyncio.sleep(e.after if e.after is not None else FIRST_WAIT * 2**waits)
            except (Rejected, Fatal):  # an answer nobody understands says nothing of the write: it stays open
                raise
            except SyncerError:
                self._journal.close(draft.source_id, EffectState.ABSENT, step.name)
                raise
            else:
                self._journal.done(draft.source_id, written.id, step.name)
                self._tally.trouble = ""
                return written.losses

    async def _happened(self, draft: Draft, id: TicketId, step: Step, stamp: float) -> bool:
        """Whether an attempt of this moment did it after all: looked for until it can no longer come.

        Raises Rejected, in doubt, when the target refuses the look: nobody knows then.
        """
        assert self._takes is not None
        while True:
            over = time.monotonic() > stamp + self._target.settle
            try:
                made = await self._takes.happened(id, draft, step)
            except Rejected as e:
                raise Rejected(f"look on the target at ticket {id}; {e.message}", reason=IN_DOUBT) from e
            if made is not None:
                self._journal.done(draft.source_id, TicketId(made), step.name)
                return True
            if over:
                self._journal.close(draft.source_id, EffectState.ABSENT, step.name)
                return False
            await asyncio.sleep(LOOKS_EVERY)


def _print(step: Step) -> bytes:
    return hashlib.blake2b(msgspec.msgpack.encode(step), digest_size=16).digest()
