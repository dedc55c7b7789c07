"""Rezolve.ai as a target: what makes a ticket, what comes after, how one sees what was done (contract 3.1, 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.budget import Budget
from syncer.deskkit.contract import Download, Step, Written
from syncer.desks.rezolve import wire, wire_out
from syncer.desks.rezolve.calls import Calls, MissingRole, NotForUs, T, wire_path
from syncer.desks.rezolve.catalogue import Catalogue
from syncer.desks.rezolve.changes import Changes, Goal, Update
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.finding import SEE_ALL, Finding
from syncer.desks.rezolve.known import Known
from syncer.desks.rezolve.lag import looks
from syncer.desks.rezolve.notes import Notes
from syncer.desks.rezolve.places import places
from syncer.desks.rezolve.readiness import missing
from syncer.desks.rezolve.status import Statuses
from syncer.desks.rezolve.wire_out import Way
from syncer.desks.rezolve.writes import Ask, Writes
from syncer.errors import ConfigError, InDoubt, NotFound, SyncerError
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import File

TRANSCRIPT, STATUS, COMMENT = "transcript", "status", "comment "
MARKS = "Set external_id_field_id of its type to a text field that the desk keeps as it is sent, and that is shown."
log = structlog.get_logger()


class Loading:
    """Everything that writes."""

    def __init__(
        self, config: RezolveConfig, calls: Calls, writes: Writes, catalogue: Catalogue, notes: Notes, budget: Budget
    ) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._catalogue = catalogue
        self._notes = notes
        self._budget = budget
        self.changes = Changes(config, calls, writes)
        self.statuses = Statuses(config.name, self.changes)
        self.finding: Finding | None = None
        """Told of each attempt, where one can look for it."""

    async def admit(self) -> None:
        """Wait for the budget, with all that is needed to write at hand. Raises ConfigError where something is
        missing, before anything was announced."""
        if problems := missing(self._config, await self._catalogue.known()):
            hint = f"Mend types of desk {self._config.name}, then: syncer check"
            raise ConfigError(f"{self._config.name}: cannot be written to", problems=tuple(problems), hint=hint)
        await self._budget.take()

    async def create(self, draft: Draft, files: Sequence[Download], fence: Callable[[], None]) -> Written:
        """POST create, and the ticket read back."""
        attempt = Attempt(self._config.timeout, fence)
        known = await self._catalogue.known()
        way = self.way(draft, known)
        body, losses = wire_out.new_ticket(draft, files, way, known, self._config)
        team = draft.fields.get("group") or way.own.team or ""
        ask = Ask(
            what=f"create {draft.key} (team {team}, type {way.type.id}, offer {way.own.offer})", method="POST",
            path=f"{T}/ticket/create/{wire_path(team)}/{wire_path(way.type.id)}", body=body, labels=way.type.labels(),
            new=True,
        )  # fmt: skip
        if self.finding is not None:
            self.finding.begun(draft.key)
        answer = await self._writes.send(ask, attempt)
        if (id := wire.made(answer)) is None:
            hint = f"Look on the desk for a ticket marked {draft.key}; is base_url that of a Rezolve.ai?"
            raise InDoubt(f"{self._config.name}: {ask.what} gave no objectId", hint=hint)
        if self._config.verify_created:
            losses += await self._verified(id, draft, body, known)
        if self.finding is not None:
            self.finding.over(draft.key)
        return Written(TicketId(id), losses=losses)

    async def _verified(self, id: str, draft: Draft, body: Mapping[str, Any], known: Known) -> tuple[str, ...]:
        """Read back: what was not kept. It is made, whatever comes of this: an error here must not pass for one of
        the create."""
        key = draft.key
        try:
            row = await self._shown(id)
        except (NotFound, NotForUs, MissingRole) as e:
            log.warning("ticket_not_shown", desk=self._config.name, ticket=id, key=key, error=e.message)
            self._hides(f"this account does not see all tickets it makes: {id} is not shown", SEE_ALL)
            return ("not_shown",)
        except SyncerError as e:  # says nothing of what this account may see
            log.warning("ticket_not_read_back", desk=self._config.name, ticket=id, error=e.message)
            return ()
        losses = (*wire_out.not_kept(row, body, key), *self._not_led(row, draft, known))
        if wire_out.marker_of(row, places(self._config, known).fields) == key:
            return losses
        log.warning("marker_not_kept", desk=self._config.name, ticket=id, key=key)
        self._hides(f"tickets do not keep their markers: {id} does not show {key}", MARKS)
        return (*losses, "marker_not_kept")

    def _not_led(self, row: wire.Record, draft: Draft, known: Known) -> tuple[str, ...]:
        """A ticket whose type has no field for its status stays in the first one."""
        wanted, way = draft.fields.get("status"), self.way(draft, known)
        led = not wanted or way.own.status_field_id is not None or self.statuses.is_there(row, wanted, way, known)
        return () if led else ("status_as_text",)

    def _hides(self, why: str, hint: str) -> None:
        if self.finding is not None:
            self.finding.hides(why, hint)

    async def _shown(self, id: str) -> wire.Record:
        """A ticket that was just made: to be seen within as long as a list may lag."""
        async for last in looks(self._config.list_lag):
            try:
                return await self._calls.ticket(id)
            except NotFound:
                if last:
                    raise
        raise AssertionError("the last look returns or raises")

    def way(self, draft: Draft, known: Known) -> Way:
        """How this ticket is made. Raises ConfigError where its type has no settings."""
        id = draft.fields.get("type") or next(iter(self._config.writable), "")
        own, kind = self._config.writable.get(id), known.types.get(id)
        if own is None or kind is None:
            raise ConfigError(
                f"{self._config.name}: tickets of type {id or '(none)'} cannot be made",
                hint=f"Add it to types of desk {self._config.name} with its team and offer, or map to another type.",
            )
        return Way(own, kind)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """What was said, then the status: words after the end may reopen a ticket (contract 8)."""
        writable = self._config.writable
        own = writable.get(draft.fields.get("type") or next(iter(writable), ""))
        steps: list[Step] = []
        if self._config.notes_write_path is not None:
            steps += [Step(f"{COMMENT}{comment.id}", comment) for comment in draft.comments]
        elif own is not None and own.transcript_field_id is not None and any(one.public for one in draft.comments):
            steps.append(Step(TRANSCRIPT, transcript(draft, html=self._config.text_mode == "html")))
        if own is not None and own.status_field_id is not None and draft.fields.get("status"):
            steps.append(Step(STATUS))
        return steps

    def calls(self, draft: Draft) -> int:
        """The ticket read back, a call for each note, a transcript under its etag, and each hop to the status."""
        known, found = self._catalogue.at_hand, 1 + self._config.verify_created
        for step in self.steps(draft):
            if step.name == STATUS:
                found += 1 + 2 * (1 if known is None else self._hops(draft, known))
            else:
                found += 3 if step.name == TRANSCRIPT else 1
        return found

    def _hops(self, draft: Draft, known: Known) -> int:
        way = self.way(draft, known)
        filled = {field.id for name in draft.fields if (field := way.field(name)) is not None}
        return self.statuses.hops(draft.fields["status"], way, known, filled | draft.custom.keys())

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        attempt = Attempt(self._config.timeout, fence)
        known = await self._catalogue.known()
        way = self.way(draft, known)
        if step.name == STATUS:
            await self.statuses.lead(id, draft.fields["status"], way, known, attempt)
        elif step.name == TRANSCRIPT:
            await self._tell(id, step, files, way, attempt)
        else:
            assert step.comment is not None
            await self._notes.write(id, step.comment, files, known, attempt)
        return Written(TicketId(""), losses=("file_not_taken",) * len(files))

    async def _tell(self, id: str, step: Step, files: Sequence[Download], way: Way, attempt: Attempt) -> None:
        """The transcript as a whole, unless it is there."""
        assert step.comment is not None
        assert way.own.transcript_field_id is not None
        field, html = way.own.transcript_field_id, self._config.text_mode == "html"
        text = step.comment.body + wire_out.named(files, html=html) + wire_out.mark(step.comment.key, html=html)

        def left(row: wire.Record) -> Update | None:
            return None if self._is_told(row, step, way) else {field: text}

        goal = Goal(left, lambda row: "does not keep its transcript", way.type.labels())
        await self.changes.lead(id, goal, attempt)

    @staticmethod
    def _is_told(row: wire.Record, step: Step, way: Way) -> bool:
        assert step.comment is not None
        fields = {key.lower(): value for key, value in (row.data or {}).items()}
        return wire_out.marker(fields.get((way.own.transcript_field_id or "").lower())) == step.comment.key

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """Looked for on the ticket itself: a text by its marker, a status by its name."""
        known = await self._catalogue.known()
        if step.name.startswith(COMMENT):
            assert step.comment is not None
            return await self._notes.find(id, step.comment, known)
        way, row = self.way(draft, known), await self.changes.ticket(id)
        if step.name == STATUS:
            return "" if self.statuses.is_there(row, draft.fields["status"], way, known) else None
        return "" if self._is_told(row, step, way) else None


def transcript(draft: Draft, *, html: bool) -> CommentDraft:
    """All public comments as one text; requesters read it, so no private one ever gets there, whoever sends it here."""
    comments = [comment for comment in draft.comments if comment.public]
    body = ("<hr>" if html else "\n\n---\n\n").join(comment.body for comment in comments)
    files: tuple[File, ...] = tuple(file for comment in comments for file in comment.files)
    return CommentDraft(TRANSCRIPT, Key(f"{draft.key}-transcript"), None, body, True, files)
