"""The second pass: tickets that are linked on the source are linked on the target, when both are there."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

from msgspec.structs import replace

from syncer.deskkit.contract import TakesLinks, Target
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.link import EffectState, Intent, Relation
from syncer.pipeline.deed import IN_DOUBT, Deed, Deeds, Patience
from syncer.pipeline.flow import first_of
from syncer.pipeline.journal import Journal
from syncer.pipeline.tally import Tally

REFUSED, DOUBTED = "link_refused", "link_in_doubt"


class Linking:
    """Makes links, each once: what is linked already is left alone."""

    def __init__(self, target: Target, journal: Journal, tally: Tally, stop: asyncio.Event) -> None:
        self._takes = target if isinstance(target, TakesLinks) else None
        self._parallel = target.parallel
        self._journal = journal
        self._tally = tally
        self._stop = stop
        self._deeds = Deeds(target, journal, tally, Patience("links"))

    async def run(self) -> None:
        """All that can be made now. One that is refused is counted; raises what ends a pass."""
        if self._takes is None:
            return
        found = await self._journal.open_relations()
        waiting = sum(one.other is None for one in found)
        if waiting:
            said = "link waits" if waiting == 1 else "links wait"
            self._tally.notes.append(f"{waiting:,} {said} for tickets that are not on the target; a later run looks")
        turns = asyncio.Semaphore(self._parallel)

        async def each(pair: Sequence[Relation]) -> None:
            async with turns:
                for one in pair:
                    if not self._stop.is_set():
                        await self._make(one)

        try:
            async with asyncio.TaskGroup() as group:
                for pair in _by_pair(found):
                    group.create_task(each(pair))
        except BaseExceptionGroup as e:
            raise first_of(e) from e

    async def _make(self, relation: Relation) -> None:
        takes, id = self._takes, relation.target_id
        assert takes is not None
        assert relation.other is not None
        link = replace(relation.link, id=relation.other)
        said = hashlib.blake2b(f"{id} {link.kind} {link.id}".encode(), digest_size=16).digest()

        async def happened() -> str | None:
            return "" if await takes.linked(id, link) else None

        deed = Deed(
            id,
            Intent(relation.source_id, relation.key, relation.version, said, relation.step),
            lambda: takes.link(id, link, self._journal.check),
            happened,
        )
        try:
            there = await happened()
        except Rejected:  # the look was refused, not the link
            self._tally.lost((DOUBTED,))
            return
        if there is not None:
            self._journal.done(relation.source_id, TicketId(""), relation.step)
            return
        try:
            self._tally.lost(await self._deeds.do(deed))
        except Rejected as e:
            # What nobody can tell stays open: the next run looks again.
            if e.reason != IN_DOUBT:
                self._journal.close(relation.source_id, EffectState.REFUSED, relation.step)
            self._tally.lost((DOUBTED if e.reason == IN_DOUBT else REFUSED,))


def _by_pair(found: Sequence[Relation]) -> list[list[Relation]]:
    """Those between the same two tickets together: on many a desk a link made from one side is there on the other."""
    pairs: dict[frozenset[str], list[Relation]] = {}
    for one in found:
        if one.other is not None:
            pairs.setdefault(frozenset((one.target_id, one.other)), []).append(one)
    return list(pairs.values())
