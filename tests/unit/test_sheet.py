"""The table of decisions survives a spreadsheet, and brings all its mistakes at once or none."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.mapping.cells import guarded, unguarded
from syncer.mapping.match import Proposal, Suggestion
from syncer.mapping.sheet import COLUMNS, Known, Row, decided, from_csv, people_table, row, to_csv
from syncer.model.lookups import Decision, How, LookupValue, Outcome

HIGH, LOW, OLD = (
    LookupValue("urgency", "007", "High"),
    LookupValue("urgency", "1E5", "Low"),
    LookupValue("urgency", "9", "Old", active=False),
)
TWINS = [LookupValue("urgency", id, "Other", (above, "Other")) for id, above in (("20", "A"), ("21", "B"))]
SOURCE = [LookupValue("priority", str(n), f"P{n}") for n in range(1, 6)]
CURRENT = [
    Decision("priority", "urgency", "1", Outcome.MAP, "007", How.EXACT),
    Decision("priority", "urgency", "2", Outcome.DROP, None, How.HAND),
]
KNOWN = Known([("priority", "urgency")], SOURCE, [HIGH, LOW, OLD, *TWINS], CURRENT)
HEADER = "kind,source_id,target_kind,decision,target_id,target_name\r\n"


def read(*lines: str) -> tuple[list[Decision], list[str]]:
    return decided(from_csv(HEADER + "".join(f"priority,{line}\r\n" for line in lines)), KNOWN, "ann")


def news(*lines: str) -> list[tuple[str, Outcome, str | None]]:
    decisions, problems = read(*lines)
    assert problems == []
    assert all((d.how, d.by, d.target_kind) == (How.HAND, "ann", "urgency") for d in decisions)
    return [(d.source_id, d.outcome, d.target_id) for d in decisions]


def as_excel_shows(cell: str) -> str:
    """What opening and saving makes of a cell that is not safe; a piece of it."""
    if found := re.fullmatch(r'="(.*)"', cell):
        return found[1]
    try:
        number = float(cell)
    except ValueError:
        return "#NAME?" if cell[:1] in "=+-@" and cell else cell
    return f"{number:.5E}" if abs(number) >= 1e11 else f"{number:g}" if number != int(number) else str(int(number))


def resaved(text: str, separator: str) -> str:
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([as_excel_shows(c) for c in cells] for cells in rows)
    return out.getvalue()


UGLY = [
    "=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝x", " =x", "'x", "'=x'", "00123", "1E5", "1/2", "12:30", "5 %", "€ 5",
    "1.50", "1,5", "123456789012", "MAR1", "3 March 2024", "3 March 10:30 am", "TRUE", "a\r\nb", 'say "x"', "a;b,c\td",
    "Ä 😀", "12", "0", '="x"', "٣", "½", "plain", "cf/uid/k1", "2024-01-01", "",
]  # fmt: skip


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_everything_survives_being_opened_and_saved_three_times(separator: str) -> None:
    rows = [
        Row(kind="priority", source_id=cell or "1", target_kind="urgency", source_name=cell, target_id=cell,
            target_name=cell, suggestions=cell, score="0.93", decision="drop")
        for cell in UGLY
    ]  # fmt: skip
    text = to_csv(rows)
    assert text.startswith("\ufeffkind,source_id,")
    assert text.count("\r\n") >= len(UGLY) + 1
    once = resaved(text, ",")
    assert from_csv(text).problems == []
    for result in (text, once, resaved(resaved(once, ","), separator)):
        found = from_csv(result).rows
        assert [(r.source_id, r.target_id, r.target_name) for r in found] == [(c or "1", c, c) for c in UGLY]


@pytest.mark.parametrize("cell", [c for c in UGLY if c not in {"", "12", "0", "plain", "cf/uid/k1"}])
def test_no_cell_is_run_or_changed_by_a_spreadsheet(cell: str) -> None:
    assert guarded(cell).startswith("'") or cell in {"a\r\nb", 'say "x"', "a;b,c\td", "Ä 😀"}
    assert as_excel_shows(guarded(cell)) == guarded(cell)


@given(st.text())
def test_guarding_is_undone_whatever_the_cell(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert guarded(cell)[:1] not in set("=+-@\t\r＝＋－＠")


def test_short_whole_numbers_and_plain_words_need_no_guard() -> None:
    for cell in ("12", "0", "12345678901", "High", "Level 2 of support"):
        assert guarded(cell) == cell


def test_ids_may_be_written_as_formulas_by_others() -> None:
    assert unguarded('="00123"') == "00123"
    assert unguarded('="a""b"') == 'a"b'
    assert unguarded("'quoted'") == "'quoted'"


def test_a_line_tells_what_was_proposed() -> None:
    decision = Decision("priority", "urgency", "1", Outcome.MAP, "20", How.FUZZY, 0.934)
    proposal = Proposal(SOURCE[0], decision, (Suggestion(LOW, 0.61, "similar name"),))
    target = {(v.kind, v.id): v for v in KNOWN.target}
    line = row(proposal, "urgency", target, 12)
    assert (line.decision, line.target_id, line.target_name, line.how, line.score, line.occurrences) == (
        "map", "20", "A / Other", "fuzzy", "0.93", "12",
    )  # fmt: skip
    assert line.suggestions == "1E5 Low (similar name, 0.61)"
    back = Decision("priority", "urgency", "1", Outcome.UNDECIDED, None, How.FUZZY)
    assert row(Proposal(SOURCE[0], back), "urgency", target).decision == ""
    assert row(Proposal(SOURCE[0], None), "urgency", target).occurrences == ""


def test_an_untouched_sheet_decides_nothing() -> None:
    assert news("1,urgency,map,'007,High", "2,urgency,drop,,", "3,urgency,,,") == []


def test_decisions_come_by_id_or_by_name_alone() -> None:
    assert news(
        "1,urgency,map,'1E5,", "2,urgency,MAP,,low", "3,urgency,default,,", "4,urgency,,,high",
        "5,urgency,map,,B / other",
    ) == [
        ("1", Outcome.MAP, "1E5"), ("2", Outcome.MAP, "1E5"), ("3", Outcome.DEFAULT, None), ("4", Outcome.MAP, "007"),
        ("5", Outcome.MAP, "21"),
    ]  # fmt: skip


def test_emptying_a_decision_takes_it_back() -> None:
    assert news("1,urgency,,,", "2,urgency,,,") == [("1", Outcome.UNDECIDED, None), ("2", Outcome.UNDECIDED, None)]


def test_columns_come_in_any_order_with_others_between_and_any_separator() -> None:
    for separator in ",;\t":
        text = "\ufeffNote,Target Name,DECISION,source_id,kind,Target_Kind\nhm,low,map,3,priority,urgency\n\n,,,,,\n"
        sheet = from_csv(text.replace(",", separator))
        assert sheet.problems == []
        assert [(r.source_id, r.target_name, r.line) for r in sheet.rows] == [("3", "low", 2)]
    told = from_csv("sep=;\r\nkind;source_id;target_kind;decision\r\npriority;3;urgency;drop\r\n")
    assert [(r.decision, r.line) for r in told.rows] == [("drop", 3)]
    assert told.problems == []


def test_every_mistake_is_reported_at_once_with_its_line_and_nothing_is_decided() -> None:
    decisions, problems = read(
        "1,urgency,drop,,", "99,urgency,drop,,", "3,urgency,map,,", "3,urgency,perhaps,,", ",urgency,drop,,",
        "3,nothing,drop,,", "3,urgency,map,7,", "3,urgency,map,9,", "3,urgency,map,,Other", "3,urgency,map,,Nowhere",
        "3,urgency,map,'007,Low", "1,urgency,,'007,High", "4,urgency,map,,High", "4,urgency,drop,,",
        "5,urgency,a,b,c,d",
    )  # fmt: skip
    assert decisions == []
    said = [
        "3: the source has no priority '99'", "4: map needs a target", "5: decision 'perhaps'", "6: source_id is empty",
        "7: this route does not carry priority to nothing", "8: the target has no urgency '7'", "9: .*no longer active",
        "10: the target has several urgency 'Other': 20, 21", "11: the target has no active urgency 'Nowhere'",
        "12: urgency 007 is 'High' and not 'Low'", "13: decision is empty and its target still there",
        "15: priority 4 is decided otherwise in line 14",
        "16: more cells than columns",
    ]  # fmt: skip
    assert len(problems) == len(said)
    for problem, expected in zip(problems, said, strict=True):
        assert re.match(f"line {expected}", problem), problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: columns are missing: kind, source_id, target_kind, decision"),
        ("kind,source_id\r\n", "line 1: columns are missing: target_kind, decision"),
        ("kind,kind,source_id,target_kind,decision\r\n", "line 1: columns are there twice: kind"),
        ('kind,source_id,target_kind,decision\r\na,b,c,"drop\r\n', "line 2: unexpected end of data"),
    ],
)
def test_what_is_no_such_table_says_so(text: str, said: str) -> None:
    assert from_csv(text).problems == [said]


def test_lines_are_counted_as_in_the_file() -> None:
    text = (
        HEADER.replace("target_name", "source_name") + 'priority,3,urgency,drop,,"a\r\nb"\r\npriority,4,urgency,x,,\r\n'
    )
    assert from_csv(text).problems == ["line 4: decision 'x' is none of map, drop, default or empty"]


def test_all_columns_are_written_and_read() -> None:
    full = Row(**{name: name if name != "decision" else "map" for name in COLUMNS}, line=2)
    assert from_csv(to_csv([full])).rows == [full]


def test_a_table_of_people_is_read_however_it_was_saved() -> None:
    for text in (
        "\ufeffId;Name;Email\r\n'007;Ann; Ann@Example.org \r\n12;;bob@example.org\r\n;;\r\n",
        "email,id\nann@example.org,'007\nBOB@example.org,12\nann@example.org,'007\n",
    ):
        assert people_table(text) == {"ann@example.org": "007", "bob@example.org": "12"}


def test_all_mistakes_of_a_table_of_people_are_told_with_their_lines() -> None:
    text = "email,id\nann@example.org,1\nANN@example.org,2\n,3\nbob@example.org,\neve@example.org,1.23457E+11\n"
    with pytest.raises(ValueError, match=r"line 3: ann@example\.org has id 2, and 1 in line 2") as caught:
        people_table(text)
    assert [line[:7] for line in str(caught.value).splitlines()] == ["line 3:", "line 4:", "line 5:", "line 6:"]
    with pytest.raises(ValueError, match="line 1: columns are missing: email"):
        people_table("mail,id\nann@example.org,1\n")
