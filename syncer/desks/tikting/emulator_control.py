"""More ways to look at and steer an emulated Tikting from another process."""

from __future__ import annotations

import re
from typing import Any, Protocol

import msgspec
from aiohttp import web
from msgspec import Struct

from syncer.deskkit.emulation import Carrier

from .emulator_accounts import People, Sessions
from .emulator_mails import Aftermath
from .emulator_switches import Switches
from .emulator_tickets import Reply, Shelf
from .emulator_views import stored

_MARKER = re.compile(r"\[([A-Za-z][A-Za-z0-9]*-[\w-]+)\]\s*\Z")
_EDITABLE = frozenset({"title", "description", "status", "priority", "category", "group", "assignee", "resolution"})
_BATCH = 500


class Steered(Protocol):
    """What of a desk is looked at and steered here."""

    carrier: Carrier
    switches: Switches
    people: People
    sessions: Sessions
    shelf: Shelf
    aftermath: Aftermath

    def people_csv(self) -> str:
        """Its people as an administrator exports them."""

    def summary(self) -> dict[str, Any]:
        """Its tickets in numbers."""


def marker_of(title: str) -> str | None:
    """The token in brackets at a title's end, `[XX-123]`."""
    found = _MARKER.search(title)
    return found[1] if found else None


def extra_control_routes(desk: Steered) -> list[web.RouteDef]:
    """`/_control/people.csv|tickets.jsonl|summary|notifications|switches|edit|reply|delete|revoke`."""
    control = _Control(desk)
    return [
        web.get("/_control/people.csv", control.people),
        web.get("/_control/tickets.jsonl", control.tickets),
        web.get("/_control/summary", control.summary),
        web.get("/_control/notifications", control.notifications),
        web.post("/_control/switches", control.switches),
        web.post("/_control/edit", control.edit),
        web.post("/_control/reply", control.reply),
        web.post("/_control/delete", control.delete),
        web.post("/_control/revoke", control.revoke),
    ]


class _Said(Struct):
    id: int
    author: str
    body: str
    private: bool = False


class _Control:
    def __init__(self, desk: Steered) -> None:
        self._desk = desk

    async def people(self, _: web.Request) -> web.Response:
        return web.Response(text=self._desk.people_csv(), content_type="text/csv")

    async def tickets(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        encoder, live = msgspec.json.Encoder(), list(self._desk.shelf.live)
        for start in range(0, len(live), _BATCH):
            rows = [stored(ticket, self._desk.people) for ticket in live[start : start + _BATCH]]
            await answer.write(encoder.encode_lines(rows))
        return answer

    async def summary(self, _: web.Request) -> web.Response:
        return _json(self._desk.summary())

    async def notifications(self, _: web.Request) -> web.Response:
        """All that was mailed and pushed, by e-mail address, oldest first."""
        people = self._desk.people
        return _json(
            [
                {"ticket": sent.ticket, "channel": sent.channel, "kind": sent.kind, "to": [*map(people.email, sent.to)]}
                for sent in self._desk.aftermath.notifications
            ]
        )

    async def switches(self, request: web.Request) -> web.Response:
        """Change the switches named in the body; those read when the desk was built have no effect now."""
        changes = msgspec.json.decode(await request.read(), type=dict[str, Any])
        checked = msgspec.convert(msgspec.to_builtins(self._desk.switches) | changes, Switches)
        for name in changes:
            setattr(self._desk.switches, name, getattr(checked, name))
        return _json(self._desk.switches)

    async def edit(self, request: web.Request) -> web.Response:
        """Somebody at the desk changes a ticket: `{"id": 1, "status": 4}`."""
        changes = msgspec.json.decode(await request.read(), type=dict[str, Any])
        ticket = self._desk.shelf.get(int(changes.pop("id")))
        if ticket is None or not changes.keys() <= _EDITABLE:
            return web.Response(status=400)
        self._desk.shelf.edit(ticket, changes, self._desk.carrier.clock.now())
        return _json(stored(ticket, self._desk.people))

    async def reply(self, request: web.Request) -> web.Response:
        """Somebody at the desk says something: `{"id": 1, "author": "ann@example.org", "body": "Done"}`."""
        said = msgspec.json.decode(await request.read(), type=_Said)
        ticket, author = self._desk.shelf.get(said.id), self._desk.people.named(said.author)
        if ticket is None or author is None:
            return web.Response(status=400)
        reply = Reply(author.id, said.body, self._desk.carrier.clock.now(), said.private)
        return _json({"id": self._desk.shelf.reply(ticket, reply)})

    async def delete(self, request: web.Request) -> web.Response:
        ticket = self._desk.shelf.get(int((await request.json())["id"]))
        if ticket is None:
            return web.Response(status=400)
        self._desk.shelf.delete(ticket)
        return _json({"deleted": ticket.id})

    async def revoke(self, _: web.Request) -> web.Response:
        """All tokens are void from now on."""
        self._desk.sessions.revoke()
        return _json({"ok": True})


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
