"""InvGate's users: looked for by e-mail, and made as external ones whom nobody mails about it (contract 3.9)."""

from __future__ import annotations

from collections.abc import Callable

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.invgate import wire
from syncer.desks.invgate.calls import Calls
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.writes import Writes
from syncer.errors import InDoubt, NotFound
from syncer.model.ids import TicketId
from syncer.model.lookups import LookupValue

NO_LASTNAME = "-"


class People:
    """Requesters only: what makes an agent costs a licence."""

    def __init__(self, config: InvGateConfig, calls: Calls, writes: Writes) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes

    async def known(self, email: str) -> str | None:
        """The id of whoever has exactly this address, disabled or not."""
        params = [("email", email), ("exact_match", 1), ("include_disabled", 1)]
        try:
            answer = await self._calls.json("users.by", params)
        except NotFound:  # how an instance says that there is none is not documented
            return None
        found = wire.records(answer.get("data") if isinstance(answer, dict) else answer)
        # Without exact_match, or where it is not known, parts of addresses match too.
        return next((str(row["id"]) for row in found if _same(row.get("email"), email)), None)

    async def invite(self, person: LookupValue, fence: Callable[[], None]) -> Written:
        """POST user: external, without a password and without a mail."""
        name, _, lastname = person.name.partition(" ")
        params = {
            "username": person.email,
            "name": name,
            "lastname": lastname.strip() or NO_LASTNAME,
            "email": person.email,
            "is_external": True,
            "send_set_password_email": False,
        }
        answer = await self._writes.post("user", params, (), Attempt(self._config.timeout, fence))
        id = wire.ident(answer.get("id"))
        if id is None:
            raise InDoubt(f"{self._config.name}: POST user answered without an id")
        return Written(TicketId(id))


def _same(email: object, wanted: str) -> bool:
    return isinstance(email, str) and wire.text(email).strip().casefold() == wanted.strip().casefold()
