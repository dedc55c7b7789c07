"""Tikting's lists as tickets mean them: an id, or a label that stands for exactly one (contract 3.3, 7)."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from syncer.desks.tikting.wire_fields import Hit, said
from syncer.model.lookups import LookupValue, StatusClass

log = structlog.get_logger()
MOST_ODD = 50


class Names:
    """What appmetadata says; `odd` are the labels in tickets that stand for no value or for several."""

    def __init__(self, desk: str, values: Iterable[LookupValue]) -> None:
        self._desk = desk
        self._ids: dict[str, set[str]] = {}
        self._labels: dict[tuple[str, str], list[str]] = {}
        self._classes: dict[str, StatusClass | None] = {}
        self.odd: set[tuple[str, str]] = set()
        for value in values:
            self._ids.setdefault(value.kind, set()).add(value.id)
            self._labels.setdefault((value.kind, value.name.strip()), []).append(value.id)
            if value.kind == "status":
                self._classes[value.id] = value.status_class

    def one(self, kind: str, hit: Hit | None) -> str | None:
        """The id a ticket means; None where it means none, or nobody can tell which: that is counted and told."""
        if hit is None or not (word := said(hit.value)):
            return None
        if isinstance(hit.value, int) or hit.path.lower().endswith("id") or word in self._ids.get(kind, ()):
            return word
        found = self._labels.get((kind, word), [])
        if len(found) == 1:
            return found[0]
        if not found and word.isdigit():
            return word
        if (kind, word) not in self.odd and len(self.odd) < MOST_ODD:
            log.warning("label_not_clear", desk=self._desk, list=kind, values=len(found))
            self.odd.add((kind, word))
        return None

    def has(self, kind: str, id: str) -> bool:
        """Whether a list has this value."""
        return id in self._ids.get(kind, ())

    def status_class(self, id: str | None) -> StatusClass | None:
        """What a status means; None for one that is not known or of another type."""
        return self._classes.get(id) if id else None

    def first_of(self, wanted: StatusClass) -> str | None:
        """The status of a class with the lowest id."""
        ids = [id for id, one in self._classes.items() if one == wanted]
        return min(ids, key=lambda id: (len(id), id), default=None)

    def of_class(self, hit: Hit | None) -> StatusClass | None:
        """What the status of a list row means, where that can be told; nothing is counted."""
        if hit is None:
            return None
        word = said(hit.value)
        ids = [word] if word in self._classes else self._labels.get(("status", word), [])
        classes = {self._classes.get(id) for id in ids}
        return classes.pop() if len(classes) == 1 else None

    def told(self) -> list[str]:
        """A sentence for each list whose labels in tickets were not clear; never the labels' tickets."""
        sentences = []
        for kind, label in sorted(self.odd):
            how = "several values have" if len(self._labels.get((kind, label), [])) > 1 else "no value of the list has"
            sentences.append(
                f"tickets show the {kind} {label!r} by its label only, which {how}: it is left out of them"
            )
        return sentences
