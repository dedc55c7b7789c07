"""An archive as a target: one key one ticket, whole and on the disk when it is acknowledged, one writer at a time."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from syncer.deskkit.contract import Download, Written
from syncer.desks.archive import writing
from syncer.desks.archive.emulator import ArchiveEmulator
from syncer.desks.archive.emulator_kept import kept, state
from syncer.desks.archive.segments import Segments
from syncer.errors import ConfigError, Fatal, LeaseLost, Rejected, Stopped
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import Rating, Ticket, TicketLink, TimeEntry
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.desks.archives import AT, archive, drafted, each, file, migrated, opened, said, whole

PEOPLE = [LookupValue("person", "7", "Ana", email="ANA@example.org"), LookupValue("person", "8", "Bo", active=False)]
STATUS = LookupValue("status", "2", "Open", status_class=StatusClass.OPEN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "vault"


async def test_what_was_drafted_reads_back_each_field(folder: Path) -> None:
    options = [
        LookupValue("custom_field", "9", "Colour", form="choices"),
        LookupValue("custom_option", "b", "Blue", parent="9"),
        LookupValue("custom_option", "g", "Green", parent="9"),
        LookupValue("custom_option", "b", "Not of this field", parent="10"),
    ]
    draft = drafted(
        1, said(1, solution=True), said(2, author=None, public=False, created_at=None),
        title="Ünïcode \x00 ✓", body="<p>" + "x" * 70_000 + "</p>", tags=("a", "b"), cc=("8",),
        fields={
            "status": "2", "category": "12", "requester": "7", "creator": "8", "assignee": "9", "number": "#1",
            "url": "https://x.example/1", "created_at": "1700000000", "updated_at": "2024-01-02 03:04:05 UTC",
            "closed_at": "2024-01-02T03:04:05.678+01:00", "html": "false", "severity": "3",
        },
        custom={"9": ("b", "other"), "10": "b", "11": date(2024, 1, 2), "12": AT, "13": 1.5, "14": False, "15": "text"},
        times=(TimeEntry("1", "7", AT, 60, "note"),), links=(TicketLink(TicketId("2"), "duplicate"),),
        rating=Rating(3, 10, "so so"),
    )  # fmt: skip
    async with opened(folder) as desk:
        await desk.adopt(each([*PEOPLE, *options]), "a desk")
        assert await desk.create(draft, [file("a.txt", b"abc", "text/csv")]) == Written(TicketId("1"))
        assert desk.steps(draft) == []
    async with opened(folder) as desk:
        (ticket,) = await whole(desk)
    assert ticket == Ticket(
        id=TicketId("1"), number="#1", title=draft.title, body=draft.body, html=False,
        values={"status": "2", "category": "12", "severity": "3"}, requester="7", creator="8", assignee="9",
        created_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), updated_at=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        closed_at=datetime(2024, 1, 2, 2, 4, 5, 678000, tzinfo=UTC), version=ticket.version,
        url="https://x.example/1", tags=("a", "b"), cc=("8",), links=draft.links, times=draft.times,
        custom={"9": ("Blue", "other"), "10": ("Not of this field",), "11": date(2024, 1, 2), "12": AT, "13": 1.5,
                "14": False, "15": "text"},
        rating=draft.rating, marker=draft.key, comments=ticket.comments, files=ticket.files,
    )  # fmt: skip
    assert [(c.id, c.author, c.created_at, c.body, c.public, c.solution) for c in ticket.comments] == [
        ("1", "7", AT, "Comment 1", True, True),
        ("2", None, None, "Comment 2", False, False),
    ]
    assert "IG-1" not in ticket.title
    assert state(folder)["tickets"]["1"]["key"] == "IG-1"


async def test_files_of_comments_come_by_steps_and_only_the_whole_ticket_is_shown(folder: Path, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(os.urandom(600_000))
    draft = drafted(1, said(1, "f1", "f2"), said(2), said(3, "f3"))
    async with opened(folder) as desk:
        made = await desk.create(draft, [file("of the ticket", b"0")])
        steps = desk.steps(draft)
        assert [step.name for step in steps] == ["comment 1", "comment 3", "seal"]
        assert await desk.find([draft.key, Key("IG-2")], None) == {draft.key: "1"}
        for number, step in enumerate(steps):
            assert [page.refs async for page in desk.scan() if page.refs] == [], "not whole yet"
            assert [await desk.happened(made.id, draft, one) is None for one in steps] == [
                at >= number for at in range(3)
            ]
            files = {
                "comment 1": [file("one", b"1"), Download("big.bin", "a/b", 600_000, path=big, shown_as=("/i/1",))],
                "comment 3": [file("one", b"1")],
            }
            await desk.step(made.id, draft, step, files.get(step.name, []), lambda: None)
        assert [await desk.happened(made.id, draft, one) for one in steps] == ["1", "3", ""]
        (ticket,) = await whole(desk)
        got = [
            await desk.download(ticket.id, one.id, tmp_path)
            for one in (*ticket.files, *(f for comment in ticket.comments for f in comment.files))
        ]
    assert [len(comment.files) for comment in ticket.comments] == [2, 0, 1]
    assert [(one.name, one.content) for one in got if one.path is None] == [
        ("of the ticket", b"0"), ("one", b"1"), ("one", b"1")
    ]  # fmt: skip
    large = next(one for one in got if one.path is not None)
    assert (large.name, large.content_type, large.shown_as) == ("big.bin", "a/b", ("/i/1",))
    assert large.path is not None
    assert large.path.read_bytes() == big.read_bytes()
    assert state(folder)["pending"] == 0
    assert len(state(folder)["blobs"]) == 3, "bytes that are there are not kept twice"


async def test_steps_after_the_ticket_is_whole_change_nothing(folder: Path) -> None:
    draft = drafted(1, said(1, "f"))
    async with opened(folder) as desk:
        id = await migrated(desk, draft, {"f": file("f", b"f")})
        for step in desk.steps(draft):
            await desk.step(id, draft, step, [file("f", b"f")] if step.comment else [], lambda: None)
        assert state(folder)["lines"] == 1


async def test_one_key_makes_one_ticket(folder: Path) -> None:
    async with opened(folder) as desk:
        for draft in (drafted(1), drafted(2, said(1, "f"))):
            first = await desk.create(draft, ())
            assert await desk.create(draft, ()) == Written(first.id)
        await migrated(desk, drafted(2, said(1, "f")), {"f": file("f", b"f")})
    async with opened(folder) as desk:
        await desk.create(drafted(1, body="later"), ())
        assert await desk.find([Key("IG-1"), Key("IG-2"), Key("IG-12")], None) == {"IG-1": "1", "IG-2": "2"}
    assert state(folder)["lines"] == 2


async def test_a_ticket_under_another_key_is_refused_and_not_taken_for_the_same(folder: Path) -> None:
    async with opened(folder) as desk:
        await desk.create(drafted(1), ())
        await desk.create(drafted(2, said(1, "f")), ())
        for number in (1, 2):
            draft = drafted(number)
            other = type(draft)(
                **{name: getattr(draft, name) for name in draft.__struct_fields__} | {"key": Key("X-1")}
            )
            with pytest.raises(Rejected, match=f"with the key IG-{number} instead of X-1"):
                await desk.create(other, ())


async def test_a_time_that_is_none_is_refused(folder: Path) -> None:
    async with opened(folder) as desk:
        with pytest.raises(Rejected, match="closed_at: 'soon' is no time"):
            await desk.create(drafted(1, fields={"closed_at": "soon"}), ())
        await desk.create(drafted(2, fields={"closed_at": "an unknown time"}), ())
        (ticket,) = await whole(desk)
        assert ticket.closed_at is None


async def test_who_may_write_no_more_writes_nothing(folder: Path) -> None:
    def fence() -> None:
        raise LeaseLost("it is over")

    draft = drafted(2, said(1, "f"))
    async with opened(folder) as desk:
        await desk.create(draft, ())
        before = state(folder)
        writes: list[Callable[[], Awaitable[object]]] = [
            lambda: desk.create(drafted(1), [file("f", b"f")], fence),
            lambda: desk.create(drafted(3, said(1, "f")), (), fence),
            lambda: desk.step(TicketId("2"), draft, desk.steps(draft)[0], [file("f", b"f")], fence),
            lambda: desk.step(TicketId("2"), draft, desk.steps(draft)[1], [], fence),
        ]
        for write in writes:
            with pytest.raises(LeaseLost):
                await write()
        assert state(folder) == before


async def test_one_who_may_not_write_keeps_nobody_else_from_it(folder: Path) -> None:
    def fence() -> None:
        raise LeaseLost("it is over")

    async with opened(folder) as desk:
        await desk.create(drafted(0), ())
        results = await asyncio.gather(
            *(desk.create(drafted(n), (), fence if n % 3 == 0 else lambda: None) for n in range(1, 31)),
            return_exceptions=True,
        )
        assert [isinstance(one, LeaseLost) for one in results] == [n % 3 == 0 for n in range(1, 31)]
        assert len(await whole(desk)) == 21


async def test_many_at_once_share_a_write_and_are_all_on_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    append = Segments.append

    def counted(self: Segments, lines: Any) -> list[int]:
        groups.append(len(lines))
        return append(self, lines)

    monkeypatch.setattr(Segments, "append", counted)
    async with opened(folder) as desk:
        await asyncio.gather(*(desk.create(drafted(number), ()) for number in range(200)))
        assert sum(groups) == state(folder)["lines"] == 200
        assert len(groups) < 100


async def test_segments_follow_each_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Segments.__init__, "__kwdefaults__", {"most_bytes": 2_000})
    monkeypatch.setattr(writing, "COMMIT_EVERY", 7)
    for start in (0, 40, 80):
        async with opened(folder) as desk:
            for number in range(start, start + 40):
                await desk.create(drafted(number), ())
    monkeypatch.setattr(Segments, "stored", None)  # what the index has read it need not read again
    async with opened(folder) as desk:
        assert [ticket.id for ticket in await whole(desk)] == [str(number) for number in range(120)]
    names = sorted(path.name for path in (folder / "tickets").iterdir())
    assert names == [f"{number:05}.jsonl" for number in range(1, len(names) + 1)]
    assert len(names) > 5


async def test_lists_are_those_of_who_is_brought_here(folder: Path) -> None:
    async with opened(folder) as desk:
        await desk.adopt(each([*PEOPLE, STATUS]), "invgate https://a.example")
    async with opened(folder) as desk:
        renamed = LookupValue("status", "2", "Now open", status_class=StatusClass.OPEN)
        await desk.adopt(each([renamed, PEOPLE[0]]), "invgate https://a.example")
        await desk.adopt(each([LookupValue("person", "9", "Cy")]))
        with pytest.raises(ConfigError, match=r"archive of invgate https://a\.example, not of invgate https://b\.ex"):
            await desk.adopt(each([STATUS]), "invgate https://b.example")
    async with opened(folder) as desk:
        assert [v async for v in desk.lookups()] == [renamed, *PEOPLE, LookupValue("person", "9", "Cy")]
        assert desk.capabilities.lookup_kinds == ("person", "status")
    assert (folder / "lists/person.jsonl").read_text().count("\n") == 3, "what is known is not written again"


async def test_many_may_bring_people_at_once(folder: Path) -> None:
    people = [LookupValue("person", str(number), f"Name {number}") for number in range(60)]
    async with opened(folder) as desk:
        await asyncio.gather(*(desk.adopt(each([one]), "a desk") for one in people))
    async with opened(folder) as desk:
        assert sorted([v.id async for v in desk.lookups()], key=int) == [str(number) for number in range(60)]


async def test_a_fresh_folder_has_no_lists_and_looking_makes_nothing(folder: Path) -> None:
    async with opened(folder) as desk:
        account = await desk.check()
        assert [value async for value in desk.lookups()] == []
    assert account.detail == "no archive yet; a migration into it makes one"
    assert not folder.parent.exists()


async def test_only_its_owner_may_look_into_a_new_archive(folder: Path) -> None:
    async with opened(folder) as desk:
        await desk.create(drafted(1), ())
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_an_archive_has_one_writer_and_any_number_of_readers(folder: Path) -> None:
    async with opened(folder) as desk:
        await desk.create(drafted(1), ())
        async with opened(folder) as other:
            with pytest.raises(Stopped, match=rf"another syncer is writing into .*process {os.getpid()}"):
                await other.create(drafted(2), ())
            assert len(await whole(other)) == 1
            assert (await other.check()).findings == ()
        await desk.create(drafted(2), ())
    async with opened(folder) as other:
        assert len(await whole(other)) == 2
        await other.create(drafted(3), ())
        assert len(await whole(other)) == 3


async def test_a_reader_beside_a_writer_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = folder.parent / "scratch"
    scratch.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    async with opened(folder) as desk:
        await desk.create(drafted(1), ())
        async with opened(folder) as other:
            await whole(other)
            assert len(list(scratch.iterdir())) == 1
    assert list(scratch.iterdir()) == []


async def test_the_lock_of_a_killed_writer_is_nobodys(folder: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from tests.desks.archives import archive, drafted\n"
        "async def main():\n"
        "    desk = archive(pathlib.Path(sys.argv[1]))\n"
        "    await desk.create(drafted(1), ())\n"
        "    print('made', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script, folder], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "made\n"
    async with opened(folder) as desk:
        with pytest.raises(Stopped, match=f"process {child.pid}"):
            await desk.create(drafted(2), ())
        child.kill()
        child.wait()
        child.stdout.close()
        await desk.create(drafted(2), ())
        assert len(await whole(desk)) == 2


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """As on a disk that is full: the system takes the first part of a write and refuses the rest."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_stops_and_leaves_no_half_line(folder: Path) -> None:
    async with opened(folder) as desk:
        await desk.create(drafted(1), ())
        size = (folder / "tickets/00001.jsonl").stat().st_size
        for content in (drafted(2, body="y" * 500), drafted(3, said(1, "f"), body="y" * 9_000)):
            with no_file_beyond(size + 100), pytest.raises(Stopped, match="File too large"):
                await desk.create(content, ())
        with no_file_beyond(50), pytest.raises(Stopped, match="File too large"):
            await desk.create(drafted(4), [file("f", b"z" * 100)])
        assert (folder / "tickets/00001.jsonl").stat().st_size == size
        assert await desk.find([Key("IG-2"), Key("IG-3"), Key("IG-4")], None) == {}
        await desk.create(drafted(2), ())
        assert [ticket.id for ticket in await whole(desk)] == ["1", "2"]


async def test_a_disk_that_breaks_while_it_writes_leaves_the_write_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = False
    fsync = os.fsync

    def sometimes(fd: int) -> None:
        if broken:
            raise OSError(5, "Input/output error")
        fsync(fd)

    monkeypatch.setattr("os.fsync", sometimes)
    async with opened(folder) as desk:
        await desk.create(drafted(1), ())
        broken = True
        with pytest.raises(Fatal, match="may or may not be on the disk"):
            await desk.create(drafted(2), ())
        broken = False
        # Nothing may be put behind what nobody knows of: the index would pass over it.
        with pytest.raises(Fatal):
            await desk.create(drafted(3), ())
    async with opened(folder) as desk:
        assert await desk.find([Key("IG-1"), Key("IG-2"), Key("IG-3")], None) == {"IG-1": "1", "IG-2": "2"}


async def test_an_imported_archive_is_not_written_into(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Subject\nHello\n")
    block = {"file": str(tmp_path / "t.csv"), "columns": {"title": "Subject"}}
    async with opened(folder, **{"import": block}) as desk:
        assert len(await whole(desk)) == 1
        assert desk.capabilities.writes is False
    async with opened(folder) as desk:
        with pytest.raises(ConfigError, match="was made from"):
            await desk.create(drafted(1), ())


async def test_an_emulated_archive_without_tickets_takes_the_first_who_comes(folder: Path) -> None:
    emulator = ArchiveEmulator(emptied(generate(1, 8)))
    async with opened(Path(emulator.block("http://nowhere")["path"])) as desk:
        await desk.adopt(each([*PEOPLE, STATUS]), "a desk")
        await migrated(desk, drafted(1, said(1, "f"), said(2)), {"f": file("f", b"f")})
    (one,) = emulator.kept()
    assert (one.requester, one.values, [c.author for c in one.comments]) == (
        "ana@example.org", {"status": "Open"}, ["ana@example.org"] * 2
    )  # fmt: skip
    assert one.comments[0].files[0].name == "f"
    assert kept(emulator.folder) == [one]
    assert emulator.state()["manifest"]["origin"] == "a desk"


async def test_a_foreign_archive_is_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    (folder / "tickets").mkdir(parents=True)
    (folder / "lists").mkdir()
    (folder / "archive.json").write_text('{"format": 1}')
    (folder / "tickets" / "00003.jsonl").write_text(json.dumps({"id": "a", "title": "A"}))  # no end of line
    (folder / "lists" / "person.jsonl").write_text(json.dumps({"id": "7", "name": "Old"}))
    async with opened(folder) as desk:
        await desk.adopt(each(PEOPLE), "a desk")
        await desk.create(drafted(1), ())
        assert [ticket.id for ticket in await whole(desk)] == ["a", "1"]
    async with opened(folder) as desk:
        assert [ticket.title for ticket in await whole(desk)] == ["A", "Ticket 1"]
        assert [v async for v in desk.lookups()] == PEOPLE
    assert len((folder / "tickets" / "00003.jsonl").read_text().splitlines()) == 2


def test_nothing_is_said_of_what_it_does_not_do() -> None:
    facts = archive(Path("nowhere")).capabilities
    assert (facts.mails, facts.max_title, facts.max_body) == ((), None, None)
    assert facts.marker_in == ("field",)
