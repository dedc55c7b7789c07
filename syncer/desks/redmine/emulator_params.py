"""One call as its function gets it: who makes it, the ids of its path, its query and its body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from syncer.desks.redmine.emulator_answers import Broken
from syncer.desks.redmine.emulator_records import User

_DEFAULT_LIMIT, _MOST = 25, 100


class Call(Struct, kw_only=True):
    """A call that got through the gate. `wants` is the kind of answer asked for where a path may have several; `here`
    the address by which the caller reached us."""

    by: User
    ids: tuple[str, ...]
    query: Mapping[str, str]
    body: dict[str, Any]
    raw: bytes
    content_type: str
    wants: str
    here: str

    def section(self, name: str) -> dict[str, Any]:
        """A part of the body, `{"issue": {...}}`. What is neither there nor an object breaks the framework."""
        found = self.body.get(name)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise Broken(500)
        if has_nul(found):
            raise Broken(500)
        return found

    def page(self) -> tuple[int, int]:
        """Offset and limit. Whatever cannot be meant is taken for something else, and nobody is told."""
        limit = to_number(self.query.get("limit"))
        limit = _DEFAULT_LIMIT if limit < 1 else min(limit, _MOST)
        if self.query.get("offset"):
            return max(0, to_number(self.query["offset"])), limit
        return max(0, (to_number(self.query.get("page", "1")) - 1) * limit), limit

    def includes(self, what: str) -> bool:
        """Whether more is asked for."""
        return what in self.query.get("include", "").split(",")


def read_body(raw: bytes, content_type: str) -> dict[str, Any]:
    """The body's values; of any other kind than JSON and forms there are none. Raises Broken for JSON that is none."""
    if content_type == "application/x-www-form-urlencoded":
        return _form(raw)
    if content_type != "application/json" or not raw:
        return {}
    try:
        value = msgspec.json.decode(raw)
    except msgspec.DecodeError as wrong:
        raise Broken(400, routed=False) from wrong
    return value if isinstance(value, dict) else {"_json": value}


def _form(raw: bytes) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True):
        outer, _, inner = name.partition("[")
        if inner:
            values.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            values[outer] = value
    return values


def to_number(value: Any) -> int:
    """The number a value begins with, and 0 where it begins with none."""
    if isinstance(value, bool) or value is None:
        return 0
    if isinstance(value, int | float):
        return int(value)
    found = re.match(r"\s*([+-]?\d+)", str(value))
    return int(found[1]) if found else 0


def to_text(value: Any) -> str | None:
    """A value as a column of text takes it."""
    match value:
        case None | str():
            return value
        case bool():
            return "t" if value else "f"
        case dict() | list():
            return msgspec.json.encode(value).decode()
    return str(value)


def to_flag(value: Any) -> bool:
    """A value as a column that says yes or no takes it."""
    return value not in (None, False, 0, "", "0", "f", "false", "off")


def blank(value: Any) -> bool:
    """Whether there is nothing in it."""
    return value is None or value is False or (isinstance(value, str) and not value.strip()) or value in ([], {})


def has_nul(value: Any) -> bool:
    """Whether a text within holds the one character the database refuses."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(has_nul, value.values()))
    return isinstance(value, list) and any(map(has_nul, value))
