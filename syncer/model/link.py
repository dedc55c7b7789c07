"""What the ledger knows of a ticket on a route."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from syncer.model.ids import Key, TicketId, Version


class EffectState(StrEnum):
    """Where an effect stands. Only ANNOUNCED is open: it may or may not have happened."""

    ANNOUNCED = "announced"
    ABSENT = "absent"
    REFUSED = "refused"
    DONE = "done"


class Intent(Struct, frozen=True):
    """An effect about to happen: the key it carries, and a fingerprint of what it says."""

    source_id: TicketId
    key: Key
    version: Version
    fingerprint: bytes


class Link(Struct, frozen=True):
    """Source ticket -> target ticket; sealed when `state` is DONE."""

    source_id: TicketId
    state: EffectState
    key: Key
    version: Version
    target_id: TicketId | None
    parked: str | None = None
    """Reason of its dead letter, where it has one that nobody has asked to try again."""


class Doubt(Struct, frozen=True):
    """An announced effect without an outcome, and how many seconds ago its last attempt was stamped."""

    source_id: TicketId
    key: Key
    age: float
