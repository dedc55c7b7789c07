"""Tables that live through a spreadsheet: cells it leaves alone, and reading back what it saved.

What a spreadsheet would change stands behind an apostrophe: what it would run (= + - @ and the like), and what it
would take for a number or a date and write back as another (00123, 1E5, 1/2, 123456789012, MAR1). Opening a CSV, both
Excel and LibreOffice keep such a cell as the text it is, apostrophe included, however often it is saved. The form
="00123" is turned into a plain 00123 by the first saving, which the second opening makes 123. Reading takes the
apostrophe off again, takes ="..." too, and asks for no apostrophe where a person wrote the cell.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,10}")  # a longer one comes back as 1.23457E+11
_WORDS = re.compile(r"[^\W\d_]+")
_AS_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
_SEPARATORS = ",;\t"
_TOLD_SEPARATOR = re.compile(r"sep=([,;\t])[\r\n]", re.IGNORECASE)


def guarded(cell: str) -> str:
    """A cell that a spreadsheet neither runs nor changes."""
    return f"'{cell}" if _at_risk(cell) else cell


def unguarded(cell: str) -> str:
    """What a cell was before it was guarded, by us or as ="..."."""
    if formula := _AS_FORMULA.fullmatch(cell):
        return formula[1].replace('""', '"')
    return cell[1:] if cell.startswith("'") and _at_risk(cell[1:]) else cell


def _at_risk(cell: str) -> bool:
    bare = cell.strip()
    if not cell or _WHOLE_NUMBER.fullmatch(cell):
        return False
    if cell[0] in _FORMULA or bare[:1] in {*_FORMULA, "'"} or bare.casefold() in {"true", "false"}:
        return True
    # Numbers, amounts, dates, times, fractions: digits in any script, with two words at most (3 March 10:30 am).
    return any(unicodedata.category(c)[0] == "N" for c in cell) and len(_WORDS.findall(cell)) <= 2


def write(columns: Sequence[str], rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    """A table with a byte order mark, by which Excel knows UTF-8, and CRLF; cells as they are given."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return "\ufeff" + out.getvalue()


def read(
    text: str, known: Sequence[str], needed: Collection[str]
) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """The filled rows of a table, (line, cells by column), and what is wrong with it.

    Separated by comma, semicolon or tab; columns in any order; those not known are left alone.
    """
    text = text.removeprefix("\ufeff")
    told = _TOLD_SEPARATOR.match(text)  # Excel's own first line
    separator = told[1] if told else max(_SEPARATORS, key=lambda s: len(set(known) & {*_header(text, s)}))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    problems: list[str] = []
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            if any(c.strip() for c in cells) and not (told and line == 1):
                if not header:
                    header = [_column(c) for c in cells]
                    if problems := _header_problems(header, known, needed, line):
                        return [], problems
                elif any(c.strip() for c in cells[len(header) :]):
                    problems.append(f"line {line}: more cells than columns; a separator inside a text needs quotes")
                else:
                    pairs = zip(header, cells, strict=False)
                    rows.append((line, {name: unguarded(c.strip()) for name, c in pairs if name in known}))
            line = reader.line_num + 1
    except csv.Error as e:
        problems.append(f"line {line}: {e}")
    if not header and not problems:
        problems.append(f"line 1: columns are missing: {', '.join(n for n in known if n in needed)}")
    return rows, problems


def has_column(text: str, name: str) -> bool:
    """Whether the table has a column of this name, whatever separates its columns."""
    return any(name in _header(text.removeprefix("\ufeff"), separator) for separator in _SEPARATORS)


def _header(text: str, separator: str) -> list[str]:
    first = text.lstrip("\r\n").splitlines()[:1]
    return [_column(c) for c in next(csv.reader(first, delimiter=separator), [])]


def _column(cell: str) -> str:
    return "_".join(cell.strip().lower().split())


def _header_problems(header: Sequence[str], known: Sequence[str], needed: Collection[str], line: int) -> list[str]:
    missing = [n for n in known if n in needed and n not in header]
    twice = [n for n in known if header.count(n) > 1]
    return [
        *([f"line {line}: columns are missing: {', '.join(missing)}"] if missing else []),
        *([f"line {line}: columns are there twice: {', '.join(twice)}"] if twice else []),
    ]
