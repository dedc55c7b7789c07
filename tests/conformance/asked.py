"""Which desks a test is for: all there are; one that lacks what a test needs is skipped in that capability's name."""

from __future__ import annotations

from functools import cache
from typing import NoReturn, cast

import pytest

from syncer.deskkit import registry
from syncer.deskkit.contract import Capabilities
from syncer.sandbox.seed import generate
from tests.conformance import breaks
from tests.conformance.promised import is_written, promises

NAMES = frozenset(Capabilities.__struct_fields__)
NOWHERE = "http://127.0.0.1:9"


@cache
def claims(kind: str) -> Capabilities:
    """What this desk says it can, in the fullest configuration its emulator allows."""
    spec = registry.spec(kind)
    emulator = spec.emulator(generate(1, 8))  # held on to: some have a folder that goes away with them
    block = {**emulator.block(NOWHERE), "name": "desk"}
    return cast("Capabilities", breaks.desk(spec.open(spec.config().model_validate(block))).capabilities)


def can(kind: str, capability: str) -> bool:
    """Whether it has to, by what its folder promises; where nothing is written there, by what it says itself."""
    if is_written(kind):
        return bool(promises(kind).claims().get(capability))
    return bool(getattr(claims(kind), capability))


def desks(*needed: str, without: str = "") -> pytest.MarkDecorator:
    """Runs the test for each `kind` that can do what is `needed`, and cannot do, or does not need, `without`."""
    found = []
    for kind in registry.kinds():
        lacks = [name for name in needed if not can(kind, name)]
        lacks += [without] if without and can(kind, without) else []
        found.append(pytest.param(kind, marks=[pytest.mark.skip(reason=name) for name in lacks[:1]]))
    return pytest.mark.parametrize("kind", found)


def lacking(capability: str) -> NoReturn:
    """This desk shows only now that the test is not for it: it does not do what is named, or does it."""
    pytest.skip(capability)


def is_capability(reason: str) -> bool:
    """Whether a test may be skipped for this reason."""
    return reason.removeprefix("Skipped: ") in NAMES
