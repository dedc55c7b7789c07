"""Promise a: what was read ends as one of five outcomes, each of them counted; a run that lost count says so."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from aiohttp import web

from syncer.errors import Fatal
from syncer.model.ids import TicketId
from syncer.pipeline.tally import Result, Tally
from tests.flows import lives
from tests.flows.desks import REGISTER, Answer
from tests.flows.judge import Broken
from tests.flows.place import Place

UNREADABLE, REFUSED = "1003", "1009"
SKIPPED = {"1008"}
UNMAPPED = {"1005", "1012"}
NOT_CREATED = {UNREADABLE, REFUSED, *SKIPPED, *UNMAPPED}


def test_each_outcome_is_counted(place: Place) -> None:
    each_outcome_counted(place)


def each_outcome_counted(place: Place) -> None:
    """Of a dozen tickets one is skipped by a rule, four cannot pass for three reasons; the others pass, once."""
    _spoil(place)
    created = set(place.desks.old.state()["tickets"]) - NOT_CREATED
    first = _counted(place, created=len(created), unchanged=0)
    if first["created"] != 7:
        raise Broken(f"{first}")
    _counted(place, created=0, unchanged=len(created))
    titles = [ticket["title"] for ticket in place.desks.new.state()["tickets"]]
    assert sorted(re.findall(r"\[IG-(\d+)\]", " ".join(titles))) == sorted(created)


def _counted(place: Place, *, created: int, unchanged: int) -> dict[str, int]:
    tally = lives.whole(place).tally
    counts = tally.counts()
    expected = {
        "read": 12, "created": created, "updated": 0, "unchanged": unchanged, "skipped": 1, "parked": 4, "adopted": 0,
    }  # fmt: skip
    if counts != expected:
        raise Broken(f"counted {counts} instead of {expected}")
    assert tally.reasons == {"skip.status": 1, "unmapped": 2, "unreadable": 1, "refused": 1}
    parked = {row["source_id"]: row["reason"] for row in place.rows("select source_id, reason from dead_letter")}
    assert parked == {UNREADABLE: "unreadable", REFUSED: "refused", **dict.fromkeys(UNMAPPED, "unmapped")}
    return counts


def _spoil(place: Place) -> None:
    """A rule, a value nobody decided about, a ticket the source cannot show, one the target does not take."""
    path = place.config.parent / "mapping.yaml"
    text = path.read_text()
    for before, after in (
        ("{lookup: priority, default: Medium}", "{lookup: priority}"),
        ("  priority: {Critical: Urgent}\n", ""),
        ("fields:\n", "skip: {status: [Cancelled]}\nfields:\n"),
    ):
        assert before in text
        text = text.replace(before, after)
    path.write_text(text)

    async def watch(request: web.Request, answer: Answer) -> web.StreamResponse:
        call = f"{request.method} {request.path}"
        if call == "GET /api/v1/incidents" and UNREADABLE in request.query.getall("ids[]", []):
            return web.Response(status=400, text="Undefined index: pretty_id")
        if call == REGISTER and f"[IG-{REFUSED}]".encode() in await request.read():
            return web.Response(status=400, text="not as we like it")
        return await answer()

    place.desks.watch = watch


@pytest.mark.parametrize("forgotten", [Result.CREATED, Result.UNCHANGED, Result.SKIPPED, Result.PARKED])
def test_a_run_that_lost_count_stops_and_keeps_its_checkpoint(place: Place, forgotten: Result) -> None:
    _spoil(place)
    if forgotten is Result.UNCHANGED:
        lives.whole(place)
        place.sql("delete from checkpoint")
    count = Tally.count

    def forgetful(self: Tally, result: Result, id: TicketId, reason: str = "") -> None:
        if result is not forgotten:
            count(self, result, id, reason)

    with patch.object(Tally, "count", forgetful), pytest.raises(Fatal, match="12 tickets were read, but"):
        lives.whole(place)
    assert place.rows("select 1 from checkpoint") == []
