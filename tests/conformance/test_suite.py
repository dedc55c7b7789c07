"""The suite itself: a broken desk is caught by the test named for it, and a new desk is one folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from syncer.deskkit import registry
from tests.conformance import breaks
from tests.conformance.asked import claims, lacking
from tests.conformance.conftest import MORE_DESKS

HERE = Path(__file__).parent
CAUGHT_BY = {
    breaks.PRIVATE: "test_reading.py::test_private_comments_are_read_as_private",
    breaks.REPEATED: "test_reading.py::test_the_first_pass_sees_every_ticket",
    breaks.ERROR_INSIDE: "test_writing.py::test_a_yes_means_that_it_was_done",
    breaks.ETAG: "test_writing.py::test_a_change_of_an_older_version_is_refused",
}
IMMUNE = {breaks.REPEATED: {"tikting"}}
"""Whom a break does not harm: Tikting asks for longer pages where a server ignores which one is asked for."""
COPIED, COPY = "motadata", "paperdesk"


def run(*what: str, **environment: str) -> tuple[int, str]:
    """The suite, or a part of it, in a process of its own: its exit code, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-q", "-p", "no:cacheprovider", *what],
        cwd=HERE.parent.parent, env=os.environ | environment, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def kinds(word: str, test: str, said: str) -> set[str]:
    """The desks for which this test ended so."""
    return set(re.findall(rf"(?m)^{word} \S*{re.escape(test)}\[(\w+)\]", said))


@cache
def whole() -> str:
    """What the tests below say of desks that are whole."""
    code, said = run(*(str(HERE / test) for test in CAUGHT_BY.values()))
    assert code == 0, said
    return said


@pytest.mark.parametrize("broken", CAUGHT_BY)
def test_a_broken_desk_is_caught_by_the_test_named_for_it(broken: str) -> None:
    test = CAUGHT_BY[broken]
    passed = kinds("PASSED", test, whole())
    if broken != breaks.PRIVATE:  # the others break what is on its way
        passed = {kind for kind in passed if claims(kind).remote}
    if not passed:
        lacking("updates" if broken == breaks.ETAG else "reads")
    code, said = run(str(HERE / test), **{breaks.BREAK: broken})
    assert code == 1, said
    assert kinds("FAILED", test, said) == passed - IMMUNE.get(broken, set())


def test_private_comments_made_public_by_the_desk_are_noticed_when_they_are_written() -> None:
    test = "test_writing.py::test_comments_are_kept_in_order_and_no_more_public_than_they_were"
    code, said = run(str(HERE / test), **{breaks.BREAK: breaks.PRIVATE})
    assert code == 1, said
    assert kinds("FAILED", test, said)


def test_a_test_is_skipped_in_the_name_of_a_capability_or_fails() -> None:
    test = "test_truth.py::test_a_desk_can_be_read_or_written_or_both"
    code, said = run(str(HERE / test), **{breaks.BREAK: breaks.NAMELESS})
    assert code == 1, said
    assert said.count("skipped without the name of a capability") >= len(registry.kinds())


def test_a_new_desk_is_one_folder(tmp_path: Path) -> None:
    """A copy of one under another name is under every test, without a word elsewhere, and passes."""
    folder = tmp_path / COPY
    shutil.copytree(Path(registry.__file__).parent.parent / "desks" / COPIED, folder)
    for file in folder.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        text = text.replace(f"desks.{COPIED}", f"desks.{COPY}").replace(f'"{COPIED}"', f'"{COPY}"')
        file.write_text(text, encoding="utf-8")
    more = {MORE_DESKS: str(tmp_path)}
    code, said = run("--collect-only", str(HERE), **more)
    assert code == 0, said
    of_copy, of_original = (re.findall(rf"(?m)^\S+\[.*{kind}\]$", said) for kind in (COPY, COPIED))
    assert of_copy == [test.replace(COPIED, COPY) for test in of_original]
    assert len(of_copy) > 50
    code, said = run(*(str(HERE / f"test_{part}.py") for part in ("reading", "writing", "truth")), "-k", COPY, **more)
    assert code == 0, said
    for test in (*CAUGHT_BY.values(), "test_truth.py::test_every_claim_is_shown_to_be_true"):
        assert COPY in kinds("PASSED", test, said) or test == CAUGHT_BY[breaks.ETAG], test
