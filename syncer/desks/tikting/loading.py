"""What comes after a registration, by the configured calls: replies, files, assignee, status (contract 3.4, 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from msgspec.structs import replace

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download, DraftField, Step, Written
from syncer.desks.tikting.bodies import FILES
from syncer.desks.tikting.catalogue import Catalogue
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.traces import Traces
from syncer.desks.tikting.updating import Updating, same, with_lines
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.desks.tikting.writes import Writes
from syncer.errors import ConfigError, Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import StatusClass

ASSIGN, REPLY, FILE, STATUS = "assign", "reply ", "file ", "status"
DONE = Written(TicketId(""))


class Loading:
    """Does what the tried calls allow. A thing that cannot be read back is in doubt when its answer is lost."""

    def __init__(
        self, config: TiktingConfig, writes: Writes, fields: FieldMap, catalogue: Catalogue, updating: Updating
    ) -> None:
        self._config = config
        self._writes = writes
        self._catalogue = catalogue
        self._updating = updating
        self._traces = Traces(config, fields)
        self.replies = config.active("ticket.reply") is not None
        self.leads = updating.leads
        self.fields = {"assignee": DraftField(lookup="person")} if "assignee" in updating.told else {}

    async def first_status(self, draft: Draft) -> str | None:
        """The status to register a ticket in, where its own comes later; None where it is registered in its own."""
        wanted = draft.fields.get("status")
        if not self.leads or wanted is None:
            return None
        names = await self._catalogue.names()
        if names.status_class(wanted) == StatusClass.OPEN:
            return None
        first = str(self._config.open_status) if self._config.open_status else names.first_of(StatusClass.OPEN)
        if first is None:
            raise ConfigError(
                f"{self._config.name} has no status of the type open to register tickets in",
                hint=f"Set open_status of desk {self._config.name} to the id of one.",
            )
        return first

    def steps(self, draft: Draft) -> Sequence[Step]:
        """The assignee, what was said with its files, and the status last: a reply after the end may reopen."""
        steps = []
        if "assignee" in self._updating.told and draft.fields.get("assignee"):
            steps.append(Step(ASSIGN))
        for comment in draft.comments if self.replies else ():
            steps.append(Step(f"{REPLY}{comment.id}", self._said(comment)))
            if not self._replies_with_files:
                steps += self._attachments(comment)
        if self.leads and draft.fields.get("status"):
            steps.append(Step(STATUS))
        return steps

    def calls(self, draft: Draft) -> int:
        """The registration and each step; what is changed is read before and after."""
        asked = 1
        for step in self.steps(draft):
            by_update = step.name == ASSIGN or (step.name == STATUS and self._is_led(draft))
            asked += 3 if by_update else 1
        return asked

    def _is_led(self, draft: Draft) -> bool:
        """Whether it takes a call to bring it into its status, as far as the lists are known."""
        names = self._catalogue.at_hand
        wanted = names.status_class(draft.fields.get("status")) if names is not None else None
        return wanted != StatusClass.OPEN and self._updating.way(wanted) is not None

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        attempt = Attempt(self._config.timeout, fence)
        if step.name.startswith(FILE) and step.comment is not None:
            return await self._attach(id, step.comment, files, attempt)
        if step.comment is not None:
            return await self._reply(id, draft, step.comment, files, attempt)
        if step.name == ASSIGN:
            return Written(TicketId(""), losses=await self._updating.assign(id, draft, attempt))
        losses = await self._updating.lead(
            id, draft.fields["status"], lambda ticket: self._updating.registered(draft, ticket), attempt
        )
        return Written(TicketId(""), losses=losses)

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """By reading back, where that was tried or can be seen to work. Raises Rejected where nobody can tell."""
        ticket = await self._updating.ticket(id)
        if step.name.startswith(FILE) and step.comment is not None:
            return self._traces.file(ticket, step.comment.key)
        if step.comment is not None:
            return self._traces.reply(ticket, step.comment)
        if step.name == ASSIGN:
            return "" if same(self._traces.assignee(ticket), draft.fields["assignee"]) else None
        if (led := await self._updating.is_in(ticket, draft.fields["status"])) is None:
            raise self._traces.unseen("status")
        return "" if led else None

    @property
    def _replies_with_files(self) -> bool:
        reply = self._config.active("ticket.reply")
        return reply is not None and reply.name(FILES) is not None

    def _said(self, comment: CommentDraft) -> CommentDraft:
        """The comment as it can be written: its files go along, come by themselves, or stay behind."""
        if self._replies_with_files or not comment.files:
            return comment
        if self._config.active("ticket.attach"):
            return replace(comment, files=())
        return replace(
            comment, body=with_lines(self._config, comment.body, f"[{_files(comment)} not brought over.]"), files=()
        )

    def _attachments(self, comment: CommentDraft) -> Iterator[Step]:
        """One step for each file: one that is lost must not take its neighbours into doubt."""
        for number, file in enumerate(comment.files, 1) if self._config.active("ticket.attach") else ():
            only = replace(comment, key=Key(f"{comment.key}-f{number}"), body="", files=(file,))
            yield Step(f"{FILE}{comment.id} {number}", only)

    async def _reply(
        self, id: TicketId, draft: Draft, comment: CommentDraft, files: Sequence[Download], attempt: Attempt
    ) -> Written:
        if not comment.public:  # mapping keeps these here, where a desk keeps nothing private
            raise Rejected(f"{self._config.name}: a private note is never sent as a reply", reason="refused")
        whole = next((one for one in draft.comments if one.id == comment.id), comment)
        left = len(whole.files) if not self._replies_with_files and not self._config.active("ticket.attach") else 0
        losses = ("file_not_taken",) * left
        try:
            made = await self._say(id, comment, comment.body, files, attempt)
        except Rejected as e:
            if e.reason != "too_large" or not files:
                raise
            lines = [f"[File {file.name} ({file.size} bytes) was too large and is not here.]" for file in files]
            made = await self._say(id, comment, with_lines(self._config, comment.body, *lines), (), attempt)
            losses += ("file_too_large",) * len(files)
        return Written(TicketId(made), losses=losses)

    async def _say(
        self, id: TicketId, comment: CommentDraft, body: str, files: Sequence[Download], attempt: Attempt
    ) -> str:
        values = {"message": with_lines(self._config, body, f"[{comment.key}]"), "public": "true"}
        return await self._writes.send("ticket.reply", id, values, attempt, files)

    async def _attach(
        self, id: TicketId, comment: CommentDraft, files: Sequence[Download], attempt: Attempt
    ) -> Written:
        """A file, with the marker before its name; one that cannot be had, or is refused, is counted."""
        if not files:  # the source could not give it: that is counted already, and told here
            await self._tell(id, comment, _note("not read", comment.body.strip()), attempt)
            return DONE
        try:
            return Written(TicketId(await self._put(id, comment, files[0], attempt)))
        except Rejected as e:
            loss = "file_too_large" if e.reason == "too_large" else "file_refused"
        said = f"{files[0].name} ({files[0].size} bytes) was refused and is not here."
        await self._tell(id, comment, _note("not taken", said), attempt)
        return Written(TicketId(""), losses=(loss,))

    async def _tell(self, id: TicketId, comment: CommentDraft, note: Download, attempt: Attempt) -> None:
        """What is missing, where the desk takes even that."""
        with suppress(Rejected):
            await self._put(id, comment, note, attempt)

    async def _put(self, id: TicketId, comment: CommentDraft, file: Download, attempt: Attempt) -> str:
        named = replace(file, name=f"{comment.key} {file.name}")
        return await self._writes.send("ticket.attach", id, {}, attempt, [named])


def _note(name: str, text: str) -> Download:
    """A small file that says what is missing."""
    content = text.encode()
    return Download(f"{name}.txt", "text/plain; charset=utf-8", len(content), content=content)


def _files(comment: CommentDraft) -> str:
    return f"{len(comment.files)} files of this were" if len(comment.files) > 1 else "A file of this was"
