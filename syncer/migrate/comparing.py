"""A plan beside another one, or beside what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec import Struct

from syncer.model.ids import TicketId
from syncer.model.plan import Prediction
from syncer.store import plans, results
from syncer.store.plans import Head
from syncer.store.pool import Pool


class Unlike(Struct, frozen=True):
    """A record that differs: as it was planned, as it is; None where it is not there at all."""

    was: Prediction | None
    becomes: Prediction | None


async def with_result(pool: Pool, route: int, plan: Head, run: int | None = None) -> tuple[list[int], list[Unlike]]:
    """The runs that carried a plan out, or this one, and every record whose outcome is not as it was predicted."""
    runs = await results.runs_of(pool, plan.id) if run is None else [run]
    found = []
    async with pool.acquire() as conn, conn.transaction():
        async for id, planned, actual in results.compared(conn, plan.id, route, runs):
            if planned[:2] != actual[:2]:
                found.append(Unlike(_of(id, planned), _of(id, actual)))
    return runs, found


def _of(id: TicketId, said: tuple[str, str, str]) -> Prediction:
    return Prediction(source_id=id, version=None, outcome=said[0], reason=said[1], detail=said[2])


async def with_other(pool: Pool, one: Head, other: Head) -> list[Unlike]:
    """Every record that the two plans say different things of."""
    found = []
    async with (
        pool.acquire() as conn, conn.transaction(), pool.acquire() as beside, beside.transaction(),
    ):  # fmt: skip
        async for was, becomes in _merged(plans.records(conn, one.id), plans.records(beside, other.id)):
            if was is None or becomes is None or _said(was) != _said(becomes):
                found.append(Unlike(was, becomes))
    return found


def _said(one: Prediction) -> tuple[str, str, bytes]:
    return one.outcome, one.reason, one.fingerprint


Records = AsyncIterator[tuple[Prediction, list[int]]]


async def _merged(left: Records, right: Records) -> AsyncIterator[tuple[Prediction | None, Prediction | None]]:
    """Both, side by side by id; they come in the order of their ids."""
    one, other = await _next(left), await _next(right)
    while one is not None or other is not None:
        if other is None or (one is not None and one.source_id < other.source_id):
            yield one, None
            one = await _next(left)
        elif one is None or other.source_id < one.source_id:
            yield None, other
            other = await _next(right)
        else:
            yield one, other
            one, other = await _next(left), await _next(right)


async def _next(records: Records) -> Prediction | None:
    async for prediction, _ in records:
        return prediction
    return None
