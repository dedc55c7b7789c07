"""What the contract of a desk's API says it can do: written by hand in its folder, so that nobody need believe the
desk."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

import syncer.desks
from syncer.deskkit.contract import Capabilities, DraftField

CLAIMS = "claims.yaml"
_IN_OTHER_WORDS = {"fields", "lookup_kinds"}
_NO_PROMISE = {"fetch_batch"}
"""How many tickets come in one call is the connector's own affair."""


class Promises(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A desk with all of it switched on.

    `capabilities` are those that are not empty; of `mails` only that there is something to say. `fields` are a
    draft's: the list the value is from, or text or number; `lists` come with something in them on the emulated desk,
    `empty_lists` do not. `shows` is what reading brings of a ticket besides fields and words. `anybody`: whoever has an
    address may ask, and need not be made. `conditional`: a change names the version it is of, and one of an older
    version is refused. `reads_back`: what of a yes is not believed, but read back, and told where it is not there.
    `spares`: whoever asks for help is mailed nothing, as the desk comes. `lasting` names of a draft no change
    reaches, once the ticket is there. `comment_times` is how exactly the desk tells when something was said.
    """

    capabilities: dict[str, Any]
    fields: dict[str, str] = {}
    required: frozenset[str] = frozenset()
    lists: frozenset[str]
    reads_back: frozenset[Literal["values", "marker"]]
    empty_lists: frozenset[str] = frozenset()
    shows: frozenset[Literal["files", "tags", "cc", "links", "custom", "times", "rating"]] = frozenset()
    anybody: bool = False
    spares: bool = False
    conditional: bool = False
    lasting: frozenset[str] = frozenset()
    comment_times: Literal["second", "minute"] = "second"

    def claims(self) -> dict[str, Any]:
        """In the words of `in_words`."""
        listed = {"lookup_kinds": self.lists | self.empty_lists, "required": self.required}
        return {**self.capabilities, **{name: value for name, value in listed.items() if value}, "fields": self.fields}


def in_words(facts: Capabilities) -> dict[str, Any]:
    """What a desk says of itself, in the words of the file: no word for what it does not claim."""
    plain = {
        name: list(value) if isinstance(value, tuple) else value
        for name in facts.__struct_fields__
        if name not in _IN_OTHER_WORDS | _NO_PROMISE and (value := getattr(facts, name))
    }
    listed = {
        "lookup_kinds": frozenset(facts.lookup_kinds),
        "required": frozenset(name for name, field in facts.fields.items() if field.required),
    }
    said = {**plain, **{name: value for name, value in listed.items() if value}}
    said["fields"] = {name: _from(field) for name, field in facts.fields.items()}
    return said | ({"mails": True} if facts.mails else {})


def _from(field: DraftField) -> str:
    return field.lookup or ("number" if field.number else "text")


def folder(kind: str) -> Path:
    """Where a desk lives."""
    return next(place for root in syncer.desks.__path__ if (place := Path(root) / kind).exists())


@cache
def promises(kind: str) -> Promises:
    """What this desk must be able to do. Raises FileNotFoundError where nobody has written it down."""
    return msgspec.yaml.decode((folder(kind) / CLAIMS).read_bytes(), type=Promises)


def is_written(kind: str) -> bool:
    """Whether somebody has."""
    return (folder(kind) / CLAIMS).exists()
