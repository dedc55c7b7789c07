"""Reads a ticket back and mends what can be mended: RT says yes to much that it does not do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download
from syncer.desks.request_tracker import times, wire, wire_out
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.wire import Row
from syncer.desks.request_tracker.wire_out import Place
from syncer.desks.request_tracker.writes import Writes
from syncer.errors import ConfigError, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

KEPT_NOT, FILE_LOST = "value_not_kept", "file_refused"
Named = tuple[str, int]
"""A file's name and its size."""


class Checking:
    """Compares tickets with their drafts."""

    def __init__(self, config: RequestTrackerConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes

    async def verify(self, id: TicketId, draft: Draft, place: Place, attempt: Attempt) -> tuple[str, ...]:
        """A loss for each thing that did not stick; its status too, where nothing more is said. Raises ConfigError
        where the marker does not stick: no answer that is lost from now on could be looked for."""
        row = await self._calls.ticket(id)
        if fixes := self._fixes(row, draft, place):
            await self._writes.change(id, {"CustomFields": fixes}, attempt)
            row = await self._calls.ticket(id)
        if not self._is_marked(row, draft):
            field = self._config.marker_field
            raise ConfigError(
                f"{self._config.name}: ticket {id} does not keep the marker {draft.key} in its field {field!r}",
                hint="Give the API user SeeCustomField and ModifyCustomField on it; the same command goes on then.",
            )
        losses = [KEPT_NOT for _ in self._not_kept(row, draft, place)]
        if not draft.comments and draft.fields.get("status"):
            losses += await self._led(id, row, draft, attempt)
        return tuple(losses)

    async def is_verified(self, id: TicketId, draft: Draft, place: Place) -> bool:
        """Whether nothing is left to be mended."""
        row = await self._calls.ticket(id)
        led = draft.comments or not draft.fields.get("status") or self.is_led(row, draft)
        return bool(led and self._is_marked(row, draft) and not self._fixes(row, draft, place))

    def _is_marked(self, row: Row, draft: Draft) -> bool:
        return draft.key in wire_out.markers(row, self._config.marker_field)

    def _fixes(self, row: Row, draft: Draft, place: Place) -> dict[str, Any]:
        """Custom fields to be written once more: a marker that is not there, moments that are off by a time zone."""
        wanted = wire_out.custom_fields(draft, place)
        fixes: dict[str, Any] = {}
        for field, there in wire_out.unlike(row, draft, place).items():
            if field == place.marker:
                fixes[field] = draft.key
            elif (moved := wire_out.shifted(wanted[field], there)) is not None:
                fixes[field] = moved
        return fixes

    def _not_kept(self, row: Row, draft: Draft, place: Place) -> list[str]:
        lost = list(wire_out.not_kept(row, draft, place))
        created = wire_out.moment(draft.fields.get("created_at")) if self._config.native_created else None
        return [*lost, "created"] if created and times.moment(row.get("Created")) != created else lost

    async def lead(self, id: TicketId, draft: Draft, attempt: Attempt) -> tuple[str, ...]:
        """The status it ends in, and when it ended. Raises Rejected where it stays in another one."""
        return tuple(await self._led(id, await self._calls.ticket(id), draft, attempt))

    async def is_there(self, id: TicketId, draft: Draft) -> bool:
        """Whether it is in its status, since when it should be."""
        return self.is_led(await self._calls.ticket(id), draft)

    async def _led(self, id: TicketId, row: Row, draft: Draft, attempt: Attempt) -> list[str]:
        wanted = draft.fields["status"]
        if _status(row) != wanted.lower():
            said = await self._writes.change(id, {"Status": wanted}, attempt)
            row = await self._calls.ticket(id)
            if _status(row) != wanted.lower():
                stays = f"ticket {id} stays {_status(row)!r}; {wanted!r} was wanted: {'; '.join(said)}"
                raise Rejected(
                    f"{self._config.name}: {stays}",
                    reason="refused",
                    hint="A rule of the lifecycle, or a ticket it depends on? Set the status by hand, then:"
                    " syncer parked drop",
                )
        if self.is_led(row, draft):
            return []
        closed = wire_out.closed_at(draft, self._config)
        assert closed is not None
        await self._writes.change(id, {"Resolved": times.stamp(closed)}, attempt)
        return [] if self.is_led(await self._calls.ticket(id), draft) else [KEPT_NOT]

    def is_led(self, row: Row, draft: Draft) -> bool:
        """Whether a ticket shows its status, and that it ended when it did."""
        closed = wire_out.closed_at(draft, self._config)
        ended = closed is None or times.moment(row.get("Resolved")) == closed
        return ended and _status(row) == draft.fields["status"].lower()


def _status(row: Row) -> str:
    return wire.text(row.get("Status")).lower()


def sent(files: Sequence[Download]) -> list[Named]:
    """Files as RT would tell them."""
    return [(file.name, file.size) for file in files]


def lacking(wanted: Sequence[Named], there: Sequence[Named]) -> tuple[str, ...]:
    """A loss for each file that is not there, or there under another name."""
    missing, spare = Counter(wanted) - Counter(there), Counter(there) - Counter(wanted)
    sizes = Counter(size for _, size in spare.elements())
    losses = []
    for _, size in missing.elements():
        renamed = sizes[size] > 0
        sizes[size] -= renamed
        losses.append(KEPT_NOT if renamed else FILE_LOST)
    return tuple(losses)
