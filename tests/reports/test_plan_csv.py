"""The records of a plan opened by a real spreadsheet program: text is text, and no cell computes anything."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from syncer.model.ids import TicketId, Version
from syncer.model.plan import Prediction
from syncer.reports import plan_csv
from tests.reports.payloads import FORMULAS, PAYLOADS

SPREADSHEET = shutil.which("ssconvert")
CELL = "{http://www.gnumeric.org/v10.dtd}Cell"


def table() -> str:
    """A record for each trick, which stands in every cell of it."""
    lines = [plan_csv.HEAD]
    for words in (*FORMULAS, *PAYLOADS):
        id, version = TicketId(words), Version(words)
        one = Prediction(source_id=id, version=version, outcome="parked", reason=words, detail=words, losses=(words,))
        lines.append(plan_csv.line(one, [words]))
    return "".join(lines)


def test_each_record_is_one_row_and_says_what_it_said() -> None:
    rows = list(csv.DictReader(io.StringIO(table(), newline="")))
    wanted = [one.replace("\r", "\n") for one in (*FORMULAS, *PAYLOADS)]
    assert all(row["id"] in (one, f"'{one}") for row, one in zip(rows, wanted, strict=True))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.skipif(SPREADSHEET is None, reason="no spreadsheet program here: apt-get install gnumeric")
def test_a_spreadsheet_program_sees_no_formula(tmp_path: Path) -> None:
    assert SPREADSHEET is not None
    source, made = tmp_path / "plan.csv", tmp_path / "plan.gnumeric"
    source.write_text(table().replace("\x00", ""), encoding="utf-8")
    subprocess.run([SPREADSHEET, source, made], check=True, capture_output=True, timeout=120)
    cells = list(ElementTree.fromstring(gzip.decompress(made.read_bytes())).iter(CELL))
    assert len(cells) > 5 * len(FORMULAS)
    # A cell without a type of value is an expression.
    assert [cell.text for cell in cells if cell.get("ValueType") is None] == []


@pytest.mark.skipif(SPREADSHEET is None, reason="no spreadsheet program here: apt-get install gnumeric")
def test_it_would_see_one(tmp_path: Path) -> None:
    assert SPREADSHEET is not None
    source, made = tmp_path / "plan.csv", tmp_path / "plan.gnumeric"
    source.write_text("id\n=1+1\n", encoding="utf-8")
    subprocess.run([SPREADSHEET, source, made], check=True, capture_output=True, timeout=120)
    cells = list(ElementTree.fromstring(gzip.decompress(made.read_bytes())).iter(CELL))
    assert [cell.text for cell in cells if cell.get("ValueType") is None] == ["=1+1"]
