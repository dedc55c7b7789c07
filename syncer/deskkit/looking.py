"""What an operator may ask of a desk whose answers or calls are not published: what they hold, do they work?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from syncer.model.ids import TicketId


class Found(Struct, frozen=True):
    """A field we look for on a desk whose keys are not published: the paths at which it is there, and keys that sound
    like it."""

    field: str
    paths: tuple[str, ...]
    perhaps: tuple[str, ...] = ()


class Described(Struct, frozen=True, kw_only=True):
    """What a desk's answers are made of: per answer, each key with its type and never a value. `settings` is the map
    that its config block could have; `problems` say why tickets cannot be read by the one it has."""

    answers: Mapping[str, tuple[tuple[str, str], ...]]
    fields: tuple[Found, ...]
    settings: Mapping[str, Mapping[str, Sequence[str]]]
    problems: tuple[str, ...] = ()


@runtime_checkable
class Describes(Protocol):
    """A desk that does not publish what its answers hold, and can look."""

    async def describe(self, ticket: TicketId | None = None) -> Described:
        """By one page of its list and this ticket, or the first. Raises ConfigError where there is none to look at."""


class Tried(Struct, frozen=True, kw_only=True):
    """How a configured call went, in a sentence, and the settings that say so; `hint` is what to do where it failed."""

    call: str
    worked: bool
    said: str
    settings: Mapping[str, bool] = {}
    hint: str = ""


@runtime_checkable
class Probes(Protocol):
    """A desk with calls that the operator configured, and that must be tried before they are used."""

    def probes(self) -> Mapping[str, bool]:
        """The calls there are to try, and whether trying each changes the ticket it is tried on."""

    async def probe(self, call: str, ticket: TicketId) -> Tried:
        """Try one on this ticket, once. What went wrong is told, not raised; AuthFailed and Retryable are raised
        where the desk lets nobody in."""
