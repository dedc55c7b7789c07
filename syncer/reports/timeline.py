"""Counts by month as a line of time without gaps: a month in which nothing was is there, too. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from syncer.reports.document import Count

MOST_MONTHS = 120
MOST_YEARS = 40
"""What is further from the month with most tickets is a mistake in a ticket; it would make all others too narrow to be
seen."""


class Timeline(Struct, frozen=True):
    """Rows of (month or year, tickets), and how many tickets tell no time that can be drawn."""

    unit: str
    rows: list[tuple[str, int]]
    undated: int


def timeline(months: Sequence[Count]) -> Timeline:
    """By months, or, where these would be too many, by years."""
    dated = Counter({one.name: one.count for one in months if one.name[:4].isdigit()})
    undated = sum(one.count for one in months) - dated.total()
    if not dated:
        return Timeline("month", [], undated)
    middle = _number(max(dated, key=lambda month: dated[month]))
    for month in [one for one in dated if abs(_number(one) - middle) > 12 * MOST_YEARS]:
        undated += dated.pop(month)
    first, last = min(map(_number, dated)), max(map(_number, dated))
    if last - first < MOST_MONTHS:
        there = {_number(month): count for month, count in dated.items()}
        rows = [(f"{n // 12:04}-{n % 12 + 1:02}", there.get(n, 0)) for n in range(first, last + 1)]
        return Timeline("month", rows, undated)
    years: Counter[int] = Counter()
    for month, count in dated.items():
        years[_number(month) // 12] += count
    return Timeline("year", [(f"{n:04}", years[n]) for n in range(first // 12, last // 12 + 1)], undated)


def _number(month: str) -> int:
    year, _, of_year = month.partition("-")
    return int(year) * 12 + int(of_year or 1) - 1
