"""Writes so many tickets into an archive, opens it anew, scans and fetches them all: speed and memory of each."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncer.deskkit import registry
from syncer.deskkit.contract import Download, Source, TakesLists, Target
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket

WRITERS = 16
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
TEXT = "<p>" + "My laptop shuts down without a warning about three times a day. " * 8 + "</p>"
WARM = 0.2
"""Share of the tickets after which memory is looked at for the first time."""


def rss() -> float:
    """MB this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1024 / 1024


class Stage:
    """One of the table's rows: counts, and looks at memory when warm and at the end."""

    def __init__(self, name: str, tickets: int) -> None:
        self.name = name
        self._tickets = tickets
        self._done = 0
        self._began = time.monotonic()
        self.warm = 0.0

    def did(self, number: int) -> None:
        self._done += number
        if not self.warm and self._done >= self._tickets * WARM:
            self.warm = rss()

    def row(self) -> list[str]:
        seconds = time.monotonic() - self._began
        assert self._done == self._tickets, f"{self.name}: {self._done} of {self._tickets}"
        self.grown = rss() - self.warm
        return [self.name, f"{self._done / seconds:,.0f}", f"{self.warm:,.0f}", f"{self.warm + self.grown:,.0f}"]


def draft(number: int) -> Draft:
    at = FIRST + timedelta(minutes=number)
    comments = tuple(
        CommentDraft(f"{number}-{n}", Key(f"IG-{number}-c{n}"), "7", f"{TEXT}{n}", n == 1, created_at=at)
        for n in (1, 2)
    )
    fields = {"status": str(number % 8), "requester": "7", "created_at": at.isoformat()}
    return Draft(
        source_id=TicketId(str(number)), version=Version("1"), key=Key(f"IG-{number}"), title=f"Ticket {number}",
        body=TEXT, fields=fields, comments=comments, tags=("a",),
    )  # fmt: skip


async def people() -> AsyncIterator[LookupValue]:
    for number in range(1000):
        yield LookupValue("person", str(number), f"Somebody {number}", email=f"{number}@example.org")


async def write(desk: Target, tickets: int, stage: Stage) -> None:
    numbers = iter(range(tickets))
    one = Download("log.txt", "text/plain", 5, content=b"bytes")

    async def some() -> None:
        for number in numbers:
            await desk.create(draft(number), [one] if number % 10 == 0 else [])
            stage.did(1)

    await asyncio.gather(*(some() for _ in range(WRITERS)))


async def scan(desk: Source, stage: Stage) -> None:
    async for page in desk.scan():
        stage.did(len(page.refs))


async def fetch(desk: Source, stage: Stage) -> None:
    size = desk.capabilities.fetch_batch
    async for page in desk.scan():
        ids = [ref.id for ref in page.refs]
        for start in range(0, len(ids), size):
            found = await desk.fetch(ids[start : start + size])
            assert all(isinstance(one, Ticket) and len(one.comments) == 2 for one in found)
            stage.did(len(found))


async def main(tickets: int, folder: Path) -> list[Stage]:
    spec = registry.spec("archive")
    config = spec.config().model_validate({"kind": "archive", "name": "vault", "path": str(folder)})
    rows, stages = [["", "tickets/s", f"MB at {WARM:.0%}", "MB at the end"]], []

    def begin(name: str) -> Stage:
        stages.append(Stage(name, tickets))
        return stages[-1]

    desk = spec.open(config)
    assert isinstance(desk, TakesLists)
    await desk.adopt(people(), "bench")
    stage = begin("written, each on the disk when acknowledged")
    await write(desk, tickets, stage)  # type: ignore[arg-type]
    rows.append(stage.row())
    await desk.close()
    (folder / "index.sqlite").unlink()
    desk = spec.open(config)
    stage = begin("scanned, the index made anew first")
    await scan(desk, stage)  # type: ignore[arg-type]
    rows.append(stage.row())
    stage = begin("scanned and fetched whole")
    await fetch(desk, stage)  # type: ignore[arg-type]
    rows.append(stage.row())
    await desk.close()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{tickets:,} tickets with 2 comments each, {size / 1e6:,.0f} MB, {WRITERS} writers\n")
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
    return stages


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tickets", type=int, default=200_000)
    options.add_argument("--most", type=float, default=40, help="MB that any stage may grow once it is warm")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="syncer-bench-") as scratch:
        found = asyncio.run(main(given.tickets, Path(scratch) / "vault"))
    if grown := [stage.name for stage in found if stage.grown > given.most]:
        print(f"grew by more than {given.most:g} MB: {', '.join(grown)}")
        sys.exit(1)
