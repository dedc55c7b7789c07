"""Znuny's JSON turned into tickets. With wire_out.py, names.py and people.py the only place that knows its field names.

The first article is the ticket's text, all others are what was said; ids are numbers here and words there; a text that
was HTML comes as text, and as it was in a file of a name of its own (contract, tickets, articles and attachments).
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from syncer.desks.znuny import times
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.custom import DynamicFields
from syncer.desks.znuny.names import Names
from syncer.desks.znuny.people import People
from syncer.errors import Rejected
from syncer.mapping.body import text_to_html
from syncer.model.ids import Key, TicketId, Version
from syncer.model.ticket import Comment, File, Ticket, TimeEntry

Row = dict[str, Any]
_BODY_FILE = re.compile(r"file-[12]|file-1\.html")
_CHARSET = re.compile(r"charset=[\"']?([\w-]+)", re.IGNORECASE)
_HULL = frozenset(("TimeUnit",))
_PAGE = re.compile(r"/nph-genericinterface\.pl/.*")
_TITLE_MARKER = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9-]*)\]\s*\Z")


class Attached(Struct, frozen=True):
    """A file of an article as it is listed; its bytes where they came along."""

    id: str
    name: str
    content_type: str
    size: int
    content: str | None
    content_id: str
    charset: str
    is_body: bool


def ident(value: Any) -> TicketId | None:
    """An id, whether it came as a number or as a word."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    word = str(value)
    return TicketId(word) if word.isascii() and word.isdigit() and int(word) > 0 else None


def version(row: Row) -> Version | None:
    """When the desk last counted a ticket as changed, to the second."""
    return Version(changed) if (changed := times.wall(row.get("Changed"))) else None


def is_settled(row: Row) -> bool:
    """Whether the second of a ticket's last change was over when it was read: else more may have come within it.

    By the server's own clock, which is told by how old a ticket is.
    """
    created, changed, age = times.naive(row.get("Created")), times.naive(row.get("Changed")), row.get("Age")
    if created is None or changed is None or not isinstance(age, int):
        return True
    return abs(created + timedelta(seconds=age) - changed) >= timedelta(seconds=1)


def articles(row: Row) -> list[Row]:
    """What was written on a ticket, in order. Raises Rejected for an article without an id: it would be lost.

    Of an article that broke while it was made Znuny shows an empty hull: there is nothing of it to lose.
    """
    found = row.get("Article")
    rows = [one for one in found if isinstance(one, dict) and one.keys() - _HULL] if isinstance(found, list) else []
    if any(ident(one.get("ArticleID")) is None for one in rows):
        raise Rejected("an article without an id", reason="schema", field="ArticleID")
    return sorted(rows, key=lambda one: int(one["ArticleID"]))


def is_public(article: Row) -> bool:
    """Whether a customer can read it; whatever does not clearly say so is private."""
    flag = article.get("IsVisibleForCustomer")
    return flag in (1, "1") and not isinstance(flag, bool)


def attached(article: Row) -> list[Attached]:
    """The files of an article, and its text as it was where that was HTML."""
    listed = article.get("Attachment")
    made = []
    for place, one in enumerate(listed if isinstance(listed, list) else (), 1):
        if not isinstance(one, dict):
            continue
        name, kind, content = _text(one.get("Filename")), _text(one.get("ContentType")), one.get("Content")
        number = one.get("FileID") or place
        made.append(
            Attached(
                id=f"{article.get('ArticleID')}/{number}",
                name=name or f"unnamed-{number}",
                content_type=kind.partition(";")[0].strip().lower() or "application/octet-stream",
                size=_count(one.get("FilesizeRaw")),
                content=content if isinstance(content, str) else None,
                content_id=_text(one.get("ContentID")).strip("<> "),
                charset=found[1] if (found := _CHARSET.search(kind)) else "utf-8",
                is_body=kind.lower().startswith("text/html") and bool(_BODY_FILE.fullmatch(name)),
            )
        )
    return made


def content(file: Attached) -> bytes:
    """A file's bytes. Raises Rejected where they did not come along whole."""
    try:
        return base64.b64decode(file.content or "")
    except (binascii.Error, ValueError) as e:
        raise Rejected(f"file {file.name}: its bytes are no base64", reason="file_unreadable") from e


def markers(row: Row, field: str | None) -> set[str]:
    """The markers a ticket carries: in its field, else at the end of its title."""
    if field is None:
        found = _TITLE_MARKER.search(_text(row.get("Title")))
        return {found[1]} if found else set()
    values = row.get("DynamicField")
    pairs = [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []
    return {_text(one.get("Value")) for one in pairs if one.get("Name") == field} - {""}


def title(row: Row) -> str:
    """A title, in one line."""
    return " ".join(_text(row.get("Title")).split())


def without_marker(row: Row) -> str:
    """A title, and no marker at its end."""
    return _TITLE_MARKER.sub("", title(row)).strip()


class Reader:
    """Reads tickets as this desk's settings say."""

    def __init__(self, config: ZnunyConfig, people: People, names: Names, fields: DynamicFields) -> None:
        self._people = people
        self._names = names
        self._fields = fields
        self._zone = ZoneInfo(config.timezone)
        self._unit = (config.time_unit_minutes or 0) * 60
        self._field = config.marker_field
        self._page = _PAGE.sub("/index.pl?Action=AgentTicketZoom;TicketID=", config.base_url)

    def ticket(self, row: Row) -> Ticket:
        """A whole ticket. Its text is the first article where a customer may read that; else nothing is.

        Raises Rejected when it has no id.
        """
        id = ident(row.get("TicketID"))
        if id is None:
            raise Rejected("a ticket without an id", reason="schema", field="TicketID")
        said = articles(row)
        first = said[0] if said and is_public(said[0]) else None
        copied = self._people.copied(first.get("Cc")) if first else []
        return Ticket(
            id=id,
            number=_text(row.get("TicketNumber")) or f"#{id}",
            title=title(row),
            body=text(first) if first else "",
            html=True,
            values=self._names.of(row),
            requester=self._people.asker(row, first),
            creator=None,
            assignee=self._people.assignee(row),
            created_at=times.moment(row.get("Created"), self._zone),
            updated_at=times.moment(row.get("Changed"), self._zone),
            closed_at=times.moment(row.get("Closed"), self._zone) if row.get("StateType") == "closed" else None,
            version=version(row) or Version(""),
            url=f"{self._page}{id}",
            custom=self._fields.of(row),
            comments=tuple(self._comment(one, row) for one in said if one is not first),
            files=files(first) if first else (),
            cc=tuple(dict.fromkeys(copied)),
            times=tuple(self._work(one, row) for one in said if self._unit and _units(one)),
            marker=self._marked(row),
        )

    def _marked(self, row: Row) -> Key | None:
        """What stands in the field for syncer's marker; a marker in a title stays there."""
        return next(map(Key, sorted(markers(row, self._field))), None) if self._field else None

    def _comment(self, article: Row, row: Row) -> Comment:
        return Comment(
            id=str(article["ArticleID"]),
            author=self._people.author(article, row),
            created_at=times.moment(article.get("CreateTime"), self._zone),
            body=text(article),
            public=is_public(article),
            files=files(article),
        )

    def _work(self, article: Row, row: Row) -> TimeEntry:
        at = times.moment(article.get("CreateTime"), self._zone)
        author = self._people.author(article, row) if article.get("SenderType") == "agent" else None
        return TimeEntry(str(article["ArticleID"]), author, at, round(_units(article) * self._unit))


def text(article: Row) -> str:
    """What an article says, as HTML: as it was where that came along, else as the text it was made to."""
    for file in attached(article):
        if file.is_body and file.content:
            try:
                return content(file).decode(file.charset, "replace")
            except LookupError:
                return content(file).decode("utf-8", "replace")
    return text_to_html(_text(article.get("Body")).strip("\n"))


def files(article: Row) -> tuple[File, ...]:
    """The files of an article; its own text is none."""
    return tuple(File(one.id, one.name, one.size or None) for one in attached(article) if not one.is_body)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int:
    word = str(value)
    return int(word) if word.isascii() and word.isdigit() else 0


def _units(article: Row) -> float:
    try:
        return max(0.0, float(article.get("TimeUnit") or 0))
    except (TypeError, ValueError):
        return 0.0
