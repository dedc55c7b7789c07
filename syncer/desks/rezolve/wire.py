"""Rezolve.ai's JSON, read: both generations of its pages, by a tolerant map of keys (contract 3.2 to 3.4 and 7).

What is sent is in wire_out.py. Where both generations conflict, the second is believed for tickets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from syncer.deskkit.reply import Reply
from syncer.errors import Fatal
from syncer.log import redact

# Keys of a record, the second generation's first.
DISPLAY = ("object_id", "objectId", "ticketNumber")
SUMMARY = ("summary", "subject")
STATUS = ("status_type", "status")
CREATED = ("created_at", "createdAt")
UPDATED = ("updated_at", "updatedAt")
CC = "ccWatchers"
WATCHERS = (CC, "toWatchers")
SYSTEM = frozenset(("offerId", *WATCHERS, "submittedBy", "lastUpdatedBy"))
"""Keys of `data` that are no fields."""
ROWS = ("data/tickets", "data/rows", "data/value", "tickets")
LIVE = -1
ODD = "Do base_url and call_type fit? What came is no ticket as the vendor's pages have it."
ROLE_MISSING = "USER_PERMISSION_FAILURE"


class Problem(Struct, frozen=True):
    """What an answer says went wrong, in whichever of the four shapes it came."""

    code: str = ""
    message: str = ""
    reasons: dict[str, tuple[str, ...]] = {}
    """Texts by the UUID of the field they are about."""
    status: int = 0
    """That of the body, which may be another than the answer's."""

    def __bool__(self) -> bool:
        return bool(self.code or self.message or self.reasons)


class Record(Struct, frozen=True):
    """A ticket as far as an answer tells it. Without etag or data it is a pointer."""

    id: str
    uid: str
    etag: str | None
    summary: str
    data: dict[str, Any] | None
    type: str | None
    team: str | None
    status: str | None
    created: datetime | None
    updated: datetime | None
    serial: int | None
    moved_to: str | None
    deleted: bool

    @property
    def away(self) -> bool:
        """Whether it lives on elsewhere; a ticket that was moved here may say so too, and then names itself."""
        return self.moved_to is not None and self.moved_to not in (self.id, self.uid)


def new_record(kind: str, status: str, data: dict[str, Any]) -> Record:
    """A ticket as it would be right after it was made."""
    return Record(
        id="", uid="", etag=None, summary="", data=data, type=kind, team=None, status=status, created=None,
        updated=None, serial=None, moved_to=None, deleted=False,
    )  # fmt: skip


def decoded(body: bytes, what: str) -> Any:
    """The JSON of an answer. Raises Fatal for anything else."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as e:
        start = redact(body[:60].decode("utf-8", "replace").strip())
        raise Fatal(f"{what}: no JSON but {start!r}", hint="A log-in or maintenance page? Check base_url.") from e


def problem(reply: Reply) -> Problem:
    """What an answer says went wrong; nothing where it says nothing, whatever its status."""
    try:
        value = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return Problem()
    if not isinstance(value, dict):
        return Problem()
    inner = value.get("error")
    if isinstance(inner, dict):  # the envelope
        details = inner.get("details")
        said = str(inner.get("message") or "")
        if details and isinstance(details, str):
            said = f"{said}: {details}"
        return Problem(str(inner.get("code") or "error"), redact(said[:300]))
    if value.get("success") is False or inner:
        text = inner if isinstance(inner, str) else ""
        status = value.get("status")
        return Problem(
            str(value.get("code") or "error"), redact(str(value.get("message") or text)[:300]), _reasons(value),
            status if isinstance(status, int) else 0,
        )  # fmt: skip
    return Problem()


def _reasons(value: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    result = value.get("validationResult")
    found = result.get("reason") if isinstance(result, dict) else None
    if not isinstance(found, dict):
        return {}
    return {
        str(id): tuple(redact(str(text)) for text in (texts if isinstance(texts, list) else [texts]))
        for id, texts in found.items()
    }


def in_words(problem: Problem, labels: Mapping[str, str]) -> str:
    """A refusal that a person understands: fields by their labels, not by their UUIDs."""
    parts = []
    for id, texts in problem.reasons.items():
        name = labels.get(id.lower(), f"field {id}")
        parts.append(f"{name}: {', '.join(texts)}")
    return "; ".join(filter(None, (problem.code, problem.message, *parts)))


def first(row: Mapping[str, Any], keys: Iterable[str]) -> Any:
    """The value of the first of these keys that has one."""
    return next((row[key] for key in keys if row.get(key) not in (None, "")), None)


def text(value: Any) -> str | None:
    """A value as a text; a thing with a name is its name."""
    if isinstance(value, dict):
        value = first(value, ("name", "label", "key", "value", "id"))
    return None if value in (None, "") or isinstance(value, list) else str(value)


def moment(value: Any) -> datetime | None:
    """An ISO 8601 time, in UTC; None for nothing and for nonsense."""
    if not isinstance(value, str) or not value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def stamp(at: datetime) -> str:
    """A time as Rezolve writes it: milliseconds, cut and not rounded, and Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def ticket(value: Any, what: str) -> Record:
    """The ticket of a get, create or update answer, wherever it lies in it. Raises Fatal where there is none."""
    for place in _places(value):
        if first(place, DISPLAY) is not None and place.get("etag"):
            return record(place, what)
    raise Fatal(f"{what}: no ticket with a number and an etag in the answer", hint=ODD)


def _places(value: Any) -> Iterator[dict[str, Any]]:
    for path in ("ticket", "data/ticket", "data", ""):
        found = at(value, path)
        if isinstance(found, dict):
            yield found


def at(value: Any, path: str) -> Any:
    """What lies at a path of keys, `a/b` or `/a/b`; None where there is nothing."""
    for step in filter(None, path.split("/")):
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def has(value: Any, path: str) -> bool:
    """Whether there is something at a path, be it null."""
    above, _, last = path.rpartition("/")
    found = at(value, above)
    return isinstance(found, dict) and last.replace("~1", "/").replace("~0", "~") in found


def record(row: Mapping[str, Any], what: str) -> Record:
    """A row of a list or a whole ticket. Raises Fatal where it has no number, by which alone it can be read."""
    id = first(row, DISPLAY)
    if not isinstance(id, str | int) or isinstance(id, bool):
        raise Fatal(f"{what}: a ticket without a number", hint=ODD)
    data = row.get("data")
    props = row.get("lookup_props")
    props = props if isinstance(props, dict) else {}
    deleted = row.get("deleted_seq")
    serial = row.get("id_serial")
    return Record(
        id=str(id),
        uid=str(row.get("id") or ""),
        etag=str(row["etag"]) if row.get("etag") else None,
        summary=str(first(row, SUMMARY) or ""),
        data=data if isinstance(data, dict) else None,
        type=text(props.get("itemTypeId")),
        team=text(props.get("teamId")) or text(row.get("team")),
        status=text(first(row, STATUS)),
        created=moment(first(row, CREATED)),
        updated=moment(first(row, UPDATED)),
        serial=serial if isinstance(serial, int) else None,
        moved_to=text(row.get("moved_to")),
        deleted=isinstance(deleted, int) and deleted != LIVE,
    )


def list_rows(value: Any) -> list[dict[str, Any]] | None:
    """The rows of a list answer; None where there is no list of rows in it, or a row that is none."""
    for path in ROWS:
        found = at(value, path)
        if isinstance(found, list):
            return found if all(isinstance(row, dict) for row in found) else None
    return None


def is_ticket(row: Mapping[str, Any]) -> bool:
    """Whether a row of that list is a ticket, and none of the catalogue's templates (contract 3.4)."""
    return first(row, DISPLAY) is not None and first(row, STATUS) is not None and "formFields" not in row


def made(value: Any) -> str | None:
    """The number of the ticket that an answer says was made; None where it tells none."""
    paths = ("objectId", "ticket/object_id", "data/objectId", "data/object_id", "data/ticket/object_id")
    return next((id for path in paths if (id := text(at(value, path))) is not None), None)


def etag(value: Any) -> str | None:
    """The new etag in the answer to a change; None where it does not tell."""
    for path in ("ticket/etag", "data/ticket/etag", "data/etag", "etag"):
        found = at(value, path)
        if isinstance(found, str) and found:
            return found
    return None


def more_than(value: Any, pointer: str, count: int) -> str | None:
    """How many there are, in words, where an answer tells that its list at `pointer` is not all; None else."""
    around = at(value, pointer.rpartition("/")[0])
    for place in (value, around, at(around, "pagination"), at(value, "pagination")):
        if isinstance(place, dict):
            for key in ("total", "totalCount", "count", "@odata.count"):
                told = place.get(key)
                if isinstance(told, int) and not isinstance(told, bool) and told > count:
                    return str(told)
            if place.get("hasMore") is True:
                return "more"
    return None


def rows_at(value: Any, *paths: str) -> list[dict[str, Any]]:
    """The objects of the first list there is at these paths."""
    for path in paths:
        found = at(value, path)
        if isinstance(found, list):
            return [row for row in found if isinstance(row, dict)]
    return []


def same(one: Any, other: Any) -> bool:
    """Whether two names are the same, whatever their case."""
    return one is not None and other is not None and str(one).strip().casefold() == str(other).strip().casefold()
