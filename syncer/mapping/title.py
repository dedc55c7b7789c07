"""The title and its marker within a target's limit: the marker wins room, and no character is torn apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_MORE = "…"
_MOST_OF_A_LETTER = 4
"""More units, or bytes, no letter has."""
_ZWJ = "\u200d"
_MODIFIERS = ("\U0001f3fb", "\U0001f3ff")
_REGIONAL = ("\U0001f1e6", "\U0001f1ff")


def fit(title: str, marker: str, most: int | None, *, in_bytes: bool = False) -> tuple[str, bool]:
    """The title with its marker behind it, if there is one, and whether it had to be cut.

    Length is counted in UTF-16 units, as .NET, Java and JavaScript count: a limit in characters is never less. A limit
    `in_bytes` is one of UTF-8.
    """
    size = _bytes if in_bytes else _units
    if most is not None:
        room = most - len(marker) - bool(marker)
        if _MOST_OF_A_LETTER * len(title) > room and size(title) > room:
            return f"{_cut(title, room - size(_MORE), size)}{_MORE} {marker}".strip(), True
    return f"{title} {marker}".strip(), False


def _units(text: str) -> int:
    return len(text) + sum(1 for letter in text if letter > "\uffff")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _cut(text: str, room: int, size: Callable[[str], int]) -> str:
    end, used = 0, 0
    for letter in text:
        used += size(letter)
        if used > room:
            break
        end += 1
    whole = end
    while whole > 0 and not _between(text, whole):
        whole -= 1
    return text[: whole or end].rstrip()


def _between(text: str, at: int) -> bool:
    """Whether a cut there leaves what people see as one character in one piece."""
    after, before = text[at], text[at - 1]
    if after == _ZWJ or before == _ZWJ or unicodedata.category(after).startswith("M"):
        return False
    if _MODIFIERS[0] <= after <= _MODIFIERS[1]:
        return False
    flags = 0
    while flags < at and _REGIONAL[0] <= text[at - 1 - flags] <= _REGIONAL[1]:
        flags += 1
    return not (flags % 2 and _REGIONAL[0] <= after <= _REGIONAL[1])
