"""One draft onto the target: announce, write, acknowledge. An open announcement means: look before you write."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from syncer.deskkit.contract import Download, Source, TakesLinks, Target, Written
from syncer.errors import Fatal, InDoubt, Rejected, Retryable, SyncerError
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId
from syncer.model.link import EffectState, Unfinished
from syncer.pipeline.blame import Blame
from syncer.pipeline.canary import Canary
from syncer.pipeline.deed import IN_DOUBT, UNTOLD, Deeds
from syncer.pipeline.doubts import Doubts
from syncer.pipeline.files import LOSS, Files, gone_after, rehosted, written
from syncer.pipeline.journal import Journal
from syncer.pipeline.plan import intent
from syncer.pipeline.steps import Steps
from syncer.pipeline.tally import Result, Tally

ATTEMPTS = 6
FIRST_WAIT = 0.5


class Load:
    """The deliverer of a real run. Many drafts may be under way at once; one draft is never twice."""

    def __init__(
        self,
        source: Source,
        target: Target,
        journal: Journal,
        doubts: Doubts,
        tally: Tally,
        spool: Path,
        canary: Canary,
    ) -> None:
        self._target = target
        self._journal = journal
        self._doubts = doubts
        self._tally = tally
        self._files = Files(source, spool)
        self._steps = Steps(target, journal, self._files, Deeds(target, journal, tally, self))
        self._links = isinstance(target, TakesLinks)
        self._canary = canary
        self._blame = Blame()
        self._unfinished: dict[TicketId, Unfinished] = {}
        # Bound once: the proxy of structlog binds anew at each call.
        self._log = structlog.get_logger().bind()

    async def begin(self) -> None:
        """Take over the tickets that an earlier life has made and not ended."""
        self._unfinished = await self._journal.unfinished()

    async def deliver(self, draft: Draft) -> None:
        """Bring it over, or park it. Raises what ends the pass: Stopped, ConfigError."""
        async with self._canary.turn():
            await self._deliver(draft)

    async def _deliver(self, draft: Draft) -> None:
        id = draft.source_id
        before = self._unfinished.pop(id, None)
        resumed = before is not None
        losses = (*draft.losses, UNTOLD) if resumed else draft.losses
        try:
            if before is None:
                made = await self._make(draft)
                before = Unfinished(made.id, set(), {})
                losses += made.losses
            if resumed or self._steps.of(draft):  # nothing may be left of a ticket that had steps in an earlier life
                losses += await self._steps.end(draft, before)
                self._journal.done(id, before.target_id)
        except Rejected as e:
            if before is None and e.reason != IN_DOUBT:
                self._journal.close(id, EffectState.REFUSED)
            self._journal.park(id, e.reason, e.message)
            self._tally.count(Result.PARKED, id, e.reason)
        else:
            self._tally.count(Result.CREATED, id)
            self._tally.lost(_once_untold(losses))
            await self._canary.brought(draft, before.target_id)
        finally:
            self._blame.over(id)

    async def _make(self, draft: Draft) -> Written:
        """The ticket on the target, made now or by an attempt that was in doubt. Raises Rejected."""
        inherited = self._doubts.inherited(draft.source_id)
        if inherited is not None and (found := await self._found(draft, *inherited)) is not None:
            return self._adopted(draft, found)
        files, lost = await self._files.fetch(draft.source_id, draft.files)
        with gone_after(files):
            if lost or any(file.shown_as for file in files):
                draft = msgspec.structs.replace(draft, body=rehosted("\n\n".join((draft.body, *lost)), files))
            return await self._until_made(draft, [*files, *map(written, draft.texts)], (LOSS,) * len(lost))

    async def _until_made(self, draft: Draft, files: Sequence[Download], lost: tuple[str, ...]) -> Written:
        """Attempt after attempt, each with its own announcement, until one is known to have happened; with it goes
        what was `lost` before."""
        waits, withheld = 0, draft.withheld
        links = draft.links if self._links else ()
        while True:
            floor = self._doubts.floor()
            await self._target.admit()
            await self._journal.announce(intent(draft), withheld, links)
            withheld, links = (), ()  # they are kept now, however many attempts it takes
            stamp = time.monotonic()
            try:
                made = await self._target.create(draft, files, self._journal.check)
            except InDoubt as e:
                self._log.info("answer_lost", ticket=draft.source_id, error=e.message)
                # The attempt may have lasted until its timeout: count from its end.
                if (found := await self._found(draft, draft.key, time.monotonic(), floor)) is not None:
                    return self._adopted(draft, found, lost)
                self.failed(draft.source_id, e)
                continue
            except Retryable as e:
                self._journal.close(draft.source_id, EffectState.ABSENT)
                waits += 1
                if waits >= ATTEMPTS:
                    raise  # the desk says not now, whatever the ticket
                self._tally.trouble = e.message
                await asyncio.sleep(e.after if e.after is not None else FIRST_WAIT * 2**waits)
                continue
            except (Rejected, Fatal):  # an answer nobody understands says nothing of the write: it stays open
                raise
            except SyncerError:
                self._journal.close(draft.source_id, EffectState.ABSENT)
                raise
            took = time.monotonic() - stamp
            self._log.debug("ticket_created", ticket=draft.source_id, target=made.id, seconds=took)
            return self._known(draft, msgspec.structs.replace(made, losses=(*made.losses, *lost)))

    def over(self, id: TicketId) -> None:
        """A step of this ticket went well: the next one has all its attempts before it."""
        self._blame.over(id)

    def failed(self, id: TicketId, error: InDoubt) -> None:
        """One more attempt that surely came to nothing. After the last one the ticket is parked if the fault is its
        own; else the target takes nothing, and the run stops."""
        if self._blame.failed(id) < ATTEMPTS:
            return
        how = f"{error.message}; tried {ATTEMPTS} times, and looked each time: it is not there"
        if self._blame.is_its_own(id, took_before=self._tally.results[Result.UNCHANGED] > 0):
            raise Rejected(how, reason="no_answer")
        raise Retryable(how, hint="The target does not take tickets now; the same command goes on later.")

    async def _found(self, draft: Draft, key: Key, stamp: float, floor: TicketId | None) -> TicketId | None:
        """What an attempt in doubt turns out to have made; None means surely nothing. Rejected: nobody can tell."""
        why = "its search cannot tell"
        found = None
        if self._doubts.can_look:
            try:
                found = await self._doubts.resolve(key, stamp, floor)
            except Rejected as e:  # the look was refused, not the ticket
                why = e.message
            else:
                if found is None and self._doubts.can_look:  # the first ticket made may have told us meanwhile
                    self._journal.close(draft.source_id, EffectState.ABSENT)
                    return None
        if found is None:
            where = f"look on the target for a ticket marked [{key}]; {why}"
            raise Rejected(where, reason=IN_DOUBT)
        return found

    def _adopted(self, draft: Draft, id: TicketId, lost: tuple[str, ...] = ()) -> Written:
        self._tally.adopted += 1
        return self._known(draft, Written(id, losses=(UNTOLD, *lost)))

    def _known(self, draft: Draft, made: Written) -> Written:
        """It is on the target: on record, as over when nothing is left to do."""
        if self._steps.of(draft):
            self._journal.made(draft.source_id, made.id, made.losses)
        else:
            self._journal.done(draft.source_id, made.id, losses=made.losses)
        self._doubts.made(draft.key, made.id)
        self._blame.made()
        self._tally.trouble = ""
        return made


def _once_untold(losses: tuple[str, ...]) -> tuple[str, ...]:
    """What may be lost besides is counted by tickets, whatever happened how often."""
    told = tuple(loss for loss in losses if loss != UNTOLD)
    return told if told == losses else (*told, UNTOLD)
