"""A hash over many lines that tells whether one of them was changed. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_LEAF, _NODE = b"\x00", b"\x01"


def leaf(line: bytes) -> bytes:
    """The hash of one line."""
    return hashlib.sha256(_LEAF + line).digest()


class Root:
    """Grows leaf by leaf and keeps one hash for each level: memory does not depend on how many leaves there are."""

    def __init__(self) -> None:
        self._levels: list[bytes | None] = []

    def add(self, hash: bytes) -> None:
        """One more leaf."""
        for level, left in enumerate(self._levels):
            if left is None:
                self._levels[level] = hash
                return
            hash = hashlib.sha256(_NODE + left + hash).digest()
            self._levels[level] = None
        self._levels.append(hash)

    def hex(self) -> str:
        """The root of all so far. An odd node at the end of a level goes up as it is."""
        found: bytes | None = None
        for left in self._levels:
            if left is not None:
                found = left if found is None else hashlib.sha256(_NODE + left + found).digest()
        return (found if found is not None else hashlib.sha256(b"").digest()).hex()


def root_of(lines: Iterable[bytes]) -> str:
    """The root of these lines."""
    root = Root()
    for line in lines:
        root.add(leaf(line))
    return root.hex()
