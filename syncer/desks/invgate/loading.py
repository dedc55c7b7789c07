"""InvGate as a target: what makes a ticket, what comes after, how a lost answer is found (contract 3.4, 3.5, 5, 8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from html import escape

import structlog
from msgspec.structs import replace

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.budget import Budget
from syncer.deskkit.contract import Download, Newer, Step, Written
from syncer.deskkit.marked import Hits
from syncer.desks.invgate import wire, wire_out
from syncer.desks.invgate.calls import Calls
from syncer.desks.invgate.changing import Changing
from syncer.desks.invgate.config import MEGABYTE, InvGateConfig
from syncer.desks.invgate.setting import Setting, holds
from syncer.desks.invgate.transitions import CLOSED, SOLVED, Transitions, hops
from syncer.desks.invgate.view import View
from syncer.desks.invgate.writes import LONGEST_QUERY, Writes, query
from syncer.errors import Fatal, InDoubt, Rejected
from syncer.mapping.comments import in_key
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import TicketLink, TimeEntry

ASSIGN, OBSERVERS, FILES, STATUS, COMMENT, FIELD = "assign", "observers", "files", "status", "comment ", "field "
WORK = "work "
MOST_PROBES = 20_000
YOUNGEST = 200
"""So many tickets are looked at for one that may just have been made."""
NOBODY = TicketId("2000000000")
Titles = dict[TicketId, Key | None]
"""The marker of each ticket that is there."""
log = structlog.get_logger()


class Loading:
    """Everything that writes. Looks at tickets by id, which no index of the desk can hide."""

    def __init__(self, config: InvGateConfig, calls: Calls, view: View, writes: Writes, budget: Budget) -> None:
        self._config = config
        self._calls = calls
        self._view = view
        self._writes = writes
        self._budget = budget
        self._acting = str(config.acting_user)
        self._transitions = transitions = Transitions(config, calls, writes)
        self._setting = Setting(config, writes, transitions)
        self._changing = Changing(calls, writes, transitions, self._setting)
        self._absent: str | None = None

    async def admit(self) -> None:
        """Wait for the budget: what is written takes a slot of it as what is read does."""
        await self._budget.take()

    async def create(self, draft: Draft, files: Sequence[Download], fence: Callable[[], None]) -> Written:
        """POST incident, with its files where they and the text have room together."""
        fitting, lines = ((), "") if self._files_apart(draft) else self._fitting(files)
        told = wire_out.new_incident(replace(draft, body=draft.body + lines))
        answer = await self._writes.post("incident", told, fitting, self._attempt(fence))
        id = wire.ident(answer.get("request_id"))
        if id is None or not id.isdigit():
            raise InDoubt(f"{self._config.name}: POST incident answered without a request_id")
        # Only together with a group an agent can be told (3.4): without one the text alone names them.
        alone = "assignee" in draft.fields and "group" not in draft.fields
        losses = _too_large(files, fitting) if lines else ()
        return Written(TicketId(id), losses=(*losses, "assignee_as_text") if alone else losses)

    def steps(self, draft: Draft) -> Sequence[Step]:
        """Fields, group and agent, observers, what was said, the status: in this order, because words after the end
        may reopen (8)."""
        steps = [Step(f"{FIELD}{uid}") for uid in draft.custom]
        if "group" in draft.fields:
            steps.append(Step(ASSIGN))
        if draft.cc:
            steps.append(Step(OBSERVERS))
        if self._files_apart(draft):
            body = "<p>Files of the request.</p>"
            steps.append(Step(FILES, CommentDraft(FILES, Key(f"{draft.key}-files"), None, body, True, draft.files)))
        last = len(draft.comments) - 1
        ends = draft.fields["status"] in {SOLVED, CLOSED}
        for place, comment in enumerate(draft.comments):
            # A solution solves the request: only as the last word of one that is to be solved it does no harm.
            solves = comment.solution and comment.public and ends and place == last
            steps.append(Step(f"{COMMENT}{comment.id}", replace(comment, solution=solves)))
        return [*steps, *(Step(f"{WORK}{entry.id}") for entry in draft.times), Step(STATUS)]

    def calls(self, draft: Draft) -> int:
        """The request, each step, and what is read back: custom fields, and the status after each hop."""
        steps = self.steps(draft)
        solved = any(step.comment is not None and step.comment.solution for step in steps)
        fields = sum(step.name.startswith(FIELD) for step in steps)
        return 1 + len(steps) + fields + 2 * hops(draft.fields["status"], solved=solved)

    async def change(self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None]) -> Written:
        """PUT incident, and the calls that set the rest. Raises Rejected, reason `gone`, when it is not there."""
        row = await self._there(id)
        return Written(id, losses=await self._changing.change(row, draft, names, self._attempt(fence)))

    async def _there(self, id: TicketId) -> wire.IncidentRow:
        """Asked as many are: one that does not exist shows there, whatever this desk answers for it alone."""
        try:
            rows = await self._view.tickets([id])
        except Rejected as e:
            if e.reason != await self._as_absent():
                raise
            rows = []
        if not rows:
            raise Rejected(f"{self._config.name}: ticket {id} is not there any more", reason="gone")
        return rows[0]

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """One of `steps`."""
        attempt = self._attempt(fence)
        losses: tuple[str, ...] = ()
        if step.comment is not None:
            fitting, lines = self._fitting(files)
            said = replace(step.comment, body=step.comment.body + lines)
            await self._writes.post("incident.comment", wire_out.said(id, said, self._acting), fitting, attempt)
            losses = _too_large(files, fitting)
        elif step.name == ASSIGN:
            losses = await self._setting.assign(id, draft.fields["group"], draft.fields.get("assignee"), attempt)
        elif step.name == OBSERVERS:
            await self._setting.tell(id, draft.cc, attempt)
        elif step.name.startswith(FIELD):
            uid = step.name.removeprefix(FIELD)
            losses = await self._setting.fill(id, uid, draft.custom[uid], attempt)
        elif step.name.startswith(WORK):
            entry, key = _entry(draft, step)
            await self._writes.post("timetracking", wire_out.worked(id, entry, key), (), attempt)
        else:
            losses = await self._transitions.lead(id, draft.fields["status"], draft.rating, attempt)
        return Written(TicketId(""), losses=losses)

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """A comment by the marker in it, all else by reading back."""
        if step.comment is not None:
            answer = await self._calls.get("incident.comment", [("request_id", id)])
            rows = wire.comments(wire.comment_rows(answer, f"{self._config.name}: comments of {id}"))
            return next((row.id for row in rows if wire_out.marker(row.body) == step.comment.key), None)
        if step.name == OBSERVERS:
            there = wire.rows(await self._calls.json("incident.observer", [("request_id", id)]))
            return "" if set(draft.cc) <= set(map(str, there)) else None
        if step.name.startswith(WORK):
            _, key = _entry(draft, step)
            work = wire.records(await self._calls.json("timetracking", [("request_id", id)]), "timetracking_id")
            found = (one for one in work if wire_out.marker(wire.text(one.get("comment"))) == key)
            return next((str(one["timetracking_id"]) for one in found), None)
        row = await self._transitions.ticket(id)
        if step.name.startswith(FIELD):
            uid = step.name.removeprefix(FIELD)
            return "" if holds(row, uid, draft.custom[uid]) else None
        if step.name == ASSIGN:
            wanted = draft.fields["group"], draft.fields.get("assignee")
            return "" if (wire.ident(row.assigned_group_id), wire.ident(row.assigned_id)) == wanted else None
        return "" if self._transitions.is_there(row, draft.fields["status"]) else None

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """By title: among the youngest tickets of the view, or with `newer` among all ids since."""
        ids = self._since(newer) if newer is not None else self._youngest()
        hits = Hits(keys)
        async for titles in ids:
            for id, key in titles.items():
                hits.note(id, () if key is None else (key,))
        return hits.found()

    async def _youngest(self) -> AsyncIterator[Titles]:
        ids = await self._view.youngest(YOUNGEST)
        for start in range(0, len(ids), self._config.bulk):
            yield await self._titles(ids[start : start + self._config.bulk])

    async def _since(self, newer: Newer) -> AsyncIterator[Titles]:
        """Block after block of later ids, until so many in a row are unknown to the desk: needs no list."""
        after, misses, probes = int(newer.since), 0, 0
        while misses < self._config.probe_misses:
            ids = [TicketId(str(n)) for n in range(after + 1, after + 1 + self._config.bulk)]
            after += len(ids)
            unknown = [id for id in ids if id not in newer.known]
            probes += len(unknown)
            if probes > MOST_PROBES:
                raise Fatal(
                    f"{self._config.name}: over {MOST_PROBES} requests since {newer.since}",
                    hint="Look for the markers on the desk by hand: syncer cannot tell whether they are there.",
                )
            there = await self._titles(unknown)
            misses = 0 if there or len(unknown) < len(ids) else misses + len(ids)
            yield there

    async def _titles(self, ids: Sequence[TicketId]) -> Titles:
        """The marker of each of these tickets that exists; a call that fails as a whole is halved (4.2).

        Raises Rejected for one that is refused in another way than one that cannot be there: it may be there.
        """
        if not ids:
            return {}
        try:
            rows = await self._view.tickets(ids)
        except Rejected as e:
            if len(ids) == 1:
                if e.reason != await self._as_absent():
                    raise
                return {}
            half = len(ids) // 2
            parts = await asyncio.gather(self._titles(ids[:half]), self._titles(ids[half:]))
            return parts[0] | parts[1]
        return {TicketId(str(row.id)): wire_out.marker(wire.text(row.title)) for row in rows}

    async def _as_absent(self) -> str:
        """How this desk refuses an id that surely does not exist; "" where it leaves it out of its answer."""
        if self._absent is None:
            try:
                await self._view.tickets([NOBODY])
                self._absent = ""
            except Rejected as e:
                self._absent = e.reason
        return self._absent

    def _attempt(self, fence: Callable[[], None]) -> Attempt:
        return Attempt(self._config.timeout, fence)

    def _files_apart(self, draft: Draft) -> bool:
        return bool(draft.files) and len(query(wire_out.new_incident(draft))) > LONGEST_QUERY

    def _fitting(self, files: Sequence[Download]) -> tuple[Sequence[Download], str]:
        """The files that are not too large, and a line of text for each that is."""
        fitting = [file for file in files if file.size <= self._config.max_file_mb * MEGABYTE]
        left = [file for file in files if file not in fitting]
        lines = (f"[File {file.name} ({file.size} bytes) was too large and is not here.]" for file in left)
        return fitting, "".join(f"<p>{escape(line)}</p>" for line in lines)

    async def linked(self, id: TicketId, link: TicketLink) -> bool:
        """Whether the two are linked: the desk's links have no kind and go both ways (3.6)."""
        rows = wire.records(await self._calls.json("incident.link", [("request_id", id)]))
        return any(str(row["id"]) == link.id for row in rows)

    async def link(self, id: TicketId, link: TicketLink, fence: Callable[[], None]) -> Written:
        """POST incident.link; what kind of link it was is lost."""
        params = {"request_id": int(id), "request_ids": [int(link.id)]}
        await self._writes.post("incident.link", params, (), self._attempt(fence))
        return Written(TicketId(""), losses=() if link.kind == "related" else ("link_kind_lost",))


def _too_large(files: Sequence[Download], fitting: Sequence[Download]) -> tuple[str, ...]:
    return ("file_too_large",) * (len(files) - len(fitting))


def _entry(draft: Draft, step: Step) -> tuple[TimeEntry, Key]:
    """The piece of work a step is about, and the marker by which it is found again."""
    id = step.name.removeprefix(WORK)
    return next(one for one in draft.times if one.id == id), Key(f"{draft.key}-w{in_key(id)}")
