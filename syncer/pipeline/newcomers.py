"""People the target does not know, brought to it before the first ticket that needs them: once each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import structlog
from msgspec.structs import replace

from syncer.deskkit.contract import TakesPeople, Target, Written
from syncer.errors import Rejected
from syncer.mapping.tables import Tables, normal_email
from syncer.model.ids import Key, TicketId, Version
from syncer.model.link import EffectState, Intent
from syncer.model.lookups import LookupValue
from syncer.model.ticket import Ticket
from syncer.pipeline.deed import IN_DOUBT, Deed, Deeds, Patience
from syncer.pipeline.flow import Meet
from syncer.pipeline.journal import Journal
from syncer.pipeline.tally import Tally

log = structlog.get_logger()
STEP = "person"
PLACEHOLDER = "placeholder.invalid"
"""No mail can ever be sent there (RFC 2606)."""
How = Literal["create", "placeholder"]
Learn = Callable[[LookupValue], Awaitable[None]]


class Newcomers:
    """Requesters, and people who are told of tickets, by the mapping's policy. Nobody else: agents cost a licence."""

    def __init__(self, strangers: Meet, tables: Tables, how: How, mark: str) -> None:
        self._strangers = strangers
        self._tables = tables
        self._how = how
        self._mark = mark
        self._asked: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self.brought = 0
        """How many were, or in a dry run would be, brought to the target."""
        self.bring: Callable[[LookupValue], Awaitable[str | None]] = _would_be

    async def introduce(self, tickets: Sequence[Ticket]) -> None:
        """Everybody these tickets name is known to the source's lists, and who must be is known to the target."""
        await self._strangers.introduce(tickets)
        named = {id for ticket in tickets for id in (ticket.requester, *ticket.cc) if id}
        known = self._tables.people.keys() | self._tables.guests.keys()
        wanted = {id for id in named - known if self._account(id) is not None}
        for id in wanted - self._asked.keys():
            self._asked[id] = asyncio.create_task(self._bring(id))
        await asyncio.gather(*(self._asked[id] for id in wanted))

    def _account(self, id: str) -> LookupValue | None:
        """As whom somebody would come; None for who cannot: nobody knows them, or they have no address."""
        person = self._tables.source.get(("person", id))
        if person is None:
            return None
        if self._how == "placeholder":
            return replace(person, email=f"{self._mark}-{id}@{PLACEHOLDER}".lower(), username=None)
        return person if person.email and "@" in person.email else None

    async def _bring(self, id: str) -> None:
        account = self._account(id)
        assert account is not None
        assert account.email is not None
        email = normal_email(account.email)
        # Two people of the source may share an address: they are one on the target.
        async with self._turns.setdefault(email, asyncio.Lock()):
            found = self._tables.emails.get(email) or self._tables.brought.get(email)
            if found is None and (found := await self.bring(account)) is not None:
                self.brought += 1
            if found is not None:
                self._tables.guests[id] = self._tables.brought[email] = found
                self._tables.addresses[found] = email


async def _would_be(account: LookupValue) -> str:
    """In a dry run everybody can be brought."""
    return f"(new) {account.email}"


class Inviting:
    """Makes accounts on the target, each looked for first: an address is nobody's twice."""

    def __init__(self, target: Target, journal: Journal, tally: Tally, learn: Learn) -> None:
        assert isinstance(target, TakesPeople)
        self._takes = target
        self._settle = target.settle
        self._journal = journal
        self._tally = tally
        self._learn = learn
        self._deeds = Deeds(target, journal, tally, Patience("new people"))
        self._settled: asyncio.Task[None] | None = None

    async def bring(self, account: LookupValue) -> str | None:
        """The target's id of this account, made if it is not there; None where the target refuses it."""
        if self._settled is None:
            self._settled = asyncio.create_task(self._wait_for_the_dead())
        await self._settled
        email = account.email or ""
        id, made = TicketId(f"{STEP} {account.id}"), list[str]()

        async def look() -> str | None:
            return await self._takes.known(email)

        async def write() -> Written:
            written = await self._takes.invite(account, self._journal.check)
            made.append(written.id)
            return written

        step = f"{STEP} {self._journal.run}"
        try:
            found = await look()
            if found is None:
                await self._deeds.do(Deed(id, Intent(id, Key(""), Version(""), b"", step), write, look))
                found = made[-1] if made else await look()
        except Rejected as e:
            if e.reason != IN_DOUBT:
                self._journal.close(id, EffectState.REFUSED, step)
            self._tally.lost(("person_not_created",))
            log.warning("person_not_created", person=account.id, error=e.message)
            return None
        if found is None:
            return None
        await self._learn(replace(account, id=found))
        return found

    async def _wait_for_the_dead(self) -> None:
        """What an earlier life was about to do may still come: then looking is not enough."""
        age = await self._journal.youngest_doubt(STEP)
        if age is not None and age < self._settle:
            await asyncio.sleep(self._settle - age)
