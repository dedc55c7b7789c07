"""What a loss explains, and that it explains nothing else."""

from __future__ import annotations

import pytest

from syncer.verify.excused import of_files, of_value, of_visibility


@pytest.mark.parametrize(
    ("missing", "others", "losses", "code"),
    [
        (1, 0, {"file_refused": 1}, "file_refused"),
        (2, 0, {"file_refused": 1}, ""),
        (2, 0, {"file_refused": 1, "file_too_large": 1}, "file_too_large"),
        (1, 1, {"file_refused": 5}, ""),
        (0, 1, {"file_refused": 5}, ""),
        (3, 0, {"loss_untold": 1}, "loss_untold"),
        (1, 1, {"loss_untold": 1}, ""),
        (1, 0, {"value_not_kept": 1}, ""),
    ],
)
def test_only_as_many_files_may_be_missing_as_were_counted(
    missing: int, others: int, losses: dict[str, int], code: str
) -> None:
    assert of_files(missing, others, losses) == code


@pytest.mark.parametrize(
    ("expected", "found", "losses", "code"),
    [
        ("public", "private", {"public_as_note": 1}, "public_as_note"),
        ("private", "public", {"public_as_note": 1}, ""),
        ("public", "private", {"loss_untold": 1}, ""),
        ("at place 3", "before others", {"public_as_note": 1}, ""),
        ("some words", "others", {"public_as_note": 1}, ""),
    ],
)
def test_a_comment_may_be_more_private_than_it_was_and_nothing_else(
    expected: str, found: str, losses: dict[str, int], code: str
) -> None:
    assert of_visibility(expected, found, losses) == code


@pytest.mark.parametrize(
    ("field", "losses", "code"),
    [
        ("status", {"status_as_good": 1}, "status_as_good"),
        ("status", {"assignee_as_text": 1}, ""),
        ("custom.7", {"custom_dropped": 1}, "custom_dropped"),
        ("priority", {"custom_dropped": 1}, ""),
        ("priority", {"loss_untold": 1}, "loss_untold"),
        ("tags", {}, ""),
    ],
)
def test_a_value_is_explained_by_losses_of_its_own(field: str, losses: dict[str, int], code: str) -> None:
    assert of_value(field, losses) == code
