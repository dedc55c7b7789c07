"""The records of a plan opened by a real spreadsheet program: text is text, and no cell computes anything."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from syncer.model.ids import TicketId, Version
from syncer.model.plan import Prediction
from syncer.reports import plan_csv
from syncer.reports.cells import safe
from tests.reports.payloads import FORMULAS, PAYLOADS

PROGRAM = shutil.which("ssconvert")
SPREADSHEET = [PROGRAM or "", "--import-type=Gnumeric_stf:stf_csvtab"]
CELL = "{http://www.gnumeric.org/v10.dtd}Cell"


def table() -> str:
    """A record for each trick, which stands in every cell of it."""
    lines = [plan_csv.HEAD]
    for words in (*FORMULAS, *PAYLOADS):
        id, version = TicketId(words), Version(words)
        one = Prediction(source_id=id, version=version, outcome="parked", reason=words, detail=words, losses=(words,))
        lines.append(plan_csv.line(one, [words]))
    return "".join(lines)


STEERS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BLANKS = " \t\r\n\u00a0\u200b\ufeff\x00"


def plain(words: str) -> str:
    """Without what a cell is guarded by, and what has no place in one."""
    words = words.replace("\r\n", "\n").replace("\r", "\n").replace("'", "")
    return "".join(letter for letter in words if letter in "\n\t" or ord(letter) >= 32)


def steering(cells: Iterable[str]) -> list[str]:
    """Those a spreadsheet would take for a formula, blanks and letters without a width aside."""
    return [cell for cell in cells if cell.lstrip(BLANKS).startswith(STEERS)]


def test_each_record_is_one_row_and_says_what_it_said() -> None:
    rows = list(csv.DictReader(io.StringIO(table(), newline="")))
    words = (*FORMULAS, *PAYLOADS)
    assert [plain(row["id"]) for row in rows] == [plain(one) for one in words]
    assert steering(cell for row in rows for cell in row.values()) == []
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("\t", "\r", "\n"))]
    harmless = ["VPN drops; see #4", "a-b, c+d", "me@example.org", "it's 5 - 3", "x\ty", "1,2", ""]
    assert [safe(one) for one in harmless] == harmless


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_by_another_separator_there_is_no_formula_either(separator: str) -> None:
    """As a program reads it that is set up for another country; by its rules of quotes, and by none at all."""
    text = table().replace("\x00", "")
    assert (
        steering(cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row) == []
    )
    assert steering(cell.strip('"') for line in text.split("\n") for cell in line.split(separator) if cell) == []


@pytest.mark.skipif(PROGRAM is None, reason="no spreadsheet program here: apt-get install gnumeric")
def test_a_spreadsheet_program_sees_no_formula(tmp_path: Path) -> None:
    source, made = tmp_path / "plan.csv", tmp_path / "plan.gnumeric"
    source.write_text(table(), encoding="utf-8")
    subprocess.run([*SPREADSHEET, source, made], check=True, capture_output=True, timeout=120)
    cells = list(ElementTree.fromstring(gzip.decompress(made.read_bytes())).iter(CELL))
    assert len(cells) > 5 * len(FORMULAS)
    # A cell without a type of value is an expression.
    assert [cell.text for cell in cells if cell.get("ValueType") is None] == []


@pytest.mark.skipif(PROGRAM is None, reason="no spreadsheet program here: apt-get install gnumeric")
def test_it_would_see_one(tmp_path: Path) -> None:
    source, made = tmp_path / "plan.csv", tmp_path / "plan.gnumeric"
    source.write_text("id\n=1+1\n", encoding="utf-8")
    subprocess.run([*SPREADSHEET, source, made], check=True, capture_output=True, timeout=120)
    cells = list(ElementTree.fromstring(gzip.decompress(made.read_bytes())).iter(CELL))
    assert [cell.text for cell in cells if cell.get("ValueType") is None] == ["=1+1"]
