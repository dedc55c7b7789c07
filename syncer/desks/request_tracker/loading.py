"""RT as a target: what makes a ticket, what comes after it in an order that mails nobody who asks for help, and how
one sees that it was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import structlog
from msgspec import Struct
from msgspec.structs import replace

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download, Step, Written
from syncer.desks.request_tracker import checking, costs, wire_out
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.catalogue import Catalogue
from syncer.desks.request_tracker.checking import Checking
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.people import Watchers
from syncer.desks.request_tracker.reading import Reading
from syncer.desks.request_tracker.wire_out import Place
from syncer.desks.request_tracker.writes import MOST_INLINE, Writes
from syncer.errors import AuthFailed, ConfigError, Rejected, Retryable
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId

VERIFY, COMMENT, STATUS, PEOPLE, OWNER = "verify", "comment ", "status", "people", "owner"
log = structlog.get_logger()


class Fitting(Struct, frozen=True):
    """Files that may be sent, lines that tell of the others, and a loss for each of these."""

    files: list[Download]
    lines: str
    losses: tuple[str, ...]


class Loading:
    """Everything that writes a ticket; each thing is read back, because an answer proves nothing."""

    def __init__(
        self, config: RequestTrackerConfig, calls: Calls, catalogue: Catalogue, reading: Reading, writes: Writes
    ) -> None:
        self._config = config
        self._catalogue = catalogue
        self._reading = reading
        self._writes = writes
        self._checking = Checking(config, calls, writes)
        self._watchers = Watchers(calls, writes)
        self._sent: dict[Key, list[checking.Named]] = {}
        """The files of tickets that are being made: what a look at them is compared with."""
        self._late: set[tuple[str, str]] = set()
        """Queues and the statuses in which no ticket may be made there."""

    async def ready(self) -> None:
        """Raises ConfigError where the default queue has no field for the marker: nothing lost could be found."""
        if self._config.queue is not None:
            await self._place(self._config.queue)

    async def create(self, draft: Draft, files: Sequence[Download], fence: Callable[[], None]) -> Written:
        """POST ticket, without people: RT would mail them about it and about all that follows."""
        place = await self._place(self._queue(draft))
        attempt = Attempt(self._config.timeout, fence)
        fitting = self._fitting(files)
        told = replace(draft, body=draft.body + fitting.lines)
        made = wire_out.new_ticket(told, place, self._config)
        self._sent[draft.key] = checking.sent(fitting.files)
        status = made.get("Status", "")
        if (self._queue(draft), status) in self._late:
            made = _without_status(made)
        try:
            id = await self._writes.ticket(self._writes.pack(made, fitting.files), attempt)
        except Rejected as e:
            if e.reason != "refused" or "Status" not in made:
                raise
            # A lifecycle may forbid to make a ticket in its last status; what was refused was not made.
            plain = self._writes.pack(_without_status(made), fitting.files)
            id = await self._writes.ticket(plain, attempt)
            self._late.add((self._queue(draft), status))
        return Written(TicketId(id), losses=fitting.losses)

    async def _place(self, word: str) -> Place:
        """A queue and syncer's fields there. Raises ConfigError where one of them is missing."""
        queue = await self._catalogue.queue(word)
        config = self._config
        own = {
            config.marker_field: "marker_field",
            config.tag_field: "tag_field",
            config.created_field: "created_field",
        }
        for name, setting in own.items():
            if name is not None and name not in queue.fields:
                raise ConfigError(
                    f"{config.name}: tickets of the queue {queue.name} have no custom field {name!r} ({setting})",
                    hint=f"Make it in RT, apply it to the queue and give the API user SeeCustomField and"
                    f" ModifyCustomField on it; or set {setting}: null.",
                )

        def id(name: str | None) -> str | None:
            return queue.fields[name] if name is not None else None

        return Place(queue.id, id(config.marker_field), id(config.tag_field), id(config.created_field))

    def _queue(self, draft: Draft) -> str:
        return draft.fields.get("queue") or self._config.queue or ""

    def calls(self, draft: Draft) -> int:
        """How many requests it takes to bring it; a status in which none may be made is known once one was refused."""
        late = (self._queue(draft), draft.fields.get("status", "")) in self._late
        return costs.calls(draft, self._config, late=late)

    def _fitting(self, files: Sequence[Download]) -> Fitting:
        """Large ones stay behind; an empty one does where the others are too large to go the way it must go. One whose
        name RT would cut goes under another one."""
        most = self._config.max_file_mb * 1024 * 1024
        some = [file for file in files if file.size <= most]
        full = sum(file.size for file in some) > MOST_INLINE
        left = [(file, "was too large", "file_too_large") for file in files if file.size > most]
        left += [(file, "was not taken", "file_refused") for file in some if not file.size and full]
        lines = [f"[File {file.name} ({file.size} bytes) {why} and is not here.]" for file, why, _ in left]
        going = [(file, wire_out.as_named(file, by_form=full)) for file in some if file.size or not full]
        renamed = [(file, named) for file, named in going if file is not named]
        lines += [f"[File {file.name} ({file.size} bytes) is here as {named.name}.]" for file, named in renamed]
        return Fitting(
            [named for _, named in going],
            "".join(f"<p>{escape(line)}</p>" for line in lines),
            (*(loss for _, _, loss in left), *(checking.KEPT_NOT for _ in renamed)),
        )

    def steps(self, draft: Draft) -> Sequence[Step]:
        """A look, what was said, the status again, which words may have changed; people last, when all is quiet."""
        steps = [Step(VERIFY), *(Step(f"{COMMENT}{comment.id}", comment) for comment in draft.comments)]
        if draft.comments and draft.fields.get("status"):
            steps.append(Step(STATUS))
        if draft.cc or draft.fields.get("requester"):
            steps.append(Step(PEOPLE))
        if draft.fields.get("assignee"):
            steps.append(Step(OWNER))
        return steps

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        attempt = Attempt(self._config.timeout, fence)
        if step.comment is not None:
            return await self._say(id, draft, step.comment, files, attempt)
        if step.name == PEOPLE:
            return Written(TicketId(""), losses=await self._watchers.add(id, draft, attempt))
        if step.name == OWNER:
            return Written(TicketId(""), losses=await self._watchers.give(id, draft, attempt))
        if step.name == STATUS:
            return Written(TicketId(""), losses=await self._checking.lead(id, draft, attempt))
        place = await self._place(self._queue(draft))
        losses = await self._checking.verify(id, draft, place, attempt)
        if wanted := self._sent.pop(draft.key, []):
            losses += checking.lacking(wanted, await self._reading.files_of(f"/ticket/{id}"))
        return Written(TicketId(""), losses=losses)

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """A comment by the marker in it, all else by reading back."""
        if step.comment is not None:
            said = await self._reading.comments(id)
            return next((one.id for one in said if wire_out.text_marker(one.body) == step.comment.key), None)
        if step.name == PEOPLE:
            done = await self._watchers.are_there(id, draft)
        elif step.name == OWNER:
            done = await self._watchers.is_given(id, draft)
        elif step.name == STATUS:
            done = await self._checking.is_there(id, draft)
        else:
            place = await self._place(self._queue(draft))
            done = await self._checking.is_verified(id, draft, place)
        return "" if done else None

    async def _say(
        self, id: TicketId, draft: Draft, comment: CommentDraft, files: Sequence[Download], attempt: Attempt
    ) -> Written:
        """Public words as correspondence while nobody is there to be mailed, private ones as a comment."""
        fitting = self._fitting(files)
        told = replace(comment, body=comment.body + fitting.lines)
        kind = "correspond" if comment.public else "comment"
        packed = self._writes.pack(wire_out.message(told, draft.fields.get("status")), fitting.files)
        made = await self._writes.message(id, kind, packed, attempt)
        losses = fitting.losses
        if fitting.files:
            losses += await self._lost(made, fitting.files)
        return Written(TicketId(made), losses=losses)

    async def _lost(self, made: str, files: Sequence[Download]) -> tuple[str, ...]:
        """A loss for each file that does not hang on what was said; that it was said holds in any case."""
        try:
            there = await self._reading.files_of(f"/transaction/{made}")
        except (Rejected, Retryable, ConfigError, AuthFailed) as e:
            log.warning("files_not_looked_at", desk=self._config.name, transaction=made, error=e.message)
            return ()
        return checking.lacking(checking.sent(files), there)


def _without_status(made: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if key not in {"Status", "Resolved"}}
