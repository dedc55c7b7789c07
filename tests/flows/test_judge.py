"""The judge of these proofs sees each single thing that may be wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows import lives
from tests.flows.judge import Broken, counts_add_up
from tests.flows.place import Place
from tests.flows.worlds import SECRET


def _notes(place: Place) -> Path:
    (path,) = place.home.glob("runs/*/private-notes.jsonl")
    return path


def _edit(place: Place, **changes: Any) -> None:
    """Change the target's copy of a ticket with a transcript and attachments."""
    ticket = next(t for t in place.desks.new.shelf.live if t.title.endswith("[IG-1004]"))
    for name, change in changes.items():
        setattr(ticket, name, change(getattr(ticket, name)))


def _swapped(text: str) -> str:
    first, last = re.findall(r"told\d+x\d+end", text)[:2]
    return text.replace(first, "?").replace(last, first).replace("?", last)


WRONG: dict[str, tuple[str, Callable[[Place], Any]]] = {
    "lost": ("lost: 1004", lambda p: _edit(p, title=lambda t: t.replace("IG-1004", "IG-1003"))),
    "doubled": ("doubled: 1003", lambda p: _edit(p, title=lambda t: t.replace("IG-1004", "IG-1003"))),
    "invented": ("invented: 9", lambda p: _edit(p, title=lambda t: t.replace("IG-1004", "IG-9"))),
    "unmarked": ("carries no marker", lambda p: _edit(p, title=lambda t: t.removesuffix("[IG-1004]"))),
    "title": ("1004: title", lambda p: _edit(p, title=lambda t: f"x{t}")),
    "status": ("1004: status", lambda p: _edit(p, status=lambda s: s % 3 + 1)),
    "requester": ("1004: requester", lambda p: _edit(p, creator=lambda c: p.desks.new.shelf.live[0].creator)),
    "a word": ("1004: the word", lambda p: _edit(p, description=lambda d: d.replace("First", ""))),
    "order": ("1004: comments told", lambda p: _edit(p, description=_swapped)),
    "twice told": ("1004: comments told", lambda p: _edit(p, description=lambda d: d + " told3x0end")),
    "a file": ("1004: 1 attachments of 2", lambda p: _edit(p, uploads=lambda u: u[1:])),
    "a leak": ("a private note is on the target", lambda p: _edit(p, description=lambda d: f"{d} {SECRET}3x1end")),
    "kept twice": ("kept 2 times", lambda p: _notes(p).write_text(_notes(p).read_text() * 2)),
    "not kept": ("private notes kept of", lambda p: _notes(p).write_text("")),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_the_judge_sees_what_is_wrong(place: Place, what: str) -> None:
    lives.whole(place)
    place.judge()
    said, spoil = WRONG[what]
    spoil(place)
    with pytest.raises(Broken, match=re.escape(said)):
        place.judge()


def test_a_sum_that_is_not_right_is_seen() -> None:
    counts = {"read": 5, "created": 2, "updated": 0, "unchanged": 1, "skipped": 1, "parked": 1}
    counts_add_up(counts, 5)
    for wrong in (counts | {"created": 1}, counts | {"read": 6}):
        with pytest.raises(Broken):
            counts_add_up(wrong)
    with pytest.raises(Broken):
        counts_add_up(counts, 6)
