"""What verification found wrong is set right by the ordinary path: announced, written, acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from syncer.deskkit.changing import TakesChanges
from syncer.deskkit.contract import Page, Ref
from syncer.errors import Brake, Rejected
from syncer.migrate.engine import Engine, run
from syncer.migrate.proof import sides
from syncer.model.draft import Draft
from syncer.model.ids import Cursor, TicketId
from syncer.model.link import EffectState, Intent
from syncer.model.ticket import Ticket
from syncer.pipeline.deed import IN_DOUBT, Deed, Deeds, Patience, why
from syncer.pipeline.plan import fingerprint
from syncer.pipeline.tally import Tally
from syncer.store import effects, leases, runs
from syncer.store.journal import Journal
from syncer.store.sidecar import Sidecar
from syncer.verify.compare import Pair
from syncer.verify.record import Line
from syncer.verify.verdict import Verdict

FEW = 10
"""So many tickets somebody may have deleted."""
AT_ONCE = 20
CANNOT = "the target lets nobody change a ticket by its API"
GONE = "it is gone on the source"


class Repaired(Struct, kw_only=True):
    """What was done: tickets made anew, tickets changed, and what is left to a person: (source id, why)."""

    made: int
    changed: int
    left: list[tuple[str, str]]


async def repair(engine: Engine, lines: Sequence[Line]) -> Repaired:
    """Tickets that are missing are made anew, fields that differ are changed. Raises Brake before the first write
    where too many are missing to be believed, and what ends a run."""
    missing = [line for line in lines if line.verdict == Verdict.MISSING]
    await _not_blind(engine, missing)
    there = await _marked(engine, missing)
    absent = [TicketId(line.source_id) for line in missing if line.source_id not in there]
    made = await _made_anew(engine, absent) if absent else 0
    changed, left = await _changed(engine, [line for line in lines if line.verdict == Verdict.DIFFERS])
    left += [
        (id, f"not made anew: ticket {found} of the target carries its marker, look why it could not be read")
        for id, found in there.items()
    ]
    left += [
        (line.source_id, f"ticket {line.target_id} carries its marker, too: delete one of them by hand")
        for line in lines
        if line.verdict == Verdict.EXTRA
    ]
    return Repaired(made=made, changed=changed, left=left)


async def _not_blind(engine: Engine, missing: Sequence[Line]) -> None:
    """An account that may see no ticket any more finds all of them missing."""
    gone = [line for line in missing if line.target_id is not None]
    done = (await effects.count(engine.pool, engine.id)).get("done", 0)
    if len(gone) > FEW and len(gone) > done * engine.config.missing:
        some = ", ".join(f"{line.source_id} (was {line.target_id})" for line in gone[:3])
        raise Brake(
            f"{len(gone)} of {done} migrated tickets are missing on {engine.config.target}, such as {some}:"
            " nothing was written",
            hint="May the account see them? Look at one of these in the browser; then syncer check. If they were"
            " deleted and shall be made anew, set brakes.missing of the route higher.",
        )


async def _marked(engine: Engine, missing: Sequence[Line]) -> dict[str, TicketId]:
    """Those whose marker the target finds all the same, by source id. Raises Rejected where it refuses the look."""
    if not engine.target.capabilities.finds_by_key:
        return {}
    mapper, found = engine.mapper(), dict[str, TicketId]()
    for start in range(0, len(missing), AT_ONCE):
        keys = {mapper.key(TicketId(line.source_id)): line.source_id for line in missing[start : start + AT_ONCE]}
        found |= {keys[key]: id for key, id in (await engine.target.find(list(keys), None)).items()}
    return found


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
            if names and (said := await mending.change(line, names)):
                left.append((line.source_id, said))
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
            found = self._both.comparing.compare(Pair(draft, there, {}, ((), ())))
            return None if {check.field for check in found.checks} & set(names) else ""

        step = f"repair {self._journal.run}"
        intent = Intent(draft.source_id, draft.key, draft.version, fingerprint(draft), step)
        deed = Deed(id, intent, lambda: target.change(id, draft, names, self._journal.check), happened)
        try:
            losses = await self._deeds.do(deed)
        except Rejected as e:
            if e.reason != IN_DOUBT:
                self._journal.close(draft.source_id, EffectState.REFUSED, step)
            return why(e)
        return f"the target did not keep it: {', '.join(losses)}" if losses else ""
