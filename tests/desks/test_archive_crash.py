"""An archive whose writer died: at every byte of its last write, nothing acknowledged is lost or half read."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from syncer.desks.archive.emulator_kept import state
from syncer.desks.archive.segments import Segments
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import LookupValue
from tests.desks.archives import drafted, each, file, migrated, opened, said, whole

LAST = "tickets/00001.jsonl"


async def made(folder: Path, tickets: int) -> Path:
    """An archive of so many tickets, closed as it should be."""
    async with opened(folder) as desk:
        await desk.adopt(each([LookupValue("status", "2", "Open")]), "a desk")
        for number in range(tickets):
            await desk.create(drafted(number), [file(f"{number}.txt", b"%d" % number)])
    return folder


async def goes_on(folder: Path, there: int, *, again: Draft) -> None:
    """The next life finds what was acknowledged, tells exactly whether the last one is there, and writes it once."""
    async with opened(folder) as desk:
        ids = [ticket.id for ticket in await whole(desk)]
        assert ids[:there] == [str(number) for number in range(there)]
        found = await desk.find([again.key], None)
        assert (again.key in found) == (again.source_id in ids) == (len(ids) == there + 1)
        await migrated(desk, again, {"f": file("f", b"f")})
        await desk.create(drafted(99), ())
    async with opened(folder) as desk:
        assert [ticket.id for ticket in await whole(desk)] == [*(str(n) for n in range(there + 1)), "99"]
        assert (await desk.check()).findings == ()
    assert state(folder)["lines"] == there + 2


async def test_cut_at_every_byte_of_the_last_line(tmp_path: Path) -> None:
    base = await made(tmp_path / "base", 3)
    lines = (base / LAST).read_bytes().splitlines(keepends=True)
    before, after = len(lines[0] + lines[1]), sum(map(len, lines))
    for cut in range(before, after + 1):
        folder = shutil.copytree(base, tmp_path / "cut")
        os.truncate(folder / LAST, cut)
        # The very index that had seen all of it, with times that fit; and none.
        if cut % 2:
            (folder / "index.sqlite").unlink()
        async with opened(folder) as desk:  # who only reads changes nothing
            ids = [ticket.id for ticket in await whole(desk)]
            assert ids == [str(number) for number in range(3 if cut >= after - 1 else 2)], cut
            findings = " ".join((await desk.check()).findings)
            assert ("ends within a line" in findings) == (before < cut < after - 1)
            assert ("3 were written" in findings) == (cut < after - 1)
        assert (folder / LAST).stat().st_size == cut
        await goes_on(folder, 2, again=drafted(2))
        shutil.rmtree(folder)


async def test_zeros_that_a_power_cut_leaves_are_cut_off(tmp_path: Path) -> None:
    base = await made(tmp_path / "base", 3)
    lines = (base / LAST).read_bytes().splitlines(keepends=True)
    for start in (0, 1, len(lines[2]) // 2, len(lines[2]) - 2):
        for more in (b"", b"\n", b'\n{"id": "7", "title": "of the same write"}\n'):
            folder = shutil.copytree(base, tmp_path / "cut")
            kept = lines[2][:start]
            (folder / LAST).write_bytes(lines[0] + lines[1] + kept + b"\0" * (len(lines[2]) - start) + more)
            await goes_on(folder, 2, again=drafted(2))
            shutil.rmtree(folder)


async def test_an_index_older_than_the_tickets_is_brought_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = await made(tmp_path / "base", 2)
    old = (folder / "index.sqlite").read_bytes()
    async with opened(folder) as desk:
        for number in range(2, 30):
            await desk.create(drafted(number), ())
    (folder / "index.sqlite").write_bytes(old)
    starts: list[int] = []
    stored = Segments.stored

    def counted(self: Segments, number: int, start: int) -> Any:
        starts.append(start)
        return stored(self, number, start)

    monkeypatch.setattr(Segments, "stored", counted)
    await goes_on(folder, 30, again=drafted(30))
    assert starts[0] > 0, "what the index knew was not read again"


def _pending(folder: Path) -> Path:
    (path,) = (folder / "pending").glob("*.jsonl")
    return path


async def test_cut_at_every_byte_of_a_comment_with_files(tmp_path: Path) -> None:
    base, draft = await made(tmp_path / "base", 2), drafted(2, said(1, "f"), said(2), said(3, "g"))
    async with opened(base) as desk:
        made_id = (await desk.create(draft, ())).id
        first, second, seal = desk.steps(draft)
        await desk.step(made_id, draft, first, [file("f", b"f")], lambda: None)
        size = _pending(base).stat().st_size
        await desk.step(made_id, draft, second, [file("g", b"g")], lambda: None)
    end = _pending(base).stat().st_size
    for cut in range(size, end + 1):
        folder = shutil.copytree(base, tmp_path / "cut")
        os.truncate(_pending(folder), cut)
        async with opened(folder) as desk:
            assert await desk.find([draft.key], None) == {draft.key: "2"}
            happened = [await desk.happened(made_id, draft, step) for step in desk.steps(draft)]
            assert happened == ["1", "3" if cut == end else None, None], cut
            assert len(await whole(desk)) == 2
            if cut < end:
                await desk.step(made_id, draft, second, [file("g", b"g")], lambda: None)
            await desk.step(made_id, draft, seal, [], lambda: None)
            assert [len(one.files) for one in (await whole(desk))[2].comments] == [1, 0, 1]
        assert (state(folder)["pending"], state(folder)["lines"]) == (0, 3)
        shutil.rmtree(folder)


async def test_died_between_the_line_and_the_end_of_its_pending_file(tmp_path: Path) -> None:
    folder, draft = await made(tmp_path / "base", 2), drafted(2, said(1, "f"))
    async with opened(folder) as desk:
        await desk.create(draft, ())
        first, _ = desk.steps(draft)
        await desk.step(TicketId("2"), draft, first, [file("f", b"f")], lambda: None)
        path = _pending(folder)
        held = path.read_bytes()
        await migrated(desk, draft, {"f": file("f", b"f")})
    path.write_bytes(held)
    (folder / "pending" / "x.jsonl.new").write_bytes(b"half")
    (folder / "blobs" / ".new-1").write_bytes(b"half")
    async with opened(folder) as desk:
        steps = desk.steps(draft)
        assert [await desk.happened(TicketId("2"), draft, step) for step in steps] == ["1", ""]
        for step in steps:
            await desk.step(TicketId("2"), draft, step, [file("f", b"f")], lambda: None)
    assert state(folder)["lines"] == 3
    assert list((folder / "pending").iterdir()) == []
    assert list((folder / "blobs").glob(".new-*")) == []


async def test_a_ticket_that_lost_its_files_on_the_source_is_ended_all_the_same(tmp_path: Path) -> None:
    folder = await made(tmp_path / "base", 2)
    async with opened(folder) as desk:
        await desk.create(drafted(2, said(1, "f")), ())
    now = drafted(2, said(1))
    async with opened(folder) as desk:
        assert await desk.find([now.key], None) == {now.key: "2"}
        (seal,) = desk.steps(now)
        await desk.step(TicketId("2"), now, seal, [], lambda: None)
        assert desk.steps(now) == []
        assert len(await whole(desk)) == 3


async def test_cut_at_every_byte_of_a_list(tmp_path: Path) -> None:
    base = await made(tmp_path / "base", 1)
    first = LookupValue("person", "1", "Ana", email="ana@example.org")
    second = LookupValue("person", "2", "Bo", email="bo@example.org")
    async with opened(base) as desk:
        await desk.adopt(each([first]))
    size = (base / "lists/person.jsonl").stat().st_size
    async with opened(base) as desk:
        await desk.adopt(each([second]))
    end = (base / "lists/person.jsonl").stat().st_size
    for cut in range(size, end + 1):
        folder = shutil.copytree(base, tmp_path / "cut")
        os.truncate(folder / "lists/person.jsonl", cut)
        async with opened(folder) as desk:
            people = [value async for value in desk.lookups() if value.kind == "person"]
            assert people == ([first, second] if cut >= end - 1 else [first])
            await desk.adopt(each([LookupValue("person", "3", "C")]))  # shorter than what may be left there
        rows = [json.loads(row) for row in (folder / "lists/person.jsonl").read_text().splitlines()]
        assert [row["id"] for row in rows] == (["1", "2", "3"] if cut >= end - 1 else ["1", "3"])
        shutil.rmtree(folder)


def killed_writer(folder: Path, start: int, after: float) -> list[int]:
    """What a process had acknowledged when it was killed."""
    words = [sys.executable, "-m", "tests.desks.archive_writer", str(folder), str(start)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline())]
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
        told += [int(line) for line in child.stdout.read().split("\n")[:-1]]
    return told


async def test_killed_again_and_again_what_was_acknowledged_is_there_once(tmp_path: Path) -> None:
    folder, chance, acknowledged = tmp_path / "vault", random.Random(5), set[int]()
    for life in range(6):
        told = await asyncio.to_thread(killed_writer, folder, max(acknowledged, default=-1) + 5, chance.random() * 0.3)
        assert told, life
        acknowledged |= set(told)
        async with opened(folder) as desk:
            tickets = {ticket.id: ticket for ticket in await whole(desk)}
            assert {str(number) for number in acknowledged} <= tickets.keys()
            begun = await desk.find([Key(f"IG-{number}") for number in range(max(acknowledged) + 5)], None)
        for number in acknowledged:
            assert len(tickets[TicketId(str(number))].comments[0].files) == (number % 3 == 0)
        # Whatever else was begun is found by its key, and is either whole or not shown.
        assert tickets.keys() <= set(begun.values())
    lines = [json.loads(one)["id"] for path in (folder / "tickets").iterdir() for one in path.read_text().splitlines()]
    assert len(lines) == len(set(lines)) >= len(acknowledged) > 50
    print(f"{len(acknowledged)} acknowledged, {len(lines)} there, {len(list((folder / 'tickets').iterdir()))} segments")


async def test_the_line_is_on_the_disk_before_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def noted(fd: int) -> None:
        if Path(f"/proc/self/fd/{fd}").readlink().suffix == ".jsonl":
            synced.append(os.fstat(fd).st_size)
        fsync(fd)

    folder = await made(tmp_path / "base", 1)
    async with opened(folder) as desk:
        await desk.find([], None)
        monkeypatch.setattr("os.fsync", noted)
        await desk.create(drafted(1), ())
        assert synced[-1] == (folder / LAST).stat().st_size


async def test_what_a_killed_writer_had_not_yet_synced_is_synced_before_it_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = await made(tmp_path / "base", 2)
    synced: list[str] = []
    fsync = os.fsync

    def noted(fd: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        fsync(fd)

    monkeypatch.setattr("os.fsync", noted)
    async with opened(folder) as desk:
        assert await desk.find([Key("IG-1")], None) == {"IG-1": "1"}
        assert str(folder / LAST) in synced
