"""What the judge of the matrix is given: what both desks hold, what either kind can, and what the run said of it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import World


class Tells(Struct, frozen=True, kw_only=True):
    """What a kind of desk tells a reader of what it holds. Exceptions are those its README names."""

    files: bool = True
    comments: bool = True
    links: bool = True
    custom: bool = True
    work: bool = True
    rating: bool = True
    creator: Literal["known", "by name", "no"] = "known"
    ghosts: bool = False
    """Somebody who is gone is still told of, as somebody nobody knows."""
    minutes: bool = False
    """Times of comments have no seconds."""
    untold: frozenset[str] = frozenset()
    """Lists whose values are not told."""


class Holds(Struct, frozen=True, kw_only=True):
    """What a kind of desk can hold: its capabilities, and what its README says of its own ways."""

    adopts: bool
    comments: bool
    private: bool
    authors: bool
    times: bool
    files: bool
    tags: bool
    cc: bool
    custom: bool
    links: bool
    work: bool
    rating: bool
    status: bool
    creator: bool
    assignee: bool
    created: bool
    html: bool
    marked: bool
    max_title: int | None
    members: bool = False
    """Nobody works on a ticket but members of its group."""
    as_good: tuple[frozenset[str], ...] = ()
    """Statuses that this kind does not tell apart when they are asked for."""
    ends_rated: frozenset[str] = frozenset()
    """Statuses that nothing reaches without a rating, invented where there is none."""
    says: tuple[str, ...] = ()
    """What is said there by us and no person of the source, each once in a ticket at most: of files that had no room,
    where a status wants a last word, or a rating one."""
    created_in: str | None = None
    """The custom field that says when a ticket was created, where no field of its own does."""
    own_tags: str | None = None
    """How a tag begins that is a marker."""
    own_custom: frozenset[str] = frozenset()
    """Custom fields that are ours."""


class Listed(Struct, frozen=True):
    """A field of the target whose values come from its list `kind`: by `table` from the source's list `of`, where it
    has such a one, else `default`."""

    field: str
    kind: str
    of: str | None
    table: dict[str, str]
    default: str

    def value(self, name: str | None) -> str:
        """What it must be for this value of the source."""
        return self.default if name is None else self.table.get(name, self.default)


class Over(Struct, frozen=True):
    """A line of the id map."""

    old: str
    key: str
    new: str


class Evidence(Struct, kw_only=True):
    """All of one way. `old` is in the order of the world's tickets. `known` are e-mails of people the target knows,
    `fallback` is whoever stands in. `contents` are bytes on the target by SHA-256, `withheld` the private notes kept
    on this machine as (ticket, text). `counts` and `losses` are those of the first run, `again` the counts of the
    second, `writes` what changed with it and calls that may have changed something."""

    source: str
    target: str
    tells: Tells
    holds: Holds
    world: World
    old: list[KeptTicket]
    new: list[KeptTicket]
    listed: list[Listed]
    opened: frozenset[str]
    """What the target's kind calls tickets that are new or open."""
    custom: frozenset[str]
    """Custom fields that a rule carries."""
    over: list[Over]
    known: frozenset[str]
    fallback: str
    contents: dict[str, bytes]
    withheld: list[tuple[str, str]]
    counts: dict[str, int]
    losses: dict[str, int]
    again: dict[str, int]
    writes: int
