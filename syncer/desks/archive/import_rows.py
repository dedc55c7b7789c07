"""From a row of somebody else's file to a ticket or a comment of an archive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from syncer.desks.archive import wire
from syncer.desks.archive.config import CUSTOM, KINDS, Import
from syncer.desks.archive.import_table import Keys, Record
from syncer.desks.archive.import_words import Words

TITLE = 80
"""Characters of a text that stand for a title where the file has none."""


class Reader:
    """What the columns mean. Raises ValueError, in words for a person, for a cell that cannot mean it."""

    def __init__(self, settings: Import) -> None:
        self.words = Words(settings)
        self._html = settings.html
        self._columns = settings.columns
        self._told = settings.comments
        self._public = {word.casefold() for word in settings.comments.public}
        self._kinds = [kind for kind in KINDS if kind in settings.columns]
        self._custom = {
            name.removeprefix(CUSTOM): column for name, column in settings.columns.items() if name.startswith(CUSTOM)
        }

    def ticket(self, record: Record, number: int) -> wire.TicketLine:
        """The ticket in the so-manyth row, which is its id where the file has none."""
        columns = self._columns
        id = self._one(record, columns, "id").strip()
        if not id and "id" in columns:
            raise ValueError(f"column {columns['id']!r} is empty: a ticket without an id")
        body = self._one(record, columns, "body")
        title = self._one(record, columns, "title").strip() if "title" in columns else _title(body)
        return wire.TicketLine(
            id=id or str(number), title=title, body=body, html=self._html,
            number=self._one(record, columns, "number").strip(), url=self._one(record, columns, "url").strip() or None,
            values={kind: self.words.value(kind, word) for kind in self._kinds
                    if (word := self._one(record, columns, kind).strip())},
            requester=self._person(record, columns, "requester"), creator=self._person(record, columns, "creator"),
            assignee=self._person(record, columns, "assignee"), created_at=self._moment(record, columns, "created_at"),
            updated_at=self._moment(record, columns, "updated_at"),
            closed_at=self._moment(record, columns, "closed_at"),
            tags=tuple(self.words.parts(self._all(record, "tags"))),
            cc=tuple(dict.fromkeys(map(self.words.person, self.words.parts(self._all(record, "cc"))))),
            custom=self._customs(record), comments=self._comments(record),
        )  # fmt: skip

    def _one(self, record: Record, columns: dict[str, str], name: str) -> str:
        if name not in columns:
            return ""
        found = record.values(columns[name])
        if len(found) > 1:
            raise ValueError(f"column {columns[name]!r} is there more than once: which one is the {name}?")
        return _text(found[0], columns[name]) if found else ""

    def _all(self, record: Record, name: str) -> list[Any]:
        return record.values(self._columns[name]) if name in self._columns else []

    def _person(self, record: Record, columns: dict[str, str], name: str) -> str | None:
        word = self._one(record, columns, name)
        called = self._one(record, columns, f"{name}_name")
        return self.words.person(word or called, called) if word.strip() or called.strip() else None

    def _moment(self, record: Record, columns: dict[str, str], name: str) -> datetime | None:
        word = self._one(record, columns, name)
        if not word.strip():
            return None
        try:
            return self.words.moment(word)
        except ValueError as e:
            raise ValueError(f"column {columns[name]!r}: {e}") from None

    def _customs(self, record: Record) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, column in self._custom.items():
            self.words.custom(name)
            if values := record.values(column):
                found[name] = _text(values[0], column) if len(values) == 1 else [_text(one, column) for one in values]
        return found

    def _comments(self, record: Record) -> tuple[wire.CommentLine, ...]:
        found = []
        for number, value in enumerate(self._all(record, "comments"), 1):
            if isinstance(value, dict):
                found.append(self._comment(Keys(record.place, value, set()), str(number)))
            else:
                text = _text(value, self._columns["comments"])
                found.append(wire.CommentLine(id=str(number), body=text, public=self._told.visible == "public"))
        return in_order(found)

    def comment_row(self, record: Record, number: int) -> tuple[str, wire.CommentLine]:
        """The comment in the so-manyth row of a file of comments, and the id of its ticket."""
        ticket = self._one(record, self._told.columns, "ticket").strip()
        if not ticket:
            raise ValueError(f"column {self._told.columns['ticket']!r} is empty: a comment of no ticket")
        return ticket, self._comment(record, str(number))

    def _comment(self, record: Record, number: str) -> wire.CommentLine:
        columns = self._told.columns
        public = self._one(record, columns, "public").strip().casefold() in self._public
        return wire.CommentLine(
            id=self._one(record, columns, "id").strip() or number, author=self._person(record, columns, "author"),
            created_at=self._moment(record, columns, "created_at"), body=self._one(record, columns, "body"),
            public=public if "public" in columns else self._told.visible == "public",
        )  # fmt: skip


def in_order(comments: Iterable[wire.CommentLine]) -> tuple[wire.CommentLine, ...]:
    """Oldest first where all of them tell their time; else as they stand."""
    found = list(comments)
    if all(one.created_at is not None for one in found):
        found.sort(key=lambda one: one.created_at.timestamp() if one.created_at else 0.0)
    return tuple(found)


def _title(body: str) -> str:
    first = " ".join(next((line for line in body.splitlines() if line.strip()), "").split())
    return first if len(first) <= TITLE else f"{first[: TITLE - 1].rstrip()}…"


def _text(value: Any, column: str) -> str:
    if isinstance(value, dict):
        raise ValueError(f"{column!r} is an object; name a key within it, such as {column}.{next(iter(value), 'name')}")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
