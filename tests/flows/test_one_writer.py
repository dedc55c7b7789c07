"""One writer for each route: the second is refused, and one who slept while another took over writes nothing more."""

from __future__ import annotations

from unittest.mock import patch

from syncer.errors import LeaseLost
from syncer.store import leases
from tests.flows import lives
from tests.flows.judge import Broken
from tests.flows.lives import ANNOUNCED, ANNOUNCING, on
from tests.flows.place import Place

TAKEN = "update lease set until = clock_timestamp() - interval '1 second'"
"""As if the sleeper had not renewed its lease for so long that it ran out."""


def test_a_second_migration_of_the_same_route_is_refused(place: Place) -> None:
    first = lives.begin(place, pause=on(lives.SENDING, 3))
    assert first.paused
    second = lives.begin(place)
    assert isinstance(second.error, LeaseLost)
    assert "another syncer is at work on this route" in second.error.message
    assert second.error.hint
    lives.wake(first)
    assert first.report is not None
    place.judge()


def test_a_sleeper_who_was_taken_over_announces_nothing(place: Place) -> None:
    a_sleeper_wakes_beside_its_successor(place)


def a_sleeper_wakes_beside_its_successor(place: Place) -> None:
    """Both stand before their next announcement; the sleeper wakes first. Its own clock tells it nothing."""
    sleeper = lives.begin(place, pause=on(ANNOUNCING, 3))
    place.sql(TAKEN)
    successor = lives.begin(place, pause=on(ANNOUNCING))
    assert successor.paused, successor.error
    registered = place.desks.registrations()
    lives.wake(sleeper)
    if place.desks.registrations() != registered:
        raise Broken("one who had been taken over wrote to the target")
    assert isinstance(sleeper.error, LeaseLost), sleeper.error
    lives.wake(successor)
    assert successor.report is not None, successor.error
    place.judge()


def test_a_sleeper_who_had_announced_does_not_send_once_its_lease_ran_out(place: Place) -> None:
    a_sleeper_wakes_after_its_announcement(place)


def a_sleeper_wakes_after_its_announcement(place: Place) -> None:
    """It fell asleep between the announcement and the write; its successor looked, found nothing and wrote."""
    sleeper = lives.begin(place, pause=on(ANNOUNCED, 2))
    place.sql(TAKEN)
    place.later()
    lives.whole(place)
    place.judge()
    registered = place.desks.registrations()
    real = leases._now
    with patch.object(leases, "_now", lambda: real() + leases.LIFE):
        lives.wake(sleeper)
    if place.desks.registrations() != registered:
        raise Broken("one who had been taken over sent what it had announced before")
    assert isinstance(sleeper.error, LeaseLost), sleeper.error
    place.judge()
