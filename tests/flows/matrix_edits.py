"""What a target might keep wrongly, edited into a copy of what it keeps; each with the complaint meant for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket
from tests.flows.matrix_evidence import Evidence, Over
from tests.flows.matrix_texts import OWN
from tests.flows.worlds import SECRET

Edit = Callable[[Evidence], Evidence]
Broken = tuple[Edit, str]
"""An edit, and a pattern of the whole complaint."""
AT = r"[\w-]+: "
"""How a complaint of a ticket begins."""


def ticket(wanted: Callable[[KeptTicket], object], change: Callable[[KeptTicket], KeptTicket]) -> Edit:
    """The first ticket on the target that is as wanted becomes another. Raises StopIteration where there is none."""

    def edit(seen: Evidence) -> Evidence:
        at = next(at for at, one in enumerate(seen.new) if wanted(one))
        return replace(seen, new=[*seen.new[:at], change(seen.new[at]), *seen.new[at + 1 :]])

    return edit


def field(name: str, value: Any) -> Edit:
    """A field of the first ticket that holds anything in it: another value."""
    return ticket(lambda one: getattr(one, name), lambda one: replace(one, **{name: value}))


def valued(kind: str, before: str, after: str) -> Edit:
    """The first ticket with this value of a list gets another one."""
    return ticket(
        lambda one: one.values.get(kind) == before, lambda one: replace(one, values={**one.values, kind: after})
    )


def told(pattern: str, instead: str, count: int = 1) -> Edit:
    """The first text with such a piece has another one."""
    return ticket(
        lambda one: re.search(pattern, one.body, re.MULTILINE),
        lambda one: replace(one, body=re.sub(pattern, instead, one.body, count=count, flags=re.MULTILINE)),
    )


def said(change: Callable[[KeptComment], KeptComment], wanted: Callable[[KeptComment], object] = bool) -> Edit:
    """The first comment of somebody that is as wanted becomes another."""

    def own(comment: KeptComment) -> bool:
        return bool(OWN.search(comment.text) and wanted(comment))

    def changed(one: KeptTicket) -> KeptTicket:
        at = next(at for at, comment in enumerate(one.comments) if own(comment))
        comments = (*one.comments[:at], change(one.comments[at]), *one.comments[at + 1 :])
        return replace(one, comments=comments)

    return ticket(lambda one: any(map(own, one.comments)), changed)


def reworded(pattern: str, instead: str) -> Edit:
    """The first comment with such a piece has another one."""
    return said(
        lambda one: replace(one, text=re.sub(pattern, instead, one.text, count=1, flags=re.DOTALL)),
        lambda one: one.public and re.search(pattern, one.text, re.DOTALL),
    )


def talk(change: Callable[[Sequence[KeptComment]], Sequence[KeptComment]]) -> Edit:
    """The comments of the first ticket that has three, all of somebody."""
    return ticket(
        lambda one: len(one.comments) > 2 and all(OWN.search(comment.text) for comment in one.comments),
        lambda one: replace(one, comments=tuple(change(one.comments))),
    )


def losses(**more: int) -> Edit:
    """So many more of each of these."""
    return lambda seen: replace(
        seen, losses={**seen.losses, **{code: seen.losses.get(code, 0) + by for code, by in more.items()}}
    )


def both(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(seen: Evidence) -> Evidence:
        for one in edits:
            seen = one(seen)
        return seen

    return edit


def unassigned(loss: str) -> Edit:
    """Nobody works on a ticket any more, and the ledger says so."""
    return both(field("assignee", None), losses(**{loss: 1}))


def on_both_desks(change: Callable[[KeptTicket], KeptTicket]) -> Edit:
    """Neither desk tells of something: what is said of a desk is wrong in one way for both."""
    return lambda seen: replace(seen, old=list(map(change, seen.old)), new=list(map(change, seen.new)))


def shown_openly(seen: Evidence) -> Evidence:
    """The file of a private note among those of its ticket."""

    def private(one: KeptTicket) -> tuple[KeptFile, ...]:
        return next((comment.files for comment in one.comments if comment.files and not comment.public), ())

    return ticket(private, lambda one: replace(one, files=(*one.files, *private(one))))(seen)


def lines_over(number: int, **changes: str) -> Callable[[Evidence], list[Over]]:
    """The id map with another line."""
    return lambda seen: [replace(one, **changes) if at == number else one for at, one in enumerate(seen.over)]


ANYWHERE: dict[str, Broken] = {
    "a ticket missing": (lambda seen: replace(seen, new=seen.new[1:]), "not on the target: .+"),
    "a ticket doubled": (
        lambda seen: replace(seen, new=[*seen.new, replace(seen.new[0], id="999999")]),
        "nobody's ticket on the target: 999999 .+",
    ),
    "no line for a ticket": (lambda seen: replace(seen, over=seen.over[1:]), "lost: .+"),
    "two lines for a ticket": (lambda seen: replace(seen, over=[*seen.over, seen.over[0]]), ".+ is over 2 times"),
    "two tickets that are one": (
        lambda seen: replace(seen, over=lines_over(1, new=seen.over[0].new)(seen)),
        ".+ stands for 2 tickets",
    ),
    "another requester": (
        field("requester", "nobody@acme.example"),
        AT + "requester nobody@acme.example instead of .+",
    ),
    "values of none": (field("values", {}), AT + "status None instead of .+"),
    "a text without its word": (told(r"body\d+end", ""), AT + r"the word 'body\d+end' of its text is missing, .+"),
    "a text told twice": (told(r"(body\d+end)", r"\1 \1"), AT + r"body\d+end is told 2 times"),
    "no files": (
        ticket(
            lambda one: one.files and not any("-rest." in file.name for file in one.files),
            lambda one: replace(one, files=()),
        ),
        AT + "files .+ too many or missing",
    ),
    "a loss of its own": (losses(cc_dropped=1), "the ledger says cc_dropped 1 times, and it is 0"),
    "a run that lost count": (lambda seen: replace(seen, counts={**seen.counts, "read": 1}), r"\d+ tickets on the .+"),
    "a second run that writes": (lambda seen: replace(seen, writes=1), "the second run wrote 1 times and says .+"),
    "a tag nobody gave": (
        ticket(bool, lambda one: replace(one, tags=(*one.tags, "new"))),
        AT + r"tags \[.*'new'\] instead of .+",
    ),
    "a custom value too many": (
        ticket(bool, lambda one: replace(one, custom={**one.custom, "New": ("new",)})),
        AT + r"nobody's custom value: New \('new',\)",
    ),
    "a source that forgets a file": (
        lambda seen: replace(seen, old=[replace(one, files=()) for one in seen.old]),
        AT + "the source says another files",
    ),
}
"""Whatever the target."""
ASSIGNED: dict[str, Broken] = {
    "another assignee": (field("assignee", "nobody@acme.example"), AT + "assignee nobody@acme.example instead of .+"),
}
"""Where somebody works on tickets."""
WHOLE_WORDS: dict[str, Broken] = {
    "a word within another": (told(r"\b(Hello)\b", r"x\1x"), AT + "the word 'Hello' of its text is missing, .+"),
}
"""Where the source tells where words end."""
IN_COMMENTS: dict[str, Broken] = {
    "a comment too few": (talk(lambda said: said[1:]), AT + r"comments \[.+\] instead of \[.+"),
    "a comment twice": (talk(lambda said: (*said, said[0])), AT + r"comments \[.+\] instead of \[.+"),
    "two comments exchanged": (talk(lambda said: (said[1], said[0], *said[2:])), AT + r"comments \[.+\] instead of .+"),
    "a comment nobody made": (
        talk(lambda said: (*said, replace(said[0], text="Hello"))),
        AT + "a comment that nobody said: 'Hello'",
    ),
    "a public comment hidden": (
        said(lambda one: replace(one, public=False), lambda one: one.public),
        AT + "comment .+: it was public and is private",
    ),
    "a public comment hidden that says so": (
        both(
            said(lambda one: replace(one, public=False, text=f"(Public) {one.text}"), lambda one: one.public),
            losses(public_as_note=1),
        ),
        AT + "comment .+: it was public and is private",
    ),
    "a note read aloud": (
        said(lambda one: replace(one, text=f"{one.text} {SECRET}1x1end"), lambda one: one.public),
        "a private note can be read on the target: .+",
    ),
    "no files of a comment": (
        said(lambda one: replace(one, files=()), lambda one: one.files),
        AT + r"comment .+: files \[\] instead of .+",
    ),
}
"""Where comments are comments."""
