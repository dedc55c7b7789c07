"""What a desk said: tickets, comments, files, people. Nothing here has been decided by us yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from syncer.model.ids import TicketId, Version


class Person(Struct, frozen=True):
    """Somebody a desk knows. `email` and `username` are as the desk wrote them, not normalised."""

    id: str
    name: str
    email: str | None = None
    username: str | None = None
    active: bool = True


class File(Struct, frozen=True):
    """A file on the source: known by id, fetched when it is needed."""

    id: str


class Comment(Struct, frozen=True):
    """One reply or note. `public` is False whenever the desk did not clearly say otherwise."""

    id: str
    author: str | None
    created_at: datetime | None
    body: str
    public: bool
    files: tuple[File, ...] = ()


class Ticket(Struct, frozen=True):
    """A whole ticket as its desk tells it, with comments in order.

    `values` maps a lookup kind (status, priority, category ...) to the source's id of the value;
    a kind the ticket leaves empty is absent. Texts are HTML when `html`, decoded exactly once.
    Times are aware and in UTC. `version` changes whenever the desk counts the ticket as changed.
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
    custom: dict[str, Any] = {}
    comments: tuple[Comment, ...] = ()
    files: tuple[File, ...] = ()
