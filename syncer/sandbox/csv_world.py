"""A world from a CSV file of tickets."""

from __future__ import annotations

import csv
import gzip
import html
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TextIO

from syncer.deskkit.world import SeedComment, SeedTicket, World
from syncer.errors import ConfigError
from syncer.sandbox.prose import COMPANIES, KINDS, LOCATIONS, PRIORITIES, QUEUES, STATUSES, Cast, Teller

if TYPE_CHECKING:
    from _csv import Reader

_TITLES = ("title", "subject")
_BODIES = ("body", "description", "text", "document")
_CATEGORIES = ("category", "topic_group")
_START = 1_640_995_200  # 2022-01-01 UTC
_APART = 1_800
_PEOPLE = 240
_TITLE_WORDS = 8
_ENDED = frozenset({"closed", "rejected", "cancelled"})
_WANTED = (
    f"{' or '.join(_BODIES)} for the text, and if there are any {' or '.join(_TITLES)} and {' or '.join(_CATEGORIES)}"
)


def from_csv(path: Path, limit: int | None = None) -> World:
    """The tickets of a CSV file (also `.gz`), the first `limit` of them.

    What the file does not tell (people, dates, status, comments made of earlier texts) follows from
    the row number alone. Raises ConfigError for a file or row that cannot be read.
    """
    cast = Cast(_PEOPLE)
    categories: dict[tuple[str, ...], None] = {}
    texts: list[str] = []
    tickets: list[SeedTicket] = []
    for title, text, topic in _rows(path, limit):
        ticket = _ticket(len(tickets), title, text, topic, cast=cast, earlier=texts)
        categories[ticket.category] = None
        texts.append(text)
        tickets.append(ticket)
    return World(
        people=cast.people,
        categories=list(categories),
        locations=list(LOCATIONS),
        queues=list(QUEUES),
        companies=list(COMPANIES),
        custom={},
        tickets=tickets,
    )


def _rows(path: Path, limit: int | None) -> Iterator[tuple[str, str, str]]:
    """Title, text and category of each row."""
    try:
        with _open(path) as file:
            reader = csv.reader(file, strict=True)
            try:
                yield from _picked(path, reader, limit)
            except csv.Error as problem:
                raise ConfigError(f"{path}: line {reader.line_num}: {problem}") from problem
    except (OSError, EOFError, zlib.error) as problem:
        raise ConfigError(f"{path}: cannot be read: {problem}") from problem


def _open(path: Path) -> TextIO:
    # Bytes that are no UTF-8 are let through here, so that the row can be named that has them.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _picked(path: Path, reader: Reader, limit: int | None) -> Iterator[tuple[str, str, str]]:
    header = next(reader, [])
    names = [name.strip().lower() for name in header]
    title, body, category = (_column(names, wanted) for wanted in (_TITLES, _BODIES, _CATEGORIES))
    if body is None:
        found = ", ".join(header) or "none"
        raise ConfigError(
            f"{path}: no column with the text of a ticket; found: {found}; wanted: {_WANTED}",
            hint="name the columns in the first line of the file",
        )
    count = 0
    for row in reader:
        if count == limit:
            return
        if not row:
            continue
        if len(row) != len(header):
            raise ConfigError(f"{path}: line {reader.line_num}: {len(row)} values in {len(header)} columns")
        if not all(map(_readable, row)):
            raise ConfigError(f"{path}: line {reader.line_num}: not UTF-8 text")
        count += 1
        yield (
            "" if title is None else row[title],
            row[body],
            "" if category is None else row[category].strip(),
        )


def _column(names: list[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _readable(value: str) -> bool:
    if "\0" in value:
        return False
    if value.isascii():
        return True
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _ticket(row: int, title: str, text: str, topic: str, *, cast: Cast, earlier: Sequence[str]) -> SeedTicket:
    teller = Teller(Random(row))
    requester, assignee = teller.pick(cast.customers), teller.pick(cast.agents)
    status = teller.pick(STATUSES)
    created = _START + row * _APART
    comments = _comments(created, (requester, assignee), earlier, teller)
    updated = comments[-1].at if comments else created + teller.number(86_400)
    return SeedTicket(
        title=title or " ".join(text.split()[:_TITLE_WORDS]) or f"Ticket {row + 1}",
        body=_html(text),
        requester=requester,
        creator=requester,
        assignee=None if status == "new" else assignee,
        status=status,
        priority=teller.pick(PRIORITIES),
        kind=teller.pick(KINDS),
        category=(topic or "Other",),
        location=teller.pick(LOCATIONS),
        queue=teller.pick(QUEUES),
        created=created,
        updated=updated,
        closed=updated if status in _ENDED else None,
        comments=comments,
    )


def _comments(created: int, authors: tuple[int, int], earlier: Sequence[str], teller: Teller) -> list[SeedComment]:
    at = created
    comments = []
    for _ in range(teller.number(4) if earlier else 0):
        at += 60 + teller.number(86_400)
        text = teller.pick(earlier)
        begin = teller.number(max(1, len(text) - 80))
        private = teller.chance(0.25)
        author = authors[1] if private else teller.pick(authors)
        comments.append(SeedComment(author, _html(text[begin : begin + 240]), at, private))
    return comments


def _html(text: str) -> str:
    paragraphs = (html.escape(line, quote=False) for line in text.splitlines() if line.strip())
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
