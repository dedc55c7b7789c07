"""Tries the configured calls on a ticket the operator names, each once, and looks what came of it (contract 3.4)."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Download
from syncer.deskkit.looking import Tried
from syncer.desks.tikting import wire_files, wire_in
from syncer.desks.tikting.access import Access, TokenRefused
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.catalogue import Catalogue
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.config_endpoints import FORMS, EndpointKey
from syncer.desks.tikting.wire_fields import FieldMap, FieldName
from syncer.desks.tikting.writes import Writes
from syncer.errors import ConfigError, SyncerError
from syncer.model.ids import TicketId
from syncer.model.lookups import StatusClass

LOOKS_EVERY = 0.5
TEST = "A test of syncer, please ignore it."
WORKS: Mapping[str, bool] = {"tested": True}
_ENDS: Mapping[EndpointKey, StatusClass] = {
    "ticket.resolve": StatusClass.RESOLVED,
    "ticket.close": StatusClass.CLOSED,
}
_REQUESTER: tuple[FieldName, ...] = ("requester_id", "requester_email", "requester_name")
_ORDER: tuple[EndpointKey, ...] = (
    "user.refresh", "user.all", "user.search", "ticket.update", "ticket.reply", "ticket.attach", "ticket.resolve",
    "ticket.close",
)  # fmt: skip
"""A ticket that is closed may take no reply any more."""


class Probing:
    """Sends what a migration would send, marked as a test, and never twice by itself."""

    def __init__(
        self, config: TiktingConfig, calls: Calls, writes: Writes, catalogue: Catalogue, access: Access
    ) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._catalogue = catalogue
        self._access = access
        self._fields = FieldMap(config.fields)

    def calls(self) -> Mapping[str, bool]:
        """The configured calls in the order in which to try them, and whether each writes."""
        return {key: FORMS[key].writes for key in _ORDER if key in self._config.endpoints}

    async def probe(self, call: str, id: TicketId) -> Tried:
        """Try one. Raises ConfigError for one that is not configured, AuthFailed where we are not let in."""
        key = next((key for key in _ORDER if key == call and key in self._config.endpoints), None)
        if key is None:
            there = ", ".join(self.calls()) or "none"
            raise ConfigError(f"{self._config.name} has no call {call!r} in endpoints", hint=f"There are: {there}")
        await self._access.ready()
        ways: Mapping[EndpointKey, Callable[[TicketId], Awaitable[Tried]]] = {
            "ticket.reply": self._reply, "ticket.attach": self._attach, "ticket.update": self._update,
            "ticket.resolve": lambda id: self._end("ticket.resolve", id),
            "ticket.close": lambda id: self._end("ticket.close", id),
            "user.all": self._all, "user.search": self._search, "user.refresh": self._refresh,
        }  # fmt: skip
        try:
            return await ways[key](id)
        except TokenRefused:
            raise
        except SyncerError as e:
            return Tried(call=key, worked=False, said=e.message, hint=e.hint)

    async def _reply(self, id: TicketId) -> Tried:
        marker = _marker()
        text = f"{TEST}\n\n[{marker}]"
        if self._config.text_mode == "html":
            text = f"<p>{TEST}</p><p>[{marker}]</p>"
        await self._send("ticket.reply", id, {"message": text, "public": "true"})
        return await self._seen("ticket.reply", id, marker, wire_in.reply_texts)

    async def _attach(self, id: TicketId) -> Tried:
        marker = _marker()
        file = Download(f"{marker} test of syncer.txt", "text/plain; charset=utf-8", 5, content=b"test\n")
        await self._send("ticket.attach", id, {}, [file])
        return await self._seen("ticket.attach", id, marker, wire_files.names)

    async def _seen(self, key: EndpointKey, id: TicketId, marker: str, shown: Callable[[FieldMap, Any], Any]) -> Tried:
        """It was taken: does the ticket show it?"""
        until = time.monotonic() + self._config.search_lag
        while True:
            texts = shown(self._fields, await self._calls.ticket(id))
            if texts is not None and any(text is not None and marker in text for text in texts):
                return Tried(
                    call=key, worked=True, said="was taken, and is seen on the ticket",
                    settings={**WORKS, "read_back": True},
                )  # fmt: skip
            if time.monotonic() > until:
                break
            await asyncio.sleep(LOOKS_EVERY)
        said = "was taken, and is not seen on the ticket: where its answer gets lost, a ticket is parked as in doubt"
        return Tried(call=key, worked=True, said=said, settings={**WORKS, "read_back": False})

    async def _end(self, key: EndpointKey, id: TicketId) -> Tried:
        wanted = _ENDS[key]
        names = await self._catalogue.names(anew=True)
        values = await self._values(id)
        if names.status_class(values.get("status")) == wanted:
            return Tried(call=key, worked=False, said=f"not tried: the ticket is {wanted} already; take another one")
        values |= {"message": TEST, "resolution": TEST}
        if status := names.first_of(wanted):
            values["status"] = status
        await self._send(key, id, values)
        ticket = await self._calls.ticket(id)
        if not self._fields.there(ticket, "status"):
            return Tried(call=key, worked=False, said="was taken, but tickets show no status by the field map")
        now = names.status_class(names.one("status", self._fields.hit(ticket, "status")))
        if now != wanted:
            return Tried(call=key, worked=False, said=f"was taken, but the ticket is not {wanted}")
        return Tried(call=key, worked=True, said=f"the ticket is {wanted} now", settings=WORKS)

    async def _update(self, id: TicketId) -> Tried:
        """The ticket is told what it says already: it must say the same afterwards."""
        before = await self._values(id)
        told = [name for name in self._config.endpoints["ticket.update"].told() if name != "id"]
        if unknown := [name for name in told if name not in before and name != "assignee"]:
            said = f"not tried: the ticket does not show its {', '.join(unknown)}, which this call is told"
            return Tried(call="ticket.update", worked=False, said=said)
        await self._send("ticket.update", id, before)
        after = await self._values(id)
        lines = [{name: wire_in.in_one_line(value) for name, value in one.items()} for one in (before, after)]
        if changed := sorted({name for name, _ in lines[0].items() ^ lines[1].items()}):
            said = f"changed what it was not told to: {', '.join(changed)}; look at ticket {id}"
            return Tried(call="ticket.update", worked=False, said=said)
        return Tried(call="ticket.update", worked=True, said="was taken, and changed nothing else", settings=WORKS)

    async def _values(self, id: TicketId) -> dict[str, str]:
        return wire_in.standing(self._fields, await self._catalogue.names(), await self._calls.ticket(id))

    async def _all(self, id: TicketId) -> Tried:
        people = await self._catalogue.users(self._config.endpoints["user.all"])
        mails = sum(1 for person in people if person.email)
        said = f"shows {len(people):,} users, {mails:,} of them with an e-mail"
        return Tried(call="user.all", worked=mails > 0, said=said, settings=WORKS if mails else {})

    async def _search(self, id: TicketId) -> Tried:
        """By what the ticket says of its requester."""
        ticket, endpoint = await self._calls.ticket(id), self._config.endpoints["user.search"]
        words = [self._fields.ident(ticket, name) for name in _REQUESTER]
        found = [len(await self._catalogue.users(endpoint, word)) for word in words if word]
        if not found:
            return Tried(call="user.search", worked=False, said="not tried: the ticket names no requester")
        said = f"finds {max(found):,} users for the requester of the ticket"
        return Tried(call="user.search", worked=max(found) > 0, said=said, settings=WORKS if max(found) else {})

    async def _refresh(self, id: TicketId) -> Tried:
        await self._access.refresh()
        await self._calls.metadata()
        return Tried(call="user.refresh", worked=True, said="gives a token that is taken", settings=WORKS)

    async def _send(
        self, key: EndpointKey, id: TicketId, values: Mapping[str, str], files: Sequence[Download] = ()
    ) -> None:
        await self._calls.ticket(id)  # there, and the one that is meant: before anything is written
        await self._writes.send(key, id, values, Attempt(self._config.timeout, lambda: None), files)


def _marker() -> str:
    return f"syncer-test-{secrets.token_hex(4)}"
