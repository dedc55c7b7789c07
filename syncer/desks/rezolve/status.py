"""The way to a status: hop by hop over the type's workflow, each with a fresh etag and read back (contract 3.6)."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

from syncer.deskkit.attempt import Attempt
from syncer.desks.rezolve import wire
from syncer.desks.rezolve.changes import Changes, Goal, Update
from syncer.desks.rezolve.known import Known
from syncer.desks.rezolve.ticket_types import Status, TicketType, Transition
from syncer.desks.rezolve.wire_out import Way
from syncer.errors import Rejected


class Statuses:
    """Leads tickets to their status, where the type has a `status_field_id`."""

    def __init__(self, name: str, changes: Changes) -> None:
        self._name = name
        self._changes = changes
        self.roles: tuple[str, ...] = ()
        """Ours, where they are known."""

    @staticmethod
    def is_there(row: wire.Record, wanted: str, way: Way, known: Known) -> bool:
        """Whether it has that status, by id or name."""
        if wire.same(known.id("status", row.status), wanted):
            return True
        now, goal = way.type.status(row.status), _goal(wanted, way.type, known)
        return now is not None and now == goal

    def hops(self, wanted: str, way: Way, known: Known, filled: Collection[str]) -> int:
        """How many changes lead a new ticket there, as far as the workflow tells, with these fields on it."""
        row = wire.new_record(way.type.id, way.type.first, dict.fromkeys(filled, True))
        if self.is_there(row, wanted, way, known):
            return 0
        try:
            return len(self._way(row, wanted, way, known))
        except Rejected:
            return 1

    async def lead(self, id: str, wanted: str, way: Way, known: Known, attempt: Attempt) -> None:
        """All hops that are left, each from where the ticket is then. Raises Rejected where no way leads there, or a
        hop did nothing."""
        field = way.own.status_field_id
        assert field is not None

        def left(row: wire.Record) -> Update | None:
            if self.is_there(row, wanted, way, known):
                return None
            hop = self._way(row, wanted, way, known)[0]
            return {field: self._value(hop, wanted, way, known)} | self._fills(row, hop, way)

        def misses(row: wire.Record) -> str:
            return f"stays in status {row.status}; {wanted} was wanted"

        goal = Goal(left, misses, way.type.labels(), most=max(2, 2 * len(way.type.statuses)))
        await self._changes.lead(id, goal, attempt)

    def _way(self, row: wire.Record, wanted: str, way: Way, known: Known) -> Sequence[str]:
        """The names of the statuses on the shortest way; straight on where the workflow is not known."""
        start, goal = way.type.status(row.status), _goal(wanted, way.type, known)
        if goal is None or start is None or not way.type.transitions:
            entry = known.value("status", wanted)
            return [goal.name if goal is not None else entry.name if entry is not None else wanted]
        before: dict[str, Status] = {}
        todo = deque([start])
        while todo:
            here = todo.popleft()
            if here == goal:
                names = []
                while here != start:
                    names.append(here.name)
                    here = before[here.id]
                return names[::-1]
            for step in way.type.transitions:
                there = way.type.status(step.target)
                if there is None or there.id in before or there == start or not self._open(step, here, row, way):
                    continue
                before[there.id] = here
                todo.append(there)
        hint = f"Put what is missing into types.{way.type.id}.fills, give the account the role, or map another status."
        raise Rejected(self._no_way(row, goal, way), reason="refused", hint=hint)

    def _open(self, step: Transition, here: Status, row: wire.Record, way: Way) -> bool:
        """Whether this way may be gone: from here, in our role, with what the ticket has."""
        if step.sources and not any(here.is_called(one) or one == "*" for one in step.sources):
            return False
        if not self._may(step):
            return False
        filled = _filled(row) | {id.lower() for id in way.own.fills}
        return all(need.lower() in filled for need in step.needs)

    @staticmethod
    def _fills(row: wire.Record, hop: str, way: Way) -> dict[str, str]:
        """What transitions to this status need, and neither ticket nor mapping has."""
        there, filled = way.type.status(hop), _filled(row)
        needs = {need.lower() for step in way.type.transitions if there is not None and there.is_called(step.target)
                 for need in step.needs}  # fmt: skip
        return {id: value for id, value in way.own.fills.items() if id.lower() in needs - filled}

    def _no_way(self, row: wire.Record, goal: Status, way: Way) -> str:
        """Why not: on a way of several hops the field, or the role, that is missing may be that of any of them."""
        kind = way.type
        labels, filled = kind.labels(), _filled(row) | {id.lower() for id in way.own.fills}
        needs = {labels.get(need.lower(), need) for step in kind.transitions for need in step.needs
                 if need.lower() not in filled}  # fmt: skip
        told = f"; transitions need {', '.join(sorted(needs))}" if needs else ""
        closed = {role for step in kind.transitions if not self._may(step) for role in step.roles}
        told += f"; some are only for {', '.join(sorted(closed))}" if closed else ""
        return f"{self._name}: no way leads ticket {row.id} from {row.status} to {goal.name}{told}"

    def _may(self, step: Transition) -> bool:
        """Whether our role may go this way, as far as roles are known."""
        return not step.roles or not self.roles or any(wire.same(a, b) for a in step.roles for b in self.roles)

    @staticmethod
    def _value(hop: str, wanted: str, way: Way, known: Known) -> str:
        """What the status field takes for a status."""
        own = way.own.status_values
        entry = known.value("status", known.id("status", hop) or hop)
        for word in (hop, entry.id if entry is not None else hop):
            if word in own:
                return own[word]
        field = next((one for one in way.type.fields if wire.same(one.id, way.own.status_field_id)), None)
        status = way.type.status(hop)
        words = [hop, *((status.id, status.key) if status is not None else ())]
        if field is not None and field.options:
            found = next((value for word in words if word and (value := field.value_of(word)) is not None), None)
            if found is not None:
                return found
        return hop


def _goal(wanted: str, kind: TicketType, known: Known) -> Status | None:
    """The status of the workflow that an entry of the tenant's list means."""
    entry = known.value("status", wanted)
    return kind.status(wanted) or (kind.status(entry.name) if entry is not None else None)


def _filled(row: wire.Record) -> set[str]:
    return {key.lower() for key, value in (row.data or {}).items() if value not in (None, "", [])}
