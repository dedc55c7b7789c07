"""Pictures by numbers: what is longer is more, what is later is further right, and no name covers another."""

from __future__ import annotations

import itertools
import re

import pytest

from syncer.reports.document import Count
from syncer.reports.drawing import APART, bars, columns, parted, share
from syncer.reports.timeline import MOST_MONTHS, timeline


def months(**named: int) -> list[Count]:
    return [Count(name.removeprefix("m").replace("_", "-"), count) for name, count in named.items()]


def test_a_month_without_tickets_is_there_too() -> None:
    line = timeline(months(m2023_11=4, m2024_02=2))
    assert line.rows == [("2023-11", 4), ("2023-12", 0), ("2024-01", 0), ("2024-02", 2)]
    assert (line.unit, line.undated) == ("month", 0)


def test_many_years_are_told_by_years() -> None:
    line = timeline(months(m2005_01=1, m2005_12=2, m2020_06=3))
    assert line.unit == "year"
    assert line.rows[0] == ("2005", 3)
    assert line.rows[-1] == ("2020", 3)
    assert len(line.rows) == 16


def test_a_slip_of_a_year_makes_no_other_column_too_narrow_to_be_seen() -> None:
    line = timeline(months(m0001_01=1, m1900_01=2, m2024_01=50, m2024_02=40, m9999_12=3, unknown=7))
    assert line.rows == [("2024-01", 50), ("2024-02", 40)]
    assert line.undated == 13


def test_nothing_dated_is_no_line() -> None:
    assert timeline([Count("unknown", 3)]).rows == []
    assert timeline([]).rows == []


@pytest.mark.parametrize("many", [1, 2, 13, 36, MOST_MONTHS])
def test_names_below_columns_stand_apart(many: int) -> None:
    rows = [(f"{2015 + (n + 10) // 12}-{(n + 10) % 12 + 1:02}", n) for n in range(many)]
    places = [float(x) for x in re.findall(r'class="name" x="([\d.]+)"', columns("Tickets", rows))]
    assert places
    assert all(after - before >= APART for before, after in itertools.pairwise(places))


@pytest.mark.parametrize("name", ["W" * 80, "東" * 80, "i" * 200, "Netzwerk / " * 9 + "Letztes"])
def test_a_long_name_keeps_both_ends_and_leaves_room_for_its_number(name: str) -> None:
    (told,) = re.findall(r'class="name"[^>]*>([^<]*)<', bars("Kinds", [(name, 1_234_567)]))
    assert "…" in told
    first, _, last = told.partition("…")
    assert name.startswith(first)
    assert name.endswith(last)
    assert first
    assert last
    assert len(told) * (13 if "東" in name else 7) < 400


def test_parts_of_a_bar_fill_it_and_none_is_lost() -> None:
    widths = [float(w) for w in re.findall(r'width="([\d.]+)"', parted("All", [("created", 1_000_000), ("parked", 1)]))]
    assert len(widths) == 2
    assert all(width > 0 for width in widths)
    assert sum(widths) <= 640


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    assert [share(n, 1000) for n in (0, 1, 10, 500, 999, 1000)] == ["0 %", "< 1 %", "1 %", "50 %", "> 99 %", "100 %"]
    assert share(0, 0) == "0 %"
