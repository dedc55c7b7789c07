"""What the judge of the matrix is given: what both desks hold, what either kind can, and what the run said of it."""

from __future__ import annotations

from collections.abc import Callable
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
    erased: bool = False
    """Somebody who was erased is still told of, as somebody nobody knows; of a place where nobody is, nothing."""
    work_changes: bool = False
    """Work that is written down changes a ticket."""
    gone_as: str | None = None
    """The address by which somebody who is gone is told of, where that is done by one."""
    nameless: bool = False
    """Of somebody who was deleted only the address is told, in the name's place."""
    by_address: bool = False
    """Who asks is an address, which stays when they are gone; who opened it is somebody nobody knows then."""
    minutes: bool = False
    """Times of comments have no seconds."""
    days: bool = False
    """Of work only the day is told."""
    noted: bool = True
    """Of work is told what it was."""
    stripped: bool = False
    """Of a text's markup nothing is told, not even that it parts two words."""
    html: bool = True
    """Its texts are HTML; else they are what one sees."""
    untold: frozenset[str] = frozenset()
    """Lists whose values are not told."""


class Holds(Struct, frozen=True, kw_only=True):
    """What a kind of desk must hold of what it is brought, by its contract and its README. What is named `True` must be
    there in a place of its own; all else must be told in the text, or be a loss."""

    adopts: bool = False
    """It takes over the lists and people of whoever is brought to it."""
    lists: dict[str, str] = {}
    """Field -> the list its values come from."""
    comments: bool = True
    private: bool = True
    private_files: bool = True
    """Files of private comments are no more public than these."""
    public: bool = True
    """What was public can be read by requesters there."""
    authors: bool = False
    times: bool = False
    files: bool = True
    tags: bool = False
    cc: bool = False
    custom: bool = False
    links: bool = False
    work: bool = False
    rating: bool = False
    status: bool = True
    creator: bool = False
    assignee: bool = False
    created: bool = False
    html: bool = True
    marked: bool = False
    """The marker stands in the title."""
    file_name: Callable[[str], str] = str
    """What becomes of a file's name; where that is another one, the text tells it, and it is counted."""
    max_title: int | None = None
    title_in_bytes: bool = False
    """A title is measured in bytes of UTF-8, and not in UTF-16 units."""
    max_body: int | None = None
    people_csv: bool = False
    """It cannot list its people: an administrator exports them."""
    members: bool = False
    """Nobody works on a ticket but members of its group."""
    begins: str = ""
    """The status of a ticket that was just made, where another one cannot be given."""
    open: frozenset[str] = frozenset()
    """Statuses of tickets that are open, where others cannot be given."""
    turns: dict[str, str] = {}
    """A status that cannot be given -> the one that is given for it."""
    turned: str = "status_as_good"
    """The loss where another status stands in for the wanted one."""
    worked: tuple[str, str] | None = None
    """Two statuses that only say whether nobody works on a ticket, or somebody."""
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
    members: dict[str, frozenset[str]]
    """Group of the target -> e-mails of those who may work for it, before anything was brought."""
    over: list[Over]
    known: frozenset[str]
    fallback: str
    contents: dict[str, bytes]
    withheld: list[tuple[str, str]]
    counts: dict[str, int]
    losses: dict[str, int]
    again: dict[str, int]
    writes: int

    @property
    def shows_html(self) -> bool:
        """Whether texts on the target are HTML: who takes all as it is takes texts so, too."""
        return self.holds.html and (self.tells.html or not self.holds.adopts)
