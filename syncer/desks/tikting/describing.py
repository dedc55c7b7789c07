"""Says which keys rows and tickets have, and proposes the field map; never tells a value (contract 3.3, hazard 13)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from syncer.deskkit.looking import Described, Found
from syncer.desks.tikting import wire
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.looking import Look, Looking
from syncer.desks.tikting.wire_fields import NAMES, OF_A_FILE, OF_A_REPLY, FieldMap, FieldName, kind_of, whole_number
from syncer.desks.tikting.wire_in import moment
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.ids import TicketId

ROW, TICKET, REPLY, FILE = "row of the list", "ticket", "reply", "file"
DEPTH = 3
MOST_PATHS = 300
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HINTS: Mapping[FieldName, str] = {
    "id": r"id$|number", "title": r"title|subject|summary", "description": r"desc|body|text|detail|content",
    "requester_id": r"(creat|request|custom|report).*id$", "requester_name": r"(creat|request|custom|report).*name",
    "requester_email": r"(creat|request|custom|report).*mail", "assignee": r"(assign|techn|agent).*id$",
    "assignee_name": r"(assign|techn|agent).*name", "assignee_email": r"(assign|techn|agent).*mail",
    "status": "status|state", "priority": "priorit", "category": "categ", "group": "group|team",
    "site": "site|location", "department": "depart", "level": "level|tier", "company": "client|compan",
    "created": r"creat|open.*(on|at|date)", "updated": "update|modif|change|active|activity",
    "closed": "close|resolve|complete",
    "resolution": "resol|solution", "replies": "repl|comment|conversation|message|note", "reply_id": "id$",
    "reply_text": "text|body|message|content|comment|note", "reply_author_id": r"(creat|auth|user|by).*id$",
    "reply_author_name": "name", "reply_author_email": "mail", "reply_created": "date|time|creat|(on|at)$",
    "reply_public": "public|visib", "reply_private": "privat|intern", "attachments": "attach|upload|file",
    "file_id": "id$|guid", "file_name": "name", "file_url": "url|link|path|href",
    "file_size": "size|bytes",
    "file_reply": r"(repl|comment|note|message).*id$", "file_public": "public|visib", "file_private": "privat|intern",
}  # fmt: skip


class Describing:
    """Looks at one row, its ticket, and one reply and file of that."""

    def __init__(self, config: TiktingConfig, calls: Calls, fields: FieldMap, looking: Looking) -> None:
        self._config = config
        self._calls = calls
        self._fields = fields
        self._looking = looking

    async def describe(self, id: TicketId | None) -> Described:
        """By this ticket, or the first that can be read. Raises ConfigError where there is none."""
        look = await (self._looking.first() if id is None else self._chosen(id))
        if look.row is None:
            raise ConfigError(
                f"{self._config.name} shows no ticket to look at",
                hint="Make one in Tikting, with a reply and a file, or give the account the right to see tickets.",
            )
        parts = self._parts(look)
        found = tuple(self._found(name, parts) for name in NAMES)
        settings = {one.field: list(one.paths) for one in found if one.paths}
        return Described(
            answers={name: tuple(_keys(part)) for name, part in parts.items()},
            fields=found,
            settings={"fields": settings},
            problems=look.problems,
        )

    async def _chosen(self, id: TicketId) -> Look:
        if whole_number(id) is None:
            raise ConfigError(f"{id}: no id of a ticket", hint="Ids of tickets are numbers.")
        rows = await self._calls.rows({"page": 1, "length": self._config.page_length, "search": id,
                                       "filterBy": "TicketId", "listType": "AllTickets"})  # fmt: skip
        rows = rows or await self._calls.rows({"page": 1, "length": 1, "listType": "AllTickets"})
        row = next((row for row in rows if wire.row_id(row, self._fields) == id), rows[0] if rows else None)
        try:
            ticket = await self._calls.shown(id)
        except NotFound as e:
            raise ConfigError(e.message, hint="Give the id of a ticket that this account sees.") from e
        except Rejected as e:
            raise ConfigError(e.message, hint="Give the id of another ticket.") from e
        return self._looking.judged(row, ticket, id)

    def _parts(self, look: Look) -> dict[str, Any]:
        """A row, a ticket, and of that the first reply and the first file, where it shows any."""
        parts = {ROW: look.row, TICKET: look.ticket}
        replies = [one for one in self._fields.rows(look.ticket, "replies") or () if isinstance(one, dict)]
        files = list(self._fields.rows(look.ticket, "attachments") or ())
        for reply in replies:
            files += self._fields.rows(reply, "attachments") or ()
        for name, found in ((REPLY, replies), (FILE, [one for one in files if isinstance(one, dict)])):
            if found:
                parts[name] = found[0]
        return {name: part for name, part in parts.items() if part is not None}

    def _found(self, name: FieldName, parts: Mapping[str, Any]) -> Found:
        """Where a field is, in the ticket or its row; where the ticket lacks it, what sounds like it there."""
        places = (REPLY,) if name in OF_A_REPLY else (FILE,) if name in OF_A_FILE else (TICKET, ROW)
        here = [parts[place] for place in places if place in parts]
        paths = [path for path in self._fields.paths(name) if any(self._fields.there(one, name, path) for one in here)]
        whole = parts.get(places[0])
        if whole is None or self._fields.there(whole, name):
            return Found(name, tuple(paths))
        hint, fits = re.compile(_HINTS[name], re.IGNORECASE), _TYPES[kind_of(name)]
        sounds = [path for path, kind in _keys(whole) if hint.search(path) and kind in fits]
        return Found(name, tuple(paths), tuple(sounds[:5]))


_TYPES: Mapping[str, set[str]] = {
    "list": {"list", "list of objects", "null"},
    "flag": {"true/false", "null"},
    "text": {"text", "text (time)", "null"},
    "scalar": {"text", "text (id)", "number", "null"},
}


def _keys(row: Any, prefix: str = "", depth: int = DEPTH) -> Iterator[tuple[str, str]]:
    """Each path with its type, objects within objects by dotted paths."""
    for count, (key, value) in enumerate(row.items() if isinstance(row, dict) else ()):
        if count == MOST_PATHS:
            return
        path = f"{prefix}{key}"
        yield path, _type(value)
        if isinstance(value, dict) and depth > 1:
            yield from _keys(value, f"{path}.", depth - 1)


def _type(value: Any) -> str:
    """What kind of thing it is; of a text, whether it is a time or an id. Never what it says."""
    match value:
        case None:
            return "null"
        case bool():
            return "true/false"
        case int() | float():
            return "number"
        case str():
            if _GUID.fullmatch(value.strip()):
                return "text (id)"
            return "text (time)" if "-" in value and moment(value, ZoneInfo("UTC")) else "text"
        case list():
            return "list of objects" if value and all(isinstance(one, dict) for one in value) else "list"
    return "object"
