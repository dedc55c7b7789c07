"""What an InvGate can do by its settings, and what it mails."""

from __future__ import annotations

from syncer.deskkit.contract import Capabilities, DraftField
from syncer.deskkit.mails import may_mail
from syncer.desks.invgate.catalogue import KINDS
from syncer.desks.invgate.config import MEGABYTE, InvGateConfig

FIELDS = {
    "requester": DraftField(lookup="person", required=True),
    "creator": DraftField(lookup="person"),  # the requester, where nobody else is known
    "category": DraftField(lookup="category", required=True),
    "priority": DraftField(lookup="priority", required=True),
    "type": DraftField(lookup="type", required=True),
    "status": DraftField(lookup="status", required=True),
    "source": DraftField(lookup="source"),
    "location": DraftField(lookup="location"),
    "group": DraftField(lookup="group"),
    "assignee": DraftField(lookup="person"),
    "created_at": DraftField(number=True),
}
# Notifications run on every write; whom they reach is a tenant's own affair and nowhere documented (contract 8).
MAILS = may_mail(
    "switch the notifications off in InvGate, under Settings",
    ticket=("requester", "group"), reply=("requester", "assignee", "cc"), note=("assignee",), assignee=("assignee",),
    status=("requester", "assignee"), cc=("cc",),
)  # fmt: skip


def capabilities(config: InvGateConfig) -> Capabilities:
    """What can be done with it by these settings."""
    return Capabilities(
        reads=True,
        writes=config.acting_user is not None,
        fetch_batch=config.bulk,
        lookup_kinds=KINDS,
        fields=FIELDS,
        marker_in=("title",),
        finds_by_key=True,
        takes_comments=True,
        takes_cc=True,
        takes_custom=True,
        takes_links=True,
        takes_people=True,
        takes_times=config.time_entries,
        keeps_private=True,
        keeps_authors=True,
        keeps_rating=True,
        max_title=255,
        max_file=int(config.max_file_mb * MEGABYTE),
        needs_body=True,
        takes_changes=True,
        mails=MAILS,
    )
