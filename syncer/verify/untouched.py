"""Whether somebody has changed a ticket since it was made: by its image at the last verification, or by its source."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from syncer.deskkit.contract import Unreadable
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.ticket import Ticket
from syncer.verify.compare import Pair, image_of
from syncer.verify.files import Hashing
from syncer.verify.population import AT_ONCE, Sides, Written, read
from syncer.verify.verdict import Verdict

GONE = "gone"
UNTOUCHED = ""


class Untouched:
    """Reads both sides; writes nothing."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._target = sides.readable()
        self._hashing = Hashing(sides.spool, AT_ONCE)

    async def touched(self, made: Sequence[Written], images: Mapping[TicketId, str]) -> list[str]:
        """For each UNTOUCHED, GONE, or in words what somebody has changed, or why nobody can tell."""
        before = await read(self._sides.source, [one.source_id for one in made])
        after = await read(self._target, [one.target_id for one in made])
        return list(
            await asyncio.gather(
                *(self._one(*three, images.get(three[0].source_id)) for three in zip(made, before, after, strict=True))
            )
        )

    async def _one(
        self, made: Written, before: Ticket | Unreadable, after: Ticket | Unreadable, image: str | None
    ) -> str:
        if isinstance(after, Unreadable):
            return GONE if after.gone else f"the target cannot show it: {after.reason}"
        if image is not None:
            return UNTOUCHED if image_of(after, ()) == image else "it is not as it was when it was verified"
        draft = self._sides.mapper.map(before) if isinstance(before, Ticket) else None
        if not isinstance(draft, Draft) or draft.version != made.version:
            return "its source has changed since, and it was never verified: nobody can tell"
        wanted = await self._hashing.of_draft(self._sides.source, draft)
        there = await self._hashing.of_ticket(self._target, after)
        found = self._sides.comparing.compare(Pair(draft, after, {}, (wanted, there)))
        # What a loss explains, a person could have done as well.
        wrong = [check.field for check in found.checks if check.verdict != Verdict.EQUAL]
        return ", ".join([*wrong, *([found.more] if found.more else [])])
