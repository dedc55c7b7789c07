"""What the target shall hear: a ticket after mapping, ready to be told."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from syncer.model.ids import Key, TicketId, Version
from syncer.model.ticket import CustomValue, File, Rating, TicketLink, TimeEntry


class TextFile(Struct, frozen=True):
    """A file we make ourselves: text that did not fit where it belongs."""

    name: str
    text: str


class PrivateNote(Struct, frozen=True):
    """A note the target cannot keep private: it stays with us, in the run's sidecar file."""

    ticket: TicketId
    comment: str
    author: str
    created_at: datetime | None
    body: str


class CommentDraft(Struct, frozen=True):
    """One comment for a target that has comments of its own. `author` is the target's id of who wrote it, where the
    target can be told and knows them; `key` the marker by which it is found again."""

    id: str
    key: Key
    author: str | None
    body: str
    public: bool
    files: tuple[File, ...] = ()
    solution: bool = False
    created_at: datetime | None = None


class Draft(Struct, frozen=True):
    """One ticket in the target's words, all ids mapped, the marker in its place.

    `fields` are the target's draft fields by name, all but title and body; `cc` its people, `custom` its fields by id
    with choices by the target's ids, `times` with authors it knows, `links` still by the source's ids. `losses` are
    codes of what could not be carried, one entry for each time. `withheld` never leaves this machine.
    """

    source_id: TicketId
    version: Version
    key: Key
    title: str
    body: str
    fields: dict[str, str]
    files: tuple[File, ...] = ()
    texts: tuple[TextFile, ...] = ()
    losses: tuple[str, ...] = ()
    withheld: tuple[PrivateNote, ...] = ()
    comments: tuple[CommentDraft, ...] = ()
    tags: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    custom: dict[str, CustomValue] = {}
    times: tuple[TimeEntry, ...] = ()
    links: tuple[TicketLink, ...] = ()
    rating: Rating | None = None


class Moved(Struct, frozen=True):
    """Why a ticket is left alone by a run that does a plan: it is not what was planned any more."""

    source_id: TicketId
    how: str


class Unmapped(Struct, frozen=True):
    """Why a ticket could not become a draft: each (field, kind, source value) without a decision."""

    source_id: TicketId
    version: Version
    missing: tuple[tuple[str, str, str], ...]
