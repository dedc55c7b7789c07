"""What an emulated desk holds, in words every kind of desk can be told in: what judges look at."""

from __future__ import annotations

from msgspec import Struct


class KeptFile(Struct, frozen=True):
    """A file that is there, whole."""

    name: str
    sha256: str
    size: int


class KeptComment(Struct, frozen=True):
    """One comment as it is stored. `author` is an e-mail in lower case, none where there is nobody any more; `public`
    when a requester could read it; `at` in epoch seconds."""

    id: str
    author: str | None
    text: str
    public: bool
    at: int | None
    files: tuple[KeptFile, ...] = ()


class KeptWork(Struct, frozen=True):
    """Work somebody wrote down: by whom, an e-mail as above; when it began, in epoch seconds."""

    author: str | None
    at: int | None
    seconds: int
    note: str = ""


class KeptTicket(Struct, frozen=True):
    """One ticket as it is stored: texts as they are, people by e-mail in lower case, values as people see them.

    `values` maps a kind of list (status, priority, category ...) to the name, a tree's from its root with " / "
    between; a kind that is empty is absent. `custom` maps a field's name to what stands in it, several where there are
    several. Every comment is there, in the order in which the desk would show them, private ones too. `rating` is how
    many of how many.
    """

    id: str
    title: str
    body: str
    requester: str | None
    assignee: str | None
    values: dict[str, str]
    created: int | None
    comments: tuple[KeptComment, ...] = ()
    files: tuple[KeptFile, ...] = ()
    tags: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    custom: dict[str, tuple[str, ...]] = {}
    times: tuple[KeptWork, ...] = ()
    rating: tuple[int, int] | None = None
