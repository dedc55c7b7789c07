"""A request is cut when its time is up, and only then; whose cancellation it was is never confused."""

from __future__ import annotations

import asyncio

import pytest

from syncer.deskkit.deadlines import Deadlines


class Late(Exception):
    """Our own deadline passed."""


async def _within(deadlines: Deadlines, seconds: float, work: float) -> str:
    deadlines.enter(seconds)
    try:
        await asyncio.sleep(work)
        return "done"
    except asyncio.CancelledError:
        if deadlines.overdue():
            raise Late from None
        raise
    finally:
        deadlines.leave()


@pytest.fixture
def deadlines(monkeypatch: pytest.MonkeyPatch) -> Deadlines:
    monkeypatch.setattr(Deadlines, "TICK", 0.02)
    return Deadlines()


async def test_each_request_has_its_own_deadline(deadlines: Deadlines) -> None:
    tasks = [_within(deadlines, 0.1 if i % 2 else 30.0, 0.5 if i % 2 else 0.2) for i in range(40)]
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in ended] == [str, Late] * 20


async def test_after_a_cut_the_task_works_on_as_if_nothing_had_been(deadlines: Deadlines) -> None:
    with pytest.raises(Late):
        await _within(deadlines, 0.05, 5)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    assert await _within(deadlines, 5, 0.1) == "done"


async def test_a_cancellation_from_outside_stays_one_even_when_the_deadline_passed_as_well(
    deadlines: Deadlines,
) -> None:
    ours: list[bool] = []

    async def cut_and_cancelled() -> None:
        deadlines.enter(0.03)
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            task.cancel()
            ours.append(deadlines.overdue())
        finally:
            deadlines.leave()

    task = asyncio.create_task(cut_and_cancelled())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ours == [False]

    early = asyncio.create_task(_within(deadlines, 30, 5))
    await asyncio.sleep(0.05)
    early.cancel()
    with pytest.raises(asyncio.CancelledError):
        await early


async def test_a_task_group_around_a_cut_request_does_not_end(deadlines: Deadlines) -> None:
    seen = []

    async def one(work: float) -> None:
        try:
            seen.append(await _within(deadlines, 0.1, work))
        except Late:
            await asyncio.sleep(0.1)
            seen.append("late")

    async with asyncio.TaskGroup() as group:
        for work in (0.01, 5, 0.02):
            group.create_task(one(work))
    assert seen == ["done", "done", "late"]


async def test_a_request_that_ends_at_its_deadline_leaves_no_cancellation_behind(deadlines: Deadlines) -> None:
    for hundredths in range(6):  # around the tick after the deadline
        try:
            await _within(deadlines, 0.02, 0.02 + hundredths / 100)
        except Late:
            continue
        await asyncio.sleep(0.06)


async def test_it_rests_when_nothing_is_under_way_and_starts_anew(deadlines: Deadlines) -> None:
    assert await _within(deadlines, 1, 0.01) == "done"
    await asyncio.sleep(0.1)
    assert [t for t in asyncio.all_tasks() if t is not asyncio.current_task()] == []
    with pytest.raises(Late):
        await _within(deadlines, 0.05, 5)
