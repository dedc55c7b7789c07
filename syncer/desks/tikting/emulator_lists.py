"""The list call: presets, search, order and pages."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from .emulator_accounts import Account
from .emulator_lookups import DONE, ON_HOLD, OPEN, PENDING, Lookups
from .emulator_switches import DAY, Switches
from .emulator_tickets import Shelf, Ticket


class Query(Struct, rename="lower"):
    """The body of the list call. Field names are compared in lower case."""

    page: int = 1
    length: int = 10
    search: str | None = None
    list_type: str | None = msgspec.field(default=None, name="listtype")
    filter_by: str | None = msgspec.field(default=None, name="filterby")

    @property
    def fields(self) -> frozenset[str]:
        """The searched fields in lower case; empty is all."""
        named = (self.filter_by or "").split(",")
        return frozenset(field.strip().lower() for field in named if field.strip())


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
    "alltickets": lambda v, t: True,
    "allmygroups": lambda v, t: t.group in v.account.groups,
    "allmytickets": lambda v, t: v.own(t),
    "unassignedtickets": lambda v, t: t.assignee is None and not v.done(t),
    "myopenorunassigned": lambda v, t: v.type(t) == OPEN and (v.mine(t) or t.assignee is None),
    "myopentickets": lambda v, t: v.mine(t) and v.type(t) == OPEN,
    "mypendingtickets": lambda v, t: v.mine(t) and v.type(t) == PENDING,
    "myticketsonhold": lambda v, t: v.mine(t) and v.type(t) == ON_HOLD,
    "myoverduetickets": lambda v, t: v.mine(t) and v.overdue(t),
    "myticketsduetoday": lambda v, t: v.mine(t) and v.due_today(t),
    "mycompletedtickets": lambda v, t: v.mine(t) and v.done(t),
    "myescalated": lambda v, t: v.mine(t) and v.escalated(t),
    "allescalated": lambda v, t: v.escalated(t),
    "pendingtickets": lambda v, t: v.type(t) == PENDING,
    "ticketsonhold": lambda v, t: v.type(t) == ON_HOLD,
    "overduetickets": lambda v, t: v.overdue(t),
    "ticketsduetoday": lambda v, t: v.due_today(t),
    "completedtickets": lambda v, t: v.done(t),
    # Tasks are not emulated: nobody has any.
    "myopentasks": lambda v, t: False,
    "mycompletedtasks": lambda v, t: False,
}
_FIELDS = frozenset({"subject", "ticketid", "priority", "requester"})


def read_query(body: bytes) -> tuple[Query, dict[str, list[str]]]:
    """The query and what is wrong with it."""
    try:
        raw: Any = msgspec.json.decode(body)
        query = msgspec.convert({key.lower(): value for key, value in raw.items()}, Query)
    except (msgspec.MsgspecError, AttributeError) as broken:
        return Query(), {"$": [str(broken)]}
    problems: dict[str, list[str]] = {}
    if query.list_type and query.list_type.lower() not in _PRESETS:
        problems["listType"] = ["Unknown list type."]
    if not query.fields <= _FIELDS:
        problems["filterBy"] = ["Unknown filter."]
    return query, problems


class Lists:
    """Answers list queries over a shelf, with what the switches make of them."""

    def __init__(self, shelf: Shelf, switches: Switches) -> None:
        self._shelf = shelf
        self._switches = switches
        self._random = random.Random(0)

    def page(self, query: Query, viewer: Viewer, search_lag: float) -> list[Ticket]:
        """One page of what the viewer gets to see."""
        length = query.length if query.length > 0 else 10
        if self._switches.length_cap:
            length = min(length, self._switches.length_cap)
        start = 0 if self._switches.page_ignored else (max(query.page, 1) - 1) * length
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
        preset = (query.list_type or "AllTickets").lower()
        if query.search and query.search.strip():
            found = self._shelf.search(query.search.strip(), query.fields, self._switches.search_match)
            if search_lag:
                found = [ticket for ticket in found if ticket.stored <= viewer.now - search_lag]
            if not self._switches.search_closed and preset == "alltickets":
                found = [ticket for ticket in found if not viewer.done(ticket)]
        else:
            found = self._shelf.live
        if preset != "alltickets":
            rule = _PRESETS[preset]
            found = [ticket for ticket in found if rule(viewer, ticket)]
        if not viewer.account.sees_all:
            found = [ticket for ticket in found if viewer.own(ticket)]
        return found
