"""Cells of a table that some spreadsheet program will open. Pure."""

from __future__ import annotations

_STEERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: str) -> str:
    """The cell as text: one that a spreadsheet would take for a formula is made none.

    A carriage return by itself would end the row for a spreadsheet, and is no reason for quotes to Python 3.11.
    """
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell.startswith(_STEERS) else cell
