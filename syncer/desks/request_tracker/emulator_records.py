"""The rows of an emulated Request Tracker. Moments are whole seconds since the epoch, 0 where there is none."""

from __future__ import annotations

from msgspec import Struct, field


class User(Struct, kw_only=True):
    """Somebody with a login; whoever only wrote a mail has their address for one."""

    id: int
    name: str
    email: str = ""
    real_name: str = ""
    comments: str = ""
    privileged: bool = False
    disabled: bool = False
    timezone: str = ""
    password: str = ""
    creator: int = 1
    updater: int = 1
    created: int = 0
    updated: int = 0


class Queue(Struct, kw_only=True):
    """A queue; 1 is out of use, and 2 is of the product's own and was never meant for anybody."""

    id: int
    name: str
    description: str = ""
    address: str = ""
    lifecycle: str = "default"
    disabled: int = 0
    created: int = 0


class Field(Struct, kw_only=True):
    """A custom field of tickets of every queue."""

    id: int
    name: str
    kind: str
    many: bool = False
    values: list[str] = field(default_factory=list)
    created: int = 0


class Value(Struct, kw_only=True):
    """One value of a custom field on one ticket."""

    id: int
    text: str


class Link(Struct, kw_only=True, frozen=True):
    """From a ticket or an address to another one."""

    base: int | str
    type: str
    target: int | str


class Ticket(Struct, kw_only=True):
    """A ticket; its texts are attachments of its transactions. `effective` is the ticket it was merged into."""

    id: int
    effective: int
    queue: int
    subject: str
    status: str
    owner: int
    creator: int
    updater: int
    created: int
    updated: int
    type: str = "ticket"
    priority: int = 0
    initial_priority: int = 0
    final_priority: int = 0
    starts: int = 0
    started: int = 0
    due: int = 0
    resolved: int = 0
    told: int | None = None
    time_worked: int = 0
    time_left: int = 0
    time_estimated: int = 0
    watchers: dict[str, list[int]] = field(default_factory=lambda: {"Requestor": [], "Cc": [], "AdminCc": []})
    custom: dict[int, list[Value]] = field(default_factory=dict)


class Transaction(Struct, kw_only=True):
    """What somebody did to something. `late` is when it can be seen, where that is not at once."""

    id: int
    object_type: str
    object_id: int
    type: str
    creator: int
    created: int
    field: str | None = None
    old: str | None = None
    new: str | None = None
    data: str | None = None
    time_taken: int = 0
    old_value: int | None = None
    new_value: int | None = None
    late: float = 0.0


class Attachment(Struct, kw_only=True):
    """A part of a message; no content where it only holds other parts."""

    id: int
    transaction: int
    parent: int
    kind: str
    creator: int
    created: int
    name: str = ""
    subject: str = ""
    headers: str = ""
    message_id: str = ""
    content: bytes | None = None


class Mail(Struct, kw_only=True):
    """A mail that left: why, to whom, and the transaction that keeps it."""

    ticket: int
    reason: str
    to: list[str]
    cc: list[str]
    bcc: list[str]
    subject: str
    transaction: int
    at: int
