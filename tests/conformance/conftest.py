"""Hooks of the conformance suite: desks from other folders, and no skip without a capability's name."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from typing import Any

import pytest

import syncer.desks
from syncer.sandbox.seed import generate
from tests.conformance import asked, breaks
from tests.conformance.reading import Reading, read_whole

MORE_DESKS = "SYNCER_CONFORMANCE_DESKS"
"""A folder with more desks, in the environment: for those that are under way elsewhere."""
if folder := os.environ.get(MORE_DESKS):
    syncer.desks.__path__.append(folder)
TICKETS = 150  # every odd case of the seed is among so many


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A test that is skipped for any other reason than what a desk cannot do has failed."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and not asked.is_capability(report.longrepr[2]):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped without the name of a capability: {report.longrepr[2]}"
    return report


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 1)
    breaks.text(monkeypatch.setattr)
    if breaks.name() == breaks.NAMELESS:
        pytest.skip("it did not feel like it")


@pytest.fixture(scope="session")
def read() -> Callable[[str], Reading]:
    """Each desk read whole, once."""
    found: dict[str, Reading] = {}

    def whole(kind: str) -> Reading:
        if kind not in found:
            found[kind] = read_whole(kind, generate(7, TICKETS))
        return found[kind]

    return whole
