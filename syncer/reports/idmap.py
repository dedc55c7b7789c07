"""The crosswalk as lines of CSV or JSON, one ticket at a time. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

import msgspec

COLUMNS = ("old_id", "marker", "new_id", "migrated_at")
Row = tuple[str, str, str, datetime]
_STEERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_lines(rows: Sequence[Row]) -> str:
    """Lines of CSV; a cell that a spreadsheet would take for a formula is made text."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for old, marker, new, at in rows:
        writer.writerow((_text(old), _text(marker), _text(new), at.isoformat(timespec="seconds")))
    return lines.getvalue()


def json_lines(rows: Sequence[Row]) -> str:
    """Objects, separated by commas."""
    return ",\n".join(msgspec.json.encode(dict(zip(COLUMNS, row, strict=True))).decode() for row in rows)


def _text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_STEERS) else cell
