"""A migration nobody disturbs: all over, once, whole and silent; run again, it writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from syncer.errors import Brake
from syncer.migrate import backfill, delta
from tests.flows import lives
from tests.flows.judge import Broken, counts_add_up
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


def test_an_emptied_source_stops_the_next_run(place: Place) -> None:
    emptied_source_stops(place)


def emptied_source_stops(place: Place) -> None:
    """With one ticket left of those that were migrated, a run says so and writes nothing."""
    lives.whole(place)
    registered = place.desks.registrations()
    with _emptied(place), patch.object(backfill, "FEW", 3):  # a world smaller than those the brake watches over
        message = _stopped_by_a_brake(place)
    assert f"shows 1 tickets, but {place.tickets} were migrated" in message
    assert place.desks.registrations() == registered


def _stopped_by_a_brake(place: Place) -> str:
    try:
        lives.whole(place)
    except Brake as e:
        return e.message
    raise Broken("an emptied source was taken for a finished one")


@contextmanager
def _emptied(place: Place) -> Iterator[None]:
    """All tickets but one are gone, for a while."""
    old = place.desks.old
    tickets = dict(old.tables.tickets)
    for id in sorted(tickets)[1:]:
        old.vanish(id)
    try:
        yield
    finally:
        old.tables.tickets.update(tickets)
        old.tables.changed()


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
