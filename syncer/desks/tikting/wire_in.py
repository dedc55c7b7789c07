"""Tikting's JSON turned into tickets, by the field map; and what tells that one has changed (contract 3.3, 4, 7)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from syncer.desks.tikting import wire_files
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.names import Names
from syncer.desks.tikting.wire_fields import LOOKUPS, FieldMap, FieldName, said
from syncer.errors import Rejected
from syncer.mapping.body import text_to_html
from syncer.model.ids import TicketId, Version
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import Comment, File, Ticket

RESOLUTION, FILES = "resolution", "files"
"""The ids of the comments that a ticket's resolution becomes, and its files that not all may see."""
NOT_FOR_ALL = "Files of this ticket that not all may see."
_MARKUP = re.compile(
    r"</?(p|br|div|span|ul|ol|li|table|tbody|tr|td|th|a|b|i|u|em|strong|img|h[1-6]|pre|blockquote|font|hr)"
    r"""(\s+[a-z-]+\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+))*\s*/?>""",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(nbsp|amp|lt|gt|quot|#\d{2,5});")
_FRACTION = re.compile(r"(\.\d{6})\d+")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def person_id(id: str, email: str = "", name: str = "") -> str | None:
    """Whom somebody is known as: by GUID whatever its case (contract 7), else by e-mail, else by name."""
    if id:
        return id.lower() if _GUID.fullmatch(id) else id
    return email.strip().lower() or name.strip() or None


def moment(value: str, zone: ZoneInfo) -> datetime | None:
    """An ISO 8601 time, without an offset in `zone`; the year 1 is no time, nor is what cannot be read."""
    try:
        at = _iso(value)
        if at.year <= 1:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_time(value: str) -> bool:
    """Whether this can be read as a time, or says that there is none."""
    try:
        return not value.strip() or bool(_iso(value))
    except ValueError:
        return False


def _iso(value: str) -> datetime:
    return datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip()))


def digest(value: Any, volatile: frozenset[str]) -> bytes:
    """8 bytes that change when anything but volatile keys does, whatever the order and casing of keys."""
    whole = msgspec.json.encode(_canonical(value, volatile), order="deterministic")
    return hashlib.blake2b(whole, digest_size=8).digest()


def _canonical(value: Any, volatile: frozenset[str]) -> Any:
    if isinstance(value, dict):
        low = ((str(key).lower(), one) for key, one in value.items())
        return {key: _canonical(one, volatile) for key, one in low if key not in volatile}
    return [_canonical(one, volatile) for one in value] if isinstance(value, list) else value


def is_over(status: StatusClass | None) -> bool:
    """Whether a ticket of this status is not worked on any more: only then its row alone tells that it changed."""
    return status == StatusClass.CLOSED


class Reader:
    """Reads tickets as this desk's settings say."""

    def __init__(self, config: TiktingConfig, fields: FieldMap) -> None:
        self._fields = fields
        self._zone = ZoneInfo(config.instance_timezone)
        self._form = config.text_is
        self._unmarked = config.unmarked_replies == "public"

    def ticket(self, id: TicketId, row: Any, version: Version, names: Names) -> Ticket:
        """A whole ticket. Raises Rejected when it shows no title, or something that was said cannot be read."""
        fields = self._fields
        if not fields.there(row, "title"):
            raise Rejected(f"ticket {id} has no title under {', '.join(fields.paths('title'))}", reason="schema")
        values = {str(kind): names.one(kind, fields.hit(row, kind)) for kind in LOOKUPS}
        closed = self._moment(row, "closed")
        parted = wire_files.apart(fields, row, self._said(id, row, closed))
        return Ticket(
            id=id,
            number=f"#{id}",
            title=" ".join(fields.text(row, "title").split()),
            body=self._html(fields.text(row, "description")),
            html=True,
            values={kind: id for kind, id in values.items() if id is not None},
            requester=self._person(row, "requester_id", "requester_email", "requester_name"),
            creator=None,
            assignee=self._person(row, "assignee", "assignee_email", "assignee_name"),
            created_at=self._moment(row, "created"),
            updated_at=self._moment(row, "updated"),
            closed_at=closed,
            version=version,
            comments=parted.comments + self._hidden(parted.hidden),
            files=parted.own,
        )

    def people(self, row: Any) -> Iterator[LookupValue]:
        """Whom a ticket names, its repliers included, with what it tells of them."""
        yield from self._known(row, "requester_id", "requester_email", "requester_name")
        yield from self._known(row, "assignee", "assignee_email", "assignee_name")
        for reply in self._fields.rows(row, "replies") or ():
            yield from self._known(reply, "reply_author_id", "reply_author_email", "reply_author_name")

    def _known(self, row: Any, id: FieldName, email: FieldName, name: FieldName) -> Iterator[LookupValue]:
        if (known := self._person(row, id, email, name)) is not None:
            address = self._fields.ident(row, email)
            called = self._fields.ident(row, name) or address or known
            yield LookupValue("person", known, called, email=address or None)

    def _person(self, row: Any, id: FieldName, email: FieldName, name: FieldName) -> str | None:
        fields = self._fields
        return person_id(fields.ident(row, id), fields.ident(row, email), fields.ident(row, name))

    def _moment(self, row: Any, name: FieldName) -> datetime | None:
        return moment(self._fields.text(row, name), self._zone)

    def _html(self, text: str) -> str:
        """Nothing tells whether a text is markup: detected where the settings do not say (contract 7)."""
        marked = self._form == "html" or (self._form == "auto" and bool(_MARKUP.search(text) or _ENTITY.search(text)))
        return text if marked else text_to_html(text)

    def _said(self, id: TicketId, row: Any, closed: datetime | None) -> tuple[Comment, ...]:
        """Replies, and the resolution: the last reply that says the same, else a comment of its own behind them."""
        found = list(self._replies(id, row))
        for resolution in self._resolution(row, closed):
            same = [place for place, reply in enumerate(found) if reply.body.strip() == resolution.body.strip()]
            if not same:
                return (*found, resolution)
            found[same[-1]] = msgspec.structs.replace(found[same[-1]], solution=True)
        return tuple(found)

    def _replies(self, id: TicketId, row: Any) -> Iterator[Comment]:
        """Replies in the order in which they came to be; one that cannot be read would be lost in silence."""
        found = [self._reply(id, reply) for reply in self._fields.rows(row, "replies") or ()]
        if all(reply.created_at is not None for reply in found):
            found.sort(key=lambda reply: reply.created_at or datetime.min)
        counted: dict[str, int] = {}
        for reply in found:
            number = counted[reply.id] = counted.get(reply.id, 0) + 1
            yield reply if number == 1 else msgspec.structs.replace(reply, id=f"{reply.id}-{number}")

    def _reply(self, id: TicketId, reply: Any) -> Comment:
        fields = self._fields
        if not fields.there(reply, "reply_text"):
            where = ", ".join(fields.paths("reply_text"))
            raise Rejected(f"a reply of ticket {id} has no text under {where}", reason="schema", field="reply_text")
        text = fields.text(reply, "reply_text")
        author = self._person(reply, "reply_author_id", "reply_author_email", "reply_author_name")
        when = self._moment(reply, "reply_created")
        # Without an id of its own it is known by what it says.
        own = fields.ident(reply, "reply_id") or digest([author, str(when), text], frozenset()).hex()
        public = fields.is_public(reply, "reply_public", "reply_private", unmarked=self._unmarked)
        files = tuple(one.file for one in wire_files.listed(fields, reply))
        return Comment(own, author, when, self._html(text), public, files)

    def _hidden(self, files: tuple[File, ...]) -> tuple[Comment, ...]:
        """Files that not all may see, and that no reply has: a note of their own, because a ticket's files are all
        public."""
        return (Comment(FILES, None, None, self._html(NOT_FOR_ALL), False, files),) if files else ()

    def _resolution(self, row: Any, closed: datetime | None) -> Iterator[Comment]:
        """How it was resolved, as the last word. Whether the requester sees it is not documented."""
        if text := self._fields.text(row, "resolution").strip():
            yield Comment(RESOLUTION, None, closed, self._html(text), self._unmarked, solution=True)


def standing(fields: FieldMap, names: Names, ticket: Any) -> dict[str, str]:
    """What a ticket says of itself, by the names by which calls are told it; what is empty, or not clear, is left
    out."""
    texts = {"title": fields.text(ticket, "title"), "description": fields.text(ticket, "description")}
    people = {"requester": fields.ident(ticket, "requester_id"), "assignee": fields.ident(ticket, "assignee")}
    lists: dict[str, str] = {kind: names.one(kind, fields.hit(ticket, kind)) or "" for kind in LOOKUPS}
    found = {**texts, **people, **lists, "ticket_type": "1"}
    return {name: value for name, value in found.items() if value}


def unclear(fields: FieldMap, ticket: Any, stands: Mapping[str, str]) -> list[str]:
    """Values of lists that a ticket has and does not tell clearly."""
    hits = {str(kind): fields.hit(ticket, kind) for kind in LOOKUPS if kind not in stands}
    return [kind for kind, hit in hits.items() if hit is not None and said(hit.value)]


def in_one_line(text: str) -> str:
    """A text whatever a desk did to its spaces and line breaks."""
    return " ".join(text.split())


def reply_texts(fields: FieldMap, row: Any) -> Sequence[str | None] | None:
    """What the replies of a ticket say, None for one that shows no text; None where the ticket does not show its
    replies at all."""
    found = fields.rows(row, "replies")
    if found is None:
        return None
    hits = [fields.hit(one, "reply_text") for one in found]
    return [None if hit is None else str(hit.value) for hit in hits]
