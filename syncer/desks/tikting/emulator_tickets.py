"""The tickets of an emulated Tikting: their numbers, their order, and finding them by text."""

from __future__ import annotations

import heapq
import re
from typing import Any

from msgspec import Struct

from .emulator_accounts import People
from .emulator_files import Files, Upload
from .emulator_lookups import DONE, Lookups
from .emulator_switches import DAY, Switches

__all__ = ["Reply", "SearchText", "Shelf", "Ticket", "Upload"]

_TOKEN = re.compile(r"[\w-]+")
_BLOCK = 1024


class Reply(Struct):
    """One reply, with its files; no author where there is nobody any more."""

    author: str | None
    body: str
    created: float
    private: bool = False
    uploads: list[Upload] = []


class Ticket(Struct, kw_only=True):
    """One ticket; people are GUIDs, lookups ids, times epoch seconds. `stored` is when the desk got it."""

    id: int
    title: str
    description: str
    creator: str
    site: int
    department: int
    status: int
    type: int
    priority: int | None = None
    category: int | None = None
    group: int | None = None
    level: int | None = None
    assignee: str | None = None
    source: str = "Manual"
    resolution: str | None = None
    replies: list[Reply] = []
    uploads: list[Upload] = []
    created: float = 0.0
    updated: float = 0.0
    closed: float | None = None
    stored: float = 0.0
    unread: bool = True
    deleted: bool = False

    @property
    def due(self) -> float:
        """When the service level chosen for it ends."""
        return self.created + (DAY if self.priority == 4 else 3 * DAY)


def reply_id(ticket: Ticket, number: int) -> int:
    """The id of a ticket's reply by its place, counted from 1."""
    return ticket.id * 1000 + number


class SearchText:
    """One searched field of all tickets by position; a needle costs about a millisecond in 50,000."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._joined: dict[int, str] = {}

    def add(self, text: str) -> None:
        """The next position's text."""
        self._lines.append(text.casefold())

    def change(self, position: int, text: str) -> None:
        """Another text at a position."""
        self._lines[position] = text.casefold()
        self._joined.pop(position // _BLOCK, None)

    def find(self, search: str, match: str) -> list[int]:
        """The positions whose text matches, in order. Token and prefix matching leave punctuation out."""
        wanted = search.casefold()
        match match:
            case "substring":
                return self._containing(wanted)
            case "like":
                pattern = _like(wanted)
                return [at for at, line in enumerate(self._lines) if pattern.search(line)]
            case "token" | "prefix":
                words = _TOKEN.findall(wanted)
                found = self._containing(max(words, key=len)) if words else []
                return [at for at in found if _has_words(self._lines[at], words, exact=match == "token")]
        return []

    def _containing(self, needle: str) -> list[int]:
        found: list[int] = []
        lines = self._lines
        for start in range(0, len(lines), _BLOCK):
            stop = min(start + _BLOCK, len(lines))
            if stop - start < _BLOCK or needle in self._block(start):
                found += [at for at in range(start, stop) if needle in lines[at]]
        return found

    def _block(self, start: int) -> str:
        block = start // _BLOCK
        if block not in self._joined:
            self._joined[block] = "\n".join(self._lines[start : start + _BLOCK])
        return self._joined[block]


def _has_words(line: str, words: list[str], *, exact: bool) -> bool:
    tokens = _TOKEN.findall(line)
    if exact:
        return all(word in tokens for word in words)
    return all(any(token.startswith(word) for token in tokens) for word in words)


def _like(search: str) -> re.Pattern[str]:
    """SQL's LIKE with the search put in unescaped: `%`, `_` and `[...]` have a meaning."""
    parts = re.split(r"(%|_|\[[^\]]+\])", search)
    meaning = {"%": ".*", "_": "."}
    return re.compile(
        "".join(
            meaning.get(part) or (f"[{re.escape(part[1:-1])}]" if odd % 2 else re.escape(part))
            for odd, part in enumerate(parts)
        ),
        re.DOTALL,
    )


class Shelf:
    """All tickets, oldest first, with the searched fields beside them."""

    def __init__(self, people: People, lookups: Lookups, switches: Switches) -> None:
        self.files = Files(switches)
        self._people = people
        self._lookups = lookups
        self._gap_every = switches.gap_every
        self._next = switches.first_id
        self._all: list[Ticket] = []
        self._position: dict[int, int] = {}
        self._text = {field: SearchText() for field in ("Subject", "TicketId", "Priority", "Requester")}
        self.live: list[Ticket] = []

    def next_id(self) -> int:
        """A new number, above all others."""
        if self._gap_every and len(self._all) % self._gap_every == self._gap_every - 1:
            self._next += 1
        self._next += 1
        return self._next - 1

    def add(self, ticket: Ticket) -> None:
        """Put a ticket with a new number on the shelf."""
        self._position[ticket.id] = len(self._all)
        self._all.append(ticket)
        self.live.append(ticket)
        for field, text in self._searched(ticket).items():
            self._text[field].add(text)

    def get(self, id: int) -> Ticket | None:
        """The ticket, unless it never was or is deleted."""
        position = self._position.get(id)
        ticket = None if position is None else self._all[position]
        return None if ticket is None or ticket.deleted else ticket

    def edit(self, ticket: Ticket, changes: dict[str, Any], now: float) -> None:
        """Change fields of a ticket in place, as somebody at the desk would."""
        for name, value in changes.items():
            setattr(ticket, name, value)
        ticket.updated = now
        ticket.closed = (ticket.closed or now) if self._lookups.status_types[ticket.status] in DONE else None
        for field, text in self._searched(ticket).items():
            self._text[field].change(self._position[ticket.id], text)

    def reply(self, ticket: Ticket, reply: Reply) -> int:
        """Somebody says something on a ticket; the id of what was said."""
        self.files.add(ticket.id, reply.uploads)
        ticket.replies.append(reply)
        ticket.updated = reply.created
        return reply_id(ticket, len(ticket.replies))

    def attach(self, ticket: Ticket, uploads: list[Upload], now: float) -> None:
        """Put more files on a ticket."""
        self.files.add(ticket.id, uploads)
        ticket.uploads += uploads
        ticket.updated = now

    def stir(self, number: int, now: float) -> None:
        """Something happens on the tickets on which nothing has happened for longest."""
        for ticket in heapq.nsmallest(number, self.live, key=lambda one: (one.updated, one.id)):
            ticket.updated = now

    def delete(self, ticket: Ticket) -> None:
        """Take it off the shelf; its number is not used again."""
        ticket.deleted = True
        self.live.remove(ticket)

    def search(self, search: str, fields: frozenset[str], match: str) -> list[Ticket]:
        """The live tickets matched in any of these fields (all when none is named), oldest first."""
        positions: set[int] = set()
        for field, text in self._text.items():
            if not fields or field in fields:
                positions.update(text.find(search, match))
        return [self._all[at] for at in sorted(positions) if not self._all[at].deleted]

    def _searched(self, ticket: Ticket) -> dict[str, str]:
        user = self._people.by_id[ticket.creator]
        return {
            "Subject": ticket.title,
            "TicketId": str(ticket.id),
            "Priority": self._lookups.labels["priorities"].get(ticket.priority or 0, ""),
            "Requester": f"{user.first} {user.last} {user.email}",
        }
