"""Both desks once for each kind of world, a place for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows import lives
from tests.flows.desks import Desks, desks_of
from tests.flows.place import Place, place_of
from tests.flows.worlds import small, ugly


@pytest.fixture(scope="session")
def small_desks() -> Iterator[Desks]:
    """A dozen tickets."""
    with desks_of(small()) as desks:
        yield desks


@pytest.fixture(scope="session")
def ugly_desks() -> Iterator[Desks]:
    """Sixty tickets with the odd cases of real desks among them."""
    with desks_of(ugly(60)) as desks:
        yield desks


@pytest.fixture
def place(small_desks: Desks, tmp_path: Path, dsn: str) -> Iterator[Place]:
    """A dozen tickets to be moved."""
    with place_of(small_desks, tmp_path, dsn) as place:
        yield place
        lives.bury_sleepers()


@pytest.fixture
def ugly_place(ugly_desks: Desks, tmp_path: Path, dsn: str) -> Iterator[Place]:
    """Sixty tickets to be moved."""
    with place_of(ugly_desks, tmp_path, dsn) as place:
        yield place
