"""An archive as a source: read as the README of the format says, whoever wrote it, and nothing damaged in silence."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from syncer.deskkit.contract import Unreadable
from syncer.deskkit.world import World
from syncer.desks.archive.emulator import ArchiveEmulator
from syncer.desks.archive.segments import Segments
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.ids import Cursor, Key, TicketId
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import Rating, Ticket, TicketLink
from syncer.sandbox.seed import generate
from tests.desks.archives import archive, opened, whole

SAMPLES = Path(__file__).resolve().parents[2] / "syncer/desks/archive/samples"


@pytest.fixture(scope="module")
def world() -> World:
    return generate(4, 120)


@pytest.fixture
def emulator(world: World) -> ArchiveEmulator:
    return ArchiveEmulator(world)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def written(folder: Path, *lines: Any, ended: bool = True, **manifest: Any) -> Path:
    """An archive somebody wrote with a script."""
    (folder / "tickets").mkdir(parents=True)
    (folder / "archive.json").write_text(json.dumps({"format": 1, "origin": "a script", **manifest}))
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / "tickets" / "00001.jsonl").write_text(text + ("\n" if ended else ""), encoding="utf-8")
    return folder


def line(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "title": f"Ticket {id}", **more}


async def test_every_ticket_is_told_once_whole_and_as_the_folder_has_it(
    emulator: ArchiveEmulator, world: World
) -> None:
    async with opened(emulator.folder) as desk:
        tickets = await whole(desk)
        people = {value.id: value async for value in desk.lookups() if value.kind == "person"}
    kept = {one.id: one for one in emulator.kept()}
    assert [ticket.id for ticket in tickets] == [str(1001 + number) for number in range(len(world.tickets))]
    for ticket in tickets:
        there = kept[ticket.id]
        assert (ticket.title, ticket.body, ticket.html) == (there.title, there.body, True)
        assert ticket.created_at is not None
        assert ticket.created_at.timestamp() == there.created
        assert (people[ticket.requester].email or "").lower() == there.requester if ticket.requester else True
        assert [(c.id, c.body, c.public) for c in ticket.comments] == [(c.id, c.text, c.public) for c in there.comments]
        assert [c.created_at.timestamp() for c in ticket.comments if c.created_at] == [c.at for c in there.comments]
        assert (ticket.tags, tuple(link.id for link in ticket.links)) == (there.tags, there.links)
        assert len(ticket.cc) == len(there.cc)
        assert list(ticket.custom.values()) == [
            value if len(value) > 1 or isinstance(ticket.custom[id], tuple) else value[0]
            for id, value in zip(ticket.custom, there.custom.values(), strict=True)
        ]
    assert any(ticket.links for ticket in tickets)
    assert any(ticket.requester is None for ticket in tickets)


async def test_every_list_is_told(emulator: ArchiveEmulator, world: World) -> None:
    async with opened(emulator.folder) as desk:
        values = [value async for value in desk.lookups()]
        kinds = desk.capabilities.lookup_kinds
    assert {value.kind for value in values} == set(kinds)
    assert values[-1].kind == "person"
    statuses = {value.name: value.status_class for value in values if value.kind == "status"}
    assert statuses["Rejected"] == StatusClass.CLOSED
    assert ("Hardware", "Laptops", "Battery") in {value.path for value in values if value.kind == "category"}
    forms = {value.name: value.form for value in values if value.kind == "custom_field"}
    assert forms == {name: "choice" if options else "text" for name, options in world.custom.items()}


async def test_files_come_with_their_bytes_and_names(emulator: ArchiveEmulator, tmp_path: Path) -> None:
    seen = 0
    async with opened(emulator.folder) as desk:
        for ticket in await whole(desk):
            there = {one.id: one for one in emulator.kept()}[ticket.id]
            wanted = [*there.files, *(file for comment in there.comments for file in comment.files)]
            ids = [*ticket.files, *(file for comment in ticket.comments for file in comment.files)]
            for file, kept in zip(ids, wanted, strict=True):
                got = await desk.download(ticket.id, file.id, tmp_path)
                content = got.content if got.path is None else got.path.read_bytes()
                assert content is not None
                assert (got.name, got.size) == (kept.name, kept.size)
                assert hashlib.sha256(content).hexdigest() == kept.sha256
                seen += 1
    assert seen > 20


async def test_a_large_file_travels_through_the_spool(tmp_path: Path) -> None:
    content = os.urandom(700_000)
    sha256 = hashlib.sha256(content).hexdigest()
    folder = written(tmp_path / "a", line("1", files=[{"sha256": sha256, "name": "big", "size": len(content)}]))
    (folder / "blobs" / sha256[:2]).mkdir(parents=True)
    (folder / "blobs" / sha256[:2] / sha256).write_bytes(content)
    spool = tmp_path / "spool"
    spool.mkdir()
    async with opened(folder) as desk:
        (ticket,) = await whole(desk)
        got = await desk.download(ticket.id, ticket.files[0].id, spool)
    assert got.path is not None
    assert got.path.read_bytes() == content
    assert list(spool.iterdir()) == [got.path]


async def test_a_blob_that_is_not_what_its_name_says_is_refused_by_name(
    emulator: ArchiveEmulator, tmp_path: Path
) -> None:
    async with opened(emulator.folder) as desk:
        ticket = next(one for one in await whole(desk) if one.files)
        sha256 = ticket.files[0].id.partition(".")[2]
        path = emulator.folder / "blobs" / sha256[:2] / sha256
        path.write_bytes(path.read_bytes()[:-1] + b"!")
        with pytest.raises(Rejected, match=sha256):
            await desk.download(ticket.id, ticket.files[0].id, tmp_path)
        path.unlink()
        with pytest.raises(Rejected, match="No such file"):
            await desk.download(ticket.id, ticket.files[0].id, tmp_path)
        with pytest.raises(Rejected, match="has no file"):
            await desk.download(ticket.id, f"9.{sha256}", tmp_path)
        with pytest.raises(NotFound):
            await desk.download(TicketId("none"), ticket.files[0].id, tmp_path)
    assert not list(tmp_path.iterdir())


async def test_a_whole_line_as_the_readme_has_it_is_read_field_by_field(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", sample("ticket"))
    (folder / "lists").mkdir()
    (folder / "lists" / "person.jsonl").write_text(json.dumps(sample("person")) + "\n")
    (folder / "lists" / "status.jsonl").write_text(json.dumps(sample("status")) + "\n")
    async with opened(folder) as desk:
        (ticket,) = await whole(desk)
        values = [value async for value in desk.lookups()]
        ana = await desk.person("31")
        nobody = await desk.person("32")
    at = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert ticket == Ticket(
        id=TicketId("4711"), number="#4711", title="Printer <jams>", body="<p>Since Monday.</p>", html=True,
        values={"status": "5", "category": "12"}, requester="31", creator="31", assignee=None, created_at=at,
        updated_at=datetime(2024, 5, 7, 6, 0, 0, 250000, tzinfo=UTC), closed_at=None, version=ticket.version,
        url="https://desk.example.org/requests/4711",
        custom={
            "9": ("Blue", "Green"), "10": "PC-7", "11": date(2024, 5, 1), "12": at, "13": 7, "14": 2.5, "15": True,
        },
        comments=ticket.comments, files=ticket.files, tags=("printer", "näher"), cc=("32",),
        links=(TicketLink(TicketId("4700"), "parent"), TicketLink(TicketId("4712"))), times=ticket.times,
        rating=Rating(4, 5, "Thanks"), marker=Key("IG-4711"),
    )  # fmt: skip
    first, second = ticket.comments
    assert (first.author, first.created_at, first.public, first.solution) == ("31", at, True, True)
    assert (second.author, second.created_at, second.public) == (None, None, False), "private unless it says otherwise"
    assert [file.id.partition(".")[0] for file in (*ticket.files, *first.files)] == ["0", "1"]
    (entry,) = ticket.times
    assert (entry.author, entry.at, entry.seconds, entry.note) == ("31", at, 900, "On site")
    assert values == [
        LookupValue("status", "5", "Closed", status_class=StatusClass.CLOSED),
        LookupValue("person", "31", "Ana Díaz", email="Ana@example.org", username="ana"),
    ]
    assert (ana, nobody) == (values[1], None)


async def test_a_later_line_of_an_id_counts_and_blank_lines_do_not(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", line("1"), "", line("2"), line("1", body="newer"), ended=False)
    (folder / "tickets" / "notes.txt").write_text("not ours")
    async with opened(folder) as desk:
        tickets = await whole(desk)
        account = await desk.check()
    assert [(ticket.id, ticket.body) for ticket in tickets] == [("2", ""), ("1", "newer")]
    assert account.findings == (), "a last line without an end that is whole is whole"


async def test_segments_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", line("1"))
    (folder / "tickets" / "00010.jsonl").write_text(json.dumps(line("10")) + "\n")
    (folder / "tickets" / "2.jsonl").write_text(json.dumps(line("2")) + "\r\n")
    async with opened(folder) as desk:
        assert [ticket.id for ticket in await whole(desk)] == ["1", "2", "10"]


async def test_changes_are_what_was_written_since_the_scan_began(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", line("1"), line("2"))
    async with opened(folder) as desk:
        pages = [page async for page in desk.scan()]
        cursor = pages[-1].cursor
        assert cursor is not None
        assert pages[0].begins == cursor
        assert [page.swept for page in pages] == [False, False, True, False]
        versions = {ref.id: ref.version for page in pages for ref in page.refs}
        assert [ref async for page in desk.list_changed(cursor) for ref in page.refs] == []
    with (folder / "tickets" / "00001.jsonl").open("a") as file:
        file.write(json.dumps(line("3")) + "\n" + json.dumps(line("1", body="other")) + "\n")
    async with opened(folder) as desk:
        changed = [page async for page in desk.list_changed(cursor)]
        assert [ref.id for page in changed for ref in page.refs] == ["3", "1"]
        assert changed[0].refs[1].version != versions[TicketId("1")]
        last = changed[-1].cursor
        assert last is not None
        assert [ref async for page in desk.list_changed(last) for ref in page.refs] == []
        # An archive that is shorter than it was is another one: all of it may be new.
        far = Cursor(str(int(last) + 1))
        assert len([ref async for page in desk.list_changed(far) for ref in page.refs]) == 3


async def test_what_is_not_there_is_told_of_as_gone(emulator: ArchiveEmulator) -> None:
    async with opened(emulator.folder) as desk:
        (one,) = await desk.fetch([TicketId("7")])
    assert isinstance(one, Unreadable)
    assert one.gone


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"remarks": []}, "remarks"),
        ({"created_at": "2024-01-01T00:00:00"}, "created_at"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"values": {"status": 5}}, "values"),
        ({"custom": {"9": {"number": 4}}}, "custom.9"),
        ({"custom": {"9": [1]}}, "custom.9"),
        ({"custom": {"9": {"date": "31.1."}}}, "31.1."),
        ({"files": [{"sha256": "../../etc/passwd", "name": "x", "size": 1}]}, "files"),
        ({"comments": [{"id": "1"}]}, "comments"),
    ],
)
async def test_a_line_that_is_wrong_takes_no_other_ticket_with_it_and_says_where(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    folder = written(tmp_path / "a", line("1"), line("2", **wrong), line("3"))
    async with opened(folder) as desk:
        found = await desk.fetch([TicketId("1"), TicketId("2"), TicketId("3")])
    assert isinstance(found[0], Ticket)
    assert isinstance(found[2], Ticket)
    assert isinstance(found[1], Unreadable)
    assert said in found[1].reason
    assert "00001.jsonl" in found[1].reason


@pytest.mark.parametrize("wrong", ['{"id": "2", "title": "half', '{"title": "no id"}', "[]", '{"id": ""}', "\x00" * 40])
async def test_a_damaged_line_within_is_never_passed_over(tmp_path: Path, wrong: str) -> None:
    folder = written(tmp_path / "a", line("1"), wrong, line("3"))
    if wrong.startswith("\x00"):  # zeros in the last segment are what a power cut leaves; further up they are damage
        (folder / "tickets" / "00002.jsonl").write_text(json.dumps(line("4")) + "\n")
    with pytest.raises(ConfigError, match=r"00001\.jsonl:2: is no ticket"):
        async with opened(folder) as desk:
            await whole(desk)


async def test_half_a_copy_is_told_of(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", line("1"), '{"id": "2", "titl', ended=False, tickets=2)
    async with opened(folder) as desk:
        account = await desk.check()
        notes = [page.note async for page in desk.scan() if page.note]
    assert [finding.split()[0] for finding in account.findings] == ["00001.jsonl", "it"]
    assert "1 tickets, but 2 were written" in account.findings[1]
    assert [finding in note for finding, note in zip(account.findings, notes, strict=True)] == [True, True]


def _a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("a file")


def _listed(folder: Path, row: str) -> None:
    (folder / "lists").mkdir()
    (folder / "lists" / "status.jsonl").write_text(row + "\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "there is no archive in"),
        (lambda folder: (folder / "archive.json").unlink(), "there is no archive in"),
        (lambda folder: (folder / "archive.json").write_text("{"), "archive.json cannot be read"),
        (lambda folder: (folder / "archive.json").write_text('{"format": 2}'), "format 2 is not known"),
        (lambda folder: (folder / "archive.json").rename(folder / "thesis.doc"), "thesis.doc"),
        (lambda folder: _a_file(folder), "is a file"),
        (lambda folder: _listed(folder, "{}"), r"status\.jsonl:1: Object missing"),
    ],
)  # fmt: skip
async def test_a_folder_that_is_no_archive_is_told_of(tmp_path: Path, spoil: Any, said: str) -> None:
    folder = written(tmp_path / "a", line("1"))
    spoil(folder)
    with pytest.raises(ConfigError, match=said):
        async with opened(folder) as desk:
            await whole(desk)


def _lost(index: Path) -> None:
    index.unlink()


def _no_database(index: Path) -> None:
    index.write_bytes(b"this is no database, and is long enough to look like a file of something else " * 20)


def _other_layout(index: Path) -> None:
    import sqlite3

    index.unlink()
    db = sqlite3.connect(index)
    db.execute("create table ticket (x)")
    db.execute("pragma user_version = 99")
    db.commit()
    db.close()


@pytest.mark.parametrize("spoil", [_lost, _no_database, _other_layout])
async def test_an_index_that_is_lost_or_spoilt_is_made_anew(emulator: ArchiveEmulator, spoil: Any) -> None:
    async with opened(emulator.folder) as desk:
        before = await whole(desk)
    spoil(emulator.folder / "index.sqlite")
    async with opened(emulator.folder) as desk:
        assert await whole(desk) == before
    assert (emulator.folder / "index.sqlite").exists()


async def test_an_edited_segment_is_read_anew_and_not_by_places_that_hold_no_more(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", line("1"), line("2"))
    (folder / "tickets" / "00002.jsonl").write_text(json.dumps(line("3")) + "\n")
    async with opened(folder) as desk:
        assert len(await whole(desk)) == 3
    path = folder / "tickets" / "00001.jsonl"
    path.write_text(path.read_text().replace("Ticket 1", "Something much longer"))
    async with opened(folder) as desk:
        assert [t.title for t in await whole(desk)] == ["Something much longer", "Ticket 2", "Ticket 3"]
    path.write_text(json.dumps(line("2")) + "\n")
    async with opened(folder) as desk:
        assert [t.id for t in await whole(desk)] == ["2", "3"]


async def test_what_is_changed_while_it_is_read_is_never_half_read(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", line("1"), line("2"))
    async with opened(folder) as desk:
        await whole(desk)
        path = folder / "tickets" / "00001.jsonl"
        with path.open("r+b") as file:
            file.write(json.dumps(line("0", body="x")).encode())
        (one,) = await desk.fetch([TicketId("1")])
    assert isinstance(one, Unreadable)
    assert "was changed while it was read" in one.reason


@contextmanager
def only_readable(folder: Path) -> Iterator[None]:
    """Root may write anywhere: then as somebody else."""
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


async def test_a_folder_one_may_only_read_can_be_read(emulator: ArchiveEmulator) -> None:
    with only_readable(emulator.folder):
        async with opened(emulator.folder) as desk:
            assert len(await whole(desk)) == 120
        assert not (emulator.folder / "index.sqlite").exists()


async def test_a_folder_one_may_only_read_is_read_by_the_index_it_has(
    emulator: ArchiveEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(emulator.folder) as desk:
        await whole(desk)
    monkeypatch.setattr(Segments, "stored", None)  # nobody walks over the segments once more
    with only_readable(emulator.folder):
        async with opened(emulator.folder) as desk:
            assert len(await whole(desk)) == 120


async def test_counts_agree_with_what_an_account_tells(emulator: ArchiveEmulator) -> None:
    async with opened(emulator.folder) as desk:
        account = await desk.check()
        tickets = await whole(desk)
        assert Counter(type(one) for one in tickets) == {Ticket: 120}
    assert account.detail == "an archive of an emulated world, 120 tickets"
    assert account.findings == ()
    assert (archive(emulator.folder).capabilities.remote, archive(emulator.folder).capabilities.writes) == (False, True)
