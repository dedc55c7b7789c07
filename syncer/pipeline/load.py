"""One draft onto the target: announce, write, acknowledge. An open announcement means: look before you write."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from syncer.deskkit.contract import Download, Source, Target, Written
from syncer.errors import InDoubt, Rejected, Retryable, SyncerError
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId
from syncer.model.link import EffectState
from syncer.pipeline.blame import Blame
from syncer.pipeline.doubts import Doubts
from syncer.pipeline.extract import answers
from syncer.pipeline.journal import Journal
from syncer.pipeline.plan import intent
from syncer.pipeline.tally import Result, Tally

ATTEMPTS = 6
FIRST_WAIT = 0.5
IN_MEMORY = 256 * 1024
"""Files up to here travel in memory; larger ones are streamed from the spool."""


class Load:
    """The deliverer of a real run. Many drafts may be under way at once; one draft is never twice."""

    def __init__(
        self, source: Source, target: Target, journal: Journal, doubts: Doubts, tally: Tally, spool: Path
    ) -> None:
        self._source = source
        self._target = target
        self._journal = journal
        self._doubts = doubts
        self._tally = tally
        self._spool = spool
        self._blame = Blame()
        # Bound once: the proxy of structlog binds anew at each call.
        self._log = structlog.get_logger().bind()

    async def deliver(self, draft: Draft) -> None:
        """Bring it over, or park it. Raises what ends the pass: Stopped, ConfigError."""
        inherited = self._doubts.inherited(draft.source_id)
        if inherited is not None and await self._adopted(draft, *inherited):
            return
        try:
            draft, files = await self._files(draft)
        except Retryable as e:
            if not await answers(self._source):
                raise
            self._park(draft, "unreadable", e.message)
            return
        try:
            await self._until_settled(draft, files)
        except Rejected as e:
            self._journal.close(draft.source_id, EffectState.REFUSED)
            self._park(draft, e.reason, e.message)
        finally:
            self._blame.over(draft.source_id)
            for file in files:
                if file.path is not None:
                    file.path.unlink(missing_ok=True)

    async def _until_settled(self, draft: Draft, files: Sequence[Download]) -> None:
        """Attempt after attempt, each with its own announcement, until one is known to have happened."""
        waits, withheld = 0, draft.withheld
        while True:
            floor = self._doubts.floor()
            await self._target.admit()
            await self._journal.announce(intent(draft), withheld)
            withheld = ()  # they are kept now, however many attempts it takes
            stamp = time.monotonic()
            try:
                written = await self._target.create(draft, files, self._journal.check)
            except InDoubt as e:
                self._log.info("answer_lost", ticket=draft.source_id, error=e.message)
                # The attempt may have lasted until its timeout: count from its end.
                if await self._adopted(draft, draft.key, time.monotonic(), floor):
                    return
                if self._blame.failed(draft.source_id) >= ATTEMPTS:
                    self._give_up(draft.source_id, e)
                continue
            except Retryable as e:
                self._journal.close(draft.source_id, EffectState.ABSENT)
                waits += 1
                if waits >= ATTEMPTS:
                    raise  # the desk says not now, whatever the ticket
                self._tally.trouble = e.message
                await asyncio.sleep(e.after if e.after is not None else FIRST_WAIT * 2**waits)
                continue
            except Rejected:
                raise
            except SyncerError:
                self._journal.close(draft.source_id, EffectState.ABSENT)
                raise
            self._created(draft, written)
            took = time.monotonic() - stamp
            self._log.debug("ticket_created", ticket=draft.source_id, target=written.id, seconds=took)
            return

    def _give_up(self, id: TicketId, error: InDoubt) -> None:
        """The target never takes this one, and surely never made it: park it if the fault is its own, else stop."""
        how = f"{error.message}; tried {ATTEMPTS} times, and looked each time: it is not there"
        if self._blame.is_its_own(id, took_before=self._tally.results[Result.UNCHANGED] > 0):
            raise Rejected(how, reason="no_answer")
        raise Retryable(how, hint="The target does not take tickets now; the same command goes on later.")

    async def _adopted(self, draft: Draft, key: Key, stamp: float, floor: TicketId | None) -> bool:
        """Whether an attempt in doubt turns out to have made the ticket. False means surely not."""
        if not self._doubts.can_look:
            self._park_in_doubt(draft, key, "its search cannot tell")
            return True
        try:
            found = await self._doubts.resolve(key, stamp, floor)
        except Rejected as e:  # the look was refused, not the ticket
            self._park_in_doubt(draft, key, e.message)
            return True
        if found is None and not self._doubts.can_look:  # the first ticket made told us meanwhile
            self._park_in_doubt(draft, key, "its search cannot tell")
            return True
        if found is None:
            self._journal.close(draft.source_id, EffectState.ABSENT)
            return False
        self._tally.adopted += 1
        self._created(draft, Written(found))
        return True

    def _created(self, draft: Draft, written: Written) -> None:
        self._journal.done(draft.source_id, written.id)
        self._doubts.made(draft.key, written.id)
        self._blame.made()
        self._tally.trouble = ""
        self._tally.count(Result.CREATED, draft.source_id)
        self._tally.lost((*draft.losses, *written.losses))

    def _park(self, draft: Draft, reason: str, detail: str) -> None:
        self._journal.park(draft.source_id, reason, detail)
        self._tally.count(Result.PARKED, draft.source_id, reason)

    def _park_in_doubt(self, draft: Draft, key: Key, why: str) -> None:
        self._park(draft, "in_doubt", f"look on the target for a ticket marked [{key}]; {why}")

    async def _files(self, draft: Draft) -> tuple[Draft, list[Download]]:
        """Fetch what the draft carries; a file that cannot be had is told in the body and counted."""
        if not draft.files and not draft.texts:
            return draft, []
        files: list[Download] = []
        lost: list[str] = []
        for file in dict.fromkeys(draft.files):
            try:
                files.append(_small_in_memory(await self._source.download(draft.source_id, file.id, self._spool)))
            except Rejected as e:
                lost.append(f"[File {file.id} could not be read: {e.reason}]")
        for text in draft.texts:
            content = text.text.encode()
            files.append(Download(text.name, "text/plain; charset=utf-8", len(content), content=content))
        if lost:
            losses = (*draft.losses, *("file_unreadable",) * len(lost))
            draft = msgspec.structs.replace(draft, body="\n\n".join((draft.body, *lost)), losses=losses)
        return draft, files


def _small_in_memory(file: Download) -> Download:
    if file.path is None or file.size > IN_MEMORY:
        return file
    content = file.path.read_bytes()
    file.path.unlink(missing_ok=True)
    return msgspec.structs.replace(file, content=content, path=None)


class Preview:
    """The deliverer of a dry run: says what would happen and does nothing."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    async def deliver(self, draft: Draft) -> None:
        """It would be created."""
        self._tally.count(Result.CREATED, draft.source_id)
        self._tally.lost(draft.losses)
