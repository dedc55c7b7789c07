"""A request that is there, changed: its fields together, group and assignee, the status last (contract 3.4 and 8)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.motadata import shapes, wire, wire_out
from syncer.desks.motadata.calls import Calls, Row
from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.editing import CUSTOM, FIELD, LISTS, Editor, custom_fields, moved, not_changed
from syncer.desks.motadata.loading import Loading
from syncer.desks.motadata.names import Names
from syncer.desks.motadata.writes import Writes
from syncer.errors import NotFound, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

LOST = ("value_not_kept",)
PEOPLE = ("assignee", "group")
_KNOWN = {*wire_out.KEYS, *LISTS, *PEOPLE, "title", "body", "requester", "status"}


class Changing:
    """Writes only what differs, reads it back, and counts what did not follow."""

    def __init__(self, config: MotadataConfig, calls: Calls, writes: Writes, loading: Loading, names: Names) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._loading = loading
        self._names = names
        self._editor = Editor(config, names)
        self._whole = False
        """Whether this server empties custom fields that a change does not name."""

    async def change(self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None]) -> Written:
        """What these names name. Raises Rejected, reason `gone`, when the request is not there."""
        row = await self._there(id)
        attempt = Attempt(self._config.timeout, fence)
        edit = self._editor.edit(row, draft, names)
        lost = edit.lost + await self._patch(id, row, edit.changes, attempt)
        lost += await self._assign(row, draft, names, attempt.then())
        if "status" in names:
            wanted = draft.fields.get("status")
            lost += not wanted
            if wanted:
                await self._loading.lead(id, wanted, attempt.then())
        lost += sum(name not in _KNOWN and not name.startswith(FIELD) for name in names)
        return Written(id, losses=LOST * lost)

    async def _there(self, id: TicketId) -> Row:
        try:
            return await self._calls.request(id)
        except NotFound as e:
            raise Rejected(f"{self._config.name}: request {id} is not there any more", reason="gone") from e

    async def _patch(self, id: TicketId, row: Row, changes: Mapping[str, Any], attempt: Attempt) -> int:
        """All in one; where that is refused each by itself, so that what can be changed is. How many were not.

        Raises Rejected where every single one is refused.
        """
        if not changes:
            return 0
        refused = 0
        try:
            await self._send(id, row, changes, attempt)
        except Rejected:
            parts = list(_parts(changes))
            if len(parts) == 1:
                raise
            refused = await self._one_by_one(id, row, parts, attempt)
        after = await self._calls.request(id)
        filled = changes.get(CUSTOM, {})
        if filled and (emptied := moved(row, after, filled)):
            self._whole = True
            await self._send(id, row, {CUSTOM: emptied | filled}, attempt.then())
            after = await self._calls.request(id)
            refused += len(moved(row, after, filled))
        return max(refused, not_changed(row, after, changes, self._names))

    async def _one_by_one(self, id: TicketId, row: Row, parts: list[dict[str, Any]], attempt: Attempt) -> int:
        refused = 0
        for part in parts:
            try:
                await self._send(id, row, part, attempt.then())
            except Rejected:
                refused += 1
                if refused == len(parts):
                    raise
        return refused

    async def _send(self, id: TicketId, row: Row, changes: Mapping[str, Any], attempt: Attempt) -> None:
        if self._whole and CUSTOM in changes:
            set_there = {label: value for label, value in custom_fields(row).items() if value}
            changes = {**changes, CUSTOM: set_there | changes[CUSTOM]}
        await self._writes.patch(id, changes, attempt)

    async def _assign(self, row: Row, draft: Draft, names: Collection[str], attempt: Attempt) -> int:
        """Group and assignee, and which of them stays; nothing takes either away (3.4)."""
        keys = {"assignee": wire.ASSIGNEE, "group": self._config.group_key or ""}
        asked = {name: draft.fields.get(name, "") for name in PEOPLE if name in names}
        differ = {
            name: value
            for name, value in asked.items()
            if not self._names.same(shapes.text(row.get(keys[name])), value) and (value or row.get(keys[name]))
        }
        lost = sum(not value or not keys[name] for name, value in differ.items())
        fields = {name: value for name, value in differ.items() if value and keys[name]}
        if fields:
            id = wire.ident(row) or TicketId("")
            lost += len(await self._loading.assign(id, replace(draft, fields=fields), attempt))
        return lost


def _parts(changes: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in changes.items():
        if key == CUSTOM:
            yield from ({CUSTOM: {label: one}} for label, one in value.items())
        else:
            yield {key: value}
