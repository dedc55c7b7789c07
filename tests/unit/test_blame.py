"""One bad ticket stops only itself; a bad target stops the run, and parks nobody."""

from __future__ import annotations

from syncer.model.ids import TicketId
from syncer.pipeline.blame import FEW, Blame

BAD, *OTHERS = [TicketId(str(number)) for number in range(50)]


def test_a_ticket_is_at_fault_when_others_pass_after_its_first_failure() -> None:
    blame = Blame()
    for id in (BAD, *OTHERS):
        blame.failed(id)
    blame.made()
    assert blame.is_its_own(BAD, took_before=False)


def test_what_passed_before_the_first_failure_says_nothing() -> None:
    blame = Blame()
    blame.made()
    for id in (BAD, *OTHERS):
        blame.failed(id)
    assert not blame.is_its_own(BAD, took_before=True)


def test_the_last_ticket_that_is_left_is_at_fault_where_the_target_took_others() -> None:
    blame = Blame()
    assert [blame.failed(BAD) for _ in range(3)] == [1, 2, 3]
    assert not blame.is_its_own(BAD, took_before=False)
    assert blame.is_its_own(BAD, took_before=True)


def test_after_a_few_in_a_row_it_is_the_target() -> None:
    blame = Blame()
    blame.made()
    for id in OTHERS[:FEW]:
        blame.failed(id)
        assert blame.is_its_own(id, took_before=True)
        blame.over(id)
    blame.failed(BAD)
    assert not blame.is_its_own(BAD, took_before=True)
    blame.made()
    assert blame.is_its_own(BAD, took_before=True)
