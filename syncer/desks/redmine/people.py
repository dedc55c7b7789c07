"""Redmine's users: listed and looked for by administrators, else known as members; made without a mail."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable

import structlog

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.redmine import wire
from syncer.desks.redmine.calls import Calls, NotAllowed, Row
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.writes import Writes
from syncer.errors import InDoubt, NotFound, Rejected
from syncer.model.ids import TicketId
from syncer.model.lookups import LookupValue

USERS = "/users.json"
MOST_MET = 100_000
LONGEST_NAME, LONGEST_LOGIN = 30, 60
NO_NAME = "-"
_NO_LOGIN = re.compile(r"[^A-Za-z0-9_\-@.]")
log = structlog.get_logger()


class People:
    """Users by their id. Whoever is only an address in a field has that address, in lower case, as id."""

    def __init__(self, config: RedmineConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._known: dict[str, LookupValue] = {}
        self._by_email: dict[str, str | None] = {}

    async def every(self, projects: Iterable[str]) -> AsyncIterator[LookupValue]:
        """Everybody: all users for administrators, else the members of these projects and who can be seen of them."""
        me = await self._calls.access.me()
        if me.admin:
            active = {wire.ident(row) async for row in self._calls.every(USERS, "users")}
            rows = self._calls.every(USERS, "users", [("status", "")])
            people = [wire.user(row, active=wire.ident(row) in active) async for row in rows]
        else:
            people = [await self.person(id) for id in await self._members(projects, me.id)]
        for person in people:
            if person is not None:
                self._learn(person)
                yield person

    async def _members(self, projects: Iterable[str], own: str) -> list[str]:
        found = {own: None}
        for project in projects:
            try:
                rows = [row async for row in self._calls.every(f"/projects/{project}/memberships.json", "memberships")]
            except (NotAllowed, NotFound) as e:  # a project without a module, or closed
                log.info("members_not_listed", desk=self._config.name, project=project, error=e.message)
                continue
            for row in rows:
                if (member := wire.named(row, "user")) is not None:
                    found[member.id] = None
                    self.meet(member)
        return list(found)

    def _learn(self, person: LookupValue) -> None:
        self._known[person.id] = person
        if person.email:
            self._by_email[person.email.lower()] = person.id

    def meet(self, person: LookupValue) -> None:
        """Remember somebody by name: of groups and of who is hidden no call may ever tell more."""
        if person.id not in self._known and len(self._known) < MOST_MET:
            self._known[person.id] = person

    async def person(self, id: str) -> LookupValue | None:
        """A user by id, locked ones too; somebody with an address only; else the name an issue had for them."""
        if "@" in id:
            return LookupValue("person", id, id, email=id)
        before = self._known.get(id)
        if before is not None and before.email:
            return before
        try:
            row = (await self._calls.get(f"/users/{id}.json")).get("user")
        except (NotFound, NotAllowed):
            return before
        person = wire.user(row) if isinstance(row, dict) else None
        if person is None or person.id != id:
            return before
        self._learn(person)
        return person

    async def email(self, id: str) -> str | None:
        """The address of somebody; None where it is hidden from the account."""
        person = await self.person(id)
        return person.email if person is not None else None

    async def login(self, id: str) -> str | None:
        """By what name they log in; administrators only."""
        person = await self.person(id)
        return person.username if person is not None else None

    async def whose(self, email: str) -> str:
        """The user with this address, else the address: who is meant by it in a field."""
        address = email.strip().lower()
        if address not in self._by_email:
            found = await self._search(address) if (await self._calls.access.me()).admin else None
            self._by_email[address] = found
        return self._by_email[address] or address

    async def _search(self, email: str) -> str | None:
        """Whoever has exactly this address: the search finds parts of names, logins and addresses too."""
        wanted = email.strip().casefold()
        async for row in self._calls.every(USERS, "users", [("status", ""), ("name", email.strip())]):
            if wire.text(row.get("mail")).strip().casefold() == wanted and (person := wire.user(row)) is not None:
                self._known.setdefault(person.id, person)
                return person.id
        return None

    async def known(self, email: str) -> str | None:
        """The id of whoever has this address; None when no user has. Raises Rejected where nobody may look."""
        me = await self._calls.access.me()
        if not me.admin and not self._config.make_users:
            return None  # an address in a field is nobody's user
        return await self._search(email)

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """POST users, mailed nothing then or later; without `make_users` their address is all there is of them."""
        address = (person.email or "").strip()
        if not self._config.make_users:
            return Written(TicketId(address.lower()))
        body = {"user": _account(person, address), "send_information": False}
        answer = await self._writes.post(USERS, body, Attempt(self._config.timeout, fence))
        made = answer.get("user")
        found = wire.user(made) if isinstance(made, dict) else None
        if found is None:
            raise InDoubt(f"{self._config.name}: POST {USERS} answered without a user")
        self._learn(found)
        return Written(TicketId(found.id))

    async def may_look(self) -> bool:
        """Whether this account may list users."""
        try:
            await self._calls.page(USERS, "users", [("limit", 1)])
        except (NotAllowed, Rejected):
            return False
        return True


def _account(person: LookupValue, address: str) -> Row:
    """A user as they are made: both names are demanded, and neither may be long."""
    words = person.name.split()
    first, last = " ".join(words[:-1]), " ".join(words[-1:])
    if not first:
        first, last = last, NO_NAME
    return {
        "login": _NO_LOGIN.sub("_", address)[:LONGEST_LOGIN],
        "firstname": first[:LONGEST_NAME].strip() or NO_NAME,
        "lastname": last[:LONGEST_NAME].strip() or NO_NAME,
        "mail": address,
        "generate_password": True,
        "mail_notification": "none",
    }
