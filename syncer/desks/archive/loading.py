"""The archive as a target: what makes a ticket, what is left where comments have files, and what was done already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

from syncer.deskkit.contract import Download, Step, Written
from syncer.desks.archive import wire, wire_change
from syncer.desks.archive.wire import FileLine
from syncer.desks.archive.writing import Writing
from syncer.errors import Rejected, Stopped
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId

COMMENT, SEAL = "comment ", "seal"
Fence = Callable[[], None]


def steps(draft: Draft, *, begun: bool) -> list[Step]:
    """One for each comment that has files, then the one that makes the ticket whole. A ticket without such comments
    is whole at once, unless an earlier life had `begun` it when it had some."""
    said = [Step(f"{COMMENT}{one.id}", one) for one in draft.comments if one.files]
    return [*said, Step(SEAL)] if said or begun else []


class Loading:
    """Writes drafts into an archive that is open for it."""

    def __init__(self, archive: Writing) -> None:
        self._archive = archive
        self._one_change = asyncio.Lock()

    def begun(self, id: TicketId) -> bool:
        """Whether it was made and is not whole."""
        return self._archive.pending.get(id) is not None

    async def find(self, keys: Sequence[Key]) -> dict[Key, TicketId]:
        """Exact: what is not found is not there."""
        rows = await asyncio.to_thread(self._archive.index.find_keys, keys)
        return {**self._archive.pending.find(keys), **{key: row.id for key, row in rows.items()}}

    async def create(self, draft: Draft, files: Sequence[Download], fence: Fence) -> Written:
        """One key makes one ticket, however often it is told."""
        if (id := (await self.find([draft.key])).get(draft.key)) is not None:
            return Written(id)
        await self._is_free(draft)
        fence()
        kept = await self._keep(files)
        line = wire.drafted(draft, kept, self._archive.lists.labels)
        if any(one.files for one in draft.comments):
            fence()
            await self._pending(self._archive.pending.begin, line)
        else:
            await self._archive.append(line, fence)
        return Written(draft.source_id)

    async def _is_free(self, draft: Draft) -> None:
        id = draft.source_id
        rows = await asyncio.to_thread(self._archive.index.find, [id])
        held = self._archive.pending.get(id)
        if id in rows or held is not None:
            key = held.key if held is not None else rows[id].key
            raise Rejected(
                f"ticket {id} is in the archive already, with the key {key or '(none)'} instead of {draft.key}",
                reason="refused",
                hint="Was the route's marker_prefix changed? An archive holds each ticket of its source once.",
            )

    async def happened(self, id: TicketId, step: Step) -> str | None:
        """Exact, as `find` is."""
        made = "" if step.comment is None else step.comment.id
        if await self._is_whole(id):
            return made
        held = self._archive.pending.get(id)
        return made if held is not None and step.comment is not None and made in held.said else None

    async def _is_whole(self, id: TicketId) -> bool:
        return bool(await asyncio.to_thread(self._archive.index.find, [id]))

    async def step(self, id: TicketId, step: Step, files: Sequence[Download], fence: Fence) -> Written:
        """One of `steps`; nothing when the ticket is whole already."""
        if await self._is_whole(id):
            return Written(id)
        if step.comment is not None:
            return await self._say(id, step.comment, files, fence)
        line = await asyncio.to_thread(self._archive.pending.whole, id)
        await self._archive.append(line, fence)
        await asyncio.to_thread(self._archive.pending.end, id)
        return Written(id)

    async def _say(self, id: TicketId, comment: CommentDraft, files: Sequence[Download], fence: Fence) -> Written:
        fence()
        line = wire.said(comment, await self._keep(files))
        fence()
        await self._pending(self._archive.pending.add, id, line)
        return Written(TicketId(comment.id))

    async def _keep(self, files: Sequence[Download]) -> list[FileLine]:
        return [await asyncio.to_thread(self._archive.blobs.take, file) for file in files]

    async def _pending(self, work: Callable[..., None], *args: object) -> None:
        """A file system that refuses surely did nothing."""
        try:
            await asyncio.to_thread(work, *args)
        except OSError as e:
            raise Stopped(
                f"{e.filename or 'the archive'}: {e.strerror}",
                hint="Make room on the disk, or mend the folder. The same command goes on.",
            ) from e

    async def change(self, draft: Draft, id: TicketId, names: Collection[str], fence: Fence) -> Written:
        """Its line once more, with these names as the draft has them; none where that changes nothing."""
        async with self._one_change:  # else the second of two would be made of what was there before the first
            row = (await asyncio.to_thread(self._archive.index.find, [id])).get(id)
            if row is None:
                raise Rejected(f"ticket {id} is not in the archive", reason="gone", hint="Was its line taken out?")
            line = await asyncio.to_thread(self._archive.line, row)
            told = wire_change.changed(line, draft, names, self._archive.lists.labels)
            if told != line:
                await self._archive.append(told, fence)
        return Written(id)
