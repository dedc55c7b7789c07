"""How an issue ends: status, category, assignee and fields in one change that is read back; then who watches it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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

Body = dict[str, Any]
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
            await self.put(id, _parts(_possible(left), unfilled, draft), attempt)
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

    async def put(self, id: TicketId, parts: Sequence[Body], attempt: Attempt) -> Rejected | None:
        """All in one. One part that is refused refuses them all: then each by itself, in this order. Gives the last
        refusal where nothing was taken."""
        try:
            await self._put(id, wire_out.together({}, parts), attempt)
            return None
        except Rejected as e:
            refused = [e]
        if len(parts) > 1:
            refused = []
            for part in parts:
                try:
                    await self._put(id, part, attempt)
                except Rejected as e:  # it is counted when all is read back
                    refused.append(e)
        return refused[-1] if len(refused) == len(parts) else None

    async def _put(self, id: TicketId, body: Body, attempt: Attempt) -> None:
        await self._writes.put(f"/issues/{id}.json", {"issue": body}, attempt)

    async def is_watched(self, id: TicketId, draft: Draft) -> str | None:
        """Empty when those watch it who shall, None when not."""
        missing, surplus = await self._watchers(id, draft.cc, await self._wrote(draft))
        return None if missing or surplus else ""

    async def _wrote(self, draft: Draft) -> set[str]:
        """Whom Redmine made a watcher because they wrote on it."""
        me = {(await self._calls.access.me()).id}
        if not self._config.switch_user:
            return me
        return me | {one.author for one in draft.comments if one.author is not None}

    async def _watchers(
        self, id: TicketId, cc: Iterable[str], others: Collection[str] | None
    ) -> tuple[list[str], list[str]]:
        """Who should watch it and does not, and who does and should not: of these others, or of all there are."""
        row = await self._calls.issue(id, "watchers")
        wanted = [one for one in cc if one.isdigit()]
        there = {one for watcher in wire.rows(row, "watchers") if (one := wire.ident(watcher)) is not None}
        surplus = there - set(wanted)
        surplus = surplus if others is None else surplus & set(others)
        return [one for one in wanted if one not in there], sorted(surplus, key=int)

    async def watched(self, id: TicketId, draft: Draft, attempt: Attempt) -> tuple[str, ...]:
        """Make them watch it, and nobody else whom writing made a watcher. Nobody is mailed about it."""
        return await self._watch(id, draft.cc, await self._wrote(draft), attempt)

    async def watched_by(self, id: TicketId, cc: Iterable[str], attempt: Attempt) -> tuple[str, ...]:
        """Make them watch it, and nobody else."""
        return await self._watch(id, cc, None, attempt)

    async def _watch(
        self, id: TicketId, cc: Iterable[str], others: Collection[str] | None, attempt: Attempt
    ) -> tuple[str, ...]:
        missing, surplus = await self._watchers(id, cc, others)
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
        still, _ = await self._watchers(id, cc, others)
        return ("cc_dropped",) * len(still)

    async def unwatch(self, id: TicketId, attempt: Attempt) -> None:
        """Take back that we watch an issue because we wrote on it."""
        me = await self._calls.access.me()
        try:
            await self._writes.delete(f"/issues/{id}/watchers/{me.id}.json", attempt)
        except Rejected:
            return


def _parts(left: dict[str, str], unfilled: list[str], draft: Draft) -> list[Body]:
    """What is to be changed, the status last, because it may be the last change that is allowed."""
    filled = [wire_out.changed(one, draft.custom[one]) for one in unfilled]
    return [*filled, *({key: left[key]} for key in (CATEGORY, ASSIGNEE, STATUS) if key in left)]


def _possible(left: dict[str, str]) -> dict[str, str]:
    """What can be changed at all."""
    return {key: id for key, id in left.items() if (key, id) != (CATEGORY, NO_CATEGORY)}


def _unfilled(row: Row, draft: Draft) -> list[str]:
    """The additional fields that do not show what they should."""
    return [id for id, value in draft.custom.items() if not fields.is_kept(row, id, value)]
