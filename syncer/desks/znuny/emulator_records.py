"""What stands in the tables of an emulated instance."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

FieldKind = Literal["Text", "TextArea", "Dropdown", "Multiselect", "DateTime"]


class Agent(Struct, kw_only=True):
    """Somebody who works here. `technical` ones are accounts, nobody's colleague."""

    id: int
    login: str
    name: str
    email: str
    valid: bool = True
    technical: bool = False


class Customer(Struct, kw_only=True):
    """A known customer; tickets refer to the login."""

    login: str
    name: str
    email: str
    company: str = ""
    valid: bool = True


class Field(Struct, kw_only=True):
    """A dynamic field of tickets. Only letters and digits make a name; people see the label."""

    id: int
    name: str
    label: str
    kind: FieldKind
    options: list[str] = field(default_factory=list)


class Attachment(Struct, kw_only=True):
    """A file of an article as it is stored: under a name that nobody else has there."""

    id: int
    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    disposition: str = "attachment"

    @property
    def is_html_body(self) -> bool:
        """Whether this is an article's own text in HTML, which is not shown as a file."""
        named = self.name in {"file-1", "file-2", "file-1.html"}
        return named and "text/html" in self.content_type.lower() and self.disposition == "inline"


class Article(Struct, kw_only=True):
    """One message. A `broken` one came into being without its text."""

    id: int
    number: int
    subject: str
    body: str
    content_type: str
    sender: str
    visible: bool
    channel: str
    at: int
    by: int
    from_: str = ""
    to: str = ""
    cc: str = ""
    message_id: str = ""
    minutes: float | None = 0
    attachments: list[Attachment] = field(default_factory=list)
    broken: bool = False


class History(Struct, kw_only=True):
    """One line of what happened to a ticket, with what the ticket was right after."""

    type: str
    name: str
    at: int
    by: int
    article: int
    owner: int
    priority: int
    queue: int
    state: int
    ticket_type: int


class Ticket(Struct, kw_only=True):
    """One ticket; lists and people by id, the customer by login. `until` is the end of a pending time."""

    id: int
    number: str
    title: str
    queue: int
    state: int
    priority: int
    type: int
    created: int
    changed: int
    created_by: int
    changed_by: int
    customer: str | None = ""
    company: str | None = ""
    owner: int = 1
    responsible: int = 1
    lock: int = 1
    until: int = 0
    unlock_timeout: int = 0
    fields: dict[int, Any] = field(default_factory=dict)
    articles: list[Article] = field(default_factory=list)
    history: list[History] = field(default_factory=list)
    stored: float = 0.0


class Mail(Struct, kw_only=True):
    """A mail that would have gone out: `owner`, `responsible`, `note`, `follow up`, `auto reply` or `article`."""

    ticket: int
    kind: str
    to: str
    article: int | None = None
