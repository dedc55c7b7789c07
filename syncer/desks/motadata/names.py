"""The names ServiceOps documents, and how its spellings are told to be one (contract 3.2, 3.10, 7)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from syncer.desks.motadata.config import MotadataConfig
from syncer.model.lookups import LookupValue, StatusClass

TYPES = {"INC": "Incident", "SR": "Service Request"}
DOCUMENTED: dict[str, tuple[str, ...]] = {
    "status": ("Open", "In Progress", "Pending", "Resolved", "Closed"),
    "priority": ("Low", "Medium", "High", "Urgent"),
    "urgency": ("Low", "Medium", "High", "Urgent"),
    "impact": ("Low", "On User", "On department", "On Business"),
    "support_level": ("Tier1", "Tier2", "Tier3", "Tier4"),
    "source": ("External", "Email", "Technician Portal"),
}
KINDS = (
    "type", "status", "priority", "urgency", "impact", "category", "department", "location", "company",
    "support_level", "source", "group",
)  # fmt: skip
_CLASSES = {
    "open": StatusClass.OPEN,
    "inprogress": StatusClass.OPEN,
    "resolved": StatusClass.RESOLVED,
    "closed": StatusClass.CLOSED,
}


def flat(name: str) -> str:
    """A name as it is compared: without case, blanks, and the s of a plural at its end (`On Users`, `tier1`)."""
    word = re.sub(r"[\s_-]+", "", name).casefold()
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


class Names:
    """What this desk calls things: the operator's names, else the documented ones, and whatever else is met."""

    def __init__(self, config: MotadataConfig) -> None:
        told: dict[str, Sequence[str]] = {**DOCUMENTED, **{str(k): v for k, v in config.names.items()}}
        self._known = {kind: {flat(name): name for name in told.get(kind, ())} for kind in KINDS}
        self._classes = {flat(name): value for name, value in config.status_classes.items()}
        self._approval = flat(config.approval_status)

    def one(self, kind: str, name: str) -> str:
        """The spelling we know of a name; a name we do not know is its own."""
        return self._known[kind].get(flat(name), name)

    def same(self, left: str, right: str) -> bool:
        """Whether two spellings are one name."""
        return flat(left) == flat(right)

    def told(self) -> list[LookupValue]:
        """Each name that is known without asking the desk."""
        types = [LookupValue("type", id, name) for id, name in TYPES.items()]
        return types + [self.value(kind, name) for kind, known in self._known.items() for name in known.values()]

    def value(self, kind: str, name: str) -> LookupValue:
        """A name as an entry of its list; what only the system may set is no choice."""
        name = self.one(kind, name)
        if kind != "status":
            return LookupValue(kind, name, name)
        return LookupValue(kind, name, name, active=not self.is_approval(name), status_class=self.status_class(name))

    def is_approval(self, name: str) -> bool:
        """Whether only ServiceOps itself sets this status."""
        return flat(name) == self._approval

    def status_class(self, name: str) -> StatusClass | None:
        """What a status means, where its name tells."""
        word = flat(name)
        if word in self._classes:
            return self._classes[word]
        return StatusClass.PENDING if word.startswith("pending") else _CLASSES.get(word)
