"""What is odd about a ticket: by this a sample is chosen that shows most of what can go wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from syncer.mapping.tables import Tables
from syncer.model.draft import Draft
from syncer.model.ticket import File, Ticket

MANY_COMMENTS = (100, 50, 10)
"""A ticket counts for the highest it reaches: one with 60 does not show what one with 12 does."""
LONG_TEXT = 64 * 1024
LARGE_FILES = (("over 10 MB", 10_000_000), ("over 1 MB", 1_000_000))
_MARKS = (
    ("right-to-left letters", re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")),
    ("letters of East Asia", re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")),
    ("letters beyond 16 bits", re.compile("[\U00010000-\U0010ffff]")),
    ("joined letters", re.compile("[\u0300-\u036f\u200d]")),
    ("control characters", re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")),
    ("a formula in front", re.compile(r"\A\s*[=+@-]")),
)
_MARKUP = (
    ("an inline image", re.compile(r"<img\b|\bcid:", re.IGNORECASE)),
    ("a table", re.compile(r"<table\b", re.IGNORECASE)),
    ("a script", re.compile(r"<script\b|\bon\w+\s*=|javascript:", re.IGNORECASE)),
    ("a link", re.compile(r"\bhref\s*=|https?://", re.IGNORECASE)),
    ("a list", re.compile(r"<[ou]l\b", re.IGNORECASE)),
    ("preformatted text", re.compile(r"<(pre|code)\b", re.IGNORECASE)),
)


def traits_of(ticket: Ticket, draft: Draft | None, tables: Tables) -> tuple[str, ...]:
    """In words, each once, in the order of the alphabet. A ticket without any is as plain as they come."""
    found = set(_of_values(ticket, tables))
    found.update(_of_texts(ticket))
    found.update(_of_comments(ticket))
    found.update(_of_files(ticket))
    found.update(_of_people(ticket, tables))
    found.update(_of_the_rest(ticket))
    if draft is not None:
        found.update(f"loss: {code}" for code in draft.losses)
    return tuple(sorted(found))


def _of_values(ticket: Ticket, tables: Tables) -> Iterator[str]:
    for kind, id in ticket.values.items():
        yield f"{kind}: {tables.name(kind, id)}"
        value = tables.source.get((kind, id))
        if value is None:
            yield f"{kind}: a value no list has"
        elif not value.active:
            yield f"{kind}: a value nobody may choose any more"
    for id in ticket.custom:
        yield f"custom field: {tables.name('custom_field', id)}"


def _of_texts(ticket: Ticket) -> Iterator[str]:
    if not ticket.title.strip():
        yield "title: empty"
    if not ticket.body.strip():
        yield "text: empty"
    texts = [("title", ticket.title), ("text", ticket.body), *(("comment", one.body) for one in ticket.comments)]
    for what, text in texts:
        if not text.isascii() or not text.isprintable() or what == "title":
            yield from (f"{what}: {name}" for name, mark in _MARKS if mark.search(text))
        if "<" in text or ":" in text:
            yield from (f"{what}: {name}" for name, mark in _MARKUP if mark.search(text))
        if len(text) > LONG_TEXT:
            yield f"{what}: longer than 64 KB"


def _of_comments(ticket: Ticket) -> Iterator[str]:
    said = ticket.comments
    if not said:
        yield "comments: none"
    if (most := next((most for most in MANY_COMMENTS if len(said) >= most), None)) is not None:
        yield f"comments: {most} or more"
    if any(not one.public for one in said):
        yield "comments: a private one"
    if said and all(not one.public for one in said):
        yield "comments: only private ones"
    if any(one.author is None for one in said):
        yield "comments: one by nobody"
    if any(one.created_at is None for one in said):
        yield "comments: one without a time"
    if any(not one.body.strip() for one in said):
        yield "comments: an empty one"
    if any(one.solution for one in said):
        yield "comments: a solution"
    times = [one.created_at for one in said if one.created_at]
    if len(set(times)) < len(times):
        yield "comments: two at the same moment"


def _of_files(ticket: Ticket) -> Iterator[str]:
    spoken = [file for one in ticket.comments for file in one.files]
    files: list[File] = [*ticket.files, *spoken]
    if ticket.files:
        yield "files: of the ticket"
    if any(one.files and one.public for one in ticket.comments):
        yield "files: of a public comment"
    if any(one.files and not one.public for one in ticket.comments):
        yield "files: of a private comment"
    names = [file.name for file in files if file.name]
    if len(set(names)) < len(names):
        yield "files: two of one name"
    if any(not name.isascii() for name in names):
        yield "files: a name beyond ASCII"
    if any(file.size == 0 for file in files):
        yield "files: an empty one"
    yield from (f"files: one {words}" for words, size in LARGE_FILES if any((file.size or 0) > size for file in files))


def _of_people(ticket: Ticket, tables: Tables) -> Iterator[str]:
    for role, id in (("requester", ticket.requester), ("assignee", ticket.assignee)):
        person = tables.source.get(("person", id)) if id else None
        if id is None:
            yield f"{role}: nobody"
        elif person is None or not person.active:
            yield f"{role}: somebody who left"
        elif not person.email:
            yield f"{role}: without an address"
        elif tables.whom(id, ticket) is None:
            yield f"{role}: unknown to the target"
    if ticket.creator and ticket.creator != ticket.requester:
        yield "opened by somebody else than the requester"
    if ticket.cc:
        yield "others are told"


def _of_the_rest(ticket: Ticket) -> Iterator[str]:
    yield from (f"linked: {link.kind}" for link in ticket.links)
    if ticket.tags:
        yield "tags"
    if ticket.times:
        yield "work was written down"
    if ticket.rating is not None:
        yield "rated"
    if ticket.created_at is None:
        yield "no time of opening"
    if ticket.closed_at and ticket.created_at and ticket.closed_at < ticket.created_at:
        yield "closed before it was opened"
