"""A long wait has a reason on the screen."""

from __future__ import annotations

from syncer.cli.progress import Progress
from syncer.pipeline.tally import Tally


def test_what_comes_before_the_first_outcome_is_told() -> None:
    tally = Tally()
    tally.doing = "listing old, 1,500 tickets so far"
    assert Progress("migrate move", {}).line(tally, None) == "migrate move: listing old, 1,500 tickets so far"


def test_what_keeps_tickets_from_passing_is_told() -> None:
    tally = Tally()
    tally.read = 3
    tally.trouble = "new: register IG-7 answered 429: Too many requests"
    assert Progress("migrate move", {}).line(tally, None).endswith(f"; waits for a better answer than: {tally.trouble}")
