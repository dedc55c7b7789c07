"""ServiceOps as a target: what makes a request, what comes after it, and how one sees that it was done (contract 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download, Step, Written
from syncer.desks.motadata import shapes, wire, wire_out
from syncer.desks.motadata.calls import REQUEST, Calls, Row
from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.files import Files
from syncer.desks.motadata.names import Names
from syncer.desks.motadata.writes import Writes
from syncer.errors import Rejected
from syncer.mapping.body import html_to_text, text_to_html
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import StatusClass

VERIFY, ASSIGN, REST, COMMENT, STATUS = "verify", "assign", "rest ", "comment ", "status"
FIRST_STATUS = "Open"
"""Of a new request, as documented (3.2)."""
REST_LENGTH = 20_000
"""Characters of a description's rest in one note: escaped, they are more."""


class Loading:
    """Everything that writes a request; each thing is read back, because an answer proves nothing (3.2)."""

    def __init__(self, config: MotadataConfig, calls: Calls, writes: Writes, files: Files, names: Names) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._files = files
        self._names = names
        self._line = False
        """Whether the description carries the marker too: neither field nor tag kept it on this desk."""

    async def create(self, draft: Draft, files: Sequence[Download], fence: Callable[[], None]) -> Written:
        """Files first, then POST request, which names them."""
        rest = {text.name for text in draft.texts} if self._config.attachment_upload_path is None else set()
        attempt = Attempt(self._config.timeout, fence)
        taken = await self._files.take(draft.key, [file for file in files if file.name not in rest], attempt)
        told = replace(draft, body=draft.body + taken.lines())
        body = wire_out.new_request(told, self._config, taken.attached, line=self._line)
        id = await self._writes.post(REQUEST, body, attempt)
        self._files.named(draft.key)
        return Written(TicketId(id), losses=tuple(taken.losses))

    def steps(self, draft: Draft) -> Sequence[Step]:
        """Look at it, its group and assignee, what was said, and the status last: words after the end may reopen."""
        steps = [Step(VERIFY)]
        if draft.fields.get("assignee") or self._group(draft):
            steps.append(Step(ASSIGN))
        if self._config.attachment_upload_path is None:
            steps += [Step(f"{REST}{n}", comment) for n, comment in enumerate(_rest(draft), 1)]
        steps += [Step(f"{COMMENT}{comment.id}", comment) for comment in draft.comments]
        if draft.fields.get("status"):
            steps.append(Step(STATUS))
        return steps

    def calls(self, draft: Draft) -> int:
        """Uploads, the request and its steps; what is read back; a change more where the subject is read for each."""
        steps, takes = self.steps(draft), self._config.attachment_upload_path is not None
        held = [*draft.files, *(file for step in steps if step.comment is not None for file in step.comment.files)]
        uploads = sum((file.size or 0) <= self._files.most for file in held) + len(draft.texts) if takes else 0
        patches = int(any(step.name == ASSIGN for step in steps))
        if (wanted := draft.fields.get("status")) and not self._names.same(wanted, FIRST_STATUS):
            patches += len(self._way(wanted, FIRST_STATUS))
        changing = patches * (3 if self._writes.needs_subject else 2)
        return 1 + uploads + sum(step.name != ASSIGN for step in steps) + changing

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        attempt = Attempt(self._config.timeout, fence)
        if step.comment is not None:
            return await self._say(id, draft, step.comment, files, attempt)
        if step.name == VERIFY:
            return Written(TicketId(""), losses=await self._verify(id, draft))
        if step.name == ASSIGN:
            return Written(TicketId(""), losses=await self.assign(id, draft, attempt))
        return Written(TicketId(""), losses=await self.lead(id, draft.fields["status"], attempt))

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """A conversation by the marker in it, all else by reading back."""
        if step.comment is not None:
            for row in await self._calls.talk(id):
                if wire_out.talk_marker(row) == step.comment.key:
                    return wire.ident(row) or ""
            return None
        if step.name == VERIFY:
            return ""  # it only looks
        row = await self._calls.request(id)
        done = self._is_assigned(row, draft) if step.name == ASSIGN else self._is_in(row, draft.fields["status"])
        return "" if done else None

    async def _say(
        self, id: TicketId, draft: Draft, comment: CommentDraft, files: Sequence[Download], attempt: Attempt
    ) -> Written:
        reply = comment.public and self._config.public_replies
        taken = await self._files.take(comment.key, files, attempt)
        losses = list(taken.losses)
        if comment.public and not reply:
            losses.append("public_as_note")
        told = replace(comment, body=comment.body + taken.lines())
        body = wire_out.conversation(told, draft.fields["requester"], taken.attached, reply=reply)
        made = await self._writes.post(f"{REQUEST}/{id}/conversation", body, attempt)
        self._files.named(comment.key)
        return Written(TicketId(made), losses=tuple(losses))

    async def _verify(self, id: TicketId, draft: Draft) -> tuple[str, ...]:
        """Which fields stuck, and whether field or tag kept the marker: else later descriptions carry it too."""
        row = await self._calls.request(id)
        losses = ["value_not_kept" for _ in wire_out.not_kept(row, draft, self._names)]
        if draft.key not in wire_out.hidden_markers(row, self._config.marker_field):
            losses.append("marker_as_text")
            self._line = True
        return tuple(losses)

    def _group(self, draft: Draft) -> dict[str, str]:
        group = draft.fields.get("group")
        return {self._config.group_key: group} if self._config.group_key and group else {}

    async def assign(self, id: TicketId, draft: Draft, attempt: Attempt) -> tuple[str, ...]:
        """Group and assignee; one who is refused, or ignored, is left out and counted."""
        assignee, group = draft.fields.get("assignee"), self._group(draft)
        changes = {**({wire.ASSIGNEE: assignee} if assignee else {}), **group}
        try:
            await self._writes.patch(id, changes, attempt)
        except Rejected:
            if not (assignee and group):
                return ("assignee_as_text",) if assignee else ("value_not_kept",)
            try:
                await self._writes.patch(id, group, attempt)
            except Rejected:
                return ("assignee_as_text", "value_not_kept")
            return ("assignee_as_text",)
        return () if self._is_assigned(await self._calls.request(id), draft) else ("assignee_as_text",)

    def _is_assigned(self, row: Row, draft: Draft) -> bool:
        wanted = draft.fields.get("assignee")
        if wanted and wire.person_id(row.get(wire.ASSIGNEE)) != wanted.lower():
            return False
        # Whether the group can be read is as little documented as its key.
        return all(key not in row or self._names.same(str(row[key]), name) for key, name in self._group(draft).items())

    def _is_in(self, row: Row, status: str) -> bool:
        return self._names.same(shapes.text(row.get(wire.STATUS)), status)

    async def lead(self, id: TicketId, wanted: str, attempt: Attempt) -> tuple[str, ...]:
        """The status by a change of its own, closed by way of resolved, read back each time (3.10)."""
        if self._names.is_approval(wanted):
            raise Rejected(f"{self._config.name}: only ServiceOps itself sets {wanted!r}", reason="refused")
        row = await self._calls.request(id)
        for name in self._way(wanted, shapes.text(row.get(wire.STATUS))):
            if not self._is_in(row, name):
                await self._writes.patch(id, {wire.STATUS: name}, attempt)
                row = await self._calls.request(id)
            if not self._is_in(row, name):
                now = row.get(wire.STATUS)
                raise Rejected(
                    f"{self._config.name}: request {id} stays {now!r}; {name!r} was wanted",
                    reason="refused",
                    hint="A rule of the desk? Set the status by hand, then: syncer parked drop",
                )
        return ()

    def _way(self, wanted: str, now: str) -> tuple[str, ...]:
        closed = StatusClass.CLOSED
        if self._names.status_class(wanted) == closed and self._names.status_class(now) != closed:
            return (self._config.resolved_status, wanted)
        return (wanted,)


def _rest(draft: Draft) -> Iterator[CommentDraft]:
    """What had no room in the description, in notes: no file can carry it."""
    number = 0
    for text in draft.texts:
        words = html_to_text(text.text)
        for start in range(0, len(words), REST_LENGTH):
            number += 1
            body = f"<p>The description, part {number + 1}:</p>{text_to_html(words[start : start + REST_LENGTH])}"
            yield CommentDraft(f"rest-{number}", Key(f"{draft.key}-rest{number}"), None, body, public=False)
