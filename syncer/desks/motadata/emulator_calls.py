"""One call as a handler gets it: the ids of its path, its query, its body and who makes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from syncer.desks.motadata.emulator_answers import Invalid
from syncer.desks.motadata.emulator_records import Person

T = TypeVar("T")


class Body:
    """A JSON object; null is as good as absent, and a value of the wrong kind raises Invalid."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    @classmethod
    def read(cls, raw: bytes, content_type: str) -> Body:
        """The body of a call; an empty one is an empty object."""
        if not raw:
            return cls({})
        if content_type != "application/json":
            raise Invalid("The body must be JSON")
        try:
            return cls(msgspec.json.decode(raw, type=dict[str, Any]))
        except msgspec.MsgspecError as broken:
            raise Invalid(f"The body is not a JSON object: {broken}") from broken

    def nulled(self, key: str) -> bool:
        """Whether the key is there and says null."""
        return key in self.values and self.values[key] is None

    def text(self, key: str) -> str | None:
        """A text, also an empty one."""
        return self._of(key, str)

    def given(self, key: str) -> str:
        """A text that is required."""
        text = self.text(key)
        if text is None or not text.strip():
            raise Invalid(f"{key} is required")
        return text

    def flag(self, key: str) -> bool | None:
        """True or false."""
        return self._of(key, bool)

    def object(self, key: str) -> dict[str, Any] | None:
        """A nested object."""
        return self._of(key, dict[str, Any])

    def texts(self, key: str) -> list[str] | None:
        """A list of texts."""
        return self._of(key, list[str])

    def objects(self, key: str) -> list[dict[str, Any]] | None:
        """A list of nested objects."""
        return self._of(key, list[dict[str, Any]])

    def _of(self, key: str, kind: type[T]) -> T | None:
        value = self.values.get(key)
        if value is None:
            return None
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as wrong:
            raise Invalid(f"{key}: {wrong}") from wrong


class Call(Struct, kw_only=True):
    """What a handler of emulator_routes works on; `by` is the user of the key or token."""

    ids: tuple[int, ...]
    query: Mapping[str, str]
    body: Body
    by: Person

    def number(self, key: str, default: int) -> int:
        """A number of the query that is not negative."""
        text = self.query.get(key, "")
        if not text:
            return default
        if not text.isascii() or not text.isdecimal():
            raise Invalid(f"{key} must be a number")
        return int(text)
