"""A budget is never overdrawn, nearly used up, and gives way when the desk asks for it. Time is virtual here."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.deskkit.budget import Budget
from tests.unit.virtual_time import now, run


def _most_in_a_second(times: list[float]) -> int:
    times = sorted(times)
    return max(sum(1 for t in times if start <= t < start + 1.0) for start in times)


async def _takes(budget: Budget, arrivals: list[float]) -> list[float]:
    """When each request left that wanted to leave at these times."""

    async def one(arrival: float) -> float:
        await asyncio.sleep(arrival)
        await budget.take()
        return now()

    return list(await asyncio.gather(*(one(arrival) for arrival in arrivals)))


@settings(max_examples=60)
@given(st.integers(1, 50), st.lists(st.floats(0, 5), min_size=1, max_size=120))
def test_no_second_holds_more_than_the_limit(rate: int, arrivals: list[float]) -> None:
    times = run(_takes(Budget(rate, clock=now), arrivals))
    assert _most_in_a_second(times) <= rate


@pytest.mark.parametrize("rate", [0.5, 1, 7, 200, 5000])
def test_a_pressed_budget_is_used_to_95_percent(rate: float) -> None:
    count = int(max(20, rate * 3))
    times = run(_takes(Budget(rate, clock=now), [0.0] * count))
    assert count / max(times) >= 0.95 * rate


def test_a_budget_nobody_used_saves_nothing_up() -> None:
    times = run(_takes(Budget(10, clock=now), [0.0, *[30.0] * 40]))
    assert _most_in_a_second(times) <= 10


@settings(max_examples=40)
@given(st.integers(2, 30), st.integers(2, 64), st.floats(0.1, 2), st.floats(0.5, 20))
def test_whoever_waits_when_a_pause_comes_leaves_after_it_one_by_one(
    rate: int, waiting: int, before: float, pause: float
) -> None:
    async def main() -> tuple[float, list[float]]:
        budget = Budget(rate, clock=now)
        leaving = asyncio.create_task(_takes(budget, [0.0] * waiting))
        await asyncio.sleep(before)
        budget.pause(pause, "the desk answered 429")
        return now(), await leaving

    asked, times = run(main())
    late = [t for t in times if t > asked]
    assert all(t >= asked + pause - 1e-6 for t in late)
    assert not late or _most_in_a_second(late) <= rate


def test_many_refusals_at_once_are_one_reason_to_slow_down() -> None:
    async def main() -> list[float]:
        budget = Budget(10, clock=now)
        for _ in range(8):  # all that were under way when the desk had enough
            budget.pause(1.0, "the desk answered 429")
        await asyncio.sleep(1.0)
        return await _takes(budget, [0.0] * 11)

    times = run(main())
    assert (times[-1] - times[0]) / 10 == pytest.approx(0.2, rel=0.05)


def test_refusal_after_refusal_slows_down_more_and_success_brings_the_pace_back() -> None:
    async def main() -> tuple[float, float]:
        budget = Budget(10, clock=now)
        for _ in range(3):
            budget.pause(1.0, "the desk answered 429")
            await asyncio.sleep(1.1)
        slow = await _takes(budget, [0.0] * 2)
        for _ in range(500):
            budget.ease()
        fast = await _takes(budget, [2.0] * 2)
        return slow[1] - slow[0], fast[1] - fast[0]

    slow, fast = run(main())
    assert slow == pytest.approx(0.8, rel=0.05)
    assert fast == pytest.approx(0.1, rel=0.05)


def test_it_says_what_holds_us_back() -> None:
    async def main() -> None:
        budget = Budget(10, clock=now)
        assert budget.limiting() is None
        budget.pause(30.0, "old answered 429")
        assert budget.limiting() == "old answered 429, 30 s more"
        assert budget.left() == 30.0
        await asyncio.sleep(31)
        assert budget.limiting() == "slowed to 5.0 requests/s after old answered 429"
        assert budget.left() == 0.0

    run(main())


@settings(max_examples=60)
@given(st.integers(2, 50), st.integers(2, 120), st.floats(0.2, 5))
def test_what_was_held_up_after_its_slot_does_not_leave_in_a_burst(rate: int, waiting: int, still: float) -> None:
    """Every slot was taken in time, and then nobody could leave: the machine slept."""

    async def main() -> list[float]:
        budget, left = Budget(rate, clock=now), list[float]()
        awake = asyncio.Event()

        async def one() -> None:
            await budget.take()
            await awake.wait()
            await budget.depart()
            left.append(now())

        leaving = [asyncio.create_task(one()) for _ in range(waiting)]
        await asyncio.sleep(still)
        awake.set()
        await asyncio.gather(*leaving)
        return left

    assert _most_in_a_second(run(main())) <= rate
