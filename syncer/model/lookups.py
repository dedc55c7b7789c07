"""Value lists of desks, and what was decided about carrying one over to another."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct


class StatusClass(StrEnum):
    """What a status means, whatever it is called."""

    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


FieldForm = Literal["text", "number", "bool", "date", "datetime", "choice", "choices", "person", "people"]
"""What a custom field holds."""


class LookupValue(Struct, frozen=True):
    """One entry of one of a desk's lists, as pulled. `path` names it from the root of its tree.

    Custom fields are entries of kind `custom_field` that tell their `form`; what may be chosen in one are entries of
    kind `custom_option` whose `parent` is the field.
    """

    kind: str
    id: str
    name: str
    path: tuple[str, ...] = ()
    parent: str | None = None
    active: bool = True
    status_class: StatusClass | None = None
    email: str | None = None
    username: str | None = None
    form: FieldForm | None = None
    brought: bool = False
    """Of a person: brought to this desk by a run, and not seen in its own list since."""


class How(StrEnum):
    """How a decision came about, strongest first."""

    HAND = "hand"
    TABLE = "table"
    EXACT = "exact"
    ALIAS = "alias"
    PATH = "path"
    CLASS = "class"
    FUZZY = "fuzzy"


class Outcome(StrEnum):
    """What a decision says. `undecided` takes an earlier one back."""

    MAP = "map"
    DROP = "drop"
    DEFAULT = "default"
    UNDECIDED = "undecided"


class Decision(Struct, frozen=True):
    """Source value -> value of the target's list `target_kind`, or to leave it out, or to take the rule's default."""

    kind: str
    target_kind: str
    source_id: str
    outcome: Outcome
    target_id: str | None
    how: How
    score: float = 1.0
    by: str | None = None


class ListPair(Struct, frozen=True):
    """A source list that is carried over to a target list."""

    kind: str
    target_kind: str
