"""Redmine as a target: what makes an issue, what comes after it, and how one sees that it was done.

Whoever would be mailed comes last: the assignee, the category (which may have an assignee of its own) and watchers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download, Step, Written
from syncer.desks.redmine import fields, wire, wire_out
from syncer.desks.redmine.calls import ISSUES, Calls, Row
from syncer.desks.redmine.catalogue import Catalogue
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.ending import Ending
from syncer.desks.redmine.files import Files
from syncer.desks.redmine.notes import Notes
from syncer.desks.redmine.people import People
from syncer.desks.redmine.wire_out import Place, Uploaded
from syncer.desks.redmine.writes import Writes
from syncer.errors import ConfigError, Fatal, InDoubt, Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import TicketId

END, WATCHERS, COMMENT = "end", "watchers", "comment "


class Loading:
    """Everything that writes an issue; each thing is read back, because a yes proves nothing."""

    def __init__(
        self, calls: Calls, writes: Writes, files: Files, parts: tuple[RedmineConfig, Catalogue, People, Notes, Ending]
    ) -> None:
        self._calls = calls
        self._writes = writes
        self._files = files
        self._config, self._catalogue, self._people, self._notes, self._ending = parts
        self._proven: set[tuple[str, str]] = set()
        """Projects and trackers whose issues were seen to keep the marker in its field."""

    async def create(self, draft: Draft, files: Sequence[Download], fence: Callable[[], None]) -> Written:
        """Files first, then POST issues, which names them."""
        place = await self._place(draft)
        person = draft.fields.get("requester", "")
        email = person if "@" in person else await self._people.email(person) if person else None
        attempt = Attempt(self._config.timeout, fence)
        taken = await self._files.take(draft.key, files, attempt)
        row, custom = await self._posted(draft, place, (email, taken), attempt)
        self._files.named(draft.key)
        return Written(TicketId(str(row["id"])), losses=(*taken.losses, *self._lost(draft, place, row, email), *custom))

    async def _posted(
        self, draft: Draft, place: Place, parts: tuple[str | None, Uploaded], attempt: Attempt
    ) -> tuple[Row, tuple[str, ...]]:
        """The issue that was made, and a loss for each address that can be no watcher."""
        email, taken = parts
        addresses = [one for one in draft.cc if "@" in one]
        body = wire_out.described(self._said(draft.body), taken.told, addresses)
        if place.marker is not None and (place.project, place.tracker or "") not in self._proven:
            body = wire_out.with_marker(body, draft.key)
        try:
            made = wire_out.new_issue(draft, place, email, taken, body, custom=True)
            answer = await self._writes.post(ISSUES, made, attempt)
        except Rejected:
            if not draft.custom:
                self._files.named(draft.key)
                raise
            # One value that is refused refuses the issue: they are tried one by one in the end.
            made = wire_out.new_issue(draft, place, email, taken, body, custom=False)
            answer = await self._writes.post(ISSUES, made, attempt)
        return await self._ours(answer), ("cc_as_text",) * len(addresses)

    async def _ours(self, answer: Row) -> Row:
        row = answer.get("issue")
        if not isinstance(row, dict) or wire.ident(row) is None:
            raise InDoubt(f"{self._config.name}: POST {ISSUES} answered without an issue")
        me = await self._calls.access.me()
        if (author := wire.ref(row, "author")) not in {None, me.id}:
            raise Fatal(
                f"{self._config.name}: issue {row['id']} was made in the name of user {author}, not of {me.name}",
                hint="Was the key taken back, on a Redmine where anybody may add issues? Then: syncer check.",
            )
        return row

    async def _place(self, draft: Draft) -> Place:
        """Project, tracker, and the fields that say whose it is. Raises ConfigError where there is no project."""
        word = draft.fields.get("group") or self._config.project
        if word is None:
            raise ConfigError(
                f"{self._config.name}: no project for ticket {draft.source_id}",
                hint="Set project of the desk, or a rule for `group` in the mapping.",
            )
        tracker = draft.fields.get("type")
        if not tracker and self._config.tracker is not None:
            tracker = await self._catalogue.tracker(self._config.tracker)
        return Place(
            await self._catalogue.project(word),
            tracker or None,
            await self._catalogue.marker(),
            await self._catalogue.requester(),
        )

    def _said(self, text: str) -> str:
        return wire_out.defused(text) if self._config.mentions == "defuse" else text

    def _lost(self, draft: Draft, place: Place, row: Row, email: str | None) -> list[str]:
        """What the answer shows that it did not keep, without what the end looks at."""
        lost = []
        wanted = {"project": place.project, "tracker": place.tracker, "priority": draft.fields.get("priority")}
        lost += ["value_not_kept" for key, id in wanted.items() if id and wire.ref(row, key) != id]
        if place.requester is not None and draft.fields.get("requester"):
            there = wire.text(fields.held(row).get(place.requester)).strip().casefold()
            lost += ["value_not_kept"] if email is None or there != email.strip().casefold() else []
        if place.marker is not None:
            if wire_out.held_marker(row, place.marker) == draft.key:
                self._proven.add((place.project, place.tracker or ""))
            else:
                self._proven.discard((place.project, place.tracker or ""))
                lost.append("marker_as_text")
        return lost

    def steps(self, draft: Draft) -> Sequence[Step]:
        """What was said; status, category, assignee and fields; whoever watches it."""
        said = [Step(f"{COMMENT}{one.id}", self._written(one)) for one in draft.comments]
        return [*said, Step(END), Step(WATCHERS)]

    def _written(self, comment: CommentDraft) -> CommentDraft:
        """The comment as it can be written: files of private notes would be shown to everybody."""
        if comment.public or not comment.files or self._config.private_files == "attach":
            return comment
        line = f"[{len(comment.files)} of its files stayed behind: whoever sees this ticket could open them.]"
        return replace(comment, body=f"{comment.body}\n\n{line}", files=())

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        attempt = Attempt(self._config.timeout, fence)
        if step.comment is not None:
            return await self._say(id, draft, step.comment, files, attempt)
        if step.name == END:
            return Written(TicketId(""), losses=await self._ending.end(id, draft, attempt))
        return Written(TicketId(""), losses=await self._ending.watched(id, draft, attempt))

    async def _say(
        self, id: TicketId, draft: Draft, comment: CommentDraft, files: Sequence[Download], attempt: Attempt
    ) -> Written:
        whole = next((one for one in draft.comments if one.id == comment.id), comment)
        taken = await self._files.take(comment.key, files, attempt)
        body = taken.with_lines(self._said(comment.body))
        try:
            made, losses = await self._notes.write(id, replace(comment, body=body), taken.tokens, attempt)
        except Rejected:
            self._files.named(comment.key)
            raise
        self._files.named(comment.key)
        withheld = ("private_file_withheld",) * (len(whole.files) - len(comment.files))
        return Written(TicketId(made), losses=(*taken.losses, *losses, *withheld))

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """A note by the marker in it, all else by reading back."""
        if step.comment is not None:
            return await self._notes.there(id, step.comment.key)
        if step.name == END:
            return await self._ending.is_over(id, draft)
        return await self._ending.is_watched(id, draft)
