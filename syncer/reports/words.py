"""How numbers and other people's words are said on a terminal. Pure."""

from __future__ import annotations

from unicodedata import category

_JOINERS = "\u200c\u200d"
"""Of emoji, and of scripts whose letters hang together."""


def printable(line: str) -> str:
    """One line that moves no cursor, changes no colour and turns no direction: what would is shown by its number."""
    return "".join(letter if _stays(letter) else letter.encode("unicode_escape").decode() for letter in line)


def _stays(letter: str) -> bool:
    return letter.isprintable() or letter in _JOINERS or category(letter) == "Zs"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 ticket`, `2,000 tickets`; `many` where it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
