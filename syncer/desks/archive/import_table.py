"""Files of tickets that somebody else made: row by row, each with its place; every mistake in it is named."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Protocol, TextIO, cast

import msgspec

from syncer.desks.archive.config import JSON_LINES
from syncer.errors import ConfigError

LONGEST_CELL = 16 * 1024 * 1024
MOST_PROBLEMS = 20


class Problems:
    """What is wrong with a file. Raises ConfigError when there is enough of it to begin with."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found: list[str] = []

    def add(self, place: str, said: str) -> None:
        """One more."""
        self._found.append(f"{place}: {said}")
        if len(self._found) >= MOST_PROBLEMS:
            self.over()

    def over(self) -> None:
        """Raises ConfigError with all of them, if there are any."""
        if self._found:
            more = " at least" if len(self._found) >= MOST_PROBLEMS else ""
            count = f"{len(self._found)} mistakes" if len(self._found) > 1 else "1 mistake"
            raise ConfigError(
                f"{self._file}:{more} {count}", problems=tuple(self._found),
                hint="Mend the file, or its `import` block in the config; then the same command again.",
            )  # fmt: skip


class Record(Protocol):
    """One row. `place` is the file and the line it begins in."""

    place: str

    def values(self, column: str) -> list[Any]:
        """What stands in the column, or in all columns of that name; nothing where it is empty."""


class Cells:
    """A row of a CSV."""

    __slots__ = ("_cells", "_where", "place")

    def __init__(self, place: str, cells: list[str], where: Mapping[str, Sequence[int]]) -> None:
        self.place = place
        self._cells = cells
        self._where = where

    def values(self, column: str) -> list[Any]:
        """Cells that are not blank."""
        return [cell for at in self._where[column] if (cell := self._cells[at]) and not cell.isspace()]


class Keys:
    """A line of JSON."""

    __slots__ = ("_data", "_seen", "place")

    def __init__(self, place: str, data: Any, seen: set[str]) -> None:
        self.place = place
        self._data = data
        self._seen = seen

    def values(self, column: str) -> list[Any]:
        """What stands under the key; a list's members one by one."""
        value = self._data
        for step in (column,) if isinstance(value, dict) and column in value else column.split("."):
            if not isinstance(value, dict) or step not in value:
                return []
            value = value[step]
        self._seen.add(column)
        return [one for one in (value if isinstance(value, list) else [value]) if one not in (None, "")]


def records(file: Path, columns: Sequence[str], delimiter: str, problems: Problems) -> Iterator[Record]:
    """The rows of a file that must have these columns. Raises ConfigError when it cannot be read at all."""
    name = file.name.removesuffix(".gz")
    try:
        with ExitStack() as stack:
            binary: IO[bytes] = stack.enter_context(file.open("rb"))
            if file.suffix == ".gz":
                binary = cast("IO[bytes]", stack.enter_context(gzip.open(binary)))
            if name.endswith(JSON_LINES):
                yield from _json(file, binary, columns, problems)
            else:
                yield from _csv(file, binary, columns, delimiter, problems)
    except (OSError, EOFError, zlib.error) as e:
        said = e.strerror if isinstance(e, OSError) and e.strerror else e
        raise ConfigError(f"{file}: cannot be read: {said}", hint="Is it there, and whole?") from e


def _json(file: Path, lines: IO[bytes], columns: Sequence[str], problems: Problems) -> Iterator[Record]:
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{file.name}:{number}"
        try:
            data = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.MsgspecError, UnicodeDecodeError) as e:
            problems.add(place, f"is no line of JSON: {e}")
            continue
        if not isinstance(data, dict):
            problems.add(place, "is no object; each line is one ticket: {...}")
            continue
        record = Keys(place, data, seen)
        yield record
        for column in columns:
            if column not in seen:
                record.values(column)
    for column in columns:
        if column not in seen:
            problems.add(file.name, f"no line has the key {column!r}")


def _csv(file: Path, raw: IO[bytes], columns: Sequence[str], delimiter: str, problems: Problems) -> Iterator[Record]:
    # Bytes that are no UTF-8 are let through here, so that the row can be named that has them.
    text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield from _rows(file, text, columns, delimiter, problems)
    finally:
        csv.field_size_limit(before)
        text.detach()


def _rows(file: Path, text: TextIO, columns: Sequence[str], delimiter: str, problems: Problems) -> Iterator[Record]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    line, header = 1, list[str]()
    try:
        header = [name.strip() for name in next(reader, [])]
        where = _where(file, header, columns, delimiter)
        line = reader.line_num + 1
        for cells in reader:
            place = f"{file.name}:{line}"
            line = reader.line_num + 1
            if not any(cells):
                continue
            if len(cells) != len(header):
                said = f"{len(cells)} cells in {len(header)} columns; a text that holds {delimiter!r} needs quotes"
                problems.add(place, said)
            elif (wrong := next((at for at, cell in enumerate(cells) if not _is_text(cell)), None)) is not None:
                said = "is not UTF-8; convert it, for instance: iconv -f WINDOWS-1252 -t UTF-8"
                problems.add(place, f"column {header[wrong]!r} {said}")
            else:
                yield Cells(place, cells, where)
    except csv.Error as e:
        said = f"in the row that begins here a quote is not closed, or stands within a text ({e})"
        problems.add(f"{file.name}:{line}", f'{said}; a quote within a quoted text is written twice: ""')


def _where(file: Path, header: list[str], columns: Sequence[str], delimiter: str) -> dict[str, list[int]]:
    """At which places of a row each column stands. Raises ConfigError with all that are missing."""
    where = {name: [at for at, head in enumerate(header) if head == name] for name in columns}
    missing = [name for name, places in where.items() if not places]
    if missing:
        found = f"there are {', '.join(map(repr, header)) or 'none'}"
        problems = []
        for name in missing:
            close = difflib.get_close_matches(name, header, n=1)
            problems.append(f"no column {name!r}" + (f"; did you mean {close[0]!r}?" if close else "") + f"; {found}")
        other = next((mark for mark in ";\t|," if mark != delimiter and len(header) == 1 and mark in header[0]), None)
        hint = f"Is it separated by {other!r}? Then: delimiter: {other!r}" if other else "Name the columns as they are."
        raise ConfigError(f"{file}: its first line", problems=tuple(problems), hint=hint)
    return where


def _is_text(cell: str) -> bool:
    return cell.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in cell)
