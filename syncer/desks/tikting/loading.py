"""What comes after a registration, by the configured calls: replies, files, assignee, status (contract 3.4, 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape
from typing import Any

from msgspec.structs import replace

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download, DraftField, Step, Written
from syncer.desks.tikting import wire_in
from syncer.desks.tikting.bodies import FILES
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.catalogue import Catalogue
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.config_endpoints import TARGET_NAMES, EndpointKey
from syncer.desks.tikting.traces import Traces
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.desks.tikting.writes import Writes
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import StatusClass

ASSIGN, REPLY, FILE, STATUS = "assign", "reply ", "file ", "status"
DONE = Written(TicketId(""))
ENDED = "This ticket had ended before it was brought here."
"""What a call that wants a message is told when a ticket gets its last status."""
_BY_CLASS: Mapping[StatusClass, EndpointKey] = {
    StatusClass.CLOSED: "ticket.close",
    StatusClass.RESOLVED: "ticket.resolve",
}


class Loading:
    """Does what the tried calls allow. A thing that cannot be read back is in doubt when its answer is lost."""

    def __init__(
        self, config: TiktingConfig, calls: Calls, writes: Writes, fields: FieldMap, catalogue: Catalogue
    ) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._fields = fields
        self._catalogue = catalogue
        self._traces = Traces(config, fields)
        self._updates = frozenset(update.told()) if (update := config.active("ticket.update")) else frozenset()
        self.replies = config.active("ticket.reply") is not None
        self.leads = config.register_status == "open" and (
            "status" in self._updates or any(config.active(key) for key in _BY_CLASS.values())
        )
        """Whether tickets get their status by a call of its own."""
        self.fields = {"assignee": DraftField(lookup="person")} if "assignee" in self._updates else {}

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
        if "assignee" in self._updates and draft.fields.get("assignee"):
            steps.append(Step(ASSIGN))
        for comment in draft.comments if self.replies else ():
            steps.append(Step(f"{REPLY}{comment.id}", self._said(comment)))
            if not self._replies_with_files:
                steps += self._attachments(comment)
        if self.leads and draft.fields.get("status"):
            steps.append(Step(STATUS))
        return steps

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
            return await self._assign(id, draft, attempt)
        return await self._lead(id, draft, attempt)

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """By reading back, where that was tried or can be seen to work. Raises Rejected where nobody can tell."""
        ticket = await self._ticket(id)
        if step.name.startswith(FILE) and step.comment is not None:
            return self._traces.file(ticket, step.comment.key)
        if step.comment is not None:
            return self._traces.reply(ticket, step.comment)
        if step.name == ASSIGN:
            return "" if _same(self._traces.assignee(ticket), draft.fields["assignee"]) else None
        if (led := await self._is_in(ticket, draft.fields["status"])) is None:
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
        return replace(comment, body=self._with(comment.body, f"[{_files(comment)} not brought over.]"), files=())

    def _attachments(self, comment: CommentDraft) -> Iterator[Step]:
        """One step for each file: one that is lost must not take its neighbours into doubt."""
        for number, file in enumerate(comment.files, 1) if self._config.active("ticket.attach") else ():
            only = replace(comment, key=Key(f"{comment.key}-f{number}"), body="", files=(file,))
            yield Step(f"{FILE}{comment.id} {number}", only)

    def _with(self, body: str, *lines: str) -> str:
        """A text with more lines, as this desk takes texts."""
        if self._config.text_mode == "plain":
            return "\n\n".join((body, *lines))
        return body + "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)

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
            made = await self._say(id, comment, self._with(comment.body, *lines), (), attempt)
            losses += ("file_too_large",) * len(files)
        return Written(TicketId(made), losses=losses)

    async def _say(
        self, id: TicketId, comment: CommentDraft, body: str, files: Sequence[Download], attempt: Attempt
    ) -> str:
        values = {"message": self._with(body, f"[{comment.key}]"), "public": "true"}
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

    async def _assign(self, id: TicketId, draft: Draft, attempt: Attempt) -> Written:
        """One who is refused, or ignored, or not seen afterwards, is counted."""
        wanted, ticket = draft.fields["assignee"], await self._ticket(id)
        values = await self._values("ticket.update", draft, ticket, {"assignee": wanted})
        try:
            await self._writes.send("ticket.update", id, values, attempt)
        except Rejected:
            return Written(TicketId(""), losses=("assignee_as_text",))
        kept = _same(self._fields.ident(await self._ticket(id), "assignee"), wanted)
        return DONE if kept else Written(TicketId(""), losses=("assignee_as_text",))

    async def _lead(self, id: TicketId, draft: Draft, attempt: Attempt) -> Written:
        """To the status it had, by the call for it; read back, because an answer proves nothing."""
        wanted, names = draft.fields["status"], await self._catalogue.names()
        ticket = await self._ticket(id)
        if await self._is_in(ticket, wanted):
            return DONE
        key = self._way(names.status_class(wanted))
        if key is None:
            return Written(TicketId(""), losses=("status_as_text",))
        values = await self._values(key, draft, ticket, {"status": wanted, "message": ENDED, "resolution": ENDED})
        await self._writes.send(key, id, values, attempt)
        ticket = await self._ticket(id)
        if (led := await self._is_in(ticket, wanted)) is None:  # it was taken, and nobody can tell what became of it
            return Written(TicketId(""), losses=("status_as_text",))
        if not led:
            raise Rejected(
                f"{self._config.name}: ticket {id} did not come to status {wanted} by {key}",
                reason="refused",
                hint="A rule of the desk? Set the status by hand, then: syncer parked drop",
            )
        kept = names.one("status", self._fields.hit(ticket, "status")) == wanted
        return DONE if kept else Written(TicketId(""), losses=("value_not_kept",))

    def _way(self, wanted: StatusClass | None) -> EndpointKey | None:
        key = _BY_CLASS.get(wanted) if wanted is not None else None
        if key is not None and self._config.active(key):
            return key
        return "ticket.update" if "status" in self._updates else None

    async def _is_in(self, ticket: Any, wanted: str) -> bool | None:
        """In this status, or in another one of its kind where the call chooses which; None where that is not told."""
        names = await self._catalogue.names()
        chosen = self._way(names.status_class(wanted)) in _BY_CLASS.values()
        return self._traces.is_in(ticket, wanted, names, chosen=chosen)

    async def _values(self, key: EndpointKey, draft: Draft, ticket: Any, more: Mapping[str, str]) -> dict[str, str]:
        """What a call may be told: what this one is for, else as it was registered, and as it stands on the desk now.
        Calls that want the whole of a ticket would empty what they are not told. Raises Rejected where the ticket does
        not show clearly what such a call wants to be told."""
        stands = wire_in.standing(self._fields, await self._catalogue.names(), ticket)
        kept = {TARGET_NAMES.get(k, k): value for k, value in draft.fields.items() if k != "status" and value}
        if self._fields.there(ticket, "assignee"):
            kept.pop("assignee", None)  # one who was refused would be refused again, and the status with him
        shown = stands.get("description", "")
        # What was added when it was registered, such as the names of files that were too large, stays.
        body = shown if wire_in.in_one_line(shown).startswith(wire_in.in_one_line(draft.body)) else draft.body
        values = {**stands, "title": draft.title, "description": body, **kept, **more}
        told = set(self._config.endpoints[key].told()) - values.keys()
        if unclear := [name for name in wire_in.unclear(self._fields, ticket, stands) if name in told]:
            raise Rejected(
                f"{self._config.name}: a ticket does not show its {', '.join(unclear)} clearly: {key} would empty it",
                reason="refused",
                hint="Give the values of this list names that differ, or leave it out of the fields of this call.",
            )
        return values

    async def _ticket(self, id: TicketId) -> Any:
        try:
            return await self._calls.ticket(id)
        except NotFound as e:
            raise Rejected(f"{e.message}; was it deleted?", reason="refused") from e


def _note(name: str, text: str) -> Download:
    """A small file that says what is missing."""
    content = text.encode()
    return Download(f"{name}.txt", "text/plain; charset=utf-8", len(content), content=content)


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _files(comment: CommentDraft) -> str:
    return f"{len(comment.files)} files of this were" if len(comment.files) > 1 else "A file of this was"
