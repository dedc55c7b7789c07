"""Cells of a table that some spreadsheet program will open. Pure."""

from __future__ import annotations

import re

_STEERS = "=+\\-@＝＋－＠"
_UNSEEN = "[\\s\\u200b-\\u200f\\u2060-\\u2064\\ufeff\\u00ad]*"
"""What a program may strip before it looks at the first letter: blanks, and letters that have no width."""
_FIRST = re.compile(rf"{_UNSEEN}[{_STEERS}]|[\t\n]")
_INNER = re.compile(rf"([\n\t;,|\"]{_UNSEEN})(?=[{_STEERS}])")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def safe(cell: str) -> str:
    """The cell as text: what a spreadsheet would take for a formula is made none, by an apostrophe before it.

    That is at the begin of the cell, and behind all that may begin another one: a line break, a quote, and a separator
    of whatever kind, for a program set up for another country reads the file by another separator than it was written
    with. A carriage return would end the row for some; other control characters are left out.
    """
    cell = _CONTROL.sub("", cell.replace("\r\n", "\n").replace("\r", "\n"))
    cell = _INNER.sub(r"\1'", cell)
    return f"'{cell}" if _FIRST.match(cell) else cell
