"""A migration nobody disturbs: all over, once, whole and silent; run again, it writes nothing."""

from __future__ import annotations

import json

from syncer.migrate import delta
from tests.flows import lives
from tests.flows.judge import counts_add_up
from tests.flows.place import Place
from tests.flows.test_killed_delta import new_tickets


def test_everything_is_over_once_and_a_second_run_writes_nothing(ugly_place: Place) -> None:
    everything_once(ugly_place)


def everything_once(place: Place) -> None:
    """A first run brings all, a second one finds nothing to do."""
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


def test_private_notes_are_kept_on_this_machine_and_counted(ugly_place: Place) -> None:
    report = lives.whole(ugly_place)
    assert report.sidecar is not None
    kept = [json.loads(line) for line in report.sidecar.read_text().splitlines()]
    tickets = ugly_place.desks.old.state()["tickets"].values()
    private = [c for ticket in tickets for c in ticket["comments"] if not c["customer_visible"]]
    assert len(kept) == report.tally.losses["private_note_withheld"] == len(private) > 10
    assert report.sidecar.stat().st_mode & 0o077 == 0


def test_a_delta_brings_the_new_tickets_and_says_what_changed_afterwards(place: Place) -> None:
    old = place.desks.old
    with new_tickets(place) as ids:
        before = old.state()["tickets"]["1001"]["title"]
        registered = place.desks.registrations()
        old.edit(1001, title="Changed since")
        counts = lives.whole(place, delta.delta).tally.counts()
        old.edit(1001, title=before)
        counts_add_up(counts)
        assert (counts["created"], counts["parked"]) == (len(ids), 1)
        assert place.desks.registrations() == registered + len(ids)
        place.judge()
