"""A migration nobody disturbs: all over, once, whole and silent; run again, it writes nothing."""

from __future__ import annotations

from tests.flows import lives
from tests.flows.judge import counts_add_up
from tests.flows.place import Place


def test_everything_is_over_once_and_a_second_run_writes_nothing(ugly_place: Place) -> None:
    place = ugly_place
    report = lives.whole(place)
    counts_add_up(report.tally.counts(), place.tickets)
    place.judge()
    registered = place.desks.registrations()
    assert registered == place.tickets
    again = lives.whole(place)
    counts_add_up(again.tally.counts(), place.tickets)
    assert again.tally.counts()["unchanged"] == place.tickets
    assert place.desks.registrations() == registered
    place.judge()
