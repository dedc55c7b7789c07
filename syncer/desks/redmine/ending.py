"""How an issue ends: status, category, assignee and fields in one change that is read back; then who watches it."""

from __future__ import annotations

from typing import Any

from syncer.deskkit.attempt import Attempt
from syncer.desks.redmine import fields, wire, wire_out
from syncer.desks.redmine.calls import Calls, Row
from syncer.desks.redmine.catalogue import Catalogue
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.writes import Writes
from syncer.errors import Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

STATUS, CATEGORY, ASSIGNEE = "status_id", "category_id", "assigned_to_id"
_AT = {STATUS: "status", CATEGORY: "category", ASSIGNEE: "assigned_to"}
NO_CATEGORY = "0"
"""Stands for one that the project does not have: no issue ever has it."""
_LOSS = {CATEGORY: "value_not_kept", ASSIGNEE: "assignee_as_text"}


class Ending:
    """What mails people comes here, once."""

    def __init__(self, config: RedmineConfig, calls: Calls, catalogue: Catalogue, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._catalogue = catalogue
        self._writes = writes

    async def is_over(self, id: TicketId, draft: Draft) -> str | None:
        """Empty when nothing is left that could be changed, None when something is."""
        row = await self._calls.issue(id)
        return None if _possible(await self._left(row, draft)) or _unfilled(row, draft) else ""

    async def _left(self, row: Row, draft: Draft) -> dict[str, str]:
        """What differs from the draft. Redmine may have given an assignee whom nobody asked for."""
        wanted = {ASSIGNEE: draft.fields.get("assignee", "")}
        if draft.fields.get("status"):
            wanted[STATUS] = draft.fields["status"]
        if draft.fields.get("category"):
            category = await self._catalogue.category(draft.fields["category"], wire.ref(row, "project") or "")
            wanted[CATEGORY] = category or NO_CATEGORY
        return {key: id for key, id in wanted.items() if (wire.ref(row, _AT[key]) or "") != id}

    async def end(self, id: TicketId, draft: Draft, attempt: Attempt) -> tuple[str, ...]:
        """Change what differs, and read it back; what was refused or not kept is lost, but the status.

        Raises Rejected where the status is not the one that was wanted.
        """
        row = await self._calls.issue(id)
        left, unfilled = await self._left(row, draft), _unfilled(row, draft)
        if _possible(left) or unfilled:
            await self._change(id, draft, (_possible(left), unfilled), attempt)
            row = await self._calls.issue(id)
            left, unfilled = await self._left(row, draft), _unfilled(row, draft)
        if STATUS in left:
            raise Rejected(
                f"{self._config.name}: issue {id} stays in status {wire.called(row, 'status')!r};"
                f" status {left[STATUS]} was wanted",
                reason="refused",
                hint="Allow this transition to the account's role (Workflow), then: syncer parked retry",
            )
        return (*(_LOSS[key] for key in left), *("value_not_kept" for _ in unfilled))

    async def _change(
        self, id: TicketId, draft: Draft, what: tuple[dict[str, str], list[str]], attempt: Attempt
    ) -> None:
        """All in one. One part that is refused refuses them all: then each by itself, the status last, because it may
        be the last change that is allowed."""
        left, unfilled = what
        filled = [wire_out.changed(one, draft.custom[one]) for one in unfilled]
        try:
            await self._put(id, wire_out.together(left, filled), attempt)
            return
        except Rejected:
            parts = [*filled, *({key: left[key]} for key in (CATEGORY, ASSIGNEE) if key in left)]
        for part in parts:
            try:
                await self._put(id, part, attempt)
            except Rejected:
                continue  # it is counted when all is read back
        if STATUS in left:
            await self._put(id, {STATUS: left[STATUS]}, attempt)

    async def _put(self, id: TicketId, body: dict[str, Any], attempt: Attempt) -> None:
        await self._writes.put(f"/issues/{id}.json", {"issue": body}, attempt)

    async def is_watched(self, id: TicketId, draft: Draft) -> str | None:
        """Empty when those watch it who shall, None when not."""
        missing, surplus = await self._watchers(id, draft)
        return None if missing or surplus else ""

    async def _watchers(self, id: TicketId, draft: Draft) -> tuple[list[str], list[str]]:
        """Who should watch it and does not, and whom Redmine made a watcher because they wrote on it."""
        row = await self._calls.issue(id, "watchers")
        wanted = [one for one in draft.cc if one.isdigit()]
        there = {one for watcher in wire.rows(row, "watchers") if (one := wire.ident(watcher)) is not None}
        wrote = {(await self._calls.access.me()).id}
        if self._config.switch_user:
            wrote |= {one.author for one in draft.comments if one.author is not None}
        return [one for one in wanted if one not in there], sorted((there & wrote) - set(wanted), key=int)

    async def watched(self, id: TicketId, draft: Draft, attempt: Attempt) -> tuple[str, ...]:
        """Make them watch it, and nobody else whom writing made a watcher. Nobody is mailed about it."""
        missing, surplus = await self._watchers(id, draft)
        if not missing and not surplus:
            return ()
        if missing:
            body = {"watcher": {"user_ids": list(map(int, missing))}}
            try:
                await self._writes.post(f"/issues/{id}/watchers.json", body, attempt, empty=True)
            except Rejected:
                return ("cc_dropped",) * len(missing)
        for one in surplus:
            try:
                await self._writes.delete(f"/issues/{id}/watchers/{one}.json", attempt)
            except Rejected:  # without the right, syncer's user watches what it wrote
                break
        still, _ = await self._watchers(id, draft)
        return ("cc_dropped",) * len(still)

    async def unwatch(self, id: TicketId, attempt: Attempt) -> None:
        """Take back that we watch an issue because we wrote on it."""
        me = await self._calls.access.me()
        try:
            await self._writes.delete(f"/issues/{id}/watchers/{me.id}.json", attempt)
        except Rejected:
            return


def _possible(left: dict[str, str]) -> dict[str, str]:
    """What can be changed at all."""
    return {key: id for key, id in left.items() if (key, id) != (CATEGORY, NO_CATEGORY)}


def _unfilled(row: Row, draft: Draft) -> list[str]:
    """The additional fields that do not show what they should."""
    return [id for id, value in draft.custom.items() if not fields.is_kept(row, id, value)]
