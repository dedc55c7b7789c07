"""Deliberate breaks, of the engine and of what a target keeps, each with the words by which the judge must tell it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from syncer.deskkit.contract import Download
from syncer.deskkit.kept import KeptFile, KeptTicket
from syncer.mapping.comments import Comments, Sorted
from syncer.mapping.extras import Extras
from syncer.mapping.tables import Tables
from syncer.mapping.ticket import Mapper
from syncer.migrate import lookups
from syncer.model.draft import Draft
from syncer.model.ids import Key
from syncer.model.ticket import Ticket
from syncer.pipeline.files import Files
from syncer.pipeline.load import Load
from tests.flows.matrix_evidence import Evidence, Over
from tests.flows.matrix_texts import OWN

Break = Callable[[pytest.MonkeyPatch], None]
Edit = Callable[[Evidence], Evidence]


def _comments(change: Callable[[Sorted], None]) -> Break:
    def put(patch: pytest.MonkeyPatch) -> None:
        whole = Comments.sort

        def sort(self: Comments, ticket: Ticket, key: Key, losses: list[str]) -> Sorted:
            found = whole(self, ticket, key, losses)
            change(found)
            return found

        patch.setattr(Comments, "sort", sort)

    return put


def _reversed(found: Sorted) -> None:
    found.own.reverse()


def _opened(found: Sorted) -> None:
    found.own[:] = [replace(comment, public=True) for comment in found.own]


def _flipped(patch: pytest.MonkeyPatch) -> None:
    whole = Files.fetch

    async def fetch(self: Files, *what: Any) -> tuple[list[Download], list[str]]:
        files, lost = await whole(self, *what)
        return [_another(file) if file.content else file for file in files], lost

    patch.setattr(Files, "fetch", fetch)


def _another(file: Download) -> Download:
    content = file.content or b""
    return replace(file, content=bytes([content[0] ^ 1]) + content[1:])


def _twice(patch: pytest.MonkeyPatch) -> None:
    whole = Load._make

    async def make(self: Load, draft: Draft) -> Any:
        made = await whole(self, draft)
        if not draft.files:
            await self._target.create(draft, ())
        return made

    patch.setattr(Load, "_make", make)


def _crossed(patch: pytest.MonkeyPatch) -> None:
    whole = lookups.tables

    async def tables(*what: Any, **more: Any) -> Tables:
        found = await whole(*what, **more)
        decided = found.decided["priority", "priority"]
        decided.update(zip(decided, [*list(decided.values())[1:], *list(decided.values())[:1]], strict=True))
        return found

    patch.setattr(lookups, "tables", tables)


def _untagged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Extras, "_tags", lambda *what: ())


def _counted_twice(patch: pytest.MonkeyPatch) -> None:
    whole = Mapper._as_text

    def as_text(self: Mapper, ticket: Ticket, losses: list[str]) -> None:
        whole(self, ticket, losses)
        losses.append("times_as_text")

    patch.setattr(Mapper, "_as_text", as_text)


def _uncounted(patch: pytest.MonkeyPatch) -> None:
    whole = Comments._own
    patch.setattr(Comments, "_own", lambda self, ticket, comment, key, losses: whole(self, ticket, comment, key, []))


OF_THE_ENGINE: dict[str, tuple[Break, str]] = {
    "comments out of order": (_comments(_reversed), r": comments \["),
    "private comments made public": (_comments(_opened), "it was private and is public"),
    "a byte of each file flipped": (_flipped, "files"),
    "tickets made twice": (_twice, "nobody's ticket on the target"),
    "a list mapped crosswise": (_crossed, "priority '.*' instead of"),
    "tags lost without a loss": (_untagged, r"tags \[\] instead of"),
    "a loss counted twice": (_counted_twice, "the ledger says times_as_text"),
    "losses not counted": (_uncounted, "the ledger says comment_time_as_text 0 times"),
}
"""What the engine does wrong, and how the judge must tell it."""


def _one(
    seen: Evidence, wanted: Callable[[KeptTicket], object], change: Callable[[KeptTicket], KeptTicket]
) -> Evidence:
    """The first ticket on the target that is as wanted becomes another; where none is, the first of all."""
    at = next((at for at, ticket in enumerate(seen.new) if wanted(ticket)), 0)
    return replace(seen, new=[*seen.new[:at], change(seen.new[at]), *seen.new[at + 1 :]])


def _field(name: str, value: Any) -> Edit:
    """A field of the first ticket that holds anything in it: another value."""
    return lambda seen: _one(seen, lambda one: getattr(one, name), lambda one: replace(one, **{name: value}))


def _said(name: str, value: Any) -> Edit:
    """The same with a field of the first comment of somebody."""

    def change(one: KeptTicket) -> KeptTicket:
        first, *others = one.comments
        made = value(first) if callable(value) else value
        return replace(one, comments=(replace(first, **{name: made}), *others))

    def edit(seen: Evidence) -> Evidence:
        def wanted(one: KeptTicket) -> bool:
            return bool(one.comments) and one.comments[0].public and OWN.search(one.comments[0].text) is not None

        return _one(seen, wanted, change)

    return edit


def _in_comment(seen: Evidence, change: Callable[[Sequence[Any]], tuple[Any, ...]]) -> Evidence:
    return _one(seen, lambda one: len(one.comments) > 2, lambda one: replace(one, comments=change(one.comments)))


def _without_words(pattern: str) -> Edit:
    def change(one: KeptTicket) -> KeptTicket:
        return replace(one, body=re.sub(pattern, "", one.body))

    return lambda seen: _one(seen, lambda one: re.search(pattern, one.body), change)


def _losses(**more: int) -> Edit:
    return lambda seen: replace(
        seen, losses={**seen.losses, **{code: seen.losses.get(code, 0) + by for code, by in more.items()}}
    )


def _shown_openly(seen: Evidence) -> Evidence:
    """The file of a private note among those of its ticket."""

    def private(one: KeptTicket) -> tuple[KeptFile, ...]:
        return next((comment.files for comment in one.comments if comment.files and not comment.public), ())

    return _one(seen, private, lambda one: replace(one, files=(*one.files, *private(one))))


def _line(seen: Evidence, number: int, **changes: str) -> list[Over]:
    return [replace(one, **changes) if at == number else one for at, one in enumerate(seen.over)]


OF_WHAT_IS_KEPT: dict[str, tuple[Edit, str]] = {
    "a ticket missing": (lambda seen: replace(seen, new=seen.new[1:]), "not on the target"),
    "a ticket doubled": (lambda seen: replace(seen, new=[*seen.new, replace(seen.new[0], id="9")]), "nobody's ticket"),
    "no line for a ticket": (lambda seen: replace(seen, over=seen.over[1:]), "lost: "),
    "two lines for a ticket": (lambda seen: replace(seen, over=[*seen.over, seen.over[0]]), "is over 2 times"),
    "two tickets that are one": (
        lambda seen: replace(seen, over=_line(seen, 1, new=seen.over[0].new)),
        "stands for 2 tickets",
    ),
    "another title": (_field("title", "Hello [MD-65]"), "title 'Hello'"),
    "no marker": (_field("title", "Hello"), "has no marker"),
    "another requester": (_field("requester", "nobody@acme.example"), "requester nobody@acme.example"),
    "another assignee": (_field("assignee", "nobody@acme.example"), "assignee nobody@acme.example"),
    "another day": (_field("created", 1), "created 1 instead of"),
    "values of none": (_field("values", {}), "status None instead of"),
    "a text without its word": (_without_words(r"body\d+end"), "of its text is missing"),
    "a text without its time": (_without_words(r"Created [^<]*"), "when it was created is not told"),
    "a text without its tags": (_without_words("Tags: [^<]*"), "is not told"),
    "a text that acts": (_field("body", "<p>Hello</p><script>go()</script>"), "would run in a browser"),
    "a comment too few": (lambda seen: _in_comment(seen, lambda said: tuple(said[1:])), r": comments \["),
    "a comment twice": (lambda seen: _in_comment(seen, lambda said: (*said, said[0])), r": comments \["),
    "two comments exchanged": (lambda seen: _in_comment(seen, lambda said: (said[1], said[0], *said[2:])), "comments"),
    "a comment nobody made": (
        lambda seen: _in_comment(seen, lambda said: (*said, replace(said[0], text="Hello"))),
        "a comment that nobody said",
    ),
    "somebody else's comment": (_said("author", "nobody@acme.example"), "nobody@acme.example"),
    "a public comment hidden": (_said("public", False), "it was public, is not"),
    "a comment without a word": (_said("text", lambda one: re.sub(r"told", "", one.text)), "comments"),
    "a comment without its time": (_said("text", lambda one: re.sub(r"\d\d:\d\d:\d\d", "", one.text)), "when it was"),
    "no files": (_field("files", ()), "too many or missing"),
    "a private file shown": (_shown_openly, "the file of a private note can be read"),
    "nobody told": (_field("cc", ()), r"told are \[\]"),
    "a tag nobody gave": (lambda seen: _one(seen, bool, lambda one: replace(one, tags=("new",))), "tags"),
    "no custom values": (_field("custom", {}), "None instead of"),
    "a custom value too many": (
        lambda seen: _one(seen, bool, lambda one: replace(one, custom={**one.custom, "New": ("new",)})),
        "nobody's custom value",
    ),
    "a link nobody made": (
        lambda seen: _one(seen, bool, lambda one: replace(one, links=(seen.new[-1].id,))), "is nobody's",
    ),
    "a loss too many": (_losses(times_as_text=1), "the ledger says times_as_text"),
    "a loss too few": (_losses(tags_as_text=-1), "the ledger says tags_as_text"),
    "a loss of its own": (_losses(cc_dropped=1), "the ledger says cc_dropped 1 times, and it is 0"),
    "a run that lost count": (lambda seen: replace(seen, counts={**seen.counts, "read": 1}), "and the run says"),
    "a second run that writes": (lambda seen: replace(seen, writes=1), "the second run wrote 1 times"),
}  # fmt: skip
"""What a target might keep wrongly, and how the judge must tell it."""
