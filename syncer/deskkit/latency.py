"""How long a desk takes to answer: a fair sample of every kind of request."""

from __future__ import annotations

import random
from typing import Literal

Kind = Literal["read", "write", "file"]
KEPT = 400
"""Seconds that are kept of each kind, any of all seen with the same chance."""


class Latencies:
    """Seconds from a request's departure to its whole answer."""

    def __init__(self) -> None:
        self.seen: dict[Kind, int] = {"read": 0, "write": 0, "file": 0}
        self.kept: dict[Kind, list[float]] = {"read": [], "write": [], "file": []}

    def add(self, kind: Kind, seconds: float) -> None:
        """One more."""
        self.seen[kind] += 1
        kept = self.kept[kind]
        if len(kept) < KEPT:
            kept.append(seconds)
        elif (at := int(random.random() * self.seen[kind])) < KEPT:  # noqa: S311 - no secret
            kept[at] = seconds
