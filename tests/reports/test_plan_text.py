"""What tickets say moves nothing on a terminal."""

from __future__ import annotations

import unicodedata

from syncer.reports.plan_text import blocker_lines, plan_text
from tests.reports.payloads import PAYLOADS
from tests.reports.plans import filled

TRICKS = (
    "\x1b[2J\x1b[1;1H",
    "\x1b]0;title\x07",
    "\x9b31m",
    "a\rb",
    "a\nNothing was written.",
    "\u202eabc",
    "\x08\x7f",
    "\u2028",
    "\x85",
)
HARMLESS = ("Übung", "東京", "👩\u200d💻", "a\u00a0b", "עברית")


def test_no_word_of_a_ticket_moves_a_cursor_or_makes_a_line() -> None:
    many = len(plan_text(filled(["word"])).splitlines())
    for by in range(len(PAYLOADS) + len(TRICKS)):
        words = (*TRICKS, *PAYLOADS)
        plan = filled(words[by:] + words[:by])
        text = plan_text(plan)
        moving = {letter for letter in text if unicodedata.category(letter) in {"Cc", "Zl", "Zp"}} - {"\n"}
        assert moving == set()
        assert "\u202e" not in text
        assert len(text.split("\n")) == many
        assert all(len(line.splitlines()) == 1 for line in blocker_lines(plan))


def test_words_of_every_script_are_as_they_were() -> None:
    text = plan_text(filled(HARMLESS))
    assert all(word in text for word in HARMLESS)
