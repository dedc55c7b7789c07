"""A request that is there, changed: its own fields by PUT, all else by the calls that set it (contract 3.4 to 3.6)."""

from __future__ import annotations

from collections.abc import Collection

from syncer.deskkit.attempt import Attempt
from syncer.desks.invgate import wire, wire_out
from syncer.desks.invgate.calls import Calls
from syncer.desks.invgate.setting import LOST, Setting, holds
from syncer.desks.invgate.transitions import CANCELLED, CLOSED, REJECTED, WAITING, Transitions
from syncer.desks.invgate.writes import LONGEST_QUERY, Writes, query
from syncer.errors import Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

FIELD, PEOPLE = "custom.", ("group", "assignee")
_OVER = frozenset((CLOSED, REJECTED, CANCELLED))


class Changing:
    """Writes only what differs, so that going again costs nothing and mails nobody twice."""

    def __init__(self, calls: Calls, writes: Writes, transitions: Transitions, setting: Setting) -> None:
        self._calls = calls
        self._writes = writes
        self._transitions = transitions
        self._setting = setting

    async def change(
        self, row: wire.IncidentRow, draft: Draft, names: Collection[str], attempt: Attempt
    ) -> tuple[str, ...]:
        """What these names name; the losses. The status comes last, but a request that is over is opened first."""
        id, losses = TicketId(str(row.id)), list[str]()
        over = str(row.status_id) in _OVER
        if over:
            losses += await self._lead(id, draft, names, attempt)
        losses += await self._put(id, row, draft, names, attempt.then())
        for uid in (name.removeprefix(FIELD) for name in names if name.startswith(FIELD)):
            value = draft.custom.get(uid)
            losses += () if holds(row, uid, value) else await self._setting.fill(id, uid, value, attempt.then())
        losses += await self._assign(row, draft, names, attempt.then())
        if "cc" in names:
            losses += await self._tell(id, draft.cc, attempt.then())
        if not over:
            losses += await self._lead(id, draft, names, attempt.then())
        known = {*wire_out.PARAMETERS, *PEOPLE, "status", "cc", "title", "body"}
        return (*losses, *(LOST * sum(name not in known and not name.startswith(FIELD) for name in names)))

    async def _put(
        self, id: TicketId, row: wire.IncidentRow, draft: Draft, names: Collection[str], attempt: Attempt
    ) -> tuple[str, ...]:
        """PUT incident of what differs, read back: what does not follow, and what no call changes, is lost."""
        params, lost = wire_out.edited(row, draft, names)
        if not params:
            return LOST * lost
        text = {}
        if len(query(params)) > LONGEST_QUERY:  # what is short then does not fail with it
            text = {name: params.pop(name) for name in ("description",) if name in params}
        for part in filter(None, (params, text)):
            await self._put_one({"id": int(id), **part}, attempt)
        return LOST * wire_out.differing(await self._transitions.ticket(id), draft, names)

    async def _put_one(self, params: dict[str, object], attempt: Attempt) -> None:
        """In the query; where that is too long once more with a body, which not every instance reads (3.0)."""
        try:
            await self._writes.put("incident", params, attempt)
        except Rejected as e:
            if e.reason != "too_large":
                raise
            await self._writes.put("incident", {"id": params["id"]}, attempt, body=params)

    async def _assign(
        self, row: wire.IncidentRow, draft: Draft, names: Collection[str], attempt: Attempt
    ) -> tuple[str, ...]:
        """Both in one call, whichever is asked: without its agent a group would take the agent away."""
        asked = [name for name in PEOPLE if name in names]
        there = {"group": wire.ident(row.assigned_group_id), "assignee": wire.ident(row.assigned_id)}
        wanted = there | {name: draft.fields.get(name) or None for name in asked}
        if wanted == there:
            return ()
        # No call takes a group away, and none names an agent without one (3.4).
        lost: tuple[str, ...] = LOST if wanted["group"] is None and there["group"] else ()
        group = wanted["group"] or there["group"]
        if group is None:
            return (*lost, *LOST)
        id = TicketId(str(row.id))
        if (group, wanted["assignee"]) != (there["group"], there["assignee"]):
            try:
                lost += await self._setting.assign(id, group, wanted["assignee"], attempt)
            except Rejected:
                return (*lost, *LOST)
            if str(row.status_id) == WAITING and "status" not in names:  # which assigning may end (3.5)
                await self._transitions.lead(id, WAITING, None, attempt)
        return lost

    async def _tell(self, id: TicketId, people: Collection[str], attempt: Attempt) -> tuple[str, ...]:
        """Who is to be told and is not; no call takes an observer off (1)."""
        there = set(map(str, wire.rows(await self._calls.json("incident.observer", [("request_id", id)]))))
        if more := [one for one in people if one not in there]:
            await self._setting.tell(id, more, attempt)
        return LOST * len(there - set(people))

    async def _lead(self, id: TicketId, draft: Draft, names: Collection[str], attempt: Attempt) -> tuple[str, ...]:
        wanted = draft.fields.get("status")
        if "status" not in names:
            return ()
        return await self._transitions.lead(id, wanted, draft.rating, attempt) if wanted else LOST
