"""What a desk said: tickets, comments, files, people. Nothing here has been decided by us yet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from syncer.model.ids import Key, TicketId, Version


class Person(Struct, frozen=True):
    """Somebody a desk knows. `email` and `username` are as the desk wrote them, not normalised."""

    id: str
    name: str
    email: str | None = None
    username: str | None = None
    active: bool = True


class File(Struct, frozen=True):
    """A file on the source: known by id, fetched when it is needed. Name and size in bytes are told where the desk
    does before it is fetched."""

    id: str
    name: str = ""
    size: int | None = None


class Comment(Struct, frozen=True):
    """One reply or note. `public` is False whenever the desk did not clearly say otherwise."""

    id: str
    author: str | None
    created_at: datetime | None
    body: str
    public: bool
    files: tuple[File, ...] = ()
    solution: bool = False


class TicketLink(Struct, frozen=True):
    """Another ticket of the same desk that has to do with this one: it is its parent, its child, a duplicate of it,
    or only related."""

    id: TicketId
    kind: Literal["parent", "child", "duplicate", "related"] = "related"


class TimeEntry(Struct, frozen=True):
    """Work somebody wrote down."""

    id: str
    author: str | None
    at: datetime | None
    seconds: int
    note: str = ""


class Rating(Struct, frozen=True):
    """What the requester thought of it, out of `most`."""

    score: int
    most: int = 5
    words: str = ""


CustomValue = str | int | float | bool | date | datetime | tuple[str, ...]
"""A custom field's value: choices are a tuple of labels, people are ids; a field that is empty is absent."""


class Ticket(Struct, frozen=True):
    """A whole ticket as its desk tells it, with comments in order.

    `values` maps a lookup kind (status, priority, category ...) to the source's id of the value;
    a kind the ticket leaves empty is absent. `custom` is by the id of the field, `cc` are people who are told of what
    happens: observers, followers, watchers. Texts are HTML when `html`, decoded exactly once.
    Times are aware and in UTC. `marker` is what stands in a field made for syncer's marker, which is in no other part;
    one in a title or a text stays there. `version` changes whenever the desk counts the ticket as changed.
    """

    id: TicketId
    number: str
    title: str
    body: str
    html: bool
    values: dict[str, str]
    requester: str | None
    creator: str | None
    assignee: str | None
    created_at: datetime | None
    updated_at: datetime | None
    closed_at: datetime | None
    version: Version
    url: str | None = None
    custom: dict[str, CustomValue] = {}
    comments: tuple[Comment, ...] = ()
    files: tuple[File, ...] = ()
    tags: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    links: tuple[TicketLink, ...] = ()
    times: tuple[TimeEntry, ...] = ()
    rating: Rating | None = None
    marker: Key | None = None
