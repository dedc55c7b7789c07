"""More ways to look at and steer an emulated Request Tracker from another process."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
from aiohttp import web

from syncer.desks.request_tracker.emulator_answers import answered
from syncer.desks.request_tracker.emulator_auth import Gate
from syncer.desks.request_tracker.emulator_staff import Staff
from syncer.desks.request_tracker.emulator_switches import Switches


class Steered(Protocol):
    """What of a desk is looked at and steered here."""

    switches: Switches
    gate: Gate
    staff: Staff


def extra_control_routes(desk: Steered) -> list[web.RouteDef]:
    """`/_control/switches|revoke|rights|staff/{act}`; an act is a method of Staff, its arguments the body."""

    async def switches(request: web.Request) -> web.Response:
        """Change the switches named in the body; those read when the desk was built have no effect now."""
        changes = msgspec.json.decode(await request.read(), type=dict[str, Any])
        try:
            checked = msgspec.convert(msgspec.to_builtins(desk.switches) | changes, Switches)
        except msgspec.ValidationError as wrong:
            return web.json_response({"error": str(wrong)}, status=400)
        for name in changes:
            setattr(desk.switches, name, getattr(checked, name))
        return answered(desk.switches)

    async def revoke(request: web.Request) -> web.Response:
        """The token in the body is void from now on."""
        desk.gate.revoke(msgspec.json.decode(await request.read(), type=dict[str, str])["token"])
        return web.json_response({"ok": True})

    async def rights(request: web.Request) -> web.Response:
        """The user of the API has these rights from now on, and no others."""
        desk.gate.rights = msgspec.json.decode(await request.read(), type=frozenset[str])
        return web.json_response({"ok": True})

    async def act(request: web.Request) -> web.Response:
        return await _act(desk.staff, request)

    return [
        web.post("/_control/switches", switches),
        web.post("/_control/revoke", revoke),
        web.post("/_control/rights", rights),
        web.post("/_control/staff/{act:[a-z][a-z_]*}", act),
    ]


async def _act(staff: Staff, request: web.Request) -> web.Response:
    """Somebody at the desk does something: `staff/edit` with `{"id": 1, "subject": "..."}`."""
    done = getattr(Staff, request.match_info["act"], None)
    if done is None:
        return web.Response(status=404)
    arguments = msgspec.json.decode(await request.read(), type=dict[str, Any])
    try:
        return web.json_response({"result": done(staff, **arguments)})
    except (AttributeError, KeyError, TypeError) as wrong:
        return web.json_response({"error": repr(wrong)}, status=400)
