"""No call sets a status: there are calls that lead from one to the next, and an OK that may have done nothing (3.5)."""

from __future__ import annotations

from typing import Any

from syncer.deskkit.attempt import Attempt
from syncer.desks.invgate import wire
from syncer.desks.invgate.calls import Calls
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.writes import Writes
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import Rating

NEW, OPEN, PENDING, WAITING, SOLVED, CLOSED, REJECTED, CANCELLED = map(str, range(1, 9))
MOST_HOPS = 4
BEST_RATING, GOOD_RATING = 5, 4
AS_GOOD = {frozenset((NEW, OPEN)), frozenset((PENDING, WAITING))}
"""New and open differ by whether somebody works on it; pending is set by approvals only."""


class Transitions:
    """Leads a ticket to a status, reading back after each hop."""

    def __init__(self, config: InvGateConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes

    async def ticket(self, id: TicketId) -> wire.IncidentRow:
        """The ticket as it is now. Raises Rejected when it is not there."""
        what = f"{self._config.name}: ticket {id}"
        rows = wire.incidents(await self._calls.get("incident", [("id", id)]), what)
        if not rows:
            raise Rejected(f"{what} is not there any more", reason="gone")
        return rows[0]

    @staticmethod
    def is_there(row: wire.IncidentRow, wanted: str) -> bool:
        """Whether it has that status, or one that is as good."""
        now = str(row.status_id)
        return now == wanted or frozenset((now, wanted)) in AS_GOOD

    async def lead(self, id: TicketId, wanted: str, rating: Rating | None, attempt: Attempt) -> tuple[str, ...]:
        """Hop by hop, closed with that rating; the losses on the way.

        Raises Rejected where no call leads on, or one did nothing.
        """
        losses: list[str] = []
        row = await self.ticket(id)
        for _ in range(MOST_HOPS):
            if self.is_there(row, wanted):
                return (*losses, "status_as_good") if str(row.status_id) != wanted else tuple(losses)
            before = str(row.status_id)
            await self._hop((id, before, wanted), rating, attempt, losses)
            row = await self.ticket(id)
            if str(row.status_id) == before:
                raise Rejected(
                    f"{self._config.name}: ticket {id} stays in status {before}; {wanted} was wanted", reason="refused"
                )
        raise Rejected(f"{self._config.name}: no way to status {wanted} for ticket {id}", reason="refused")

    async def _hop(
        self, hop: tuple[TicketId, str, str], rating: Rating | None, attempt: Attempt, losses: list[str]
    ) -> None:
        id, now, wanted = hop
        writes, request = self._writes, {"request_id": int(id)}
        acting = {"author_id": self._config.acting_user}
        if now == SOLVED and wanted == CLOSED:
            if rating is None:
                losses.append("rating_invented")
            await writes.put("incident.solution.accept", {"id": int(id), **_rated(rating)}, attempt)
        elif now in {SOLVED, CLOSED}:
            await writes.put("incident.reopen", request | acting, attempt)
        elif wanted in {SOLVED, CLOSED}:
            said = {"comment": self._config.solution, "customer_visible": True, "is_solution": True}
            await writes.post("incident.comment", request | acting | said, (), attempt)
        elif wanted in {PENDING, WAITING}:
            await writes.post("incident.waitingfor.customer", request, (), attempt)
        elif wanted == REJECTED:
            await writes.post("incident.reject", request | acting, (), attempt)
        elif wanted == CANCELLED:
            await writes.post("incident.cancel", request | acting, (), attempt)
        else:
            raise Rejected(f"no call leads from status {now} to {wanted}", reason="refused")


def hops(wanted: str, *, solved: bool) -> int:
    """How many calls lead a request that is new or open there; `solved`: or one that its last word has solved."""
    if wanted in {NEW, OPEN}:
        return 0
    return {SOLVED: 1, CLOSED: 2}.get(wanted, 1) - (solved and wanted in {SOLVED, CLOSED})


def _rated(rating: Rating | None) -> dict[str, Any]:
    """The rating without which no solution is accepted, out of five; below four it wants words (3.5)."""
    if rating is None:
        return {"rating": BEST_RATING}
    score = max(1, min(BEST_RATING, round(rating.score * BEST_RATING / rating.most)))
    words = rating.words or ("Rated before this request was migrated." if score < GOOD_RATING else "")
    return {"rating": score, "comment": words} if words else {"rating": score}
