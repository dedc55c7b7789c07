"""The words an emulated tenant begins with: statuses and their moves, priorities, types, and how times are written."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from uuid import UUID, uuid5

from msgspec import Struct

_NAMES = UUID("6f0a1c52-58a1-4a53-9d0e-2b7a3c4d5e6f")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

TO_DO, DOING, DONE = "To-do Category", "In-Progress Category", "Done Category"
AGENT_ROLES = ("ticket_agent", "ticket_admin", "tenant_admin")


class StatusWord(Struct, frozen=True):
    """A status: its key, its name, its category."""

    key: str
    name: str
    category: str


# By the words of a seeded world; the first is the initial one.
STATUSES = {
    "new": StatusWord("open", "Open", TO_DO),
    "open": StatusWord("in_progress", "In Progress", DOING),
    "pending": StatusWord("pending", "Pending", DOING),
    "waiting": StatusWord("waiting_for_user", "Waiting for User", DOING),
    "solved": StatusWord("resolved", "Resolved", DONE),
    "closed": StatusWord("closed", "Closed", DONE),
    "rejected": StatusWord("rejected", "Rejected", DONE),
    "cancelled": StatusWord("cancelled", "Cancelled", DONE),
}
FINAL = frozenset({"closed", "rejected", "cancelled"})
CLOSED_KEYS = frozenset({"resolved", "closed", "rejected", "cancelled"})
REOPEN_DAYS = 14


class Move(Struct, frozen=True):
    """An allowed change of status, by keys: what must be filled for it, who may do it, until how long after closing."""

    name: str
    begins: tuple[str, ...]
    to: str
    needs: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    days: int | None = None


MOVES = (
    Move("Start", ("open", "pending", "waiting_for_user"), "in_progress"),
    Move("Hold", ("in_progress",), "pending"),
    Move("Ask", ("in_progress",), "waiting_for_user"),
    Move("Resolve", ("in_progress",), "resolved", needs=("resolution",)),
    Move("Close", ("resolved",), "closed"),
    Move("Reopen", ("resolved",), "in_progress"),
    Move("Reopen closed", ("closed",), "in_progress", roles=AGENT_ROLES, days=REOPEN_DAYS),
    Move("Reject", ("open", "in_progress"), "rejected", roles=AGENT_ROLES),
    Move("Cancel", ("open", "in_progress", "pending", "waiting_for_user"), "cancelled"),
)

PRIORITIES = ("low", "medium", "high", "urgent", "critical")
KINDS = {"incident": "INC", "service request": "REQ", "question": "QST", "problem": "PRB", "change": "CHG"}
_OTHER_WORDS = {
    "canceled": "cancelled",
    "in progress": "open",
    "normal": "medium",
    "request": "service request",
    "task": "service request",
}


def plain(word: str) -> str:
    """A seeded word as this product knows it."""
    found = word.lower().replace("_", " ").replace("-", " ")
    return _OTHER_WORDS.get(found, found)


def slug(name: str, joint: str = "-") -> str:
    """Lower-case ASCII letters and digits of a name, other runs as one `joint`."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", joint, letters).strip(joint) or "x"


def uuid_of(*parts: object) -> str:
    """The same UUID for the same parts."""
    return str(uuid5(_NAMES, "/".join(map(str, parts))))


def iso(milliseconds: int) -> str:
    """A moment as the product writes it: UTC, with milliseconds and Z."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def is_moment(text: str) -> bool:
    """Whether this is a date as the product takes it (contract 7)."""
    return _MOMENT.fullmatch(text) is not None and milliseconds(text) is not None


def milliseconds(text: str) -> int | None:
    """The moment an ISO 8601 text names, UTC where it names no zone; None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
