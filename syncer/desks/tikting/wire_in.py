"""Tikting's JSON turned into tickets, by the field map; and what tells that one has changed (contract 3.3, 4, 7)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import msgspec

from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.names import Names
from syncer.desks.tikting.wire_fields import LOOKUPS, FieldMap, FieldName, at
from syncer.errors import Rejected
from syncer.mapping.body import text_to_html
from syncer.model.ids import TicketId, Version
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import Comment, File, Ticket

RESOLUTION = "resolution"
"""The id of the comment that a ticket's resolution becomes."""
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
        at = datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip()))
        if at.year <= 1:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


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
        said = {str(kind): names.one(kind, fields.hit(row, kind)) for kind in LOOKUPS}
        closed = self._moment(row, "closed")
        return Ticket(
            id=id,
            number=f"#{id}",
            title=" ".join(fields.text(row, "title").split()),
            body=self._html(fields.text(row, "description")),
            html=True,
            values={kind: id for kind, id in said.items() if id is not None},
            requester=self._person(row, "requester_id", "requester_email", "requester_name"),
            creator=None,
            assignee=self._person(row, "assignee", "assignee_email", "assignee_name"),
            created_at=self._moment(row, "created"),
            updated_at=self._moment(row, "updated"),
            closed_at=closed,
            version=version,
            comments=self._said(id, row, closed),
            files=self._files(row),
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
        said = list(self._replies(id, row))
        for resolution in self._resolution(row, closed):
            same = [place for place, reply in enumerate(said) if reply.body.strip() == resolution.body.strip()]
            if not same:
                return (*said, resolution)
            said[same[-1]] = msgspec.structs.replace(said[same[-1]], solution=True)
        return tuple(said)

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
        return Comment(own, author, when, self._html(text), self._is_public(reply), self._files(reply))

    def _is_public(self, reply: Any) -> bool:
        """Only where it is clearly said; where nothing is said, as the settings have it: private, if they do not."""
        public, private = self._told(reply, "reply_public"), self._told(reply, "reply_private")
        if not public and not private:
            return self._unmarked
        # Whatever says something else than that all may read it makes it private.
        return all(one is True for one in public) and all(one is False for one in private)

    def _told(self, reply: Any, name: FieldName) -> list[Any]:
        """What stands at each place that may say so."""
        found = (at(reply, path) for path in self._fields.paths(name))
        return [value for there, value in found if there]

    def _resolution(self, row: Any, closed: datetime | None) -> Iterator[Comment]:
        """How it was resolved, as the last word. Whether the requester sees it is not documented."""
        if text := self._fields.text(row, "resolution").strip():
            yield Comment(RESOLUTION, None, closed, self._html(text), self._unmarked, solution=True)

    def _files(self, row: Any) -> tuple[File, ...]:
        found = (file_id(self._fields, one) for one in self._fields.rows(row, "attachments") or ())
        return tuple(File(id) for id in dict.fromkeys(found))


def file_id(fields: FieldMap, row: Any) -> str:
    """A file's id for us: by which of its own it can be fetched, and its name, which is told nowhere else."""
    if isinstance(row, str):
        return f"/{quote(row, safe='')}/{row.rpartition('/')[2]}"
    id, url = fields.ident(row, "file_id"), fields.ident(row, "file_url")
    name = fields.ident(row, "file_name") or url.partition("?")[0].rpartition("/")[2] or id or "file"
    return f"{quote(id, safe='')}/{quote(url, safe='')}/{name}"


def file_parts(id: str) -> tuple[str, str, str]:
    """Id, address and name of a file, each empty where it has none."""
    own, url, name = id.split("/", 2)
    return unquote(own), unquote(url), name


def reply_texts(fields: FieldMap, row: Any) -> Sequence[str] | None:
    """What the replies of a ticket say; None where the ticket does not show its replies at all."""
    found = fields.rows(row, "replies")
    return None if found is None else [fields.text(one, "reply_text") for one in found]


def file_names(fields: FieldMap, row: Any) -> Sequence[str] | None:
    """The names of a ticket's files, those of its replies included; None where it does not show its files at all."""
    found = fields.rows(row, "attachments")
    if found is None:
        return None
    for reply in fields.rows(row, "replies") or ():
        found += fields.rows(reply, "attachments") or ()
    return [file_parts(file_id(fields, one))[2] for one in found]
