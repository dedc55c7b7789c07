"""What others change while a ticket is read: never is it half old and taken for new, or it would not be read again."""

from __future__ import annotations

from aiohttp import web
from msgspec.structs import replace

from syncer.deskkit.world import World
from syncer.model.ids import Cursor, TicketId, Version
from syncer.model.ticket import Ticket
from syncer.sandbox.seed import generate
from tests.conformance.asked import desks
from tests.conformance.trial import Answer, Trial, on_trial

MOST = 40
"""No desk needs so many requests for a ticket."""


class Between:
    """Somebody retitles a ticket, right after the answer with this number."""

    def __init__(self, trial: Trial, position: int, after: int) -> None:
        self.happened = False
        self._trial, self._position, self._left = trial, position, after
        trial.through, self._before = self.take, trial.through

    async def take(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        response = await self._before(request, answer)
        self._left -= 1
        if self._left == 0:
            self.happened = True
            self._trial.becomes(_changed(self._trial.world, self._position))
        return response

    def rest(self) -> None:
        self._trial.through = self._before


def _changed(world: World, position: int) -> World:
    """Later than all that happened before."""
    at = max(one.updated for one in world.tickets) + 5
    tickets = list(world.tickets)
    old = tickets[position]
    tickets[position] = replace(old, title=f"changed at {at}", updated=at)
    return replace(world, tickets=tickets)


async def _read(trial: Trial, id: str) -> Ticket:
    (ticket,) = await trial.source.fetch([TicketId(id)])
    assert isinstance(ticket, Ticket), ticket
    return ticket


async def _told(trial: Trial, id: str, since: Cursor) -> Version | None:
    """The version by which a delta decides whether to read it."""
    versions = [ref.version async for page in trial.source.list_changed(since) for ref in page.refs if ref.id == id]
    assert versions, "what changed is not told"
    return versions[-1]


@desks("reads", "remote")
async def test_a_ticket_that_changes_while_it_is_read_is_read_again(kind: str) -> None:
    """After each answer that reading it takes, in turn."""
    async with on_trial(kind, generate(5, MOST)) as trial:
        ids = list(trial.kept())
        pages = [page async for page in trial.source.scan()]
        begin = next(page.begins for page in pages if page.begins is not None)
        await _read(trial, ids[0])
        for after in range(1, MOST):
            id = ids[after]
            between = Between(trial, after, after)
            torn = await _read(trial, id)
            between.rest()
            if not between.happened:
                break
            version, whole = await _told(trial, id, begin), await _read(trial, id)
            assert whole.title.startswith("changed at")
            if version is not None and version == torn.version:
                assert torn.title == whole.title, f"changed after answer {after}"
        assert after > 1, "nothing happened while it was read"
