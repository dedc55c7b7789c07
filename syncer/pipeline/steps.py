"""What comes after a ticket was made: comments, fields, its status; one step after the other, each announced first."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from syncer.deskkit.contract import Download, Step, TakesSteps, Target
from syncer.errors import Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.link import EffectState, Intent, Unfinished
from syncer.pipeline.deed import IN_DOUBT, UNTOLD, Deed, Deeds
from syncer.pipeline.files import LOSS, Files, gone_after, rehosted
from syncer.pipeline.journal import Journal
from syncer.pipeline.privacy import Privacy


class Steps:
    """Ends tickets that are on the target already. One ticket's steps are never side by side."""

    def __init__(self, target: Target, journal: Journal, files: Files, deeds: Deeds) -> None:
        self._journal = journal
        self._files = files
        self._deeds = deeds
        self._privacy = Privacy(target)
        self._takes = target if isinstance(target, TakesSteps) else None

    def of(self, draft: Draft) -> Sequence[Step]:
        """What is left to do when this ticket is made; nothing where one call does it all."""
        return self._takes.steps(draft) if self._takes is not None else ()

    async def end(self, draft: Draft, before: Unfinished) -> tuple[str, ...]:
        """Do all steps that are not over; the losses on the way. Raises Rejected, named after its step, or what ends
        the pass."""
        losses: list[str] = []
        for step in self.of(draft):
            if step.name in before.done:
                if step.comment is not None:
                    await self._privacy.seen(before.target_id, step.comment)
                continue
            try:
                losses += await self._private(draft, before, step)
            except Rejected as e:
                if e.reason != IN_DOUBT:
                    self._journal.close(draft.source_id, EffectState.REFUSED, step.name)
                raise Rejected(f"{step.name}: {e.message}", reason=e.reason, field=e.field, hint=e.hint) from e
        return tuple(losses)

    async def _private(self, draft: Draft, before: Unfinished, step: Step) -> tuple[str, ...]:
        """As `_until_done`; a private comment is seen to be private before others follow."""
        id, age = before.target_id, before.doubts.get(step.name)
        if step.comment is None:
            return await self._until_done(draft, id, step, age)
        return await self._privacy.kept(id, step.comment, lambda: self._until_done(draft, id, step, age))

    async def _until_done(self, draft: Draft, id: TicketId, step: Step, age: float | None) -> tuple[str, ...]:
        """Looked for where it may have happened, else done with its files."""
        deed = self._deed(draft, id, step, ())
        if age is not None and await self._deeds.happened(deed, time.monotonic() - age):
            return (UNTOLD,)
        if step.comment is None or not step.comment.files:
            return await self._deeds.do(deed)
        files, lost = await self._files.fetch(draft.source_id, step.comment.files)
        with gone_after(files):
            body = rehosted("\n\n".join((step.comment.body, *lost)), files)
            step = replace(step, comment=replace(step.comment, body=body))
            deed = self._deed(draft, id, step, files)
            return await self._deeds.do(replace(deed, lost=(LOSS,) * len(lost)))

    def _deed(self, draft: Draft, id: TicketId, step: Step, files: Sequence[Download]) -> Deed:
        takes = self._takes
        assert takes is not None
        return Deed(
            id,
            Intent(draft.source_id, draft.key, draft.version, _print(step), step.name),
            lambda: takes.step(id, draft, step, files, self._journal.check),
            lambda: takes.happened(id, draft, step),
        )


def _print(step: Step) -> bytes:
    return hashlib.blake2b(msgspec.msgpack.encode(step), digest_size=16).digest()
