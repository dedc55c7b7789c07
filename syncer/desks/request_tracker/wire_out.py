"""What RT is told, in its field names; what it says is read in wire.py."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from syncer.deskkit.contract import Download
from syncer.deskkit.multipart import in_a_form
from syncer.desks.request_tracker import times, wire, wire_custom
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key
from syncer.model.lookups import LookupValue, StatusClass

HTML = "text/html"
OPAQUE = "application/octet-stream"
_KEPT_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
"""Files of these types keep it: RT shows them, and changes no byte. Texts it would write anew in UTF-8."""
MAX_FILE_NAME = 255
"""Bytes of a file's name: RT cuts what is longer, and all before a slash."""
_MOST_ENDING = 16
_MARKER = re.compile(r"\[ext:([A-Za-z0-9][A-Za-z0-9-]*)\](?:\s|&nbsp;|</?\w+[^<>]*>)*\Z")
_TITLE_MARKER = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9-]*)\]\s*\Z")
_ENDED = frozenset({StatusClass.RESOLVED, StatusClass.CLOSED})
_STAMP = "%Y-%m-%d %H:%M:%S UTC"
ADDS = {"parent": "AddMemberOf", "child": "AddMembers", "related": "AddRefersTo", "duplicate": "AddRefersTo"}
"""How a link is asked for, by what the other ticket is."""
SHOWN = {"parent": frozenset({"parent"}), "child": frozenset({"child"})}
"""As what it shows then; any other link is as good as related."""


class Place(Struct, frozen=True):
    """The queue a ticket goes to, and the ids of the custom fields there that are syncer's own, where there are any."""

    queue: str
    marker: str | None = None
    tags: str | None = None
    created: str | None = None


def new_ticket(draft: Draft, place: Place, config: RequestTrackerConfig) -> dict[str, Any]:
    """POST ticket: all but people, who would be mailed about it."""
    made: dict[str, Any] = {
        "Queue": place.queue,
        "Subject": draft.title,
        "Content": draft.body,
        "ContentType": HTML,
    }
    if priority := draft.fields.get("priority"):
        made["Priority"] = priority
    if status := draft.fields.get("status"):
        made["Status"] = status
    if closed := closed_at(draft, config):
        made["Resolved"] = times.stamp(closed)
    if config.native_created and (created := moment(draft.fields.get("created_at"))):
        made["Created"] = times.stamp(created)
    if custom := custom_fields(draft, place):
        made["CustomFields"] = custom
    return made


def custom_fields(draft: Draft, place: Place) -> dict[str, str | list[str]]:
    """All custom fields of a new ticket, by id: names may be those of several."""
    found = {id: wire_custom.told(id, value) for id, value in draft.custom.items()}
    if place.marker is not None:
        found[place.marker] = draft.key
    if place.tags is not None and draft.tags:
        found[place.tags] = list(draft.tags)
    if place.created is not None and (created := moment(draft.fields.get("created_at"))):
        found[place.created] = times.stamp(created)
    return found


def closed_at(draft: Draft, config: RequestTrackerConfig) -> datetime | None:
    """When it ended, of a ticket that ends."""
    if config.statuses.get(draft.fields.get("status", "")) not in _ENDED:
        return None
    return moment(draft.fields.get("closed_at"))


def moment(value: str | None) -> datetime | None:
    """A moment of a draft: seconds since 1970, or as texts tell it."""
    if not value:
        return None
    if value.isdigit():
        return datetime.fromtimestamp(int(value), UTC)
    try:
        return datetime.strptime(value, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return times.moment(value)


def message(comment: CommentDraft, status: str | None) -> dict[str, Any]:
    """POST correspond or comment. A public word opens a ticket again: its status comes along."""
    made = {"Content": comment.body + marker_line(comment.key), "ContentType": HTML}
    return {**made, "Status": status} if status and comment.public else made


def person(one: LookupValue) -> dict[str, Any]:
    """POST user: somebody who asks for help, whose address is the name to log in by."""
    email = (one.email or "").strip()
    return {"Name": email, "EmailAddress": email, "RealName": one.name, "Privileged": 0}


# --- files


def as_named(file: Download, *, by_form: bool) -> Download:
    """The file under a name that RT keeps: of a path its last step, of a long one its beginning and its ending, and
    in a form nothing that is escaped there."""
    whole = re.sub(r"[\r\n]", "", in_a_form(file.name) if by_form else file.name)
    name = next((step for step in reversed(whole.split("/")) if step), "file")
    if _size(name) > MAX_FILE_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}" if stem and _size(ending) <= _MOST_ENDING else ""
        room = MAX_FILE_NAME - _size(ending)
        name = name.encode("utf-8", "replace")[:room].decode("utf-8", "ignore") + ending
    return file if name == file.name else replace(file, name=name)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def as_sent(file: Download) -> Download:
    """The file with a type under which RT keeps its bytes."""
    kind = file.content_type.lower()
    return replace(file, content_type=kind if kind in _KEPT_TYPES else OPAQUE)


def inline(files: Sequence[Download]) -> list[dict[str, str]]:
    """Files within the JSON: the only way for one that is empty, which RT takes for none in a form, and for one whose
    name is escaped there, which RT does not take back.

    RT reads the characters of such a name as bytes of UTF-8: so these are what it must be given.
    """
    return [
        {
            "FileName": file.name.encode("utf-8", "replace").decode("latin-1"),
            "FileType": file.content_type,
            "FileContent": base64.b64encode(content_of(file)).decode() or "\n",
        }
        for file in files
    ]


def content_of(file: Download) -> bytes:
    """Its bytes."""
    if file.content is not None:
        return file.content
    return file.path.read_bytes() if file.path is not None else b""


# --- markers


def marker_line(key: Key) -> str:
    """The last line of a text by which it is found again."""
    return f"<p>[ext:{key}]</p>"


def text_marker(html: str) -> Key | None:
    """The marker in the last line of a comment."""
    found = _MARKER.search(html)
    return Key(found[1]) if found else None


def markers(row: Mapping[str, Any], field: str | None) -> set[Key]:
    """The markers a ticket carries: in the field made for them, else in its title."""
    if field is not None:
        return {Key(word.strip()) for word in wire_custom.words(row, field)}
    found = _TITLE_MARKER.search(wire.text(row.get("Subject")))
    return {Key(found[1])} if found else set()


def with_marker(keys: Sequence[Key], field: str | None) -> str:
    """The condition: tickets that may carry one of these. RT compares in any case of letters."""
    if field is not None:
        return " OR ".join(f"'CF.{{{field}}}' = '{key}'" for key in keys)
    return " OR ".join(f"Subject LIKE '[{key}]'" for key in keys)


# --- read back


def not_kept(row: Mapping[str, Any], draft: Draft, place: Place) -> Iterator[str]:
    """The fields of a draft that a ticket does not show, people and status apart."""
    title = " ".join(wire.text(row.get("Subject")).split())
    if title != " ".join(draft.title.split()):
        yield "title"
    if wire.queue(row) != place.queue:
        yield "queue"
    priority = draft.fields.get("priority")
    if priority and wire.number(row.get("Priority")) != wire.number(priority):
        yield "priority"
    for id in unlike(row, draft, place):
        yield f"custom field {id}"


def unlike(row: Mapping[str, Any], draft: Draft, place: Place) -> dict[str, list[str]]:
    """The custom fields that hold something else than they were given: what they hold."""
    there = wire_custom.by_id(row)
    wanted = {id: [v] if isinstance(v, str) else v for id, v in custom_fields(draft, place).items()}
    return {id: there.get(id, []) for id, values in wanted.items() if not same(values, there.get(id, []))}


def same(wanted: Sequence[str], there: Sequence[str]) -> bool:
    """Whether a field holds these values, in any order."""
    if sorted(wanted) == sorted(there):
        return True
    pairs = [(_second(one), _second(other)) for one, other in zip(wanted, there, strict=False)]
    return len(wanted) == len(there) == 1 and all(a is not None and a == b for a, b in pairs)


def _second(value: str) -> datetime | None:
    return times.moment(value) if ":" in value else None


def shifted(wanted: str | list[str], there: Sequence[str]) -> str | None:
    """What must be written so that a moment comes out right: RT reads them in the time zone of the API user.

    None where it is no moment, or one that is off by no time zone.
    """
    if not isinstance(wanted, str) or len(there) != 1:
        return None
    meant, found = _second(wanted), _second(there[0])
    if meant is None or found is None or abs((meant - found).total_seconds()) > 15 * 3600:
        return None
    return times.stamp(meant + (meant - found))
