"""Every ticket there is, though nothing of a list is promised; and which changed, which no call tells (contract 4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice, pairwise

from msgspec import Struct

from syncer.deskkit.contract import Page, Ref
from syncer.deskkit.paging import SeenIds
from syncer.desks.tikting import wire_in
from syncer.desks.tikting.access import Access
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.catalogue import Catalogue
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.looking import Look, Looking
from syncer.desks.tikting.names import Names
from syncer.desks.tikting.snapshot import ROWLESS, Seen, Snapshot
from syncer.desks.tikting.walking import Row, Walker
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.ids import Cursor, TicketId, Version

ALL, COMPLETED = "AllTickets", "CompletedTickets"
RESTRICTED = (
    ALL, "AllMyGroups", "UnassignedTickets", "AllMyTickets", "MyCompletedTickets", COMPLETED, "TicketsOnHold",
    "PendingTickets", "OverdueTickets",
)  # fmt: skip
ONLY_PRIVATE = "Tickets.OnlyPrivate"
SWEEPS = 3
CHUNK = 100
EVERYTHING = Cursor("everything")
"""There is no position in a list without an order: what changed is found by looking at all of it."""


class _Tour(Struct):
    """What came to light while all was walked."""

    ids: SeenIds
    agreed: bool = False
    looked: int = 0
    found: int = 0
    hidden: int = 0
    unread: int = 0


class Listing:
    """Walks the lists until two walks agree, looks at the ids they leave out, and remembers each row's hash."""

    def __init__(
        self, config: TiktingConfig, calls: Calls, fields: FieldMap, access: Access, catalogue: Catalogue
    ) -> None:
        self._config = config
        self._calls = calls
        self._fields = fields
        self._access = access
        self._catalogue = catalogue
        self._walker = Walker(config, calls, fields)
        self._looking = Looking(config, calls, fields)
        self._volatile = frozenset(key.lower() for key in config.volatile)
        self._snapshot = Snapshot()

    @property
    def restricted(self) -> bool:
        """Whether this account does not see all tickets, as far as that is told."""
        if self._config.restricted_view is not None:
            return self._config.restricted_view
        return ONLY_PRIVATE in (self._access.permissions or ())

    async def scan(self) -> AsyncIterator[Page]:
        """Refs of all tickets."""
        look, names = await self._begin()
        yield Page((), begins=EVERYTHING)
        tour = _Tour(SeenIds())
        async for ids in self._walked(tour, names):
            yield Page((), swept=True) if ids is None else Page(tuple(map(Ref, ids)))
        for note in self._notes(tour, look, names):
            yield Page((), note=note)
        yield Page((), cursor=EVERYTHING)

    async def changed(self) -> AsyncIterator[Page]:
        """Refs of all tickets, each with its version: of those that are not closed by its detail too."""
        look, names = await self._begin()
        tour = _Tour(SeenIds())
        async for _ in self._walked(tour, names):
            pass  # the version is that of the last walk
        for chunk in _chunks(tour.ids):
            yield Page(tuple(await asyncio.gather(*(self._ref(id, tour) for id in chunk))))
        for note in self._notes(tour, look, names):
            yield Page((), note=note)
        yield Page((), cursor=EVERYTHING)

    async def seen(self, id: TicketId) -> Seen:
        """A ticket's row as it was last seen. To be asked for before the ticket: a row that is older than what is read
        makes a change seen twice, one that is younger would make it unseen."""
        return self._snapshot.get(id) or await self._searched(id)

    def version(self, seen: Seen, ticket: object) -> Version:
        """The version of a ticket by its row and by what it holds."""
        return seen.version(wire_in.digest(ticket, self._volatile))

    async def _begin(self) -> tuple[Look, Names]:
        await self._access.ready()  # its claims say what the account may see
        look = await self._looking.first()
        if look.problems:
            raise ConfigError(
                f"{self._config.name} cannot be read from: {'; '.join(look.problems)}",
                hint=f"See: syncer describe {self._config.name}; then set fields of the desk.",
            )
        return look, await self._catalogue.names(anew=True)

    async def _walked(self, tour: _Tour, names: Names) -> AsyncIterator[list[TicketId] | None]:
        """Ids that were not known yet, None at the end of each sweep; in the end those of the gaps."""
        before: list[tuple[int, int]] = []
        for _ in range(SWEEPS):
            this = SeenIds()
            for preset in RESTRICTED if self.restricted else (ALL,):
                async for rows in self._walker.rows(preset):
                    self._remember(rows, names)
                    new = [row.id for row in rows if this.add(row.id) and tour.ids.add(row.id)]
                    if new:
                        yield new
            yield None
            if (sign := _sign(this)) in before:
                tour.agreed = True
                break
            before.append(sign)
        if found := await self._in_gaps(tour):
            yield found

    def _remember(self, rows: list[Row], names: Names) -> None:
        for row in rows:
            status = names.of_class(self._fields.hit(row.value, "status"))
            self._snapshot.put(row.id, wire_in.digest(row.value, self._volatile), closed=wire_in.is_over(status))

    async def _in_gaps(self, tour: _Tour) -> list[TicketId]:
        """Tickets between the lowest and the highest id that no list showed. From the highest down: most of what moves
        from page to page during a walk is new, and no more than `probe_gaps` ids are looked at."""
        found: list[TicketId] = []
        missing = islice(_missing(tour.ids), self._config.probe_gaps)
        while chunk := list(islice(missing, CHUNK)):
            there = await asyncio.gather(*map(self._is_there, chunk))
            tour.looked += len(chunk)
            tour.hidden += there.count(None)
            found += [id for id, is_there in zip(chunk, there, strict=True) if is_there]
        for id in found:
            tour.ids.add(id)
            # Another walk may see its row: a version without it would call that a change.
            if await self._searched(id) is ROWLESS:
                self._snapshot.put_rowless(id)
        tour.found = len(found)
        return found

    async def _is_there(self, id: TicketId) -> bool | None:
        """Whether there is such a ticket; None where that is not told."""
        try:
            await self._calls.ticket(id)
        except NotFound:
            return False
        except Rejected:
            return None
        return True

    async def _ref(self, id: TicketId, tour: _Tour) -> Ref:
        seen = self._snapshot.get(id) or ROWLESS
        if seen.closed:
            return Ref(id, seen.version(b""))
        try:
            ticket = await self._calls.ticket(id)
        except NotFound:
            return Ref(id)  # a deletion is never inferred
        except Rejected:
            tour.unread += 1
            return Ref(id)
        return Ref(id, self.version(seen, ticket))

    async def _searched(self, id: TicketId) -> Seen:
        """The row of a ticket that no walk of this life went past, by a search for its id."""
        names = await self._catalogue.names()
        for preset in (ALL, COMPLETED):
            async for rows in self._walker.rows(preset, str(id)):
                if hits := [row for row in rows if row.id == id]:
                    self._remember(hits, names)
                    return self._snapshot.get(id) or ROWLESS
        return ROWLESS

    def _notes(self, tour: _Tour, look: Look, names: Names) -> Iterator[str]:
        desk = self._config.name
        if self.restricted:
            yield f"restricted view: the account of {desk} sees its own tickets only, put together from several lists"
        if not len(tour.ids):
            yield f"{desk} shows no ticket at all: may this account see them?"
            return
        yield _counted(desk, tour)
        if not tour.agreed:
            yield f"the list of {desk} moved: {SWEEPS} walks saw different tickets, and all of them are taken"
        if self._walker.stuck:
            lists = ", ".join(sorted(self._walker.stuck))
            yield f"{desk} shows the same rows of {lists} whatever page is asked: there may be more than it shows"
        if tour.hidden:
            yield f"{tour.hidden:,} ids of {desk} that no list shows could not be looked at"
        if tour.unread:
            yield f"{tour.unread:,} tickets of {desk} are listed and cannot be read: changes of them are not seen"
        if note := look.note(desk):
            yield note
        yield from names.told()


def _counted(desk: str, tour: _Tour) -> str:
    numbers = [int(id) for id in tour.ids]
    low, high = min(numbers), max(numbers)
    gaps = high - low + 1 - len(numbers)
    said = f"{desk} shows {len(numbers):,} tickets, ids {low} to {high}; {gaps:,} ids between are in no list"
    if not tour.looked:
        return said
    return f"{said}; {tour.looked:,} ids were looked at one by one, and {tour.found:,} of them are tickets"


def _missing(ids: SeenIds) -> Iterator[TicketId]:
    """Ids between the lowest and the highest that are not there, from the highest down."""
    numbers = sorted(map(int, ids), reverse=True)
    for above, below in pairwise(numbers):
        for id in range(above - 1, below, -1):
            yield TicketId(str(id))


def _sign(ids: SeenIds) -> tuple[int, int]:
    """What tells two sets of ids apart."""
    mixed = 0
    for id in ids:
        mixed ^= hash(("ticket", id))
    return len(ids), mixed


def _chunks(ids: SeenIds) -> Iterator[list[TicketId]]:
    left = iter(ids)
    while chunk := [TicketId(id) for id in islice(left, CHUNK)]:
        yield chunk
