"""Ids kept in order while records come, change and go."""

from __future__ import annotations

from bisect import bisect_left, insort


class Index:
    """Ids in ascending order of a number; equal ones in order of id. A change costs no new sorting."""

    def __init__(self) -> None:
        self._keys: list[tuple[int, int]] = []
        self._at: dict[int, int] = {}

    def put(self, id: int, key: int) -> None:
        """Place an id, or move it."""
        known = self._at.get(id)
        if known == key:
            return
        if known is not None:
            self.drop(id)
        self._at[id] = key
        insort(self._keys, (key, id))

    def drop(self, id: int) -> None:
        """Forget an id."""
        key = self._at.pop(id)
        del self._keys[bisect_left(self._keys, (key, id))]

    def ids(self, *, falling: bool = False) -> list[int]:
        """All of them."""
        keys = reversed(self._keys) if falling else self._keys
        return [id for _, id in keys]
