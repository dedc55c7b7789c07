"""The names and ids a fresh instance has, and what the words of a seeded world are called in it."""

from __future__ import annotations

# Ids as seen in one installation (contract 3.10), those of custom statuses behind them.
OPEN, IN_PROGRESS, PENDING, RESOLVED, CLOSED, IN_APPROVAL, WAITING, REJECTED, CANCELLED = range(9, 18)
STATUSES = {
    OPEN: "Open",
    IN_PROGRESS: "In Progress",
    PENDING: "Pending",
    RESOLVED: "Resolved",
    CLOSED: "Closed",
    IN_APPROVAL: "Pending in Approval",
    WAITING: "Waiting for Requester",
    REJECTED: "Rejected",
    CANCELLED: "Cancelled",
}
PRIORITIES = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
IMPACTS = {1: "Low", 2: "On User", 3: "On department", 4: "On Business"}
DRIFTED = {"On User": "On Users"}
"""How the product itself misspells on read what its documentation says to write (contract 3.2)."""
DEPARTMENTS = {1: "IT", 2: "Finance", 3: "Operations"}
SOURCES = ("Email", "Technician Portal", "External", "Support Portal")
CATALOG = {"New laptop": "Hardware", "VPN access": "Network"}
"""Services that can be asked for, each with its category (contract 3.5)."""

STATUS_OF = {
    "new": OPEN,
    "open": IN_PROGRESS,
    "pending": PENDING,
    "waiting": WAITING,
    "solved": RESOLVED,
    "closed": CLOSED,
    "rejected": REJECTED,
    "cancelled": CANCELLED,
}
PRIORITY_OF = {"low": 1, "medium": 2, "normal": 2, "high": 3, "urgent": 4, "critical": 4}
SERVICE_KIND = "service request"

NOTE, COLLABORATE = "note", "collaborate"
REPLY, MESSAGE = "technician_to_requester", "requestor_to_technician"
PUBLIC = frozenset({REPLY, MESSAGE})
TYPES = frozenset({NOTE, COLLABORATE, REPLY, MESSAGE})

UNSET = {
    "text": "",
    "textarea": "",
    "richtext": "",
    "dropdown": "",
    "radio": "",
    "number": 0.0,
    "datetime": 0,
    "multiselect": [],
    "checkbox": [],
}
"""What a custom field reads as while nobody filled it, by its kind (contract 3.9)."""
