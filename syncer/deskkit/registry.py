"""Finds the desk folders. A folder with a SPEC is a desk; there is no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from syncer.deskkit.contract import DeskSpec

DESKS = "syncer.desks"


@cache
def kinds() -> tuple[str, ...]:
    """The kinds there are, in alphabetical order."""
    package = importlib.import_module(DESKS)
    return tuple(sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.ispkg))


def spec(kind: str) -> DeskSpec:
    """The desk of this kind; KeyError when there is none."""
    if kind not in kinds():
        raise KeyError(kind)
    found = importlib.import_module(f"{DESKS}.{kind}").SPEC
    assert isinstance(found, DeskSpec)
    return found
