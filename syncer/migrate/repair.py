"""What verification found wrong is set right by the ordinary path: announced, written, acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from syncer.deskkit.changing import TakesChanges
from syncer.deskkit.contract import Page, Ref
from syncer.errors import Rejected
from syncer.migrate.engine import Engine, run
from syncer.migrate.proof import sides
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import Intent
from syncer.model.ticket import Ticket
from syncer.pipeline.deed import Deed, Deeds, Patience
from syncer.pipeline.plan import fingerprint
from syncer.pipeline.tally import Tally
from syncer.store import effects, leases, runs
from syncer.store.journal import Journal
from syncer.store.sidecar import Sidecar
from syncer.verify.compare import Pair
from syncer.verify.record import Line
from syncer.verify.verdict import Verdict

CANNOT = "the target lets nobody change a ticket by its API"
GONE = "it is gone on the source"


class Repaired(Struct, kw_only=True):
    """What was done: tickets made anew, tickets changed, and what is left to a person: (source id, why)."""

    made: int
    changed: int
    left: list[tuple[str, str]]


async def repair(engine: Engine, lines: Sequence[Line]) -> Repaired:
    """Tickets that are missing are made anew, fields that differ are changed. Raises what ends a run."""
    missing = [TicketId(line.source_id) for line in lines if line.verdict == Verdict.MISSING]
    made = await _made_anew(engine, missing) if missing else 0
    changed, left = await _changed(engine, [line for line in lines if line.verdict == Verdict.DIFFERS])
    left += [
        (line.source_id, f"ticket {line.target_id} carries its marker, too: delete one of them by hand")
        for line in lines
        if line.verdict == Verdict.EXTRA
    ]
    return Repaired(made=made, changed=changed, left=left)


async def _made_anew(engine: Engine, ids: Sequence[TicketId]) -> int:
    """The ledger forgets them, then they go over like any other."""

    async def pages(_: Cursor | None) -> AsyncIterator[Page]:
        # Here and not before: under the lease, so that nobody else is writing.
        await effects.forget(engine.pool, engine.id, ids)
        yield Page(tuple(map(Ref, ids)))

    report = await run(engine, "repair", pages, checkpoint=False)
    return report.tally.results["created"]


def names_of(line: Line) -> tuple[list[str], list[str]]:
    """What is wrong and can be changed by its name, and what only a person can mend."""
    wrong = [check.field for check in line.checks if check.verdict == Verdict.DIFFERS]
    by_hand = [field for field in wrong if field in {"ticket", "files"} or field.startswith("comment ")]
    return [field for field in wrong if field not in by_hand], by_hand


async def _changed(engine: Engine, lines: Sequence[Line]) -> tuple[int, list[tuple[str, str]]]:
    if not lines:
        return 0, []
    if not isinstance(engine.target, TakesChanges) or not engine.target.capabilities.takes_changes:
        return 0, [(line.source_id, CANNOT) for line in lines]
    changed, left = 0, list[tuple[str, str]]()
    async with _mending(engine, len(lines)) as mending:
        for line in lines:
            names, by_hand = names_of(line)
            if by_hand:
                left.append((line.source_id, f"by hand on ticket {line.target_id}: {', '.join(by_hand)}"))
            if names and (why := await mending.change(line, names)):
                left.append((line.source_id, why))
            elif names:
                changed += 1
    return changed, left


@asynccontextmanager
async def _mending(engine: Engine, many: int) -> AsyncIterator[_Mending]:
    async with leases.hold(engine.pool, engine.id) as lease:
        number = await runs.begin(engine.pool, engine.id, "repair", engine.lookup_version)
        journal = Journal(engine.pool, lease, engine.id, number, Sidecar(engine.home / "runs" / str(number) / "none"))
        writer = asyncio.create_task(journal.write_down())
        state = "stopped"
        try:
            yield _Mending(engine, journal)
            await journal.flush()
            state = "done"
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            await journal.let_go()
            await runs.end(engine.pool, number, state, {"read": many}, {}, "")


class _Mending:
    def __init__(self, engine: Engine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal
        self._mapper = engine.mapper()
        self._both = sides(engine, engine.home)
        self._deeds = Deeds(engine.target, journal, Tally(), Patience("changes"))

    async def change(self, line: Line, names: Sequence[str]) -> str:
        """Bring these to what they should be; in words why that could not be, empty where it could."""
        target, id = self._engine.target, TicketId(line.target_id or "")
        assert isinstance(target, TakesChanges)
        (before,) = await self._engine.source.fetch([TicketId(line.source_id)])
        draft = self._mapper.map(before) if isinstance(before, Ticket) else None
        if not isinstance(draft, Draft):
            return GONE if draft is None else "the mapping leaves it behind by now"

        async def happened() -> str | None:
            (there,) = await self._both.readable().fetch([id])
            if not isinstance(there, Ticket):
                return None
            found = self._both.comparing.compare(Pair(draft, there, frozenset(), ((), ())))
            return None if {check.field for check in found.checks} & set(names) else ""

        step = f"repair {self._journal.run}"
        intent = Intent(draft.source_id, draft.key, draft.version, fingerprint(draft), step)
        deed = Deed(id, intent, lambda: target.change(id, draft, names, self._journal.check), happened)
        try:
            losses = await self._deeds.do(deed)
        except Rejected as e:
            return e.message
        return f"the target did not keep it: {', '.join(losses)}" if losses else ""
