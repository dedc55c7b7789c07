"""The judge of these proofs sees each single thing that may be wrong."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from msgspec.structs import replace

from syncer.desks.tikting.emulator_tickets import Upload
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


def _renamed(files: list[Upload]) -> list[Upload]:
    return [replace(file, name=f"file{number}.bin") for number, file in enumerate(files)]


def _unnamed(place: Place) -> Callable[[str], str]:
    state = place.desks.old.state()
    user = state["users"][str(state["tickets"]["1004"]["user_id"])]
    return lambda text: text.replace(user["name"], "somebody")


def _with_a_note(files: list[Upload]) -> list[Upload]:
    note = SECRET.encode()
    return [*files, Upload("IG-1004-rest.txt", len(note), hashlib.sha256(note).hexdigest(), "text/plain", note)]


def _private_file(place: Place) -> Upload:
    comments = place.desks.old.state()["tickets"]["1004"]["comments"]
    (file,) = (f for c in comments if not c["customer_visible"] for f in c["files"])
    return Upload(file["name"], file["size"], file["sha256"], "text/plain")


def _refused(place: Place) -> None:
    told = Request(f"{place.desks.new_url}/api/TicketsApi/register", SECRET.encode())
    with pytest.raises(HTTPError):
        urlopen(told, timeout=10)


WRONG: dict[str, tuple[str, Callable[[Place], Any]]] = {
    "lost": ("lost: 1004", lambda p: _edit(p, title=lambda t: t.replace("IG-1004", "IG-1003"))),
    "doubled": ("doubled: 1003", lambda p: _edit(p, title=lambda t: t.replace("IG-1004", "IG-1003"))),
    "invented": ("invented: 9", lambda p: _edit(p, title=lambda t: t.replace("IG-1004", "IG-9"))),
    "unmarked": ("carries no marker", lambda p: _edit(p, title=lambda t: t.removesuffix("[IG-1004]"))),
    "title": ("1004: title", lambda p: _edit(p, title=lambda t: f"x{t}")),
    "status": ("1004: status", lambda p: _edit(p, status=lambda s: s % 3 + 1)),
    "priority": ("1004: priority", lambda p: _edit(p, priority=lambda s: s % 3 + 1)),
    "category": ("1004: category", lambda p: _edit(p, category=lambda s: s % 3 + 1)),
    "group": ("1004: group", lambda p: _edit(p, group=lambda s: s % 3 + 1)),
    "site": ("1004: site", lambda p: _edit(p, site=lambda s: s % 3 + 1)),
    "department": ("1004: department", lambda p: _edit(p, department=lambda s: s % 2 + 1)),
    "requester": ("1004: requester", lambda p: _edit(p, creator=lambda c: p.desks.new.shelf.live[0].creator)),
    "a word": ("1004: the word", lambda p: _edit(p, description=lambda d: d.replace("First", ""))),
    "order": ("1004: comments told", lambda p: _edit(p, description=_swapped)),
    "twice told": ("1004: comments told", lambda p: _edit(p, description=lambda d: d + " told3x0end")),
    "a file": ("1004: 1 attachments of 2", lambda p: _edit(p, uploads=lambda u: u[1:])),
    "another name": ("1004: 2 attachments of 2", lambda p: _edit(p, uploads=_renamed)),
    "no author": ("comment told3x0end: ", lambda p: _edit(p, description=_unnamed(p))),
    "no time": ("comment told3x2end: the time", lambda p: _edit(p, description=lambda d: d.replace(" UTC", ""))),
    "a leak": ("a private note is on the target", lambda p: _edit(p, description=lambda d: f"{d} {SECRET}3x1end")),
    "a leak in a file": ("in a file on the target", lambda p: _edit(p, uploads=_with_a_note)),
    "a private file": ("the file of a private note", lambda p: _edit(p, uploads=lambda u: [*u, _private_file(p)])),
    "a refused leak": ("a private note was told in POST /api/TicketsApi/register", _refused),
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
