"""The proofs have teeth: each deliberate break of the engine is caught by a test of this folder.

Each line names a break, the test that must catch it, and the share of that test's work which is enough for it. The same
work passes on the engine as it is: that is the test itself.
"""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest

from syncer.pipeline import search_lag
from tests.flows import lives, mutants
from tests.flows import test_killed_at_each_step as each_step
from tests.flows import test_killed_delta as delta
from tests.flows import test_lost_answers as answers
from tests.flows import test_one_writer as writer
from tests.flows import test_the_sum as outcomes
from tests.flows import test_whole_migration as whole
from tests.flows.judge import Broken
from tests.flows.place import Place

Proof = Callable[[Place], None]


def some_points(place: Place) -> None:
    """`test_a_killed_migration_loses_nothing_and_doubles_nothing`, at the steps around the writes."""
    lives.whole(place)
    place.reset(lists=False)
    steps = lives.begin(place).steps
    each_step.killed_once(place, _around(steps, lives.SENDING))


def some_points_twice(place: Place) -> None:
    """`test_a_migration_killed_twice_loses_nothing_and_doubles_nothing`, at the steps around the writes."""
    lives.whole(place)
    each_step.killed_twice(place, _around(each_step.half_done(place).steps, lives.SENDING))


def some_points_of_a_delta(place: Place) -> None:
    """`test_a_killed_delta_brings_every_new_ticket_once`, at the steps around the writes."""
    from syncer.migrate.delta import delta as command

    with delta.new_tickets(place) as ids:
        delta.killed_in_delta(place, ids, _around(lives.begin(place, command).steps, lives.SENDING))


def _around(steps: list[str], name: str) -> list[int]:
    """Steps of this name and those of their answers, counted from 1."""
    answer = name.replace("before", "after")
    return [number for number, step in enumerate(steps, 1) if step in {name, answer}]


CAUGHT: list[tuple[mutants.Mutant, Proof]] = [
    (mutants.blind_retry, answers.lost_while_the_search_lags),
    (mutants.acknowledged_before_written, some_points),
    (mutants.no_look_at_what_was_left_open, some_points),
    (mutants.one_look_at_once, answers.lost_while_the_search_lags),
    (mutants.one_look_at_once, answers.killed_while_a_write_is_under_way),
    (mutants.private_notes_told, whole.everything_once),
    (mutants.comments_turned_around, whole.everything_once),
    (mutants.an_open_brake, whole.emptied_source_stops),
    (mutants.checkpoint_before_outcomes, some_points_of_a_delta),
    (mutants.each_life_begins_anew, delta.edited_between_two_lives),
    (mutants.ledger_without_fence, writer.a_sleeper_wakes_beside_its_successor),
    (mutants.lease_not_looked_at, writer.a_sleeper_wakes_after_its_announcement),
    (mutants.created_not_counted, whole.everything_once),
    (mutants.parked_not_counted, outcomes.each_outcome_counted),
    (mutants.skipped_not_counted, outcomes.each_outcome_counted),
    (mutants.closed_after_announced, some_points_twice),
]


@pytest.mark.parametrize(
    ("mutant", "proof"), CAUGHT, ids=[f"{mutant.__name__}-{proof.__name__}" for mutant, proof in CAUGHT]
)
def test_a_deliberate_break_is_caught(place: Place, mutant: mutants.Mutant, proof: Proof) -> None:
    # A doubled ticket is one for which the self-test of the search would wait a minute.
    with mutant(), patch.object(search_lag, "PATIENCE", 1.0), pytest.raises(Broken) as caught:
        proof(place)
    print(f"caught: {str(caught.value).splitlines()[0]}")


def test_every_break_has_a_test_that_catches_it() -> None:
    there = {name for name, one in vars(mutants).items() if getattr(one, "__wrapped__", None) and one.__doc__}
    elsewhere = {mutant.__name__ for mutant in mutants.STEPS}
    assert {mutant.__name__ for mutant, _ in CAUGHT} == there - {"contextmanager"} - elsewhere
