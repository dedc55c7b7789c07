"""Changing tickets of an archive: a later line of an id takes the place of an earlier one, and all else of it stays."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from syncer.deskkit.changing import TakesBack
from syncer.errors import LeaseLost, Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import Rating, Ticket
from tests.desks.archives import archive, drafted, file, migrated, opened, said, whole

ID = TicketId("1")
NAMES = ["title", "status", "assignee", "cc", "custom.9"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


def lines(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (folder / "tickets").glob("*.jsonl"))


async def test_a_changed_ticket_is_as_before_but_for_what_was_asked(folder: Path) -> None:
    old = drafted(1, said(1, "a"), tags=("x",), custom={"9": "blue", "10": 2}, cc=("8",), rating=Rating(3),
                  fields={"status": "2", "category": "5", "assignee": "7"})  # fmt: skip
    new = drafted(1, title="New", body="<p>other</p>", fields={"status": "3"})
    async with opened(folder) as desk:
        await migrated(desk, old, {"a": file("a.txt", b"a")})
        await migrated(desk, drafted(2))
        (before,) = [one for one in await whole(desk) if one.id == ID]
        written = await desk.change(ID, new, NAMES)
        assert (written.id, written.losses) == (ID, ())
    async with opened(folder) as again:
        second, first = await whole(again)
        assert (second.id, first.id) == ("2", ID), "a changed ticket comes once, at the end"
        assert replace(first, version=before.version) == replace(
            before, title="New", values={"status": "3", "category": "5"}, assignee=None, cc=(), custom={"10": 2}
        )
        assert await again.find([new.key], None) == {new.key: ID}


async def test_the_same_change_twice_writes_one_line(folder: Path) -> None:
    async with opened(folder) as desk:
        await migrated(desk, drafted(1))
        new = drafted(1, title="New", fields={"status": "2", "created_at": "1700000000"}, custom={"9": ("a", "b")})
        names = ["title", "created_at", "custom.9"]
        await desk.change(ID, new, names)
        await desk.change(ID, new, names)
        assert lines(folder) == 2


async def test_changes_at_the_same_time_are_all_kept(folder: Path) -> None:
    async with opened(folder) as desk:
        await migrated(desk, drafted(1))
        new = drafted(1, title="New", tags=("t",), fields={"status": "9"})
        await asyncio.gather(*(desk.change(ID, new, [name]) for name in ("title", "tags", "status")))
        (ticket,) = await whole(desk)
        assert (ticket.title, ticket.tags, ticket.values["status"]) == ("New", ("t",), "9")


async def test_who_may_not_write_any_more_changes_nothing(folder: Path) -> None:
    def fence() -> None:
        raise LeaseLost("somebody else writes")

    async with opened(folder) as desk:
        await migrated(desk, drafted(1))
        with pytest.raises(LeaseLost):
            await desk.change(ID, drafted(1, title="New"), ["title"], fence)
        (ticket,) = await desk.fetch([ID])
        assert isinstance(ticket, Ticket)
        assert ticket.title == "Ticket 1"


async def test_what_is_not_there_is_gone(folder: Path) -> None:
    async with opened(folder) as desk:
        await migrated(desk, drafted(1))
        with pytest.raises(Rejected) as refused:
            await desk.change(TicketId("77"), drafted(77), ["title"])
        assert refused.value.reason == "gone"


def test_an_archive_costs_nothing_gives_nothing_back_and_an_import_is_only_read(folder: Path) -> None:
    desk = archive(folder)
    assert desk.calls(drafted(1, said(1, "a"))) == 0
    assert not isinstance(desk, TakesBack)
    assert desk.capabilities.takes_changes
    block = {"file": str(folder / "t.csv"), "columns": {"id": "id", "title": "title"}}
    assert not archive(folder, **{"import": block}).capabilities.takes_changes


async def test_files_are_told_with_their_names_and_sizes(folder: Path) -> None:
    async with opened(folder) as desk:
        await migrated(desk, drafted(1, said(1, "a")), {"a": file("a.txt", b"abc")})
        (ticket,) = await whole(desk)
        (one,) = ticket.comments[0].files
        assert (one.name, one.size) == ("a.txt", 3)
