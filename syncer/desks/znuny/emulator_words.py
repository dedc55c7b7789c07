"""The stock lists of the product, and the words of a seeded world in its own."""

from __future__ import annotations

STATES = {
    1: "new",
    2: "closed successful",
    3: "closed unsuccessful",
    4: "open",
    5: "removed",
    6: "pending reminder",
    7: "pending auto close+",
    8: "pending auto close-",
    9: "merged",
}
STATE_TYPES = {
    1: "new",
    2: "closed",
    3: "closed",
    4: "open",
    5: "removed",
    6: "pending reminder",
    7: "pending auto",
    8: "pending auto",
    9: "merged",
}
PRIORITIES = {1: "1 very low", 2: "2 low", 3: "3 normal", 4: "4 high", 5: "5 very high"}
LOCKS = {1: "unlock", 2: "lock", 3: "tmp_lock"}
SENDERS = {1: "agent", 2: "system", 3: "customer"}
CHANNELS = {1: "Email", 2: "Phone", 3: "Internal"}
QUEUES = ("Postmaster", "Raw", "Junk", "Misc")
UNCLASSIFIED = "Unclassified"
TYPES = ("Incident", "Service request", "Question", "Problem", "Change")
"""Made by an administrator."""
ROOT, ROOT_LOGIN = 1, "root@localhost"
UNLOCKED, LOCKED = 1, 2

HISTORY_TYPES = {
    "NewTicket": 1,
    "FollowUp": 2,
    "SendAutoReply": 4,
    "SendAutoFollowUp": 5,
    "SendAgentNotification": 9,
    "AddNote": 15,
    "Move": 16,
    "Lock": 17,
    "Unlock": 18,
    "CustomerUpdate": 21,
    "PriorityUpdate": 22,
    "OwnerUpdate": 23,
    "Misc": 25,
    "SetPendingTime": 26,
    "StateUpdate": 27,
    "TicketDynamicFieldUpdate": 28,
    "ResponsibleUpdate": 34,
    "TypeUpdate": 37,
    "TitleUpdate": 50,
    "TimeAccounting": 20,
}

STATE_OF = {
    "new": 1,
    "open": 4,
    "pending": 6,
    "waiting": 7,
    "solved": 2,
    "closed": 2,
    "rejected": 3,
    "cancelled": 3,
}
PRIORITY_OF = {"low": 2, "medium": 3, "normal": 3, "high": 4, "urgent": 5, "critical": 5}


def id_of(names: dict[int, str], name: str) -> int | None:
    """The id behind a name."""
    return next((id for id, one in names.items() if one == name), None)
