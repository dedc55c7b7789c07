"""Files of tickets that somebody else made: read as they are, and every mistake in them named with its place."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from syncer.desks.archive.emulator_kept import state
from syncer.errors import ConfigError, Stopped
from syncer.model.ids import Cursor, TicketId
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import Ticket
from tests.desks.archives import archive, drafted, opened, whole

HEAD = "Ticket ID,Subject,Description,Status,Priority,Category,Requester,Requester name,Agent,Opened,Changed,Tags,Asset"
COLUMNS = {
    "id": "Ticket ID", "title": "Subject", "body": "Description", "status": "Status", "priority": "Priority",
    "category": "Category", "requester": "Requester", "requester_name": "Requester name", "assignee": "Agent",
    "created_at": "Opened", "updated_at": "Changed", "tags": "Tags", "custom.Asset": "Asset",
}  # fmt: skip
ROWS = (
    '17,Printer jams,"It jams.\nTwice, ""again"".",Open,High,Hardware > Printer,Ana@Example.org,Ana Díaz,'
    'Bo <bo@example.org>,31/12/2024 23:30,2025-01-02T03:04:05Z,"a, b,a",PC-7',
    '18,"Mail, slow",,Closed,,Hardware > Printer,ana@example.org,,bo@example.org,,,,',
    "",
    '19,No category,Text,open,High,,Jane Doe,,,01/01/2025 00:00,,,"x,y"',
)


def block(file: Path, **more: Any) -> dict[str, Any]:
    """The `import` block of the config."""
    told = {
        "file": str(file), "columns": COLUMNS, "dates": ["%d/%m/%Y %H:%M"], "timezone": "Europe/Madrid",
        "trees": {"category": " > "}, "status_classes": {"Closed": "closed"},
    }  # fmt: skip
    return {"import": told | more}


def csv(tmp_path: Path, *rows: str, head: str = HEAD, name: str = "tickets.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes("\n".join((head, *rows, "")).encode(encoding))
    return path


async def tickets_of(tmp_path: Path, **more: Any) -> list[Ticket]:
    async with opened(tmp_path / "vault", **more) as desk:
        return await whole(desk)


async def mistakes(tmp_path: Path, **more: Any) -> tuple[str, ...]:
    """What is said of a file that is wrong."""
    with pytest.raises(ConfigError) as caught:
        await tickets_of(tmp_path, **more)
    assert caught.value.hint
    return (caught.value.message, *caught.value.problems)


async def test_rows_become_tickets_and_words_become_lists(tmp_path: Path) -> None:
    async with opened(tmp_path / "vault", **block(csv(tmp_path, *ROWS))) as desk:
        first, second, third = await whole(desk)
        values = {(value.kind, value.id): value async for value in desk.lookups()}
        account = await desk.check()
    assert first == Ticket(
        id=TicketId("17"), number="#17", title="Printer jams", body='It jams.\nTwice, "again".', html=False,
        values={"status": "Open", "priority": "High", "category": "Hardware > Printer"}, requester="ana@example.org",
        creator=None, assignee="bo@example.org", created_at=datetime(2024, 12, 31, 22, 30, tzinfo=UTC),
        updated_at=datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC), closed_at=None, version=first.version, tags=("a", "b"),
        custom={"Asset": "PC-7"},
    )  # fmt: skip
    assert (second.title, second.body, second.values) == (
        "Mail, slow", "", {"status": "Closed", "category": "Hardware > Printer"}
    )  # fmt: skip
    assert (third.requester, third.assignee, third.custom) == ("Jane Doe", None, {"Asset": "x,y"})
    assert values == {
        ("status", "Open"): LookupValue("status", "Open", "Open"),
        ("status", "Closed"): LookupValue("status", "Closed", "Closed", status_class=StatusClass.CLOSED),
        ("status", "open"): LookupValue("status", "open", "open"),
        ("priority", "High"): LookupValue("priority", "High", "High"),
        ("category", "Hardware > Printer"): LookupValue(
            "category", "Hardware > Printer", "Printer", path=("Hardware", "Printer")
        ),
        ("custom_field", "Asset"): LookupValue("custom_field", "Asset", "Asset", form="text"),
        ("person", "ana@example.org"): LookupValue("person", "ana@example.org", "Ana Díaz", email="Ana@Example.org"),
        ("person", "bo@example.org"): LookupValue("person", "bo@example.org", "Bo", email="bo@example.org"),
        ("person", "Jane Doe"): LookupValue("person", "Jane Doe", "Jane Doe"),
    }
    assert account.detail == f"an archive of file {tmp_path / 'tickets.csv'}, 3 tickets"


async def test_the_same_in_json_lines_zipped(tmp_path: Path) -> None:
    rows = [
        {"id": 17, "fields": {"Subject": "Printer", "tags": ["a", "b"], "done": False}, "who": {"mail": "a@x.org"}},
        {"id": 18, "fields": {"Subject": "Mail", "tags": None}, "a.b": "dotted", "asset": ["x", 7, True]},
    ]
    path = tmp_path / "tickets.jsonl.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + b"\n\n".join(json.dumps(row).encode() for row in rows)))
    columns = {
        "id": "id", "title": "fields.Subject", "tags": "fields.tags", "requester": "who.mail", "status": "fields.done",
        "body": "a.b", "custom": {"Asset": "asset"},
    }  # fmt: skip
    first, second = await tickets_of(tmp_path, **block(path, columns=columns))
    assert (first.id, first.title, first.tags, first.requester) == ("17", "Printer", ("a", "b"), "a@x.org")
    assert (first.values, first.body) == ({"status": "false"}, "")
    assert (second.tags, second.body, second.custom) == ((), "dotted", {"Asset": ("x", "7", "true")})


async def test_comments_in_a_file_of_their_own_go_to_their_tickets_in_order(tmp_path: Path) -> None:
    said = csv(
        tmp_path,
        '18,bo@example.org,Bo,02/01/2025 10:00,"second, of 18",yes',
        "17,ana@example.org,,01/01/2025 10:00,of 17,",
        "18,Ana Díaz <ana@example.org>,,01/01/2025 10:00,first of 18,no",
        head="Ticket,Author,Name,At,Text,Public",
        name="comments.csv",
    )
    comments = {
        "file": str(said),
        "columns": {"ticket": "Ticket", "author": "Author", "author_name": "Name", "created_at": "At", "body": "Text",
                    "public": "Public"},
    }  # fmt: skip
    async with opened(tmp_path / "vault", **block(csv(tmp_path, *ROWS), comments=comments)) as desk:
        tickets = await whole(desk)
        people = {value.id: value.name async for value in desk.lookups() if value.kind == "person"}
    assert [[(c.id, c.author, c.body, c.public) for c in ticket.comments] for ticket in tickets] == [
        [("2", "ana@example.org", "of 17", False)],
        [("3", "ana@example.org", "first of 18", False), ("1", "bo@example.org", "second, of 18", True)],
        [],
    ]
    assert tickets[0].comments[0].created_at == datetime(2025, 1, 1, 9, tzinfo=UTC)
    assert people["ana@example.org"] == "Ana Díaz"
    with said.open("a") as file:
        file.write("99,x,,,to nobody,\n,x,,,to none at all,\n18,x,,soon,late,\n")
    found = await mistakes(tmp_path, **block(csv(tmp_path, *ROWS), comments=comments))
    assert any("comments.csv:6: column 'Ticket' is empty" in one for one in found)
    assert any("comments.csv:7: column 'At': 'soon' is no time" in one for one in found)
    assert any("has comments of '99', which is no ticket of" in one for one in found)


@pytest.mark.parametrize("visible", ["private", "public"])
async def test_comments_within_the_tickets(tmp_path: Path, visible: str) -> None:
    path = csv(tmp_path, "1,a,one,", "2,b,,", '3,c,"x",y', head="N,T,Note,Note")
    told = block(path, columns={"id": "N", "title": "T", "comments": "Note"}, comments={"visible": visible})
    tickets = await tickets_of(tmp_path, **told)
    public = visible == "public"
    assert [[(c.id, c.body, c.public) for c in t.comments] for t in tickets] == [
        [("1", "one", public)], [], [("1", "x", public), ("2", "y", public)]
    ]  # fmt: skip
    path = tmp_path / "t.jsonl"
    notes = [
        {"text": "b", "by": {"mail": "a@x.org"}, "at": "2024-01-02", "public": True},
        {"text": "a", "at": "2024-01-01"},
    ]
    path.write_text(json.dumps({"T": "x", "notes": notes}) + "\n" + json.dumps({"T": "y", "notes": ["plain"]}))
    columns = {"body": "text", "author": "by.mail", "created_at": "at", "public": "public"}
    told = block(path, columns={"title": "T", "comments": "notes"}, comments={"columns": columns, "visible": visible})
    first, second = await tickets_of(tmp_path, **told)
    assert [(c.body, c.author, c.public) for c in first.comments] == [("a", None, False), ("b", "a@x.org", True)]
    assert [(c.body, c.public) for c in second.comments] == [("plain", public)]


async def test_without_ids_and_titles_rows_have_numbers_and_beginnings(tmp_path: Path) -> None:
    path = csv(tmp_path, '"\n  Printer   jams\nin room 7"', "y" * 100, head="Text")
    first, second = await tickets_of(tmp_path, **block(path, columns={"body": "Text"}))
    assert [(t.id, t.title) for t in (first, second)] == [("1", "Printer jams"), ("2", "y" * 79 + "…")]


async def test_a_file_is_read_again_only_when_it_or_its_settings_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = csv(tmp_path, *ROWS), tmp_path / "vault"
    before = await tickets_of(tmp_path, **block(path))
    line = (folder / "tickets/00001.jsonl").stat().st_mtime_ns
    assert await tickets_of(tmp_path, **block(path)) == before
    assert (folder / "tickets/00001.jsonl").stat().st_mtime_ns == line
    assert [t.html for t in await tickets_of(tmp_path, **block(path, html=True))] == [True] * 3
    cursor = await _cursor(folder, block(path))
    csv(tmp_path, ROWS[3].replace("No category", "Other"), ROWS[0])
    async with opened(folder, **block(path)) as desk:
        after = {ticket.id: ticket for ticket in await whole(desk)}
        changed = {ref.id: ref.version async for page in desk.list_changed(cursor) for ref in page.refs}
    assert after.keys() == changed.keys() == {"17", "19"}, "a delta is told of all, for lines may stand anywhere"
    assert after[TicketId("17")].version == before[0].version
    assert after[TicketId("19")].version != before[2].version
    assert {version for version in changed.values()} == {ticket.version for ticket in after.values()}


async def _cursor(folder: Path, told: dict[str, Any]) -> Cursor:
    async with opened(folder, **told) as desk:
        cursor = [page async for page in desk.scan()][-1].cursor
    assert cursor is not None
    return cursor


async def test_an_import_that_was_cut_short_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, folder = csv(tmp_path, *ROWS), tmp_path / "vault"
    told = block(path)
    with monkeypatch.context() as broken:
        broken.setattr("syncer.desks.archive.importing._store", _die)
        with pytest.raises(Stopped):
            await tickets_of(tmp_path, **told)
    with pytest.raises(ConfigError, match="was cut short"):
        await tickets_of(tmp_path)
    assert len(await tickets_of(tmp_path, **told)) == 3
    assert len(await tickets_of(tmp_path)) == 3, "by then it is an archive like any other, to be read"
    assert state(folder)["lines"] == 3


def _die(*_: Any) -> None:
    raise Stopped("killed")


async def test_nothing_that_was_not_imported_is_ever_emptied(tmp_path: Path) -> None:
    folder, path = tmp_path / "vault", csv(tmp_path, *ROWS)
    async with opened(folder) as desk:
        await desk.create(drafted(1), ())
    assert "was not made from a file" in (await mistakes(tmp_path, **block(path)))[0]
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.doc").write_text("mine")
    with pytest.raises(ConfigError, match=r"thesis\.doc"):
        async with opened(tmp_path / "home", **block(path)) as desk:
            await whole(desk)
    assert state(folder)["lines"] == 1


WRONG = {
    "id": (ROWS[0].replace("17,", ",", 1), "tickets.csv:2: column 'Ticket ID' is empty"),
    "twice": (ROWS[1].replace("18,", "17,"), "tickets.csv:4: a second ticket with the id '17'"),
    "date": (ROWS[3].replace("01/01/2025", "2025.01.01"), "tickets.csv:4: column 'Opened': '2025.01.01 0"),
    "cells": ("20,Mail, slow,x", "tickets.csv:4: 4 cells in 13 columns"),
    "quote": ('20,"open', "tickets.csv:4: in the row that begins here a quote is not closed"),
    "quotes": ('20,"a"b,x', "tickets.csv:4: in the row that begins here a quote is not closed, or stands within"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_mistake_in_a_row_is_told_with_its_line(tmp_path: Path, wrong: str) -> None:
    row, said = WRONG[wrong]
    rows = (row, ROWS[3]) if wrong == "id" else (ROWS[0], row, ROWS[3].replace("19,", "21,"))
    found = await mistakes(tmp_path, **block(csv(tmp_path, *rows)))
    assert found[0].endswith("1 mistake")
    assert found[1].startswith(said)


async def test_many_mistakes_are_told_together_and_not_without_end(tmp_path: Path) -> None:
    rows = [f"{number},x,,,,,,,,soon,,," for number in range(50)]
    found = await mistakes(tmp_path, **block(csv(tmp_path, *rows)))
    assert found[0].endswith("at least 20 mistakes")
    assert len(found) == 21


async def test_text_that_is_not_utf8_is_told_with_line_and_column(tmp_path: Path) -> None:
    path = csv(tmp_path, ROWS[0], encoding="latin-1")
    found = await mistakes(tmp_path, **block(path))
    assert found[1].startswith("tickets.csv:2: column 'Requester name' is not UTF-8")
    assert "iconv" in found[1]
    path.write_bytes("\n".join((HEAD, ROWS[0])).encode("utf-8-sig"))
    assert len(await tickets_of(tmp_path, **block(path))) == 1


@pytest.mark.parametrize(
    ("head", "said", "hint"),
    [
        (HEAD.replace("Subject", "Subjects"), "no column 'Subject'; did you mean 'Subjects'?", "Name the columns"),
        (HEAD.replace(",", ";"), "no column 'Ticket ID'", "delimiter: ';'"),
        ("", "there are none", "Name the columns"),
        ("Ticket ID,Subject,Subject", "no column 'Description'", "Name the columns"),
    ],
)
async def test_a_missing_column_is_told_with_those_there_are(tmp_path: Path, head: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await tickets_of(tmp_path, **block(csv(tmp_path, head=head)))
    assert any(said in problem for problem in caught.value.problems)
    assert hint in caught.value.hint


async def test_a_column_that_is_there_twice_is_told_when_both_are_filled(tmp_path: Path) -> None:
    told = {"columns": {"id": "A", "title": "B"}}
    assert [t.title for t in await tickets_of(tmp_path, **block(csv(tmp_path, "1,x,", head="A,B,B"), **told))] == ["x"]
    found = await mistakes(tmp_path, **block(csv(tmp_path, "1,x,y", head="A,B,B"), **told))
    assert "column 'B' is there more than once: which one is the title?" in found[1]


async def test_json_that_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'{"T": "x"}\n{"T": \n[1]\n{"T": {"name": "y"}}\n{"T": "\xff"}\n')
    told = block(path, columns={"title": "T", "status": "state"})
    found = await mistakes(tmp_path, **told)
    assert [one.partition(":")[0] for one in found[1:]] == ["t.jsonl"] * 5
    assert [one.split(":")[1].strip() for one in found[1:5]] == ["2", "3", "4", "5"]
    assert "name a key within it, such as T.name" in found[3]
    assert "no line has the key 'state'" in found[5]


@pytest.mark.parametrize("content", [None, b"\x1f\x8b\x08\x00broken", gzip.compress(b"a,b\n" * 9000, mtime=0)[:-9]])
async def test_a_file_that_cannot_be_read_is_told_of(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "t.csv.gz"
    if content is not None:
        path.write_bytes(content)
    found = await mistakes(tmp_path, **block(path, columns={"title": "a"}))
    assert "t.csv.gz" in found[0]


async def test_a_quote_nobody_closes_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = csv(tmp_path, *ROWS[:2], '20,"never', *("line of text " * 10_000 for _ in range(140)))
    found = await mistakes(tmp_path, **block(path))
    assert found[1].startswith("tickets.csv:5: in the row that begins here a quote is not closed")
    assert "field larger than field limit" in found[1]


SAID = {"file": "c.csv", "columns": {"ticket": "x", "body": "y"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": {"titles": "x"}}, "did you mean title?"),
        ({"columns": {"id": "x"}}, "neither title nor body"),
        ({"columns": {"custom.": "x", "title": "y"}}, "nothing to take from a column"),
        ({"timezone": "Madrid"}, "must be the name of a time zone"),
        ({"trees": {"colour": ">"}}, "must be a list"),
        ({"delimiter": ";;"}, "at most 1 character"),
        ({"comments": {"file": "c.csv", "columns": {"ticket": "x"}}}, "body must be named"),
        ({"comments": {"columns": {"body": "x"}}}, "a CSV of tickets has no columns within"),
        ({"comments": SAID, "columns": {"title": "t", "comments": "c"}}, "not from both"),
        ({"status_classes": {"Open": "opened"}}, "open"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_block_is_told_before_anything_is_read(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        archive(tmp_path, **block(tmp_path / "none.csv", **change))
