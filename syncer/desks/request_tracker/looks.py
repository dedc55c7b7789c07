"""What an account may do on RT, told by what RT shows it: rights cannot be asked for by name."""

from __future__ import annotations

from msgspec import Struct

from syncer.deskkit import blindness
from syncer.desks.request_tracker import times, wire
from syncer.desks.request_tracker.access import Access
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.catalogue import Catalogue, Queue
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.listing import SEE, TICKETS
from syncer.desks.request_tracker.newest import CHANGES, TRANSACTIONS
from syncer.errors import ConfigError, Rejected
from syncer.model.ids import TicketId

OF_TICKET = {
    "correspond": ("reply to", "ReplyToTicket"),
    "comment": ("comment on", "CommentOnTicket"),
    "change": ("change", "ModifyTicket"),
}
"""What RT offers on a ticket, in words, and the right it stands for."""
UNTOLD = (
    "RT shows by no call whether the account has Watch, ModifyCustomField and ReassignTicket, which it needs to write:"
    " the first ticket shows what is lacking"
)
UTC = frozenset({"UTC", "GMT", "Etc/UTC"})
SHOWN = 12
"""So many names of owners are told."""


class Seen(Struct):
    """What a person should read and act on, and what is good to know."""

    findings: list[str] = []
    facts: list[str] = []


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

    async def around(self, count: int | None, zone: str) -> Seen:
        """All that can be told without writing."""
        seen = Seen([], [])
        newest = await self._calls.newest(TICKETS, "id > 0")
        if not newest:
            seen.findings.append(await blindness.told(self._config.name, self._calls.ticket, SEE))
        if count is None:
            seen.findings.append(
                "RT does not count the tickets: the account has no ShowTicket of its own, some may be hidden from it"
            )
        await self._rights(newest, seen)
        await self._queues(seen)
        await self._zone(zone, newest, seen)
        return seen

    async def _rights(self, newest: int, seen: Seen) -> None:
        if newest:
            await self._of_ticket(newest, seen)
        else:
            seen.facts.append("whether it may reply, comment, change and read notes RT shows where there is a ticket")
        if not await self._sees_people():
            seen.findings.append(
                "the account has no right AdminUsers: people who are missing cannot be made with their names"
            )

    async def _of_ticket(self, newest: int, seen: Seen) -> None:
        try:
            offered = wire.offers(await self._calls.ticket(TicketId(str(newest))))
        except Rejected as e:
            seen.findings.append(f"ticket {newest} is listed and cannot be read: {e.message}")
            offered = set(OF_TICKET)
        for what, (word, right) in OF_TICKET.items():
            if what not in offered:
                seen.findings.append(f"the account may not {word} ticket {newest}: to write it needs the right {right}")
        comments = {"query": f"{CHANGES} AND Type = 'Comment'", "per_page": 2}
        if not (await self._calls.listed(TRANSACTIONS, comments)).rows:
            seen.findings.append(
                "no internal comment is shown: there is none, or the right ShowTicketComments is missing"
            )

    async def _sees_people(self) -> bool:
        """Whether RT tells all about somebody else, which it does to whoever may make people."""
        try:
            return "Memberships" in await self._calls.user(wire.SYSTEM)
        except Rejected:
            return False

    async def _queues(self, seen: Seen) -> None:
        self._catalogue.forget()
        rows = [row for row in await self._catalogue.queue_rows() if str(row.get("Disabled") or "0") == "0"]
        if not rows:
            seen.findings.append("no queue is shown: the account lacks the right SeeQueue")
        names = {self._config.queue} if self._config.queue else {wire.ident(row) or "" for row in rows}
        owners: dict[tuple[str, ...] | None, list[str]] = {}
        for name in sorted(filter(None, names)):
            try:
                queue = await self._catalogue.queue(name)
            except ConfigError as e:
                seen.findings.append(f"{e.message}. {e.hint}")
                continue
            seen.findings += self._of(queue)
            if "create" in queue.offers:
                found = await self._calls.owners(queue.id)
                owners.setdefault(None if found is None else tuple(found), []).append(queue.name)
        for who, queues in owners.items():
            _owning(who, f"the queue{'' if len(queues) == 1 else 's'} {', '.join(queues)}", seen)
        if owners:
            seen.facts.append(UNTOLD)

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

    async def _zone(self, zone: str, newest: int, seen: Seen) -> None:
        """Where the API user's clock stands, which is where RT reads dates that it is given."""
        mend = "dates in custom fields take a second call; set it to UTC"
        if zone in UTC:
            seen.facts.append(f"time zone of the API user: {zone}; what RT answers is in UTC always")
        elif zone:
            seen.findings.append(f"the API user's time zone is {zone}: {mend}")
        elif not newest:
            seen.facts.append(
                "the API user has no time zone of its own: the server's counts, which shows with a ticket"
            )
        elif await self._reads_utc(TicketId(str(newest))):
            seen.facts.append("time zone of the API user: the server's own, which is UTC")
        else:
            seen.findings.append(f"the API user has no time zone of its own, and the server's is not UTC: {mend}")

    async def _reads_utc(self, id: TicketId) -> bool:
        """Whether a moment in a query is taken for one of UTC, in which RT tells when a ticket was made."""
        created = times.moment((await self._calls.ticket(id)).get("Created"))
        if created is None:
            return True
        at = times.stamp(created)
        query = f"id = {id} AND Created >= '{at}' AND Created <= '{at}'"
        return bool((await self._calls.listed(TICKETS, {"query": query, "per_page": 2})).rows)


def _owning(names: tuple[str, ...] | None, where: str, seen: Seen) -> None:
    """To whom tickets can be given there: RT passes over anybody else without a word."""
    lost = "a ticket of anybody else comes without an owner, names them in its text and is counted (assignee_as_text)"
    if names is None:
        seen.facts.append(f"RT does not tell who may own tickets in {where}: whoever shall needs OwnTicket; {lost}")
    elif not names:
        seen.findings.append(f"nobody has the right OwnTicket in {where}: give it to those who work there; {lost}")
    else:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        seen.facts.append(f"may own tickets in {where} (OwnTicket): {', '.join(names[:SHOWN])}{more}; {lost}")
