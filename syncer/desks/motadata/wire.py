"""ServiceOps' JSON turned into tickets. With wire_out.py the only place that knows its field names.

Names where others have ids, three forms of dates, a description that lost its markup, custom fields that are never
absent: contract sections 3.1, 3.6, 3.9, 7 and 9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.custom import CustomFields
from syncer.desks.motadata.names import Names
from syncer.desks.motadata.shapes import moment, number, text
from syncer.errors import ConfigError, Rejected
from syncer.log import redact
from syncer.mapping.body import text_to_html
from syncer.model.ids import TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Comment, File, Ticket

STATUS, ASSIGNEE = "statusName", "assigneeEmail"
TAG = "ext:"
"""Begins the tag that is syncer's marker: none of the people's."""
_VALUES = {
    "status": STATUS,
    "priority": "priorityName",
    "urgency": "urgencyName",
    "impact": "impactName",
    "category": "categoryName",
    "department": "departmentName",
    "location": "locationName",
    "company": "companyName",
    "support_level": "supportLevel",
    "source": "source",
}
_CLOSED = ("lastClosedTime", "lastResolvedTime", "resolvedTime")
_TIMES = ("%a, %b %d, %Y %I:%M %p", "%b %d, %Y %I:%M %p", "%d-%m-%Y %H:%M")


class Rows(Struct, frozen=True):
    """A page of a list, and how many rows there are in all, where that is told."""

    rows: list[dict[str, Any]]
    total: int | None


def decoded(body: bytes, what: str) -> Any:
    """The JSON of an answer. Raises Rejected when it is none: one record's, or a wrong address."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as e:
        start = redact(body[:60].decode("utf-8", "replace").strip())
        said = f"no JSON but {start!r}" if start else "an empty answer"
        raise Rejected(f"{what}: {said}", reason="no_json", hint="Is base_url right?") from e


def listed(body: bytes, what: str) -> Rows:
    """A page of a list. Raises ConfigError for anything else, which would pass for an empty list."""
    try:
        value = decoded(body, what)
    except Rejected as e:
        raise ConfigError(e.message, hint="Is base_url the address of ServiceOps itself, without /api?") from e
    found = value.get("objectList") if isinstance(value, dict) else value
    if not isinstance(found, list):
        raise ConfigError(f"{what}: an answer without objectList", hint="Is base_url right, and this a ServiceOps?")
    total = number(value.get("totalCount")) if isinstance(value, dict) else None
    return Rows([row for row in found if isinstance(row, dict)], total)


def ident(row: dict[str, Any]) -> TicketId | None:
    """A row's id, a positive number; None where it has none."""
    id = number(row.get("id"))
    return TicketId(str(id)) if id is not None and id > 0 else None


def millis(row: dict[str, Any], key: str) -> int:
    """A time of a row as it came; 0 where there is none."""
    return number(row.get(key)) or 0


def updated(row: dict[str, Any]) -> int:
    """When the desk last counted a row as changed."""
    return millis(row, "updatedTime")


def created(row: dict[str, Any]) -> int:
    """When a row was made."""
    return millis(row, "createdTime")


def version(row: dict[str, Any]) -> Version:
    """Changes with each change the desk counts."""
    return Version(str(updated(row) or ""))


def person_id(email: Any, name: Any = "") -> str | None:
    """People are known by e-mail, whatever its case; one who has none, by name."""
    return text(email).strip().lower() or text(name).strip() or None


class Reader:
    """Reads requests and conversations as this desk's settings say."""

    def __init__(self, config: MotadataConfig, names: Names) -> None:
        self._names = names
        self._keys = {**_VALUES, **({"group": config.group_key} if config.group_key else {})}
        self._html = config.description_is == "html"
        self._zone = ZoneInfo(config.conversation_timezone)
        self._public = {_spelled(word) for word in config.public_types}
        self.custom = CustomFields(config)

    def ticket(self, row: dict[str, Any], talk: list[dict[str, Any]]) -> Ticket:
        """A whole ticket. Raises Rejected when it has no id."""
        id = ident(row)
        if id is None:
            raise Rejected("a request without an id", reason="schema", field="id")
        described = text(row.get("description"))
        closed = next((at for key in _CLOSED if (at := moment(row.get(key)))), None)
        return Ticket(
            id=id,
            number=text(row.get("name")) or f"#{id}",
            title=" ".join(text(row.get("subject")).split()),
            body=described if self._html else text_to_html(described),
            html=True,
            values=self.values(row),
            requester=person_id(row.get("requesterEmail"), row.get("requesterName")),
            creator=person_id(None, row.get("createdByName")),
            assignee=person_id(row.get(ASSIGNEE)),
            created_at=moment(row.get("createdTime")),
            updated_at=moment(row.get("updatedTime")),
            closed_at=closed,
            version=version(row),
            custom=self.custom.of(row),
            tags=tuple(dict.fromkeys(tag for tag in words(row, "tags") if not tag.lower().startswith(TAG))),
            cc=tuple(dict.fromkeys(address.lower() for address in words(row, "ccEmailSet"))),
            comments=self.comments(talk),
            files=files(row),
        )

    def values(self, row: dict[str, Any]) -> dict[str, str]:
        """Kind -> name, in the spelling we know; what is unset is absent."""
        found = {
            kind: self._names.one(kind, name.strip())
            for kind, key in self._keys.items()
            if (name := text(row.get(key))).strip()
        }
        prefix = text(row.get("name")).partition("-")[0]
        return {"type": prefix, **found} if prefix in ("INC", "SR") else found

    def comments(self, talk: list[dict[str, Any]]) -> tuple[Comment, ...]:
        """Conversations by id: their times have no seconds, and no zone of their own (3.6)."""
        return tuple(
            Comment(
                id=id,
                author=person_id(row.get("createdByEmail"), row.get("createdByName")),
                created_at=self.said_at(row.get("createdTime")),
                body=text(row.get("details")),
                public=_spelled(text(row.get("conversationType"))) in self._public,
                files=files(row),
            )
            for id, row in _by_id(talk)
        )

    def said_at(self, value: Any) -> datetime | None:
        """The time of a conversation, in the zone the settings say."""
        if not isinstance(value, str):
            return moment(value)
        for form in _TIMES:
            try:
                # A zone is put on right here.
                return datetime.strptime(value.strip(), form).replace(tzinfo=self._zone).astimezone(UTC)
            except ValueError:
                continue
        return None


def _spelled(kind: str) -> str:
    """A type of conversation in one spelling: the product itself has two of one word (3.6)."""
    return re.sub("request[eo]r", "requester", kind.strip().lower())


def _by_id(talk: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Each once, in the order of their ids. Raises Rejected for one without an id: it would be lost in silence."""
    found: dict[int, dict[str, Any]] = {}
    for row in talk:
        id = ident(row)
        if id is None:
            raise Rejected("a conversation without an id", reason="schema", field="conversation")
        found[int(id)] = row
    return [(str(id), found[id]) for id in sorted(found)]


def words(row: Mapping[str, Any], key: str) -> list[str]:
    found = row.get(key)
    return [word for one in found if (word := text(one).strip())] if isinstance(found, list) else []


def files(row: dict[str, Any]) -> tuple[File, ...]:
    """The files of a request or conversation. Only here their names are told, so an id carries its file's name; no
    answer tells a size."""
    found = row.get("fileAttachments")
    made = []
    for one in found if isinstance(found, list) else ():
        ref = text(one.get("refFileName")) if isinstance(one, dict) else ""
        if ref:
            name = text(one.get("realName")) or ref
            made.append(File(f"{quote(ref, safe='')}/{name}", name))
    return tuple(dict.fromkeys(made))


def file_parts(id: str) -> tuple[str, str]:
    """Reference and name of a file, from its id."""
    ref, _, name = id.partition("/")
    return unquote(ref), name or unquote(ref)


def person(row: dict[str, Any]) -> LookupValue | None:
    """A requester or technician; blocked ones are not active. None for one without an e-mail: none could name them."""
    email = text(row.get("email")).strip()
    if not email:
        return None
    blocked = row.get("isBlock") is True or row.get("block") is True
    name = text(row.get("name")).strip() or email
    return LookupValue(
        "person", email.lower(), name, active=not blocked, email=email, username=text(row.get("userLogOnName")) or None
    )


def people(row: dict[str, Any]) -> Iterator[LookupValue]:
    """Whom a request names with an e-mail."""
    for email, name in (("requesterEmail", "requesterName"), (ASSIGNEE, ""), ("createdByEmail", "createdByName")):
        if (address := text(row.get(email)).strip()) and "@" in address:
            yield LookupValue("person", address.lower(), text(row.get(name)).strip() or address, email=address)


def named(row: Any) -> str:
    """The name of an entry of a list of names."""
    return row.strip() if isinstance(row, str) else text(row.get("name")).strip() if isinstance(row, dict) else ""
