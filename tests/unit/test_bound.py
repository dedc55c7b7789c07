"""A pass that does a plan keeps predictions of what is yet to be read, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from syncer.model.ids import Key, TicketId, Version
from syncer.model.link import EffectState, Link
from syncer.model.plan import Prediction
from syncer.pipeline.bound import Bound
from syncer.pipeline.tally import Result

IDS = [TicketId(str(n)) for n in range(100)]


class Known:
    """A ledger in which every second ticket is over."""

    async def known(self, ids: Sequence[TicketId]) -> dict[TicketId, Link]:
        return {id: Link(id, EffectState.DONE, Key(f"K-{id}"), Version("1"), id) for id in ids[::2]}


async def _planned(ids: Sequence[TicketId]) -> dict[TicketId, Prediction]:
    return {id: Prediction(source_id=id, version=None, outcome=Result.CREATED) for id in ids}


async def test_what_is_over_leaves_no_prediction_behind() -> None:
    bound = Bound(cast("Any", None), cast("Any", Known()), _planned, {})
    assert len(await bound.known(IDS)) == 50
    assert set(bound._planned) == set(IDS[1::2])
