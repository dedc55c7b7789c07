"""What of the record a caller may see. What they may not see is missing from lists, and forbidden one by one."""

from __future__ import annotations

from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_records import Transaction
from syncer.desks.request_tracker.emulator_words import MAIL_RECORDS, NOTES

_RIGHTS = {"RT::Ticket": "ShowTicket", "RT::User": "AdminUsers", "RT::Queue": "SeeQueue"}


def seen(call: Call, row: Transaction) -> bool:
    """Whether the caller may see what was done."""
    right = _RIGHTS.get(row.object_type)
    if right is None:
        return call.by.rights is None
    if not call.can(right):
        return False
    if row.type in NOTES and not call.can("ShowTicketComments"):
        return False
    if row.type == "CustomField" and not call.can("SeeCustomField"):
        return False
    return row.type not in MAIL_RECORDS or call.can("ShowOutgoingEmail")


def shown_yet(call: Call, row: Transaction) -> bool:
    """Whether it is there for others than its writer: a lower id can come to light after a higher one."""
    return not row.late or row.late <= call.tables.clock.now()
