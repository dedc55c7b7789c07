"""Links between issues: relations, and subtasks where the settings say so."""

from __future__ import annotations

from collections.abc import Callable

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.redmine import wire
from syncer.desks.redmine.calls import Calls, Row
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.ending import Ending
from syncer.desks.redmine.writes import Writes
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import TicketLink

INCLUDE = "relations,children,watchers"
_DERIVED = ("priority", "start_date", "due_date", "done_ratio")
_TYPES = {"duplicate": "duplicated"}


class Linking:
    """Two issues are linked once, whatever for: Redmine takes no second relation between them."""

    def __init__(self, config: RedmineConfig, calls: Calls, writes: Writes, ending: Ending) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._ending = ending

    async def linked(self, id: TicketId, link: TicketLink) -> bool:
        """Whether one is the other's parent, or related to it."""
        return _are(await self._calls.issue(id, INCLUDE), link.id)

    async def link(self, id: TicketId, link: TicketLink, fence: Callable[[], None]) -> Written:
        """A subtask, or a relation; what kind of link it was may be lost."""
        attempt = Attempt(self._config.timeout, fence)
        pair = [(one, await self._calls.issue(one, INCLUDE)) for one in (id, link.id)]
        if _are(pair[0][1], link.id):
            return Written(TicketId(""))
        me = (await self._calls.access.me()).id
        losses = await self._made(id, link, attempt)
        for one, before in pair:  # its journal made a watcher of whoever wrote it
            if me not in {wire.ident(watcher) for watcher in wire.rows(before, "watchers")}:
                await self._ending.unwatch(one, attempt)
        return Written(TicketId(""), losses=losses)

    async def _made(self, id: TicketId, link: TicketLink, attempt: Attempt) -> tuple[str, ...]:
        family = link.kind in {"parent", "child"}
        if family and self._config.subtasks:
            try:
                return await self._subtask(id, link, attempt)
            except Rejected:  # other projects, or an open one under a closed one: related at least
                pass
        relation = {"issue_to_id": int(link.id), "relation_type": _TYPES.get(link.kind, "relates")}
        await self._writes.post(f"/issues/{id}/relations.json", {"relation": relation}, attempt)
        return ("link_kind_lost",) if family else ()

    async def _subtask(self, id: TicketId, link: TicketLink, attempt: Attempt) -> tuple[str, ...]:
        """What the parent then takes of its children is counted."""
        child, parent = (id, link.id) if link.kind == "parent" else (link.id, id)
        if wire.ref(await self._calls.issue(child), "parent") not in {None, parent}:
            raise Rejected(f"{self._config.name}: issue {child} has another parent", reason="refused")
        before = await self._calls.issue(parent)
        await self._writes.put(f"/issues/{child}.json", {"issue": {"parent_issue_id": int(parent)}}, attempt)
        if wire.ref(await self._calls.issue(child), "parent") != parent:
            raise Rejected(f"{self._config.name}: issue {child} did not become a subtask", reason="refused")
        after = await self._calls.issue(parent)
        return tuple("value_not_kept" for key in _DERIVED if before.get(key) != after.get(key))


def _are(row: Row, other: str) -> bool:
    return any(link.id == other for link in wire.links(row))
