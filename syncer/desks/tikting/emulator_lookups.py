"""The value lists of an emulated Tikting, made from a world's queues, categories and places."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from msgspec import Struct

from syncer.deskkit.world import World

OPEN, PENDING, RESOLVED, CLOSED, ON_HOLD = 1, 2, 3, 4, 5
DONE = frozenset({RESOLVED, CLOSED})

_STATUS = [
    (1, "Open", OPEN),
    (2, "Pending", PENDING),
    (3, "Resolved", RESOLVED),
    (4, "Closed", CLOSED),
    (5, "On hold", ON_HOLD),
    (6, "Waiting for parts", PENDING),
]
_LABEL_KEYS = {
    "groups": "group",
    "levels": "title",
    "priorities": "priority",
    "categories": "name",
    "status": "status",
    "clients": "name",
    "sites": "title",
    "departments": "title",
}
# Each list counts from its own number, so that a mixed-up id is an unknown one.
_FIRST_IDS = {
    "groups": 301,
    "levels": 51,
    "priorities": 1,
    "categories": 401,
    "clients": 501,
    "sites": 101,
    "departments": 201,
}
_SEED_STATUS = {
    "new": 1,
    "open": 1,
    "pending": 2,
    "waiting": 5,
    "solved": 3,
    "closed": 4,
    "rejected": 4,
    "cancelled": 4,
}
_SEED_PRIORITY = {"critical": "Urgent", "very high": "Urgent", "major": "Urgent", "very low": "Low"}


class Lookups(Struct):
    """Labels by id for each list, and the type of each status."""

    labels: dict[str, dict[int, str]]
    status_types: dict[int, int]

    def find(self, kind: str, label: str | None) -> int | None:
        """The lowest id with this label, regardless of case."""
        wanted = (label or "").casefold()
        return next((key for key, known in self.labels[kind].items() if known.casefold() == wanted), None)

    def first(self, kind: str) -> int:
        """The id a list begins with."""
        return next(iter(self.labels[kind]))

    def object(self, kind: str, id: int | None) -> dict[str, Any] | None:
        """One value as the product writes it, with the label under this list's own key."""
        if id is None:
            return None
        value: dict[str, Any] = {"id": id, _LABEL_KEYS[kind]: self.labels[kind][id]}
        if kind == "status":
            value["statusType"] = self.status_types[id]
        return value

    def metadata(self, omit: Collection[str]) -> dict[str, Any]:
        """The answer of `appmetadata`."""
        return {
            kind: [self.object(kind, value) for value in values]
            for kind, values in self.labels.items()
            if kind not in omit
        }

    def seed_status(self, word: str) -> int:
        """The status a seeded ticket's word stands for."""
        return _SEED_STATUS.get(word, 1)

    def seed_priority(self, word: str) -> int:
        """The priority a seeded ticket's word stands for; what is unknown is medium."""
        return self.find("priorities", _SEED_PRIORITY.get(word.lower(), word)) or 2


def lookups_of(world: World, *, duplicates: bool) -> Lookups:
    """The lists for this world; with `duplicates`, equal leaf names of categories stay apart."""
    leaves = [path[-1] for path in world.categories if path] + ["General", "Other requests"]
    lists = {
        "groups": list(dict.fromkeys(world.queues)),
        "levels": ["First line", "Second line", "Third line"],
        "priorities": ["Low", "Medium", "High", "Urgent"],
        "categories": leaves if duplicates else list(dict.fromkeys(leaves)),
        "status": [],
        "clients": list(dict.fromkeys(world.companies)),
        "sites": list(dict.fromkeys(world.locations)) or ["Main site"],
        "departments": ["IT", "Facilities", "Human resources", "Finance"],
    }
    labels = {kind: dict(enumerate(values, _FIRST_IDS.get(kind, 1))) for kind, values in lists.items()}
    labels["status"] = {key: label for key, label, _ in _STATUS}
    return Lookups(labels=labels, status_types={key: kind for key, _, kind in _STATUS})
