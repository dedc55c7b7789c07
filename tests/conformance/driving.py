"""Drafts brought onto a desk the way the engine does it: admitted, made, step by step; looked for where in doubt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct

from syncer.deskkit.contract import Download, Step, TakesSteps, Written
from syncer.errors import InDoubt, Retryable
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.ticket import File
from tests.conformance.drafts import Sent
from tests.conformance.trial import Trial

Fence = Callable[[], None]
Look = Callable[[], Awaitable[str | None]]
ATTEMPTS = 4
LOOKS_EVERY = 0.05


def no_fence() -> None:
    """We are the writer."""


class Brought(Struct, frozen=True):
    """A ticket that is on the desk, and what was counted as lost on the way."""

    id: TicketId
    losses: tuple[str, ...]


def steps_of(trial: Trial, draft: Draft) -> Sequence[Step]:
    """What comes after the ticket was made."""
    return trial.desk.steps(draft) if isinstance(trial.desk, TakesSteps) else ()


async def bring(trial: Trial, draft: Draft, files: Sequence[Sent] = (), fence: Fence = no_fence) -> Brought:
    """All of it, while nothing goes wrong."""
    held = {one.file: one.download for one in files}
    made = await create(trial, draft, held, fence)
    losses = [*made.losses]
    for step in steps_of(trial, draft):
        losses += (await take(trial, made.id, draft, step, held, fence)).losses
    return Brought(made.id, tuple(losses))


async def create(trial: Trial, draft: Draft, held: Mapping[File, Download], fence: Fence = no_fence) -> Written:
    """The first call."""
    await trial.target.admit()
    return await trial.target.create(draft, [held[one] for one in draft.files], fence)


async def take(
    trial: Trial, id: TicketId, draft: Draft, step: Step, held: Mapping[File, Download], fence: Fence = no_fence
) -> Written:
    """One step."""
    await trial.target.admit()
    files = [held[one] for one in step.comment.files] if step.comment is not None else []
    written: Written = await trial.desk.step(id, draft, step, files, fence)
    return written


async def bring_stubbornly(trial: Trial, draft: Draft, files: Sequence[Sent], fence: Fence) -> Brought:
    """All of it, whatever answers are lost: looked for, and done again only where it surely did not happen."""
    held = {one.file: one.download for one in files}

    async def made() -> str:
        return (await create(trial, draft, held, fence)).id

    async def found() -> str | None:
        return (await trial.target.find([draft.key], None)).get(draft.key)

    id = TicketId(await _until(trial, made, found))
    for step in steps_of(trial, draft):

        async def done(step: Step = step) -> str:
            return (await take(trial, id, draft, step, held, fence)).id

        async def happened(step: Step = step) -> str | None:
            looked: str | None = await trial.desk.happened(id, draft, step)
            return looked

        await _until(trial, done, happened)
    return Brought(id, ())


async def _until(trial: Trial, attempt: Callable[[], Awaitable[str]], look: Look) -> str:
    for _ in range(ATTEMPTS):
        try:
            return await attempt()
        except Retryable as e:
            await asyncio.sleep(min(e.after or 0, 1))
        except InDoubt:
            if (found := await looked_for(trial, look)) is not None:
                return found
    raise AssertionError(f"not there after {ATTEMPTS} attempts")


async def looked_for(trial: Trial, look: Look) -> str | None:
    """What a look finds within the time in which a lost write may become visible."""
    until = time.monotonic() + trial.target.settle
    while True:
        over = time.monotonic() > until
        if (found := await look()) is not None or over:
            return found
        await asyncio.sleep(LOOKS_EVERY)
