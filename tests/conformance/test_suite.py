"""The suite itself: a broken desk is caught by the test named for it, and a new desk is one folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

from syncer.deskkit import registry
from tests.conformance import breaks
from tests.conformance.asked import can
from tests.conformance.conftest import MORE_DESKS
from tests.conformance.promised import CLAIMS, promises

HERE = Path(__file__).parent
COPIED, COPY = "motadata", "paperdesk"


class Caught(Struct, frozen=True):
    """A break, the test that notices it, and for which kinds of desk it does."""

    broken: str
    by: str
    of: Callable[[str], bool]

    @property
    def desks(self) -> set[str]:
        """All that must be noticed."""
        return set(filter(self.of, registry.kinds()))


def _all(*capabilities: str) -> Callable[[str], bool]:
    return lambda kind: all(can(kind, one) for one in capabilities)


def _is_versioned(kind: str) -> bool:
    return promises(kind).conditional


def _asks_for_pages(kind: str) -> bool:
    """Tikting and Znuny ask for longer pages where a server ignores which one is asked for: they are not harmed."""
    return can(kind, "reads") and can(kind, "remote") and kind not in {"tikting", "znuny"}


CATCHES = [
    Caught(breaks.PRIVATE, "test_reading.py::test_private_comments_are_read_as_private", _all("reads")),
    Caught(breaks.PRIVATE, "test_writing.py::test_comments_are_kept_in_order_and_no_more_public_than_they_were",
           _all("writes", "takes_comments", "keeps_private")),
    Caught(breaks.PUBLISHED, "test_writing.py::test_comments_are_kept_in_order_and_no_more_public_than_they_were",
           _all("writes", "takes_comments", "keeps_private")),
    Caught(breaks.REPEATED, "test_reading.py::test_the_first_pass_sees_every_ticket", _asks_for_pages),
    Caught(breaks.ERROR_INSIDE, "test_writing.py::test_a_yes_means_that_it_was_done", _all("writes", "remote")),
    Caught(breaks.ETAG, "test_writing.py::test_a_change_of_an_older_version_is_refused", _is_versioned),
    Caught(breaks.VERSIONLESS, "test_writing.py::test_a_change_of_an_older_version_is_refused", _is_versioned),
    Caught(breaks.CLAIMLESS, "test_truth.py::test_a_desk_claims_what_its_contract_lets_it_and_no_less",
           _all("takes_comments")),
    Caught(breaks.LISTLESS, "test_truth.py::test_lists_are_of_the_kinds_that_are_claimed",
           lambda kind: breaks.LIST in promises(kind).lists),
    Caught(breaks.FILELESS, "test_reading.py::test_files_arrive_byte_for_byte",
           lambda kind: can(kind, "reads") and "files" in promises(kind).shows),
    Caught(breaks.EARLIER, "test_reading.py::test_a_ticket_reads_as_the_desk_keeps_it", _all("reads")),
    Caught(breaks.BLIND, "test_twice.py::test_nothing_is_done_twice_when_the_answer_to_any_write_is_lost",
           _all("writes", "finds_by_key", "remote", "takes_times")),
    Caught(breaks.BLIND, "test_twice.py::test_a_second_life_finds_all_that_was_done", _all("writes", "finds_by_key")),
    Caught(breaks.UNTOLD, "test_truth.py::test_what_is_not_taken_is_told_and_counted",
           lambda kind: can(kind, "writes") and not can(kind, "adopts_lists")),
]  # fmt: skip


def run(*what: str, **environment: str) -> tuple[int, str]:
    """The suite, or a part of it, in a process of its own: its exit code, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-q", "-p", "no:cacheprovider", *what],
        cwd=HERE.parent.parent, env=os.environ | environment, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def ended(word: str, test: str, said: str) -> set[str]:
    """The desks for which this test, with any of its parameters, ended so."""
    found = re.findall(rf"(?m)^{word} \S*{re.escape(test)}\[(.*?)\](?= - |$)", said)
    return {part for parameters in found for part in parameters.split("-") if part in {*registry.kinds(), COPY}}


@pytest.mark.parametrize("catch", CATCHES, ids=lambda catch: f"{catch.broken}: {catch.by.partition('::')[2]}")
def test_a_broken_desk_is_caught_by_the_test_named_for_it(catch: Caught) -> None:
    """For each desk that can have this wrong, and no other."""
    assert catch.desks, "no desk can have this wrong"
    code, said = run(str(HERE / catch.by), **{breaks.BREAK: catch.broken})
    assert code == 1, said
    assert ended("FAILED", catch.by, said) == catch.desks


def test_a_test_is_skipped_in_the_name_of_a_capability_or_fails() -> None:
    test = "test_truth.py::test_a_desk_can_be_read_or_written_or_both"
    code, said = run(str(HERE / test), **{breaks.BREAK: breaks.NAMELESS})
    assert code == 1, said
    assert said.count("skipped without the name of a capability") >= len(registry.kinds())


def copied(place: Path) -> dict[str, str]:
    """Another desk, a copy of one under another name: the environment in which it is there."""
    folder = place / COPY
    shutil.copytree(Path(registry.__file__).parent.parent / "desks" / COPIED, folder)
    for file in folder.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        text = text.replace(f"desks.{COPIED}", f"desks.{COPY}").replace(f'"{COPIED}"', f'"{COPY}"')
        file.write_text(text, encoding="utf-8")
    return {MORE_DESKS: str(place)}


def test_a_new_desk_is_one_folder(tmp_path: Path) -> None:
    """It is under every test, without a word elsewhere, and passes."""
    more = copied(tmp_path)
    code, said = run("--collect-only", str(HERE), **more)
    assert code == 0, said
    of_copy, of_original = (re.findall(rf"(?m)^\S+\[.*{kind}\]$", said) for kind in (COPY, COPIED))
    assert of_copy == [test.replace(COPIED, COPY) for test in of_original]
    assert len(of_copy) > 50
    code, said = run(*(str(HERE / f"test_{part}.py") for part in ("reading", "writing", "truth")), "-k", COPY, **more)
    assert code == 0, said
    for catch in CATCHES:
        if catch.of(COPIED) and "test_twice" not in catch.by:
            assert COPY in ended("PASSED", catch.by, said), catch.by


def test_a_desk_whose_promises_are_not_written_down_is_not_taken_at_its_word(tmp_path: Path) -> None:
    more = copied(tmp_path)
    (tmp_path / COPY / CLAIMS).unlink()
    code, said = run(str(HERE / "test_truth.py"), "-k", COPY, **more)
    assert code == 1, said
    test = "test_truth.py::test_a_desk_claims_what_its_contract_lets_it_and_no_less"
    assert ended("FAILED", test, said) == {COPY}
    assert f"write down in {CLAIMS}" in said
