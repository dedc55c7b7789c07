"""Where Tikting's lists and tickets may hold what: names of our own, and the JSON paths that are tried for each.

The product publishes no keys of its list rows and tickets (contract 3.3). All paths are read without regard to case,
and the first one that leads to something of the right kind counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from msgspec import Struct

FieldName = Literal[
    "id", "title", "description", "requester_id", "requester_name", "requester_email", "assignee", "assignee_name",
    "assignee_email", "status", "priority", "category", "group", "site", "department", "level", "company", "created",
    "updated", "closed", "resolution", "replies", "reply_id", "reply_text", "reply_author_id", "reply_author_name",
    "reply_author_email", "reply_created", "reply_public", "reply_private", "attachments", "file_id", "file_name",
    "file_url", "file_size", "file_reply", "file_public", "file_private",
]  # fmt: skip
NAMES: tuple[FieldName, ...] = get_args(FieldName)
LOOKUPS: tuple[FieldName, ...] = (
    "status", "priority", "category", "group", "site", "department", "level", "company",
)  # fmt: skip
"""Fields that hold a value of one of Tikting's lists, of the kind of the same name."""
LISTS: tuple[FieldName, ...] = ("replies", "attachments")
FLAGS: tuple[FieldName, ...] = ("reply_public", "reply_private", "file_public", "file_private")
OF_A_REPLY = tuple(name for name in NAMES if name.startswith("reply_"))
OF_A_FILE = tuple(name for name in NAMES if name.startswith("file_"))
OF_A_TICKET = tuple(name for name in NAMES if name not in (*OF_A_REPLY, *OF_A_FILE))
NEEDED: tuple[FieldName, ...] = ("id", "title")
"""Without these no ticket can be read at all."""
_CREATED = ("createdDate", "createdOn", "createdAt", "dateCreated", "creationDate")
CANDIDATES: dict[FieldName, tuple[str, ...]] = {
    "id": ("id", "ticketId"),
    "title": ("title", "subject"),
    "description": ("description", "body", "details"),
    "requester_id": ("creatorId", "creator.id", "requesterId"),
    "requester_name": ("creator.fullName", "creator.userName", "requester"),
    "requester_email": ("creator.email",),
    "assignee": ("assigneeId", "assignee.id", "assignedToId"),
    "assignee_name": ("assignee.fullName", "assignee.userName"),
    "assignee_email": ("assignee.email",),
    # Ids first; what comes after may be a label, which is looked up.
    "status": ("ticketStatusId", "status.id", "statusId", "status.status", "status"),
    "priority": ("ticketPriorityId", "priority.id", "priority.priority", "priority"),
    "category": ("ticketCategoryId", "category.id", "category.name", "category"),
    "group": ("groupId", "group.id", "group.group", "group"),
    "site": ("siteId", "site.id", "site.title", "site"),
    "department": ("departmentId", "department.id", "department.title", "department"),
    "level": ("tierLevelId", "tierLevel.id", "tierLevel.title", "tierLevel"),
    "company": (),
    "created": _CREATED,
    "updated": ("updatedDate", "modifiedOn", "lastUpdated", "updatedAt"),
    "closed": ("closedDate", "resolvedDate"),
    "resolution": ("resolution", "resolution.text"),
    "replies": ("replies", "comments", "ticketReplies", "conversations"),
    "reply_id": ("id", "replyId", "commentId"),
    "reply_text": ("body", "text", "message", "reply", "comment", "content", "description", "details"),
    "reply_author_id": ("creatorId", "creator.id", "authorId", "author.id", "userId", "user.id"),
    "reply_author_name": ("creator.fullName", "creator.userName", "author.fullName", "user.fullName", "author"),
    "reply_author_email": ("creator.email", "author.email", "user.email"),
    "reply_created": (*_CREATED, "date"),
    "reply_public": ("isPublic", "public"),
    "reply_private": ("isPrivate", "private", "isInternal", "internal"),
    "attachments": ("attachments", "uploads", "ticketAttachments", "files"),
    "file_id": ("id", "attachmentId", "fileId"),
    "file_name": ("fileName", "name", "originalName"),
    "file_url": ("url", "downloadUrl", "fileUrl", "path", "link"),
    "file_size": ("size", "fileSize"),
    "file_reply": ("replyId", "ticketReplyId", "commentId"),
    "file_public": ("isPublic", "public"),
    "file_private": ("isPrivate", "private", "isInternal", "internal"),
}
_NO_GUID = "00000000-0000-0000-0000-000000000000"


class Hit(Struct, frozen=True):
    """What stands at a path."""

    path: str
    value: Any


def lowered(row: Any) -> dict[str, Any]:
    """An object with its keys in lower case."""
    return {str(k).lower(): v for k, v in row.items()} if isinstance(row, dict) else {}


def at(row: Any, path: str) -> tuple[bool, Any]:
    """Whether there is something at a path, null included, and what."""
    for step in path.lower().split("."):
        low = lowered(row)
        if step not in low:
            return False, None
        row = low[step]
    return True, row


class FieldMap:
    """The paths of each field: the operator's, else the built-in candidates."""

    def __init__(self, told: Mapping[FieldName, Sequence[str]] | None = None) -> None:
        self._paths: dict[FieldName, tuple[str, ...]] = {**CANDIDATES, **{k: tuple(v) for k, v in (told or {}).items()}}

    def paths(self, name: FieldName) -> tuple[str, ...]:
        """Where a field is looked for."""
        return self._paths[name]

    @property
    def reads(self) -> bool:
        """Whether tickets can be read at all by this map."""
        return all(self._paths[name] for name in NEEDED)

    def there(self, row: Any, name: FieldName, path: str | None = None) -> bool:
        """Whether a field can be read here, or at this path, though it may be empty: of the right kind, or null."""
        fits = _FITS[kind_of(name)]
        looks = self._at(row, name) if path is None else [at(row, path)]
        return any(found and (value is None or fits(value)) for found, value in looks)

    def hit(self, row: Any, name: FieldName) -> Hit | None:
        """The first path that leads to something of the field's kind; None where nothing does."""
        fits = _FITS[kind_of(name)]
        for path in self._paths[name]:
            _, value = at(row, path)
            if value is not None and fits(value):
                return Hit(path, value)
        return None

    def text(self, row: Any, name: FieldName) -> str:
        """A text, or number as text; nothing for what is none."""
        found = self.hit(row, name)
        return "" if found is None else str(found.value)

    def ident(self, row: Any, name: FieldName) -> str:
        """An id or label, trimmed; nothing for 0, an empty GUID and the like."""
        return next((told for _, value in self._at(row, name) if _is_scalar(value) and (told := said(value))), "")

    def number(self, row: Any, name: FieldName) -> str | None:
        """A positive whole number, also one that came as text."""
        return next((id for _, value in self._at(row, name) if (id := whole_number(value)) is not None), None)

    def rows(self, row: Any, name: FieldName) -> list[Any] | None:
        """A list, empty where the key holds null; None where there is no such key, which says nothing at all."""
        found = self.hit(row, name)
        if found is not None:
            return list(found.value)
        return [] if self.there(row, name) else None

    def is_public(self, row: Any, public: FieldName, private: FieldName, *, unmarked: bool) -> bool:
        """Only where it is clearly said that all may see it; `unmarked` where nothing is said."""
        says = [[value for found, value in self._at(row, name) if found] for name in (public, private)]
        if not any(says):
            return unmarked
        # Whatever says something else than that all may read it makes it private.
        return all(one is True for one in says[0]) and all(one is False for one in says[1])

    def _at(self, row: Any, name: FieldName) -> list[tuple[bool, Any]]:
        return [at(row, path) for path in self._paths[name]]


def said(value: object) -> str:
    """An id or label as text; nothing for 0, an empty GUID and the like, which stand for nothing."""
    text = str(value).strip()
    return "" if text in {"0", _NO_GUID} else text


def whole_number(value: Any) -> str | None:
    """An id of a ticket: a positive integer, as a number or as text; None for anything else."""
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        return None
    return str(int(text)) if int(text) > 0 else None


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


_TEXTS = ("title", "description", "resolution", "reply_text", "created", "updated", "closed", "reply_created")
_FITS: Mapping[str, Callable[[Any], bool]] = {
    "list": lambda value: isinstance(value, list),
    "flag": lambda value: isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
    "scalar": _is_scalar,
}


def kind_of(name: FieldName) -> str:
    """What a field must be: a list, a flag, a text, or a scalar, which is an id, a number or a label."""
    if name in LISTS:
        return "list"
    if name in FLAGS:
        return "flag"
    return "text" if name in _TEXTS else "scalar"


BUILT_IN = FieldMap()
