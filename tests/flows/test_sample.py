"""The sample of a migration shows what is rare: planted among plain tickets, counted by where it was planted."""

from __future__ import annotations

from pathlib import Path

from tests.flows.rare import TRAITS
from tests.flows.sampled import sampled


def test_a_sample_of_twenty_shows_nearly_all_that_is_rare(tmp_path: Path, dsn: str) -> None:
    assert len(TRAITS) == 30
    found = sampled(1_500, 1, tmp_path, dsn)
    assert found.brought <= 20
    assert found.shown == 30, found
    assert found.by_chance < 10, "what is rare is not rare in this world"
