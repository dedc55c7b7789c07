"""How two plans, or a plan and its result, differ: in words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from syncer.model.plan import Prediction

MOST = 20


class Difference(Protocol):
    """A record that is not as it was planned."""

    @property
    def was(self) -> Prediction | None:
        """As it was planned; None: not at all."""

    @property
    def becomes(self) -> Prediction | None:
        """As it is; None: it is not there any more."""


def kind(one: Difference) -> str:
    """In a few words."""
    if one.was is None:
        return "new"
    if one.becomes is None:
        return "gone"
    if (one.was.outcome, one.was.reason) == (one.becomes.outcome, one.becomes.reason):
        return "changed"
    return f"{_said(one.was)} -> {_said(one.becomes)}"


def _said(one: Prediction) -> str:
    return f"{one.outcome} ({one.reason})" if one.reason else one.outcome


def text(found: Sequence[Difference]) -> str:
    """How many of which kind, and some of them."""
    if not found:
        return "Nothing differs."
    lines = ["Not as it was planned:"]
    lines += [f"  {count:>8,}  {what}" for what, count in Counter(map(kind, found)).most_common()]
    for one in found[:MOST]:
        there = one.becomes or one.was
        assert there is not None
        lines.append(f"  {there.source_id}: {kind(one)}{f', {there.detail}' if there.detail else ''}")
    if len(found) > MOST:
        lines.append(f"  and {len(found) - MOST:,} more")
    return "\n".join(lines)
