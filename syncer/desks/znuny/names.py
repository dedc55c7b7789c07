"""What this desk calls things: the operator's names, else those Znuny comes with, and whatever tickets hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncer.desks.znuny.config import ZnunyConfig
from syncer.model.lookups import LookupValue, StatusClass

STATES = (
    "new", "open", "pending reminder", "pending auto close+", "pending auto close-", "closed successful",
    "closed unsuccessful", "merged", "removed",
)  # fmt: skip
PRIORITIES = ("1 very low", "2 low", "3 normal", "4 high", "5 very high")
KEYS = {
    "queue": "Queue",
    "status": "State",
    "priority": "Priority",
    "type": "Type",
    "service": "Service",
    "sla": "SLA",
}
"""The lists whose values a ticket holds, and where."""
_ENDED = frozenset(("merged", "removed"))
"""Types of states that no ticket is brought into, unless the settings name them."""
_CLASSES = {
    "new": StatusClass.OPEN,
    "open": StatusClass.OPEN,
    "pending reminder": StatusClass.PENDING,
    # It closes by itself when its time is over: nobody has anything left to do.
    "pending auto": StatusClass.RESOLVED,
    "closed": StatusClass.CLOSED,
    "merged": StatusClass.CLOSED,
    "removed": StatusClass.CLOSED,
}


class Names:
    """Names are the ids here."""

    def __init__(self, config: ZnunyConfig) -> None:
        lists = config.lists
        self._classes = config.status_classes
        self._chosen = frozenset(lists.states)
        self._types: dict[str, str] = {}
        self._told: Mapping[str, Sequence[str]] = {
            "queue": [*lists.queues, *([config.queue] if config.queue else [])],
            "status": [*(lists.states or STATES), config.state],
            "priority": [*(lists.priorities or PRIORITIES), config.priority],
            "type": lists.types,
            "service": lists.services,
            "sla": lists.slas,
        }

    def told(self) -> Iterator[LookupValue]:
        """Each name that is known without asking the desk."""
        for kind, names in self._told.items():
            for name in names:
                yield self.value(kind, name)

    def of(self, row: dict[str, Any]) -> dict[str, str]:
        """Kind -> name, of what a ticket holds; what is unset is absent."""
        state, kind = row.get("State"), row.get("StateType")
        if isinstance(state, str) and isinstance(kind, str):
            self._types[state] = kind
        return {name: value for name, key in KEYS.items() if isinstance(value := row.get(key), str) and value}

    def value(self, kind: str, name: str) -> LookupValue:
        """A name as an entry of its list; levels of queues and services are divided by two colons."""
        path = tuple(name.split("::")) if kind in {"queue", "service"} and "::" in name else ()
        if kind != "status":
            return LookupValue(kind, name, path[-1] if path else name, path=path)
        chosen = self._type(name) not in _ENDED or name in self._chosen
        return LookupValue(kind, name, name, active=chosen, status_class=self.meaning(name))

    def meaning(self, state: str) -> StatusClass | None:
        """What a state means, as the settings say, else by its type."""
        return self._classes.get(state) or _CLASSES.get(self._type(state))

    def is_due(self, state: str) -> bool:
        """Whether a state needs a time at which it is due; one that does not is given it for nothing."""
        return self._type(state).startswith("pending") or self.meaning(state) is None

    def _type(self, state: str) -> str:
        """A state's type, as tickets tell it; those Znuny comes with are named after theirs."""
        if state in self._types:
            return self._types[state]
        return next((kind for kind in sorted(_CLASSES, key=len, reverse=True) if state.startswith(kind)), "")
