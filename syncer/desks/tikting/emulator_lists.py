"""The list call: presets, search, order and pages."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
from msgspec import Struct

from .emulator_accounts import Account
from .emulator_lookups import DONE, ON_HOLD, OPEN, PENDING, Lookups
from .emulator_switches import DAY, Switches
from .emulator_tickets import Shelf, Ticket


class Query(Struct, rename="camel"):
    """The body of the list call, spelt as documented; names nobody documented mean nothing."""

    page: int = 1
    length: int = 10
    search: str | None = None
    list_type: str | None = None
    filter_by: str | None = None

    @property
    def fields(self) -> frozenset[str]:
        """The searched fields; empty is all."""
        named = (self.filter_by or "").split(",")
        return frozenset(field.strip() for field in named if field.strip())


class Viewer(Struct):
    """Who looks, and when."""

    account: Account
    now: float
    lookups: Lookups

    def mine(self, ticket: Ticket) -> bool:
        """Assigned to the account."""
        return ticket.assignee == self.account.id

    def own(self, ticket: Ticket) -> bool:
        """What even the least of accounts may see."""
        return self.account.id in (ticket.creator, ticket.assignee)

    def type(self, ticket: Ticket) -> int:
        """The type of the ticket's status."""
        return self.lookups.status_types[ticket.status]

    def done(self, ticket: Ticket) -> bool:
        """Resolved or closed."""
        return self.type(ticket) in DONE

    def overdue(self, ticket: Ticket) -> bool:
        """Past its service level and not done."""
        return ticket.due < self.now and not self.done(ticket)

    def due_today(self, ticket: Ticket) -> bool:
        """Due on the desk's present day and not done."""
        return int(ticket.due // DAY) == int(self.now // DAY) and not self.done(ticket)

    def escalated(self, ticket: Ticket) -> bool:
        """Above the first level and not done."""
        return (ticket.level or 0) > self.lookups.first("levels") and not self.done(ticket)


Rule = Callable[[Viewer, Ticket], bool]
_PRESETS: dict[str, Rule] = {
    "AllTickets": lambda v, t: True,
    "AllMyGroups": lambda v, t: t.group in v.account.groups,
    "AllMyTickets": lambda v, t: v.own(t),
    "UnassignedTickets": lambda v, t: t.assignee is None and not v.done(t),
    "MyOpenOrUnassigned": lambda v, t: v.type(t) == OPEN and (v.mine(t) or t.assignee is None),
    "MyOpenTickets": lambda v, t: v.mine(t) and v.type(t) == OPEN,
    "MyPendingTickets": lambda v, t: v.mine(t) and v.type(t) == PENDING,
    "MyTicketsOnhold": lambda v, t: v.mine(t) and v.type(t) == ON_HOLD,
    "MyOverdueTickets": lambda v, t: v.mine(t) and v.overdue(t),
    "MyTicketsDueToday": lambda v, t: v.mine(t) and v.due_today(t),
    "MyCompletedTickets": lambda v, t: v.mine(t) and v.done(t),
    "MyEscalated": lambda v, t: v.mine(t) and v.escalated(t),
    "AllEscalated": lambda v, t: v.escalated(t),
    "PendingTickets": lambda v, t: v.type(t) == PENDING,
    "TicketsOnHold": lambda v, t: v.type(t) == ON_HOLD,
    "OverdueTickets": lambda v, t: v.overdue(t),
    "TicketsDueToday": lambda v, t: v.due_today(t),
    "CompletedTickets": lambda v, t: v.done(t),
    # Tasks are not emulated: nobody has any.
    "MyOpenTasks": lambda v, t: False,
    "MyCompletedTasks": lambda v, t: False,
}
_FIELDS = frozenset({"Subject", "TicketId", "Priority", "Requester"})


def read_query(body: bytes) -> tuple[Query, dict[str, list[str]]]:
    """The query and what is wrong with it."""
    try:
        query = msgspec.json.decode(body, type=Query)
    except msgspec.MsgspecError as broken:
        return Query(), {"$": [str(broken)]}
    problems: dict[str, list[str]] = {}
    for name, number in (("page", query.page), ("length", query.length)):
        if number < 1:
            problems[name] = ["Counting begins at 1."]
    # The spelling counts: MyTicketsOnhold, but TicketsOnHold.
    if query.list_type and query.list_type not in _PRESETS:
        problems["listType"] = ["Unknown list type."]
    if not query.fields <= _FIELDS:
        problems["filterBy"] = ["Unknown filter."]
    return query, problems


def may_see(viewer: Viewer, ticket: Ticket, switches: Switches) -> bool:
    """Whether some list shows the ticket to them."""
    if viewer.account.sees_all or viewer.own(ticket):
        return True
    return _sees_as_named(viewer.account, switches) and any(
        rule(viewer, ticket) for preset, rule in _PRESETS.items() if preset != "AllTickets"
    )


def _sees_as_named(account: Account, switches: Switches) -> bool:
    return switches.member_presets == "as_named" and not account.private_only


class Lists:
    """Answers list queries over a shelf, with what the switches make of them."""

    def __init__(self, shelf: Shelf, switches: Switches) -> None:
        self._shelf = shelf
        self._switches = switches
        self._random = random.Random(0)

    def page(self, query: Query, viewer: Viewer, search_lag: float) -> list[Ticket]:
        """One page of what the viewer gets to see."""
        length = min(query.length, self._switches.length_cap or query.length)
        start = 0 if self._switches.page_ignored else (query.page - 1) * length
        found = self._found(query, viewer, search_lag)
        match self._switches.order:
            case "oldest":
                return found[start : start + length]
            case "newest":
                stop = len(found) - start
                return found[max(stop - length, 0) : max(stop, 0)][::-1]
            case "activity":
                return sorted(found, key=lambda t: (-t.updated, -t.id))[start : start + length]
        return self._random.sample(found, max(0, min(length, len(found) - start)))

    def _found(self, query: Query, viewer: Viewer, search_lag: float) -> list[Ticket]:
        preset = query.list_type or "AllTickets"
        if query.search and query.search.strip():
            found = self._shelf.search(query.search.strip(), query.fields, self._switches.search_match)
            if search_lag:
                found = [ticket for ticket in found if ticket.stored <= viewer.now - search_lag]
            if not self._switches.search_closed and preset == "AllTickets":
                found = [ticket for ticket in found if not viewer.done(ticket)]
        else:
            found = self._shelf.live
        if preset != "AllTickets":
            rule = _PRESETS[preset]
            found = [ticket for ticket in found if rule(viewer, ticket)]
        as_named = preset != "AllTickets" and _sees_as_named(viewer.account, self._switches)
        if not viewer.account.sees_all and not as_named:
            found = [ticket for ticket in found if viewer.own(ticket)]
        return found
