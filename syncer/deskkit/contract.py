"""What a desk is: the protocols, the facts it states about itself, and the folder's one public name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from msgspec import Struct

from syncer.deskkit.budget import Budget
from syncer.deskkit.mails import Mail
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket, TicketLink

if TYPE_CHECKING:
    from pydantic import BaseModel

    from syncer.deskkit.emulation import EmulatedDesk
    from syncer.deskkit.world import World


class DraftField(Struct, frozen=True, kw_only=True):
    """One field a target takes. `lookup` names the list its value comes from; none: free text or number."""

    lookup: str | None = None
    required: bool = False
    number: bool = False


class Capabilities(Struct, frozen=True, kw_only=True):
    """Plain facts about this account on this desk. The engine reads these, never a desk's name.

    `takes_links`: between two of its tickets, when both are there (`TakesLinks`); `keeps_links`: at once, by the ids of
    the source. `marker_in`: the title, or a field of its own that `create` fills from the draft's key. `adopts_lists`:
    its value lists are those of whoever is brought to it. `remote`: it is asked over HTTP. `shows_private_files`:
    files of private comments can be read by whoever sees the ticket, so none is brought to it.
    `max_title` counts UTF-16 units, and where `title_in_bytes` bytes of UTF-8; `max_file` bytes. `takes_changes`: of a
    ticket that is there (`TakesChanges`); `takes_back`: it can be taken away (`TakesBack`).
    """

    reads: bool = False
    writes: bool = False
    fetch_batch: int = 1
    lookup_kinds: tuple[str, ...] = ()
    fields: Mapping[str, DraftField] = {}
    marker_in: tuple[Literal["title", "field"], ...] = ()
    finds_by_key: bool = False
    takes_comments: bool = False
    takes_files: bool = True
    takes_tags: bool = False
    takes_cc: bool = False
    takes_custom: bool = False
    takes_times: bool = False
    takes_links: bool = False
    keeps_links: bool = False
    keeps_rating: bool = False
    keeps_private: bool = False
    shows_private_files: bool = False
    keeps_times: bool = False
    keeps_authors: bool = False
    keeps_status: bool = True
    max_title: int | None = None
    title_in_bytes: bool = False
    max_body: int | None = None
    max_file: int | None = None
    needs_body: bool = False
    body: Literal["text", "html"] = "html"
    takes_people: bool = False
    takes_changes: bool = False
    takes_back: bool = False
    mails: tuple[Mail, ...] = ()
    adopts_lists: bool = False
    remote: bool = True


class Account(Struct, frozen=True):
    """Who we are on a desk and what was seen there; `findings` are sentences a person should read and act on,
    `facts` what is no fault and good to know."""

    name: str
    detail: str
    findings: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


class Ref(Struct, frozen=True):
    """A ticket that exists or changed; `version` where the list tells it."""

    id: TicketId
    version: Version | None = None


class Page(Struct, frozen=True):
    """Some refs, in no promised order, maybe seen before. `cursor` is set on the last page of a sweep that
    saw everything up to it; `begins`, on the first page of a scan, is where that cursor will be; `swept` says that
    all was seen once but what moved meanwhile, which comes after; `note` says something a report should tell."""

    refs: tuple[Ref, ...]
    cursor: Cursor | None = None
    begins: Cursor | None = None
    swept: bool = False
    note: str | None = None


class Unreadable(Struct, frozen=True):
    """A ticket that was asked for and could not be read; `gone` when the desk no longer has it."""

    id: TicketId
    reason: str
    gone: bool = False


class Written(Struct, frozen=True):
    """What the target said of a write it did."""

    id: TicketId
    version: Version | None = None
    losses: tuple[str, ...] = ()


class Newer(Struct, frozen=True):
    """Tickets of a target by age: `since` is older than the attempts in doubt, `known` are not what we look for."""

    since: TicketId
    known: Container[str]


class Download(Struct, frozen=True):
    """A file on this machine: small ones in `content`, large ones at `path`, which its taker deletes. `shown_as` are
    the addresses by which texts of the source show it, where it is an image within one."""

    name: str
    content_type: str
    size: int
    content: bytes | None = None
    path: Path | None = None
    shown_as: tuple[str, ...] = ()


class Desk(Protocol):
    """A helpdesk product as seen from outside. Holds a connection and no other state."""

    capabilities: Capabilities
    budget: Budget

    async def connect(self) -> None:
        """Log in. Raises AuthFailed, Retryable or ConfigError."""

    async def check(self) -> Account:
        """Log in and look around without writing. Raises AuthFailed, Retryable or ConfigError."""

    def lookups(self) -> AsyncIterator[LookupValue]:
        """Every entry of every list in `capabilities.lookup_kinds`, people included."""

    def seal(self) -> None:
        """From now on whatever would write raises Fatal, and nothing of it leaves."""

    async def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class Source(Desk, Protocol):
    """A desk tickets can be read from."""

    def scan(self) -> AsyncIterator[Page]:
        """Refs of every ticket in scope, at least once each, also while tickets move."""

    def list_changed(self, since: Cursor) -> AsyncIterator[Page]:
        """Refs of every ticket changed since the cursor; the last page carries the next cursor."""

    async def fetch(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        """Whole tickets, one answer for each id. A call that fails for all raises Retryable or Rejected."""

    async def download(self, ticket: TicketId, file: str, spool: Path) -> Download:
        """One file's bytes. Raises Rejected when it cannot be had."""

    async def person(self, id: str) -> LookupValue | None:
        """Somebody a ticket mentions who was not in the list of people; None when the desk does not know."""


@runtime_checkable
class TellsValues(Protocol):
    """A source that tells what tickets hold of its lists at far less cost than the tickets themselves."""

    async def values(self, ids: Sequence[TicketId]) -> list[dict[str, str]]:
        """Kind -> value id, of each ticket that can be read. Raises Retryable or Rejected."""


class Target(Desk, Protocol):
    """A desk tickets can be created on."""

    settle: float
    """Seconds after an attempt within which a lost create may still become visible."""

    parallel: int
    """How many creates may be under way at once."""

    async def find(self, keys: Sequence[Key], newer: Newer | None) -> dict[Key, TicketId]:
        """Tickets that carry these markers, the lowest id where there are several; absent ones are left out.

        With `newer`, desks that can look at each ticket made since, which no search index can hide.
        """

    def calls(self, draft: Draft) -> int:
        """How many requests bringing this draft over takes, its files and steps included, when nothing goes wrong and
        the lists are known."""

    async def admit(self) -> None:
        """Wait until the budget allows one create. The announcement comes after this, the create at once."""

    async def create(
        self, draft: Draft, files: Sequence[Download], fence: Callable[[], None] = lambda: None
    ) -> Written:
        """Make the ticket. Raises InDoubt when the answer is lost, Rejected when refused for good,
        Retryable when the desk surely did nothing. `fence` is called right before a write leaves, after every wait,
        and raises when we may not write any more."""


class Step(Struct, frozen=True):
    """One call, or a few that belong together, after the one that made the ticket. `name` is the same in every life;
    a comment's step brings that comment, whose files come along."""

    name: str
    comment: CommentDraft | None = None


@runtime_checkable
class TakesSteps(Protocol):
    """A target on which a ticket takes more than one call."""

    def steps(self, draft: Draft) -> Sequence[Step]:
        """What is left to do when the ticket is made, in its order; the last one ends it."""

    async def happened(self, id: TicketId, draft: Draft, step: Step) -> str | None:
        """The id of what the step made, or "" where it made nothing with an id; None when it is not there (yet)."""

    async def step(
        self, id: TicketId, draft: Draft, step: Step, files: Sequence[Download], fence: Callable[[], None]
    ) -> Written:
        """Do it. Raises as `create` does; `fence` before every write. A step may be done twice only where that
        changes nothing."""


@runtime_checkable
class TakesLinks(Protocol):
    """A target on which two tickets can be linked."""

    async def linked(self, id: TicketId, link: TicketLink) -> bool:
        """Whether this ticket has that link already; both by the target's ids. Raises Rejected, Retryable."""

    async def link(self, id: TicketId, link: TicketLink, fence: Callable[[], None]) -> Written:
        """Link them. Raises as `create` does; linking twice changes nothing."""


@runtime_checkable
class TakesPeople(Protocol):
    """A target on which people can be made who ask for help. Nobody is mailed about it."""

    async def known(self, email: str) -> str | None:
        """The id of whoever has this address; None when surely nobody has. Raises Rejected, Retryable."""

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """Make them. Raises as `create` does."""


@runtime_checkable
class TakesLists(Protocol):
    """A target without value lists of its own (`adopts_lists`): it keeps those of whoever is brought to it."""

    async def adopt(self, values: AsyncIterator[LookupValue], origin: str | None = None) -> None:
        """Make these its own; what it has under the same kind and id is brought up to date.

        `origin` names the desk they are of; none: whoever it was before. Raises ConfigError when what it holds came
        from another one, and Stopped when somebody else is writing into it.
        """


class DeskSpec(Struct, frozen=True, kw_only=True):
    """All a desk folder says about itself; its only public name is `SPEC`.

    `config` and `emulator` import their module when called, so that looking at a desk costs nothing. `tested_against`
    is what its tests have asked: real servers are named with their versions.
    """

    kind: str
    title: str
    mark: str
    tested_against: str = "emulator"
    config: Callable[[], type[BaseModel]]
    open: Callable[[Any], Desk]
    emulator: Callable[[World], EmulatedDesk]
