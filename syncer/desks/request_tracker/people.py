"""People on RT: looked for by address, made where one may, and put on a ticket when nothing more will be mailed."""

from __future__ import annotations

from collections.abc import Callable

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.request_tracker import wire, wire_out
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.wire import Row
from syncer.desks.request_tracker.wire_change import can_be_told
from syncer.desks.request_tracker.writes import Broke, Writes
from syncer.errors import ConfigError, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.lookups import LookupValue


class People:
    """They are known by their login name, which is their id for us."""

    def __init__(self, config: RequestTrackerConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes

    async def known(self, email: str) -> str | None:
        """The name of whoever has this address, also of somebody who may not log in any more."""
        condition = [{"field": "EmailAddress", "operator": "=", "value": email.strip()}]
        params = {"fields": wire.PERSON_FIELDS, "find_disabled_rows": 1}
        try:
            found = await self._calls.rows("/users", params, condition)
        except ConfigError as e:
            raise Rejected(e.message, reason="refused") from e
        wanted = email.strip().casefold()
        people = [person for row in found.rows if (person := wire.person(row))]
        return next((one.id for one in people if (one.email or "").casefold() == wanted), None)

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """POST user; nobody is mailed about it."""
        made = await self._writes.user(wire_out.person(person), Attempt(self._config.timeout, fence))
        return Written(TicketId(made))


class Watchers:
    """Who asks, who is told, who works on it."""

    def __init__(self, calls: Calls, writes: Writes) -> None:
        self._calls = calls
        self._writes = writes

    async def add(self, id: TicketId, draft: Draft, attempt: Attempt) -> tuple[str, ...]:
        """Who asks and who is told, about whom no rule of RT's own mails. A loss for each who is not there then."""
        roles = {
            "Requestor": _named(draft.fields.get("requester")),
            "Cc": [one for one in draft.cc if can_be_told(one)],
        }
        if wanted := {role: names for role, names in roles.items() if names}:
            await self.put(id, wanted, attempt)
        return tuple("value_not_kept" for _ in _missing(await self._calls.ticket(id), draft))

    async def put(self, id: TicketId, roles: dict[str, list[str]], attempt: Attempt) -> None:
        """These are all there are in each role, but for those RT cannot take."""
        try:
            await self._writes.change(id, roles, attempt)
        except Broke:
            await self._one_by_one(id, roles, attempt)

    async def give(self, id: TicketId, draft: Draft, attempt: Attempt) -> tuple[str, ...]:
        """Who works on it: mailed once, since RT passes over an owner who is it already."""
        await self._writes.change(id, {"Owner": draft.fields["assignee"]}, attempt)
        return () if await self.is_given(id, draft) else ("assignee_as_text",)

    async def is_given(self, id: TicketId, draft: Draft) -> bool:
        """Whether they do."""
        owner = wire.login((await self._calls.ticket(id)).get("Owner")) or ""
        return owner.casefold() == draft.fields["assignee"].casefold()

    async def _one_by_one(self, id: TicketId, wanted: dict[str, list[str]], attempt: Attempt) -> None:
        """RT breaks off at an address it cannot take, such as one of its own: that one is left out."""
        for role, names in wanted.items():
            taken: list[str] = []
            for name in names:
                try:
                    await self._writes.change(id, {role: [*taken, name]}, attempt)
                except Broke:
                    continue
                taken.append(name)

    async def are_there(self, id: TicketId, draft: Draft) -> bool:
        """Whether all who ask and who are told are."""
        return not _missing(await self._calls.ticket(id), draft)


def _named(name: str | None) -> list[str]:
    return [name] if name and can_be_told(name) else []


def _missing(row: Row, draft: Draft) -> list[str]:
    """Who is not on the ticket."""
    asking, told = ({name.casefold() for name in wire.logins(row.get(role))} for role in ("Requestor", "Cc"))
    requester = draft.fields.get("requester")
    lost = [one for one in draft.cc if one.casefold() not in told]
    return [*lost, requester] if requester and requester.casefold() not in asking else lost
