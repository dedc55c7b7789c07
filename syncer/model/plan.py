"""What a plan says of one record."""

from __future__ import annotations

from msgspec import Struct

from syncer.model.ids import TicketId, Version


class Prediction(Struct, frozen=True, kw_only=True):
    """What would become of a record: its outcome, as a run counts it, and why where there is a reason.

    `fingerprint` is that of all the target would hear, empty where it would hear nothing; `version` is the source's,
    None where only a list was looked at, which does not tell it. `traits` are what is odd about the ticket.
    """

    source_id: TicketId
    version: Version | None
    outcome: str
    reason: str = ""
    detail: str = ""
    fingerprint: bytes = b""
    losses: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
