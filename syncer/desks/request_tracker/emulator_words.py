"""What a fresh Request Tracker is born with: statuses and their transitions, links, roles, priorities, rights."""

from __future__ import annotations

STATUSES = ("new", "open", "stalled", "resolved", "rejected", "deleted")
INACTIVE = frozenset({"resolved", "rejected", "deleted"})
INITIAL = "new"
ON_CREATE = frozenset({"new", "open", "resolved"})

STATUS_OF = {
    "new": "new",
    "open": "open",
    "pending": "stalled",
    "waiting": "stalled",
    "solved": "resolved",
    "closed": "resolved",
    "rejected": "rejected",
    "cancelled": "rejected",
}
PRIORITY_OF = {"low": 0, "medium": 50, "normal": 50, "high": 100, "urgent": 100, "critical": 100}
_PRIORITY_NAMES = ((100, "High"), (50, "Medium"), (0, "Low"))
PRIORITY_NUMBERS = {name.lower(): number for number, name in _PRIORITY_NAMES}

# From a status, the moves its page offers: to which, under which label, by which message.
ACTIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "new": (
        ("open", "Open It", "Respond"),
        ("resolved", "Resolve", "Comment"),
        ("rejected", "Reject", "Respond"),
        ("deleted", "Delete", ""),
    ),
    "open": (("stalled", "Stall", "Comment"), ("resolved", "Resolve", "Comment"), ("rejected", "Reject", "Respond")),
    "stalled": (("open", "Open It", ""),),
    "resolved": (("open", "Re-open", "Comment"),),
    "rejected": (("open", "Re-open", "Comment"),),
    "deleted": (("open", "Undelete", ""),),
}

# The name of a link from one side: its type, and whether this side is the base of it.
LINKS: dict[str, tuple[str, bool]] = {
    "DependedOnBy": ("DependsOn", False),
    "DependsOn": ("DependsOn", True),
    "MemberOf": ("MemberOf", True),
    "Members": ("MemberOf", False),
    "ReferredToBy": ("RefersTo", False),
    "RefersTo": ("RefersTo", True),
}
LINK_REFS = {
    "DependsOn": "depends-on",
    "DependedOnBy": "depended-on-by",
    "MemberOf": "parent",
    "Members": "child",
    "RefersTo": "refers-to",
    "ReferredToBy": "referred-to-by",
}
LINK_VERBS = {
    "DependsOn": "depends on",
    "DependedOnBy": "depended on by",
    "MemberOf": "member of",
    "Members": "has member",
    "RefersTo": "refers to",
    "ReferredToBy": "referred to by",
}
LINK_ENDED = {"DependsOn": "depends on", "MemberOf": "a member of", "RefersTo": "refers to"}

ROLES = ("Requestor", "Cc", "AdminCc")
MAIL_RECORDS = frozenset({"EmailRecord", "CommentEmailRecord"})
NOTES = frozenset({"Comment", "CommentEmailRecord"})

RIGHTS = frozenset(
    {
        "AdminUsers",
        "SeeQueue",
        "ShowTicket",
        "ShowTicketComments",
        "CreateTicket",
        "ReplyToTicket",
        "CommentOnTicket",
        "ModifyTicket",
        "OwnTicket",
        "DeleteTicket",
        "SeeCustomField",
        "ModifyCustomField",
        "ShowOutgoingEmail",
        "TakeTicket",
        "ReassignTicket",
    }
)
"""What the user of the API may do where nothing is taken away."""


def priority_name(number: int) -> str:
    """What people see of a priority."""
    return next((name for least, name in _PRIORITY_NAMES if number >= least), "Low")
