"""Deltas of a view that moves while it is walked: every change is told in the end, and no cursor skips one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from syncer.deskkit.contract import Page, Ref
from syncer.desks.invgate.desk import InvGate
from syncer.desks.invgate.emulator import Switches
from syncer.model.ids import Cursor, Version

from .moving_view import MovingView, reading

SEEDS = range(12)
SHOWN, CLOSED, ROUNDS = 300, 40, 12


async def untold(seed: int, kind: type[InvGate] = InvGate) -> dict[int, int]:
    """Tickets in the view whose last change no delta of several, nor a last quiet one, told: id -> time of the change.

    Several changes share a second, on page borders too; half of the views do not show the time of the last update.
    """
    switches = Switches(details_page=(3, 10, 40)[seed % 3], view_last_update=seed % 2 == 0)
    view = MovingView(seed, shown=SHOWN, closed=CLOSED, most=12, switches=switches, ticks=(0, 0, 0, 0, 1, 90))
    changed: dict[int, int] = {}
    told: dict[int, int] = {}

    def note(id: int) -> None:
        changed[id] = view.emulator.tables.tickets[id].last_update

    async with reading(view, kind, bulk=7, overlap_minutes=1) as desk:
        cursor = None
        async for page in desk.scan():
            cursor = page.cursor or cursor
        view.on_move = note
        for number in range(ROUNDS + 1):
            view.still = number == ROUNDS
            cursor = await _delta(desk, cursor, told)
    assert len(changed) > 20, len(changed)
    shown = set(view.shown())
    return {id: at for id, at in changed.items() if id in shown and told.get(id, 0) < at}


async def _delta(desk: InvGate, since: Cursor | None, told: dict[int, int]) -> Cursor:
    assert since is not None
    ends = []
    async for page in desk.list_changed(since):
        ends.append(page.cursor)
        for ref in page.refs:
            told[int(ref.id)] = max(told.get(int(ref.id), 0), int(ref.version or 0))
    *before, last = ends
    assert last is not None
    assert not any(before)
    assert int(last) >= int(since)
    return last


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_change_is_told_and_no_cursor_skips_one(seed: int) -> None:
    assert await untold(seed) == {}


class StrictlyAfter(InvGate):
    """A deliberate break: only what is younger than the cursor, which seconds that are shared do not allow."""

    async def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        newest = int(since)
        async for rows in self._view.changes():
            newest = max([newest, *(at or 0 for _, at in rows)])
            yield Page(tuple(Ref(id, Version(str(at))) for id, at in rows if at and at > int(since)))
            if any(at is not None and at <= int(since) for _, at in rows):
                break
        yield Page((), cursor=Cursor(str(newest)))


async def test_a_delta_that_begins_after_its_cursor_misses_changes() -> None:
    assert any([await untold(seed, StrictlyAfter) for seed in SEEDS[:6]]), "the proof has lost its teeth"
