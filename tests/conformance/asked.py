"""Which desks a test is for: all there are; one that lacks what a test needs is skipped in that capability's name."""

from __future__ import annotations

from functools import cache
from typing import NoReturn

import pytest

from syncer.deskkit import registry
from syncer.deskkit.contract import Capabilities
from syncer.sandbox.seed import generate

NAMES = frozenset(Capabilities.__struct_fields__)
NOWHERE = "http://127.0.0.1:9"


@cache
def claims(kind: str) -> Capabilities:
    """What this desk says it can, in the fullest configuration its emulator allows."""
    spec = registry.spec(kind)
    block = spec.emulator(generate(1, 8)).block(NOWHERE)
    return spec.open(spec.config().model_validate({**block, "name": "desk"})).capabilities


def desks(*needed: str, without: str = "") -> pytest.MarkDecorator:
    """Runs the test for each `kind` that claims what is `needed`, and does not claim `without`."""
    found = []
    for kind in registry.kinds():
        lacks = [name for name in needed if not getattr(claims(kind), name)]
        lacks += [without] if without and getattr(claims(kind), without) else []
        found.append(pytest.param(kind, marks=[pytest.mark.skip(reason=name) for name in lacks[:1]]))
    return pytest.mark.parametrize("kind", found)


def lacking(capability: str) -> NoReturn:
    """This desk shows only now that the test is not for it: it does not do what is named, or does it."""
    pytest.skip(capability)


def is_capability(reason: str) -> bool:
    """Whether a test may be skipped for this reason."""
    return reason.removeprefix("Skipped: ") in NAMES
