"""Killed at each step of a delta: every ticket that came in since comes over once."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from syncer.errors import ConfigError
from syncer.migrate import delta
from tests.flows import lives
from tests.flows.judge import Broken
from tests.flows.lives import at, on
from tests.flows.place import Place
from tests.flows.test_killed_at_each_step import nearly_all, then_whole
from tests.flows.worlds import SECRET

SHARES = 2
STRIDE = 3
"""Here one step in three; `scripts/prove points` takes them all."""
HOUR = 3600


@pytest.mark.parametrize("share", range(SHARES))
def test_a_killed_delta_brings_every_new_ticket_once(place: Place, share: int) -> None:
    with new_tickets(place) as ids:
        steps = len(lives.begin(place, delta.delta).steps)
        assert steps > 60
        killed_in_delta(place, ids, range(share + 1, steps + 1, SHARES * STRIDE))


def killed_in_delta(place: Place, ids: list[int], points: Iterable[int]) -> None:
    """The same tickets are new each time; the delta is killed at each of these steps, then run to its end."""
    cursor = place.rows("select cursor from checkpoint_before")[0][0]
    killed = []
    for point in points:
        _rewind(place, ids, cursor)
        life = lives.begin(place, delta.delta, kill=at(point))
        killed.append(then_whole(place, life, f"killed at step {point}", delta.delta))
    nearly_all(killed)


def test_there_is_no_delta_of_a_migration_that_was_killed(place: Place) -> None:
    assert lives.begin(place, kill=on(lives.SENDING, 6)).killed
    place.buried()
    life = lives.begin(place, delta.delta)
    assert isinstance(life.error, ConfigError)
    assert "has not been through" in life.error.message


def test_an_edit_between_two_lives_is_seen_by_the_first_delta(place: Place) -> None:
    edited_between_two_lives(place)


def edited_between_two_lives(place: Place) -> None:
    """A ticket that is over is edited when the migration was killed; by the time it goes on, that is long ago."""
    old = place.desks.old
    assert lives.begin(place, kill=on(lives.SENDING, 9)).killed
    place.buried()
    place.later()
    id = int(place.rows("select source_id from effect where state = 'done' limit 1")[0][0])
    before = old.tables.tickets[id].title
    old.carrier.clock.advance(HOUR)
    old.edit(id, title="Changed while nobody was at work")
    old.carrier.clock.advance(HOUR)
    new = old.create("Came in later", "<p>body</p>")
    try:
        lives.whole(place)
        seen = lives.whole(place, delta.delta).tally.examples.get("changed_after", [])
        if seen != [str(id)]:
            raise Broken(f"ticket {id} was edited after it had been migrated; the delta saw {seen}")
    finally:
        old.tables.tickets[id].title = before
        old.vanish(new)


@contextmanager
def new_tickets(place: Place) -> Iterator[list[int]]:
    """A migration that is through, and four tickets that came in since, hours apart."""
    lives.whole(place)
    place.sql("create table checkpoint_before as select cursor from checkpoint")
    old, ids = place.desks.old, []
    try:
        for number in range(90, 94):
            old.carrier.clock.advance(HOUR)
            ids.append(old.create(f"New {number}", f"<p>body{number}end</p>"))
            old.comment(ids[-1], f"<p>told{number}x0end</p>")
            old.comment(ids[-1], f"<p>{SECRET}{number}x1end</p>", private=True)
        yield ids
    finally:
        for id in ids:
            old.vanish(id)


def _rewind(place: Place, ids: list[int], cursor: str) -> None:
    """As it was before the first delta: these tickets have never been seen."""
    names = ", ".join(f"'{id}'" for id in ids)
    place.sql(f"delete from effect where source_id in ({names}); update checkpoint set cursor = '{cursor}'")
    for ticket in list(place.desks.new.shelf.live):
        if any(ticket.title.endswith(f"[IG-{id}]") for id in ids):
            place.desks.new.shelf.delete(ticket)
    first, *later = sorted(place.home.glob("runs/*"), key=lambda path: int(path.name))
    assert first.is_dir()
    for folder in later:
        shutil.rmtree(folder)
