"""What a request is told after it was made: custom fields, group and agent, observers (contract 3.4 and 3.6)."""

from __future__ import annotations

from collections.abc import Iterable

from syncer.deskkit.attempt import Attempt
from syncer.desks.invgate import custom, wire
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.transitions import Transitions
from syncer.desks.invgate.writes import Writes
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import CustomValue

LOST = ("value_not_kept",)
_ERASED = [""]


class Setting:
    """One call each; an OK is believed where nothing else is known to happen."""

    def __init__(self, config: InvGateConfig, writes: Writes, transitions: Transitions) -> None:
        self._writes = writes
        self._transitions = transitions
        self._acting = config.acting_user or 0

    async def fill(self, id: TicketId, uid: str, value: CustomValue | None, attempt: Attempt) -> tuple[str, ...]:
        """One custom field, emptied by None; read back: of what a field cannot hold the desk may keep some, or nothing,
        and say OK."""
        told = {"custom_field_uid": int(uid), "values": _ERASED if value is None else custom.told(value, uid)}
        try:
            await self._writes.post(
                "incident.custom_field", {"request_id": int(id), "author_id": self._acting, **told}, (), attempt
            )
        except Rejected:
            return LOST
        return () if holds(await self._transitions.ticket(id), uid, value) else LOST

    async def assign(self, id: TicketId, group: str, agent: str | None, attempt: Attempt) -> tuple[str, ...]:
        """Group and agent; a group without an agent takes the agent away."""
        params = {"request_id": int(id), "group_id": int(group), "author_id": self._acting}
        if agent is None:
            await self._writes.post("incident.reassign", params, (), attempt)
            return ()
        try:
            await self._writes.post("incident.reassign", params | {"agent_id": int(agent)}, (), attempt)
        except Rejected:
            # Only a member of the group can be its agent: the group is worth having without.
            await self._writes.post("incident.reassign", params, (), attempt)
            return ("assignee_not_member",)
        return ()

    async def tell(self, id: TicketId, people: Iterable[str], attempt: Attempt) -> None:
        """More observers."""
        told = {"request_id": int(id), "author_id": self._acting, "users_id": list(map(int, people))}
        await self._writes.post("incident.observer", told, (), attempt)


def holds(row: wire.IncidentRow, uid: str, value: CustomValue | None) -> bool:
    """Whether that is what the custom field shows; None: nothing."""
    values = row.custom_fields
    there = values.get(uid) if isinstance(values, dict) else None
    if value is None:
        return there in (None, "", {}, [])
    return there is not None and custom.is_kept(there, value, uid)
