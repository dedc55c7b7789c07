"""Every ticket of a route on both desks: what was migrated is compared, what is missing or there twice is found."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from syncer.deskkit import marked
from syncer.deskkit.contract import Source, Target, Unreadable
from syncer.deskkit.paging import SeenIds
from syncer.errors import ConfigError
from syncer.mapping.ticket import Mapper
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.ticket import Ticket
from syncer.store import effects, images
from syncer.store.pool import Pool
from syncer.verify.compare import Comparing, Pair, image_of
from syncer.verify.files import Hashing
from syncer.verify.verdict import Check, Verdict, Verified, gravest

AT_ONCE = 8
PAGE = 5000
SLACK = 5.0
"""Seconds after our last write within which no person has opened a ticket and changed it."""
CHANGED = "changed_after"
"""Beside a difference of a ticket that changed on the source after it came over: a delta looks at it."""


class Written(Struct, frozen=True):
    """What the ledger says of a ticket that is over."""

    source_id: TicketId
    version: str
    target_id: TicketId
    losses: tuple[str, ...]
    seconds: float = 0.0
    """From its first write to its last."""


class Sides(Struct, kw_only=True):
    """Both desks, as they are read here, and what was written."""

    route: int
    mark: str
    source: Source
    target: Target
    mapper: Mapper
    comparing: Comparing
    pool: Pool
    spool: Path

    def readable(self) -> Source:
        """The target, read. Raises ConfigError where it cannot be."""
        if isinstance(self.target, Source) and self.target.capabilities.reads:
            return self.target
        raise ConfigError("the target cannot be read by this syncer, so nothing can be verified on it")


class Population:
    """Reads both sides once."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._target = sides.readable()
        self._hashing = Hashing(sides.spool, AT_ONCE)
        self._ours = SeenIds()
        self.looked_at = 0
        """Tickets of the target that are not of this route, and were looked at."""

    async def verified(self) -> AsyncIterator[Verified]:
        """One by one: what was migrated in the order of ids, then what is missing, then what is there too often."""
        after = ""
        # A query for each page: a transaction as long as all of this would keep the database from tidying up.
        while rows := await effects.sealed(self._sides.pool, self._sides.route, after, PAGE):
            after = rows[-1][0]
            written = [Written(TicketId(r[0]), r[1], TicketId(r[2]), tuple(r[3]), r[4] or 0.0) for r in rows]
            for start in range(0, len(written), AT_ONCE * 4):
                for one in await self._batch(written[start : start + AT_ONCE * 4]):
                    yield one
        async for one in self._missing():
            yield one
        async for one in self._extra():
            yield one

    async def _batch(self, written: Sequence[Written]) -> list[Verified]:
        before = await read(self._sides.source, [one.source_id for one in written])
        after = await read(self._target, [one.target_id for one in written])
        for one in written:
            self._ours.add(one.target_id)
        both = zip(written, before, after, strict=True)
        found = list(await asyncio.gather(*(self._one(*three) for three in both)))
        whole = [
            (one.source_id, image_of(there, ()))
            for one, mine, there in zip(found, written, after, strict=True)
            if isinstance(there, Ticket) and self._is_ours(one, mine, there)
        ]
        await images.keep(self._sides.pool, self._sides.route, whole)
        return found

    def _is_ours(self, found: Verified, written: Written, there: Ticket) -> bool:
        """Whether nobody but us has written on it. Where a loss explains that something is not as it was, so could a
        person; where more was said, it may be our own solution or a person's reply: then the desk's own clock must say
        that nothing was done after our last write."""
        if found.verdict == Verdict.EQUAL and not found.more:
            return True
        if found.verdict not in {Verdict.EQUAL, Verdict.EXPECTED_LOSS}:
            return False
        if self._target.capabilities.keeps_times or there.created_at is None or there.updated_at is None:
            return False
        return (there.updated_at - there.created_at).total_seconds() <= written.seconds + SLACK

    async def _one(self, written: Written, before: Ticket | Unreadable, after: Ticket | Unreadable) -> Verified:
        if isinstance(after, Unreadable):
            verdict = Verdict.MISSING if after.gone else Verdict.DIFFERS
            return _said(written, Check(field="ticket", verdict=verdict, found=after.reason))
        if isinstance(before, Unreadable):
            return _said(written, Check(field="ticket", verdict=Verdict.DIFFERS, expected=before.reason))
        draft = self._sides.mapper.map(before)
        if not isinstance(draft, Draft):
            return _said(written, Check(field="ticket", verdict=Verdict.EXTRA, expected="left behind by the mapping"))
        hashes = await asyncio.gather(
            self._hashing.of_draft(self._sides.source, draft), self._hashing.of_ticket(self._target, after)
        )
        pair = Pair(draft, after, Counter(written.losses), (hashes[0], hashes[1]))
        found = self._sides.comparing.compare(pair)
        checks = found.checks if before.version == written.version else tuple(map(_changed_since, found.checks))
        return Verified(
            source_id=written.source_id, target_id=written.target_id, verdict=gravest(checks),
            checks=checks, equal=found.equal, print=found.print, more=found.more,
        )  # fmt: skip

    async def _missing(self) -> AsyncIterator[Verified]:
        """What the source has and the ledger has never met."""
        seen = SeenIds()
        async for page in self._sides.source.scan():
            ids = [ref.id for ref in page.refs if seen.add(ref.id)]
            there = await effects.settled(self._sides.pool, self._sides.route, ids)
            for id in ids:
                if id not in there:
                    check = Check(field="ticket", verdict=Verdict.MISSING, expected="on the source, in no run")
                    yield Verified(source_id=id, target_id=None, verdict=Verdict.MISSING, checks=(check,))

    async def _extra(self) -> AsyncIterator[Verified]:
        """Tickets of the target that carry a marker of ours and are not the ones we made."""
        marker = re.compile(rf"\b{re.escape(self._sides.mark)}-[A-Za-z0-9-]+")
        seen, size = SeenIds(), self._target.capabilities.fetch_batch
        strangers: list[TicketId] = []
        async for page in self._target.scan():
            strangers += [ref.id for ref in page.refs if seen.add(ref.id) and ref.id not in self._ours]
        for start in range(0, len(strangers), size):
            for ticket in await self._target.fetch(strangers[start : start + size]):
                self.looked_at += 1
                if isinstance(ticket, Ticket) and (hit := marker.search(marked.shown(ticket))):
                    check = Check(field="ticket", verdict=Verdict.EXTRA, found=f"marked {hit[0]}")
                    yield Verified(
                        source_id=TicketId(hit[0].removeprefix(f"{self._sides.mark}-")), target_id=ticket.id,
                        verdict=Verdict.EXTRA, checks=(check,),
                    )  # fmt: skip


def _changed_since(check: Check) -> Check:
    """It differs all the same: nobody has brought the change."""
    return replace(check, loss=CHANGED) if check.verdict == Verdict.DIFFERS else check


def _said(written: Written, check: Check) -> Verified:
    return Verified(
        source_id=written.source_id, target_id=written.target_id, verdict=check.verdict, checks=(check,)
    )  # fmt: skip


async def read(desk: Source, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
    """Whole tickets, an answer for each id, in as many calls as it takes."""
    size = desk.capabilities.fetch_batch
    parts = [ids[start : start + size] for start in range(0, len(ids), size)]
    return [one for some in await asyncio.gather(*map(desk.fetch, parts)) for one in some]
