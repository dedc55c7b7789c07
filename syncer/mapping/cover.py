"""The few tickets that show most of what is odd about all of them: a greedy set cover. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from syncer.model.ids import TicketId


class Chosen(Struct, frozen=True):
    """One of the sample, and the traits that none before it has, the rarest first."""

    id: TicketId
    adds: tuple[int, ...]


class Cover(Struct, frozen=True):
    """A sample: whom it chose, and of how many traits it shows how many."""

    chosen: tuple[Chosen, ...]
    shown: int
    there: int


def cover(records: Iterable[tuple[TicketId, Sequence[int]]], most: int) -> Cover:
    """At most so many tickets, each the one that adds most to those before it; a trait counts the more the rarer it is.

    Of two that add the same the first one is taken, so that the same records give the same sample. Stops early when
    nothing is left to add.
    """
    ids: list[TicketId] = []
    masks: list[int] = []
    often: Counter[int] = Counter()
    seen: set[int] = set()
    for id, traits in records:
        often.update(traits)
        mask = sum(1 << trait for trait in set(traits))
        if mask not in seen:  # the first one with these traits shows all that the others would
            seen.add(mask)
            ids.append(id)
            masks.append(mask)
    total = max(often.values(), default=1)
    worth = {trait: 1 + math.log2(total / count) for trait, count in often.items()}
    return _greedily(ids, masks, worth, most)


def _greedily(ids: list[TicketId], masks: list[int], worth: dict[int, float], most: int) -> Cover:
    chosen: list[Chosen] = []
    covered = 0
    # What a record adds only ever shrinks: who added less than the best before need not be asked again.
    bounds = [_worth(mask, worth) for mask in masks]
    while len(chosen) < most and masks:
        best, best_worth = -1, 0.0
        for at in range(len(masks)):
            if bounds[at] <= best_worth:
                continue
            bounds[at] = _worth(masks[at] & ~covered, worth)
            if bounds[at] > best_worth:
                best, best_worth = at, bounds[at]
        if best < 0:
            break
        adds = sorted(_bits(masks[best] & ~covered), key=lambda trait: -worth[trait])
        chosen.append(Chosen(ids[best], tuple(adds)))
        covered |= masks[best]
    return Cover(tuple(chosen), covered.bit_count(), len(worth))


def _worth(mask: int, worth: dict[int, float]) -> float:
    return sum(worth[trait] for trait in _bits(mask))


def _bits(mask: int) -> Iterable[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
