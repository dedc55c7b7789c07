"""Ids that were seen come back each once, numbers in their order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncer.deskkit.paging import SeenIds


@given(st.lists(st.one_of(st.integers(0, 300_000).map(str), st.text(max_size=3))))
def test_seen_ids_come_back_once_and_in_order(put: list[str]) -> None:
    seen = SeenIds()
    for id in put:
        seen.add(id)
    numbers = sorted(int(id) for id in {*put} if id.isascii() and id.isdigit() and str(int(id)) == id)
    others = sorted({*put} - {str(number) for number in numbers})
    assert list(seen) == [*map(str, numbers), *others]
