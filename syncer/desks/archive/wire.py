"""An archive's lines <-> tickets, drafts and list entries: the only place that knows its field names (README.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from syncer.errors import Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import FieldForm, LookupValue, StatusClass
from syncer.model.ticket import Comment, CustomValue, File, Rating, Ticket, TicketLink, TimeEntry

FORMAT = 1
Labels = Mapping[tuple[str, str], str]
"""(custom field, option's id) -> what the option is called."""
Moment = Annotated[datetime, Meta(tz=True)]
_ID = Annotated[str, Meta(min_length=1)]
_HASH = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
PEOPLE = ("requester", "creator", "assignee")
TIMES = ("created_at", "updated_at", "closed_at")
WORDS = ("number", "url", "html")
OWN_FIELDS = frozenset({*PEOPLE, *TIMES, *WORDS})
"""Draft fields that are no values of a list."""


class Manifest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`archive.json`. `origin` is where all of it comes from; `imported` tells from which file syncer made it,
    `stamp` that it was through with that; `tickets` is how many there were when the last writer was through."""

    format: int
    origin: str | None = None
    created: str = ""
    imported: str | None = None
    stamp: str | None = None
    tickets: int | None = None


class FileLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A file: the blob that holds its bytes, and what it is called here."""

    sha256: _HASH
    name: str
    size: int
    type: str = "application/octet-stream"
    shown_as: tuple[str, ...] = ()


class CommentLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One comment; private unless it says otherwise."""

    id: str
    author: str | None = None
    created_at: Moment | None = None
    body: str
    public: bool = False
    solution: bool = False
    files: tuple[FileLine, ...] = ()


class LinkLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A ticket that has to do with this one."""

    id: str
    kind: Literal["parent", "child", "duplicate", "related"] = "related"


class TimeLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Work somebody wrote down."""

    id: str
    author: str | None = None
    at: Moment | None = None
    seconds: int
    note: str = ""


class RatingLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the requester thought of it."""

    score: int
    most: int = 5
    words: str = ""


class TicketLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a segment: a whole ticket. Who writes a field that is not here is told of it, not left alone."""

    id: _ID
    key: str | None = None
    version: str | None = None
    number: str = ""
    url: str | None = None
    title: str
    body: str = ""
    html: bool = True
    values: dict[str, str] = {}
    requester: str | None = None
    creator: str | None = None
    assignee: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    closed_at: Moment | None = None
    tags: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    custom: dict[str, Any] = {}
    links: tuple[LinkLine, ...] = ()
    times: tuple[TimeLine, ...] = ()
    rating: RatingLine | None = None
    comments: tuple[CommentLine, ...] = ()
    files: tuple[FileLine, ...] = ()


class Head(Struct, frozen=True):
    """What an index must know of a line; all else is passed over."""

    id: _ID
    key: str | None = None


class ValueLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One line of `lists/KIND.jsonl`; a later line of the same id counts."""

    id: str
    name: str
    path: tuple[str, ...] = ()
    parent: str | None = None
    active: bool = True
    status_class: StatusClass | None = None
    email: str | None = None
    username: str | None = None
    form: FieldForm | None = None


_encoder = msgspec.json.Encoder()
_tickets = msgspec.json.Decoder(TicketLine)
_heads = msgspec.json.Decoder(Head)
_values = msgspec.json.Decoder(ValueLine)


def encoded(line: Struct) -> bytes:
    """As it stands in a file, with its end."""
    return _encoder.encode(line) + b"\n"


def version_of(line: bytes) -> Version:
    """Changes with any byte of the line; its end does not count."""
    return Version(hashlib.blake2b(line.rstrip(b"\n"), digest_size=12).hexdigest())


def head(line: bytes) -> Head:
    """Raises msgspec.MsgspecError when it is no ticket."""
    return _heads.decode(line)


def ticket_line(line: bytes) -> TicketLine:
    """Raises msgspec.MsgspecError, which names the field."""
    return _tickets.decode(line)


def value(kind: str, line: bytes) -> LookupValue:
    """An entry of a list. Raises msgspec.MsgspecError."""
    one = _values.decode(line)
    return LookupValue(kind, **{name: getattr(one, name) for name in ValueLine.__struct_fields__})


def value_line(value: LookupValue) -> ValueLine:
    """An entry of a list as a line."""
    return ValueLine(**{name: getattr(value, name) for name in ValueLine.__struct_fields__})


def files_of(line: TicketLine) -> list[FileLine]:
    """The files of the ticket, then those of its comments, in order."""
    return [*line.files, *(file for comment in line.comments for file in comment.files)]


def numbered(line: TicketLine, id: str) -> FileLine | None:
    """The file that `ticket` called so."""
    number, _, sha256 = id.partition(".")
    there = files_of(line)
    found = there[int(number)] if number.isdecimal() and int(number) < len(there) else None
    return found if found is not None and found.sha256 == sha256 else None


def ticket(line: TicketLine, version: Version) -> Ticket:
    """What the line says. Raises ValueError for a custom value that is none."""
    ids = (File(f"{at}.{file.sha256}", file.name, file.size) for at, file in enumerate(files_of(line)))
    return Ticket(
        id=TicketId(line.id), number=line.number or f"#{line.id}", title=line.title, body=line.body, html=line.html,
        values=line.values, requester=line.requester, creator=line.creator, assignee=line.assignee,
        created_at=_utc(line.created_at), updated_at=_utc(line.updated_at), closed_at=_utc(line.closed_at),
        version=version, url=line.url, custom={id: _custom(id, raw) for id, raw in line.custom.items()},
        files=tuple(next(ids) for _ in line.files), comments=tuple(_comment(one, ids) for one in line.comments),
        tags=line.tags, cc=line.cc, links=tuple(TicketLink(TicketId(one.id), one.kind) for one in line.links),
        times=tuple(TimeEntry(one.id, one.author, _utc(one.at), one.seconds, one.note) for one in line.times),
        rating=Rating(line.rating.score, line.rating.most, line.rating.words) if line.rating else None,
        marker=Key(line.key) if line.key else None,
    )  # fmt: skip


def _comment(line: CommentLine, ids: Iterator[File]) -> Comment:
    files = tuple(next(ids) for _ in line.files)
    return Comment(line.id, line.author, _utc(line.created_at), line.body, line.public, files, line.solution)


def _utc(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _custom(id: str, raw: Any) -> CustomValue:
    match raw:
        case str() | bool() | int() | float():
            return raw
        case list() if all(isinstance(one, str) for one in raw):
            return tuple(raw)
        case {"date": str(day), **rest} if not rest:
            return date.fromisoformat(day)
        case {"datetime": str(at), **rest} if not rest:
            moment = datetime.fromisoformat(at)
            return _utc(moment) or moment
    raise ValueError(f"custom.{id}: {str(raw)[:40]!r} is no value")


def drafted(draft: Draft, files: Sequence[FileLine], labels: Labels) -> TicketLine:
    """The line of a draft, its comments still without their files. Raises Rejected for a time that is none."""
    given = draft.fields
    rating = RatingLine(draft.rating.score, draft.rating.most, draft.rating.words) if draft.rating else None
    return TicketLine(
        id=draft.source_id, key=draft.key, version=draft.version, title=draft.title, body=draft.body,
        number=given.get("number", ""), url=given.get("url"), html=given.get("html") != "false",
        requester=given.get("requester"), creator=given.get("creator"), assignee=given.get("assignee"),
        created_at=_moment("created_at", given), updated_at=_moment("updated_at", given),
        closed_at=_moment("closed_at", given),
        values={name: value for name, value in given.items() if name not in OWN_FIELDS},
        tags=draft.tags, cc=draft.cc, custom={id: _raw(id, one, labels) for id, one in draft.custom.items()},
        times=tuple(map(_worked, draft.times)),
        links=tuple(LinkLine(one.id, one.kind) for one in draft.links), rating=rating,
        comments=tuple(said(one, ()) for one in draft.comments), files=tuple(files),
    )  # fmt: skip


def _worked(entry: TimeEntry) -> TimeLine:
    at = _utc(entry.at)
    return TimeLine(id=entry.id, author=entry.author, at=at, seconds=entry.seconds, note=entry.note)


def said(comment: CommentDraft, files: Sequence[FileLine]) -> CommentLine:
    """The line of one comment."""
    return CommentLine(
        id=comment.id, author=comment.author, created_at=_utc(comment.created_at), body=comment.body,
        public=comment.public, solution=comment.solution, files=tuple(files),
    )  # fmt: skip


def _raw(field: str, value: Any, labels: Labels) -> Any:
    """A custom value as it stands in a line. Raises Rejected for what could not be read back."""
    match value:
        case datetime():
            return {"datetime": (_utc(value) or value).isoformat()}
        case date():
            return {"date": value.isoformat()}
        case str() if (field, value) in labels:
            return [labels[field, value]]
        case str() | bool() | int() | float():
            return value
        case dict():  # option -> label, as some desks have it
            return [str(label) for label in value.values()]
        case tuple() | list():
            return [labels.get((field, str(one)), str(one)) for one in value]
    raise Rejected(f"custom.{field}: a {type(value).__name__} has no place in a line", reason="refused", field=field)


def _moment(name: str, given: Mapping[str, str]) -> datetime | None:
    """A time as mapping tells it: in ISO 8601, as seconds since 1970, or in words that it is not known."""
    text = given.get(name, "")
    if not text or text == "an unknown time":
        return None
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        at = datetime.fromisoformat(text.removesuffix(" UTC"))
    except (ValueError, OverflowError, OSError) as e:
        raise Rejected(f"{name}: {text[:40]!r} is no time", reason="refused", field=name) from e
    return _utc(at)
