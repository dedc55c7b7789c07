"""Values as the product takes them: what counts as given, how they are cleaned, what becomes text."""

from __future__ import annotations

from typing import Any

_ARRAY, _HASH = "ARRAY(0x55d0c0ffee00)", "HASH(0x55d0c0ffee00)"


def is_given(value: Any) -> bool:
    """Whether a value is more than nothing; 0 and "0" are nothing, which surprises."""
    if isinstance(value, list | dict):
        return True
    return value not in (None, "", "0", 0, False)


def is_text(value: Any) -> bool:
    """Whether it is a single value, be it empty."""
    return isinstance(value, str | int | float)


def text(value: Any) -> str:
    """A value as a text. Nobody wants to see a list or an object this way."""
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case list():
            return _ARRAY
        case dict():
            return _HASH
    return str(value)


def cleaned(value: Any) -> Any:
    """A text without white space around it and without all that follows a NUL."""
    return value.strip().split("\0")[0] if isinstance(value, str) else value


def cleaned_values(values: dict[str, Any]) -> dict[str, Any]:
    """The same of each value of an object."""
    return {key: cleaned(value) for key, value in values.items()}


def number(value: Any) -> int | None:
    """A whole number, however it is written."""
    word = text(value)
    digits = word.removeprefix("-")
    return int(word) if digits.isascii() and digits.isdecimal() else None


def as_list(value: Any) -> list[Any]:
    """Several, where one may be given alone; an empty list is none."""
    if isinstance(value, list):
        return value
    return [value] if is_text(value) and text(value) != "" else []
