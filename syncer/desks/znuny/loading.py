"""Znuny as a target: one call makes a ticket, one each comment; the last step looks that all of it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download, Step, Written
from syncer.desks.znuny import wire, wire_out
from syncer.desks.znuny.calls import Calls
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.custom import DynamicFields, Told
from syncer.desks.znuny.files import Files
from syncer.desks.znuny.names import KEYS
from syncer.desks.znuny.people import People
from syncer.desks.znuny.wire import Row
from syncer.desks.znuny.wire_out import Leave, Sending, Writer
from syncer.desks.znuny.writes import Writes
from syncer.errors import NotFound, Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import TicketId

COMMENT, END = "comment ", "end"


class Loading:
    """Everything that writes a ticket."""

    def __init__(
        self, config: ZnunyConfig, calls: Calls, writes: Writes, files: Files,
        parts: tuple[People, DynamicFields, Writer],
    ) -> None:  # fmt: skip
        self._config = config
        self._calls = calls
        self._writes = writes
        self._files = files
        self._people, self._fields, self._writer = parts

    async def create(self, draft: Draft, files: Sequence[Download], fence: Callable[[], None]) -> Written:
        """TicketCreate; without what the desk refuses of it and can do without, for then it surely made nothing."""
        attempt = Attempt(self._config.timeout, fence)
        custom, leave = self._told(draft), Leave()
        while True:
            taken = self._files.refused(files) if leave.files else self._files.take(files)
            sending = Sending(taken.files, custom, leave)
            try:
                answer = await self._writes.create(
                    self._writer.ticket(draft, draft.body + taken.lines(), sending), attempt
                )
            except Rejected as e:
                leave = self._less(e, leave, sending)
                continue
            return Written(TicketId(str(answer["TicketID"])), losses=tuple(taken.losses))

    def _told(self, draft: Draft) -> dict[str, Told]:
        """Custom values that have room; the last step counts the others."""
        told = {}
        for name, value in draft.custom.items():
            try:
                told[name] = self._fields.told(name, value)
            except Rejected:
                continue
        return told

    def _less(self, error: Rejected, leave: Leave, sending: Sending) -> Leave:
        """What to do without, by what the refusal names. Raises it where that helps nothing."""
        said = error.message
        changed = leave
        if error.reason == "too_large" and sending.files:
            changed = replace(leave, files=True)
        elif "Owner" in said:
            changed = replace(leave, nobody=True) if leave.owner else replace(leave, owner=True)
        elif "Service" in said or "SLA" in said:
            changed = replace(leave, service=True)
        elif "DynamicField" in said and sending.custom:
            changed = replace(leave, custom=True)
        elif "Article->From" in said:
            changed = replace(leave, sender=True)
        elif "Article parameter" in said:
            changed = replace(leave, apart=True)
        if changed == leave:
            if "DynamicField" in said:
                error.hint = f"Is there a dynamic field {self._config.marker_field!r} of type text for tickets?"
            if "CustomerUser" in said:
                error.hint = "See CheckEmailInvalidAddress and CheckMXRecord in Znuny; is it a customer who left?"
            raise error
        return changed

    def steps(self, draft: Draft) -> Sequence[Step]:
        """What was said, in order; then a look at all of it."""
        return [*(Step(f"{COMMENT}{comment.id}", comment) for comment in draft.comments), Step(END)]

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        attempt = Attempt(self._config.timeout, fence)
        if step.comment is not None:
            return await self._say(id, draft, step.comment, files, attempt)
        return Written(TicketId(""), losses=await self._end(id, draft, attempt))

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """An article by the marker in it, all else by reading back."""
        if step.comment is not None:
            return await self._article(id, step.comment)
        row = await self._row(id)
        return "" if self._is_in(row, draft) and not self._unset(row, draft) else None

    async def _article(self, id: TicketId, comment: CommentDraft) -> str | None:
        rows = await self._calls.whole([id], contents=False)
        for article in wire.articles(rows.get(id, {})):
            if wire_out.said_by(article, comment.key):
                return str(article["ArticleID"])
        return None

    async def _say(
        self, id: TicketId, draft: Draft, comment: CommentDraft, files: Sequence[Download], attempt: Attempt
    ) -> Written:
        """TicketUpdate with an article; without its files or its sender where these are refused."""
        taken, leave, losses = self._files.take(files), Leave(), list[str]()
        while True:
            told = replace(comment, body=comment.body + taken.lines())
            body = self._writer.comment(id, draft, told, Sending(taken.files, leave=leave))
            try:
                answer = await self._writes.update(body, attempt)
                break
            except Rejected as e:
                if e.reason == "too_large" and taken.files:
                    taken = self._files.refused(files)
                elif "Article->From" in e.message and not leave.sender:
                    leave = Leave(sender=True)
                    losses.append("comment_author_as_text")
                else:
                    raise
        made = wire.ident(answer.get("ArticleID")) or await self._article(id, comment)
        return Written(TicketId(made or ""), losses=(*losses, *taken.losses))

    async def _row(self, id: TicketId) -> Row:
        rows = await self._calls.rows([id])
        if id not in rows:
            raise NotFound(f"{self._config.name}: ticket {id} is not to be seen")
        return rows[id]

    def _is_in(self, row: Row, draft: Draft) -> bool:
        return row.get("State") == self._writer.values(draft)["status"]

    def _unset(self, row: Row, draft: Draft) -> list[str]:
        """The custom fields that a ticket does not hold as drafted."""
        return [name for name, value in draft.custom.items() if not self._fields.is_kept(row, name, value)]

    async def _end(self, id: TicketId, draft: Draft, attempt: Attempt) -> tuple[str, ...]:
        """Sets what is not as drafted, once more, and counts what is not kept then."""
        row, wrote, state = await self._row(id), False, self._writer.values(draft)["status"]
        if not self._is_in(row, draft):
            await self._writes.update({"TicketID": id, **self._writer.state(state)}, attempt)
            wrote = True
        for name in self._unset(row, draft):
            try:
                value = self._fields.told(name, draft.custom[name])
                body = {"TicketID": id, "DynamicField": [{"Name": name, "Value": value}]}
                await self._writes.update(body, attempt)
                wrote = True
            except Rejected:
                continue
        if wrote:
            row = await self._row(id)
        if not self._is_in(row, draft):
            raise Rejected(
                f"{self._config.name}: ticket {id} stays {row.get('State')!r}; {state!r} was wanted",
                reason="refused",
                hint="Does something in Znuny change it back? Set the state by hand, then: syncer parked drop",
            )
        return tuple(self._lost(row, draft))

    def _lost(self, row: Row, draft: Draft) -> list[str]:
        wanted = self._writer.values(draft)
        losses = ["value_not_kept" for kind, name in wanted.items() if row.get(KEYS[kind]) != name]
        losses += ["value_not_kept" for _ in self._unset(row, draft)]
        if not self._people.is_asker(row, draft.fields["requester"]):
            losses.append("value_not_kept")
        assignee = draft.fields.get("assignee")
        if assignee and row.get("Owner") != self._people.owner(assignee):
            losses.append("assignee_as_text")
        if draft.key not in wire.markers(row, self._config.marker_field):
            losses.append("marker_not_kept")
        return losses
