"""The rows of an emulated Redmine. Moments are microseconds since the epoch: its clients are shown whole seconds."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ACTIVE, LOCKED = 1, 3


class User(Struct, kw_only=True):
    """Somebody with a log-in; `watches` is whether what they say makes them watchers."""

    id: int
    login: str
    firstname: str
    lastname: str
    mail: str | None
    key: str
    created: int
    admin: bool = False
    status: int = ACTIVE
    password: str | None = None
    changed_password: bool = True
    mail_notification: str = "only_my_events"
    watches: bool = True

    @property
    def name(self) -> str:
        """As it is shown."""
        return f"{self.firstname} {self.lastname}".strip()

    @property
    def logged(self) -> bool:
        """Whether this is anybody at all."""
        return self.status != 0


class Project(Struct, kw_only=True):
    """A queue of issues."""

    id: int
    name: str
    identifier: str
    public: bool
    created: int


class Category(Struct, kw_only=True):
    """A category of one project's issues."""

    id: int
    project_id: int
    name: str


class Member(Struct, kw_only=True):
    """What somebody is in a project."""

    id: int
    project_id: int
    user_id: int
    role_ids: list[int]


class Field(Struct, kw_only=True):
    """A custom field of every issue."""

    id: int
    name: str
    format: Literal["string", "list", "date", "int"]
    options: list[str] = []
    multiple: bool = False
    is_filter: bool = True
    searchable: bool = False
    required: bool = False


class Attachment(Struct, kw_only=True):
    """A file; it hangs on nothing until an issue takes it by its token."""

    id: int
    filename: str
    content: bytes
    digest: str
    content_type: str | None
    author_id: int
    created: int
    description: str | None = None
    issue_id: int | None = None

    @property
    def token(self) -> str:
        """By which an issue takes it, once."""
        return f"{self.id}.{self.digest}"


class Detail(Struct, kw_only=True):
    """One change a journal tells of."""

    property: Literal["attr", "cf", "attachment", "relation"]
    name: str
    old: str | None = None
    new: str | None = None


class Journal(Struct, kw_only=True):
    """Something said on an issue, or changed, or both."""

    id: int
    user_id: int
    notes: str | None
    created: int
    private: bool = False
    details: list[Detail] = []

    @property
    def says(self) -> bool:
        """Whether it holds words."""
        return bool(self.notes and self.notes.strip())


Custom = str | list[str] | None


class Spent(Struct, kw_only=True):
    """Time somebody spent on an issue: a day, and hours as they were typed; clients are shown two decimals."""

    id: int
    issue_id: int
    user_id: int
    activity_id: int
    hours: float
    day: str
    comments: str | None
    created: int


class Issue(Struct, kw_only=True):
    """A ticket. `version` counts its writes and is shown to nobody."""

    id: int
    project_id: int
    tracker_id: int
    status_id: int
    priority_id: int
    author_id: int
    created: int
    updated: int
    subject: str = ""
    description: str | None = None
    assigned_to_id: int | None = None
    category_id: int | None = None
    start_date: str | None = None
    due_date: str | None = None
    done_ratio: int = 0
    estimated_hours: float | None = None
    is_private: bool = False
    parent_id: int | None = None
    closed: int | None = None
    custom: dict[int, Custom] = {}
    journals: list[Journal] = []
    files: list[int] = []
    watchers: list[int] = []
    spent: list[Spent] = []
    version: int = 0


class Relation(Struct, kw_only=True):
    """Two issues that have to do with each other."""

    id: int
    issue_id: int
    issue_to_id: int
    relation_type: str
    delay: int | None = None


class Mail(Struct, kw_only=True):
    """A mail that would have left: to whom, about which issue, and why."""

    to: str
    issue_id: int
    about: Literal["issue_add", "issue_edit"]
