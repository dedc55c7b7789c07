"""Names of lookup values as they are compared and shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import TypeVar

from syncer.model.lookups import LookupValue

_TELLING = frozenset("#&%@*")  # punctuation that makes another name: C# is not C
_Key = TypeVar("_Key", bound=Hashable)


@lru_cache(maxsize=100_000)
def same(name: str) -> str:
    """A name whatever its case, width, white space and invisible characters."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(c for c in text if unicodedata.category(c) != "Cf").split())


@lru_cache(maxsize=100_000)
def loose(name: str) -> str:
    """As `same`, and without punctuation; what consists of nothing else is kept."""
    strict = same(name)
    return " ".join("".join(" " if _is_punctuation(c) else c for c in strict).split()) or strict


def _is_punctuation(c: str) -> bool:
    return c in "<>|~" or (c not in _TELLING and unicodedata.category(c)[0] == "P")


def shown(value: LookupValue) -> str:
    """A value's name for people: with its path where it has one."""
    return " / ".join(_whole(value))


def _whole(value: LookupValue) -> tuple[str, ...]:
    return value.path if len(value.path) > 1 else (value.name,)


def strict_path(value: LookupValue) -> tuple[str, ...]:
    """The whole path, each step as `same`."""
    return tuple(map(same, _whole(value)))


def loose_path(value: LookupValue) -> str:
    """The whole path as `loose`, however its steps are set apart: a flat list may write them into the name."""
    return loose(" ".join(_whole(value)))


def leaf(value: LookupValue) -> str:
    """The name alone, as `loose`."""
    return loose(value.name)


def grouped(values: Iterable[LookupValue], key: Callable[[LookupValue], _Key]) -> dict[_Key, list[LookupValue]]:
    """Values by one of the above; those without a name are left out."""
    found: dict[_Key, list[LookupValue]] = {}
    for value in values:
        if same(value.name):
            found.setdefault(key(value), []).append(value)
    return found


def flat(values: Iterable[LookupValue]) -> bool:
    """Whether these are a list and not a tree."""
    return all(len(v.path) <= 1 for v in values)
