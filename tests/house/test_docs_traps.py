"""The page of traps names tests and files that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "traps.md").read_text(encoding="utf-8")


def test_every_trap_has_a_test_and_every_test_it_names_is_there() -> None:
    traps = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    assert len(traps) == 9
    for line in traps:
        named = re.findall(r"`(tests/\S+?\.py)::(\w+)`", line)
        assert named, line
        for file, test in named:
            assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {test}"


def test_every_room_that_a_trap_names_is_there() -> None:
    for file in set(re.findall(r"`((?:deskkit|migrate|pipeline|store|mapping)/\w+\.py)`", PAGE)):
        assert (ROOT / "syncer" / file).exists(), file
