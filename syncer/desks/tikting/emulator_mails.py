"""What the calls of an emulated Tikting set off: assignments, mails and pushes, all of them on record."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from .emulator_accounts import People
from .emulator_switches import Switches
from .emulator_tickets import Ticket


class Notification(Struct):
    """A mail or push that went out; people are GUIDs.

    `kind` is one of registered, assigned, forwarded, reply, requester_reply, resolved, closed.
    """

    ticket: int
    channel: str
    to: list[str]
    kind: str = "registered"


class Aftermath:
    """Assigns what was registered, and tells those whom something concerns."""

    def __init__(self, people: People, switches: Switches) -> None:
        self._switches = switches
        everyone = people.technicians()
        self._everyone = [user.id for user in everyone]
        groups = {group for user in everyone for group in user.groups}
        self._members = {group: [user.id for user in people.technicians(group)] for group in groups}
        self._turn = 0
        self.notifications: list[Notification] = []

    def follow(self, ticket: Ticket) -> None:
        """Assign a new ticket, if that is on, and tell the technicians concerned."""
        group = self._technicians(ticket)
        if self._switches.auto_assign and group:
            ticket.assignee = group[self._turn % len(group)]
            self._turn += 1
        if self._switches.notify:
            to = [ticket.assignee] if ticket.assignee else group
            self.notifications.append(Notification(ticket.id, "mail", to))
            self.notifications.append(Notification(ticket.id, "push", to))

    def tell_requester(self, kind: str, ticket: Ticket, by: str) -> None:
        """Something happened that the requester should know, unless it was their own doing."""
        self._tell(kind, ticket, [ticket.creator], by)

    def tell_technicians(self, kind: str, ticket: Ticket, by: str) -> None:
        """Something happened that the assignee should know, or their group where there is none."""
        self._tell(kind, ticket, [ticket.assignee] if ticket.assignee else self._technicians(ticket), by)

    def _technicians(self, ticket: Ticket) -> list[str]:
        return self._members.get(ticket.group, []) if ticket.group is not None else self._everyone

    def _tell(self, kind: str, ticket: Ticket, to: Sequence[str], by: str) -> None:
        told = [id for id in to if id != by]
        if self._switches.notify and told:
            self.notifications += [Notification(ticket.id, channel, told, kind) for channel in ("mail", "push")]
