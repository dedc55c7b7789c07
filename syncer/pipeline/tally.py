"""Counts as outcomes pass. Every record read ends as exactly one of five outcomes; the five add up to what was read."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from syncer.model.ids import TicketId

EXAMPLES = 5


class Result(StrEnum):
    """How a record ended in this run."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    PARKED = "parked"


class Tally:
    """The counts of one run, with a few examples for each reason and each missing value."""

    def __init__(self) -> None:
        self.read = 0
        self.results: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.losses: Counter[str] = Counter()
        self.unmapped: Counter[tuple[str, str, str]] = Counter()
        self.examples: dict[object, list[str]] = {}
        self.adopted = 0
        self.doing = ""
        """In words, what is done before the first ticket can have an outcome."""
        self.trouble = ""
        """In words, why nothing passes just now."""
        self.notes: list[str] = []

    def count(self, result: Result, id: TicketId, reason: str = "") -> None:
        """One record ended so."""
        self.results[result] += 1
        if reason:
            self.reasons[reason] += 1
            self.example(reason, id)

    def lost(self, losses: tuple[str, ...]) -> None:
        """What one record could not bring along."""
        self.losses.update(losses)

    def missing(self, values: tuple[tuple[str, str, str], ...], id: TicketId) -> None:
        """Values without a decision."""
        for value in values:
            self.unmapped[value] += 1
            self.example(value, id)

    def example(self, of: object, id: TicketId) -> None:
        """Keep a few ids to look at."""
        ids = self.examples.setdefault(of, [])
        if len(ids) < EXAMPLES:
            ids.append(id)

    def ended(self) -> int:
        """How many records have an outcome."""
        return sum(self.results.values())

    def counts(self) -> dict[str, int]:
        """For the run's row."""
        return {"read": self.read, **{r: self.results[r] for r in Result}, "adopted": self.adopted}
