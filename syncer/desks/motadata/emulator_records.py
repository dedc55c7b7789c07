"""The records an emulated instance holds; times in epoch milliseconds."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from syncer.desks.motadata.emulator_words import NOTE, PUBLIC


class File(Struct, kw_only=True):
    """An uploaded file. It belongs to a request only once one refers to it (contract 3.7)."""

    ref: str
    name: str
    content: bytes


class FileRef(Struct, kw_only=True):
    """A mention of a file, under the name it was given there."""

    ref: str
    name: str


class Person(Struct, kw_only=True):
    """A requester or technician (contract 3.8). The deleted ones are known to old requests alone."""

    id: int
    name: str
    email: str
    logon: str
    technician: bool = False
    disabled: bool = False
    deleted: bool = False
    department: str = ""
    location: str = ""
    company: str = ""
    created: int = 0
    given: dict[str, Any] = field(default_factory=dict)


class Conversation(Struct, kw_only=True):
    """A note, a thread of technicians, or a message to or from the requester (contract 3.6)."""

    id: int
    type: str
    details: str
    author_name: str
    author_email: str
    created: int
    updated: int
    subject: str = ""
    state: str = "published"
    email_ids: list[str] = field(default_factory=list)
    cc_email_ids: list[str] = field(default_factory=list)
    files: list[FileRef] = field(default_factory=list)

    @property
    def public(self) -> bool:
        """Whether the requester sees it."""
        return self.type in PUBLIC


class Request(Struct, kw_only=True):
    """An incident, or a service request. `custom` holds values by the id of their field; links are in no answer."""

    id: int
    number: int
    subject: str
    created: int
    updated: int
    service: bool = False
    description: str = ""
    creator: str = ""
    updater: str = ""
    requester: int | None = None
    assignee: int | None = None
    status: str = ""
    priority: str = ""
    impact: str = ""
    urgency: str = ""
    category: str = ""
    department: str = ""
    location: str = ""
    group: str = ""
    level: int = 1
    source: str = "External"
    spam: bool = False
    tags: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    custom: dict[int, Any] = field(default_factory=dict)
    files: list[FileRef] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)
    solution: str = ""
    approved: bool = True
    open_tasks: int = 0
    merged_into: int | None = None
    stored: float = 0.0

    @property
    def name(self) -> str:
        """The display id; its number is not the id."""
        return f"{'SR' if self.service else 'INC'}-{self.number}"

    @property
    def has_note(self) -> bool:
        """Whether a technician noted anything."""
        return any(said.type == NOTE for said in self.conversations)


class Field(Struct, kw_only=True):
    """A custom field; the API knows it by its label."""

    id: int
    label: str
    kind: str
    options: list[str] = field(default_factory=list)


class Mail(Struct, kw_only=True):
    """A mail that would have gone out: about a reply, or that a request is created, assigned or has moved."""

    request: int
    kind: str
    to: list[str]
    cc: list[str] = field(default_factory=list)
    conversation: int | None = None
