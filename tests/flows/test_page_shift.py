"""A view of 5,000 is read while people work on it: no ticket that was in it throughout is missed, whatever moves.

The seeds of CI are all fifty; more of them: PAGE_SHIFT_SEEDS=500 pytest tests/flows/test_page_shift.py
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Literal

import pytest

from syncer.deskkit.contract import Page, Ref
from syncer.deskkit.paging import sweep
from syncer.desks.invgate.desk import InvGate
from syncer.desks.invgate.emulator import Switches
from syncer.model.ids import Cursor, TicketId

from .moving_view import MovingView, reading

SEEDS = range(int(os.environ.get("PAGE_SHIFT_SEEDS", "50")))
SHOWN, CLOSED = 5_000, 400
ORDERS: tuple[Literal["id", "last_update", "random"], ...] = ("id", "last_update", "random")
LIST_ROWS, KEYED_ROWS = (300, 400, 700, 1000), (50, 250, 1000)
BUSY = (4, 30, 100)
"""The most tickets that move between two requests: a working day, a busy one, a mass update."""


def moving(seed: int) -> tuple[MovingView, int]:
    """A view that moves as this seed says, and how many rows to ask for: each order meets each page and each pace."""
    switches = Switches(by_view_order=ORDERS[seed % 3], details_page=KEYED_ROWS[seed // 3 % 3])
    view = MovingView(seed, shown=SHOWN, closed=CLOSED, most=BUSY[seed // 9 % 3], switches=switches)
    return view, LIST_ROWS[seed % len(LIST_ROWS)]


async def missed(seed: int, kind: type[InvGate] = InvGate) -> tuple[set[int], set[int]]:
    """What a scan missed of what was there throughout; and what is there at the end, and neither it nor a delta saw."""
    view, rows = moving(seed)
    found: set[int] = set()
    ends = []
    async with reading(view, kind, list_rows=rows) as desk:
        async for page in desk.scan():
            found |= {int(ref.id) for ref in page.refs}
            ends.append(page.cursor)
        lost = view.throughout - found
        view.still = True
        *before, cursor = ends
        assert cursor is not None, "a scan that ends is complete, and says from where to go on"
        assert not any(before), "and it says so only at its end"
        async for page in desk.list_changed(cursor):
            found |= {int(ref.id) for ref in page.refs}
    assert len(view.throughout) > 1000
    assert sum(view.moved.values()) > 5, "tickets moved"
    return lost, set(view.shown()) - found


@pytest.mark.parametrize("seed", SEEDS)
async def test_nothing_that_was_there_throughout_is_missed(seed: int) -> None:
    lost, unseen = await missed(seed)
    assert lost == set()
    assert unseen == set(), "what came meanwhile comes with the next delta"


class PlainPages(InvGate):
    """A deliberate break: page after page until one is short, as most write it."""

    async def scan(self) -> AsyncIterator[Page]:
        offset, size = 0, self._config.list_rows
        while True:
            ids = await self._view.page([("limit", size), ("offset", offset)])
            yield Page(tuple(map(Ref, ids)))
            if len(ids) < size:
                break
            offset += size
        yield Page((), cursor=Cursor(str(await self._view.newest())))


class OneSweep(InvGate):
    """A deliberate break: overlapping pages, but swept once only, and nobody is caught up with."""

    async def scan(self) -> AsyncIterator[Page]:
        start = await self._view.newest()

        async def read_at(offset: int) -> list[TicketId]:
            return await self._view.page([("limit", self._config.list_rows), ("offset", offset)])

        async for ids in sweep(read_at):
            yield Page(tuple(map(Ref, ids)))
        yield Page((), cursor=Cursor(str(start)))


@pytest.mark.parametrize("kind", [PlainPages, OneSweep])
async def test_a_scan_that_takes_it_easier_misses_tickets(kind: type[InvGate]) -> None:
    for seed in (1, 13, 22):
        lost, _ = await missed(seed, kind)
        assert lost, f"seed {seed}: the proof has lost its teeth"
