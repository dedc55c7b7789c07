"""What the ledger knows of a ticket on a route."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from syncer.model.ids import Key, TicketId, Version
from syncer.model.ticket import TicketLink

TICKET = "ticket"
"""The first step of every ticket: it comes to be on the target."""


class EffectState(StrEnum):
    """Where an effect stands. Only ANNOUNCED is open: it may or may not have happened. A ticket is MADE while steps
    are left to be done."""

    ANNOUNCED = "announced"
    ABSENT = "absent"
    REFUSED = "refused"
    MADE = "made"
    DONE = "done"


class Intent(Struct, frozen=True):
    """An effect about to happen: the key it carries, and a fingerprint of what it says."""

    source_id: TicketId
    key: Key
    version: Version
    fingerprint: bytes
    step: str = TICKET


class Acknowledged(Struct, frozen=True):
    """An effect that happened. `target_id` is that of the ticket, or of what the step made, where the desk tells."""

    source_id: TicketId
    target_id: TicketId
    state: EffectState = EffectState.DONE
    step: str = TICKET
    losses: tuple[str, ...] = ()

    @property
    def is_the_end(self) -> bool:
        """Whether the ticket is over with this."""
        return self.step == TICKET and self.state == EffectState.DONE


class Unfinished(Struct):
    """A ticket that is on the target while steps are left: the steps that are over, and how many seconds ago the last
    attempt was stamped at those that may be."""

    target_id: TicketId
    done: set[str]
    doubts: dict[str, float]


class Link(Struct, frozen=True):
    """Source ticket -> target ticket; sealed when `state` is DONE."""

    source_id: TicketId
    state: EffectState
    key: Key
    version: Version
    target_id: TicketId | None
    parked: str | None = None
    """Reason of its dead letter, where it has one that nobody has asked to try again."""


class Relation(Struct, frozen=True):
    """A link between two tickets of the source that is not on the target. `target_id` is what the first became there,
    `other` what the second became, None while it is not there."""

    source_id: TicketId
    link: TicketLink
    key: Key
    version: Version
    target_id: TicketId
    other: TicketId | None

    @property
    def step(self) -> str:
        """Its name in the ledger."""
        return f"link {self.link.kind} {self.link.id}"


class Doubt(Struct, frozen=True):
    """An announced effect without an outcome, and how many seconds ago its last attempt was stamped."""

    source_id: TicketId
    key: Key
    age: float
