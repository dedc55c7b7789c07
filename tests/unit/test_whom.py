"""Who gave a command has a name, also where the system knows none."""

from __future__ import annotations

import getpass
import os

import pytest

from syncer.cli import whom


def test_a_number_without_a_name_is_told_as_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert whom.name() == f"uid {os.getuid()}"
