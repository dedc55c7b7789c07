"""More ways to look at and steer an emulated Znuny from another process."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
from aiohttp import web

from syncer.desks.znuny.emulator_auth import Gate
from syncer.desks.znuny.emulator_staff import Staff
from syncer.desks.znuny.emulator_switches import Switches


class Steered(Protocol):
    """What of a desk is looked at and steered here."""

    switches: Switches
    gate: Gate
    staff: Staff


def extra_control_routes(desk: Steered) -> list[web.RouteDef]:
    """`/_control/switches|revoke|staff/{act}`; an act is a method of Staff, its arguments the body."""

    async def switches(request: web.Request) -> web.Response:
        """Change the switches named in the body; those read when the desk was built have no effect now."""
        changes = msgspec.json.decode(await request.read(), type=dict[str, Any])
        try:
            checked = msgspec.convert(msgspec.to_builtins(desk.switches) | changes, Switches)
        except msgspec.ValidationError as wrong:
            return _answer({"error": str(wrong)}, 400)
        for name in changes:
            setattr(desk.switches, name, getattr(checked, name))
        return _answer(desk.switches)

    async def revoke(_: web.Request) -> web.Response:
        """All sessions are over from now on."""
        desk.gate.revoke_all()
        return _answer({"ok": True})

    async def act(request: web.Request) -> web.Response:
        """Somebody at the desk does something: `staff/edit` with `{"id": 101, "title": "..."}`."""
        done = getattr(Staff, request.match_info["act"], None)
        if done is None:
            return web.Response(status=404)
        arguments = msgspec.json.decode(await request.read(), type=dict[str, Any])
        try:
            return _answer({"result": done(desk.staff, **arguments)})
        except (AttributeError, KeyError, TypeError) as wrong:
            return _answer({"error": repr(wrong)}, 400)

    return [
        web.post("/_control/switches", switches),
        web.post("/_control/revoke", revoke),
        web.post("/_control/staff/{act:[a-z][a-z_]*}", act),
    ]


def _answer(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
