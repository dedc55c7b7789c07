"""The crosswalk as lines of CSV or JSON, one ticket at a time. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from syncer.reports.cells import safe

COLUMNS = ("old_id", "old_url", "marker", "new_id", "new_url", "migrated_at")
Row = tuple[str, str, str, datetime]
Page = Callable[[str], str]
"""Where people see a ticket of this id; empty where nobody knows."""


class Crosswalk(Struct, frozen=True):
    """How rows are told: by the pages of both desks."""

    old: Page
    new: Page

    def csv_lines(self, rows: Sequence[Row]) -> str:
        """Lines of CSV; a cell that a spreadsheet would take for a formula is made text."""
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        for row in rows:
            writer.writerow(safe(cell) for cell in self._cells(row))
        return lines.getvalue()

    def json_lines(self, rows: Sequence[Row]) -> str:
        """Objects, separated by commas."""
        return ",\n".join(
            msgspec.json.encode(dict(zip(COLUMNS, self._cells(row), strict=True))).decode() for row in rows
        )

    def redirects(self, rows: Sequence[Row]) -> str:
        """Lines of a map of nginx, from the address within the old desk to the whole address of the new ticket; none
        for tickets of which nobody knows a page."""
        found = []
        for old, _, new, _ in rows:
            before, after = urlsplit(self.old(old)), self.new(new)
            if before.path and after:
                inside = before.path + (f"?{before.query}" if before.query else "")
                found.append(f"{_quoted(inside)} {_quoted(after)};\n")
        return "".join(found)

    def _cells(self, row: Row) -> tuple[str, ...]:
        old, marker, new, at = row
        return old, self.old(old), marker, new, self.new(new), at.isoformat(timespec="seconds")


def _quoted(word: str) -> str:
    """As nginx reads a word whatever is in it."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "%24") + '"'
