"""What an account may do on RT, told by what RT shows it: rights cannot be asked for by name."""

from __future__ import annotations

from collections.abc import AsyncIterator

from syncer.desks.request_tracker import wire
from syncer.desks.request_tracker.access import Access
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.catalogue import Catalogue, Queue
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.listing import CHANGES, EMPTY, TICKETS
from syncer.desks.request_tracker.reading import TRANSACTIONS
from syncer.errors import ConfigError, Rejected
from syncer.model.ids import TicketId

OF_TICKET = {"correspond": "ReplyToTicket", "comment": "CommentOnTicket"}
"""What RT offers on a ticket, and the right it stands for."""


class Looks:
    """Looks around without writing."""

    def __init__(self, config: RequestTrackerConfig, calls: Calls, catalogue: Catalogue, access: Access) -> None:
        self._config = config
        self._calls = calls
        self._catalogue = catalogue
        self._access = access

    async def version(self) -> str:
        """RT's version. Raises ConfigError where no RT 5 answers."""
        hint = f"Is base_url of desk {self._config.name} the root of RT 5, without /REST/2.0?"
        try:
            row = wire.decoded(await self._calls.read("GET", "/rt"), f"{self._config.name}: /rt")
        except Rejected as e:
            raise ConfigError(e.message, hint=hint) from e
        version = wire.text(row.get("Version")) if isinstance(row, dict) else ""
        if not version:
            raise ConfigError(f"{self._config.name}: /rt tells no version", hint=hint)
        return version

    async def name(self) -> tuple[str, str]:
        """Who we are, and the time zone of this user, where either is told."""
        if (id := self._access.user) is None:
            return "API user", ""
        try:
            row = await self._calls.user(id)
        except Rejected:
            return f"user {id}", ""
        return wire.text(row.get("Name")) or f"user {id}", wire.text(row.get("Timezone"))

    async def count(self) -> int | None:
        """How many tickets there are for us."""
        return (await self._calls.listed(TICKETS, {"query": "id > 0", "per_page": 2})).total

    async def findings(self, count: int | None, zone: str) -> AsyncIterator[str]:
        """Sentences a person should read."""
        newest = await self._calls.newest(TICKETS, "id > 0")
        if not newest:
            yield EMPTY.format(self._config.name)
        if count is None:
            yield "RT does not count the tickets: the account has no ShowTicket of its own, some may be hidden from it"
        async for found in self._rights(newest):
            yield found
        async for found in self._queues():
            yield found
        if zone and zone not in {"UTC", "GMT"}:
            yield f"the API user's time zone is {zone}: dates in custom fields take a second call; set it to UTC"

    async def _rights(self, newest: int) -> AsyncIterator[str]:
        if newest:
            try:
                offered = wire.offers(await self._calls.ticket(TicketId(str(newest))))
            except Rejected as e:
                yield f"ticket {newest} is listed and cannot be read: {e.message}"
                offered = set(OF_TICKET)
            for what, right in OF_TICKET.items():
                if what not in offered:
                    yield f"the account may not {what} on ticket {newest}: to write it needs the right {right}"
            comments = {"query": f"{CHANGES} AND Type = 'Comment'", "per_page": 2}
            if not (await self._calls.listed(TRANSACTIONS, comments)).rows:
                yield "no internal comment is shown: there is none, or the right ShowTicketComments is missing"
        if not await self._sees_people():
            yield "the account has no right AdminUsers: people who are missing cannot be made with their names"

    async def _sees_people(self) -> bool:
        """Whether RT tells all about somebody else, which it does to whoever may make people."""
        try:
            return "Memberships" in await self._calls.user(wire.SYSTEM)
        except Rejected:
            return False

    async def _queues(self) -> AsyncIterator[str]:
        self._catalogue.forget()
        rows = [row for row in await self._catalogue.queue_rows() if str(row.get("Disabled") or "0") == "0"]
        if not rows:
            yield "no queue is shown: the account lacks the right SeeQueue"
        names = {self._config.queue} if self._config.queue else {wire.ident(row) or "" for row in rows}
        for name in sorted(filter(None, names)):
            try:
                queue = await self._catalogue.queue(name)
            except ConfigError as e:
                yield e.message
                continue
            for found in self._of(queue):
                yield found

    def _of(self, queue: Queue) -> list[str]:
        found = []
        if "create" not in queue.offers:
            found.append(f"the account may not make tickets in the queue {queue.name}: it lacks the right CreateTicket")
        own = (self._config.marker_field, self._config.tag_field, self._config.created_field)
        found += [
            f"tickets of the queue {queue.name} have no custom field {name!r}, or the account lacks SeeCustomField:"
            " none can be written there"
            for name in own
            if name is not None and name not in queue.fields
        ]
        if queue.watchers:
            watching = ", ".join(queue.watchers)
            found.append(f"{watching} watch the queue {queue.name} and are mailed about each ticket and comment")
        return found
