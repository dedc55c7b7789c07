"""One call as a handler gets it: who asks, from where, for what."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from multidict import MultiMapping

from syncer.deskkit.forms import FormFile
from syncer.desks.request_tracker.emulator_records import User
from syncer.desks.request_tracker.emulator_tables import Tables


class Caller(Struct, frozen=True):
    """Whoever calls; no set of rights means all of them."""

    user: User
    rights: frozenset[str] | None

    def can(self, right: str) -> bool:
        """Whether they have a right, everywhere."""
        return self.rights is None or right in self.rights


class Call(Struct, frozen=True):
    """`names` is what stands in the path; `base` is the address under which the API
    answers, `place` what was called below it."""

    tables: Tables
    by: Caller
    method: str
    names: tuple[str, ...]
    query: MultiMapping[str]
    base: str
    place: str = ""
    kind: str = ""
    body: Any = None
    files: tuple[FormFile, ...] | None = None
    raw: bytes = b""

    @property
    def id(self) -> int:
        """The number in the path."""
        return int(self.names[0])

    def can(self, right: str) -> bool:
        """Whether the caller has a right."""
        return self.by.can(right)

    @property
    def zone(self) -> str:
        """Where the caller's clock stands."""
        return self.tables.zone(self.by.user)
