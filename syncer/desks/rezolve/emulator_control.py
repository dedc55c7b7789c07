"""More ways to steer an emulated tenant from another process."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
from aiohttp import web

from syncer.desks.rezolve.emulator_auth import Gate
from syncer.desks.rezolve.emulator_steering import Steering
from syncer.desks.rezolve.emulator_switches import Switches
from syncer.desks.rezolve.emulator_tables import Tables


class Steered(Protocol):
    """What of a desk is steered here."""

    switches: Switches
    gate: Gate
    tables: Tables
    steering: Steering


def extra_control_routes(desk: Steered) -> list[web.RouteDef]:
    """`/_control/switches|edit|create|comment|delete|move|revoke`."""
    control = _Control(desk)
    calls = (
        control.switches,
        control.edit,
        control.create,
        control.comment,
        control.delete,
        control.move,
        control.revoke,
    )
    return [web.post(f"/_control/{call.__name__}", call) for call in calls]


class _Control:
    def __init__(self, desk: Steered) -> None:
        self._desk = desk

    async def switches(self, request: web.Request) -> web.Response:
        """Change the switches named in the body; those read when the desk was built have no effect now."""
        changes = await _values(request)
        checked = msgspec.convert(msgspec.to_builtins(self._desk.switches) | changes, Switches)
        for name in changes:
            setattr(self._desk.switches, name, getattr(checked, name))
        self._desk.tables.reorder()
        return _json(self._desk.switches)

    async def edit(self, request: web.Request) -> web.Response:
        """Somebody changes a ticket: `{"id": "INC-2001", "Subject": "New"}`."""
        values = await _values(request)
        self._desk.steering.edit(values.pop("id"), **values)
        return _json({"ok": True})

    async def create(self, request: web.Request) -> web.Response:
        return _json({"id": self._desk.steering.create(**await _values(request))})

    async def comment(self, request: web.Request) -> web.Response:
        values = await _values(request)
        private = values.get("private", False)
        return _json({"id": self._desk.steering.comment(values["id"], values["text"], private=private)})

    async def delete(self, request: web.Request) -> web.Response:
        self._desk.steering.delete((await _values(request))["id"])
        return _json({"ok": True})

    async def move(self, request: web.Request) -> web.Response:
        """Move a ticket to another type: `{"id": "INC-2001", "type": "17024"}`."""
        values = await _values(request)
        return _json({"id": self._desk.steering.move(values["id"], values["type"])})

    async def revoke(self, _: web.Request) -> web.Response:
        """All tokens are void from now on."""
        self._desk.gate.revoke_all()
        return _json({"ok": True})


async def _values(request: web.Request) -> dict[str, Any]:
    return msgspec.json.decode(await request.read(), type=dict[str, Any])


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
