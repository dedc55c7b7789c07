"""Cells of a table that some spreadsheet program will open. Pure."""

from __future__ import annotations

_STEERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: str) -> str:
    """The cell as text: one that a spreadsheet would take for a formula is made none."""
    return f"'{cell}" if cell.startswith(_STEERS) else cell
