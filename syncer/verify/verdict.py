"""What verification says of a field, of a ticket, of all of them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from syncer.model.ids import TicketId


class Verdict(StrEnum):
    """`expected_loss`: it is not as it was, and that was counted when it was written."""

    EQUAL = "equal"
    EXPECTED_LOSS = "expected_loss"
    DIFFERS = "differs"
    MISSING = "missing"
    EXTRA = "extra"


GRAVEST = (Verdict.MISSING, Verdict.EXTRA, Verdict.DIFFERS, Verdict.EXPECTED_LOSS, Verdict.EQUAL)


class Check(Struct, frozen=True, kw_only=True):
    """One field of a ticket: what it should be and what it is, in a few words, where that is not the same; `loss` is
    the code that explains it."""

    field: str
    verdict: Verdict
    expected: str = ""
    found: str = ""
    loss: str = ""


class Verified(Struct, frozen=True, kw_only=True):
    """One ticket. Checks that are equal are named only by `equal`; `print` is a hash of all that was compared."""

    source_id: TicketId
    target_id: TicketId | None
    verdict: Verdict
    checks: tuple[Check, ...] = ()
    equal: tuple[str, ...] = ()
    print: str = ""
    more: str = ""
    """What it holds that nobody has brought, in words."""


def gravest(checks: tuple[Check, ...]) -> Verdict:
    """What is to be said of the whole ticket."""
    found = {check.verdict for check in checks}
    return next((verdict for verdict in GRAVEST if verdict in found), Verdict.EQUAL)
