"""The page by which RT's own form completes the names of owners: no part of the API, and open to its tokens."""

from __future__ import annotations

import msgspec
from aiohttp import web

from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_roles import may_own
from syncer.desks.request_tracker.emulator_tables import ROOT

PAGE = "/Helpers/Autocomplete/Owners"
_FORGED = "<!DOCTYPE html><html><head><title>Possible cross-site request forgery</title></head></html>"


def page(request: web.Request, call: Call) -> web.Response:
    """Who may own tickets of a queue and is called like `term`. Only who may everything is told who else does."""
    if not request.headers.get("Referer", "").startswith(str(request.url.origin())):
        return web.Response(text=_FORGED, content_type="text/html")
    asked = request.query
    kind, _, id = asked.get("limit", "").partition("-")
    names = [
        user.name
        for user in call.tables.users.values()
        if asked.get("term", "").lower() in user.name.lower()
        and may_own(call, user)
        and (user.id != ROOT or call.by.rights is None)
    ]
    known = kind == "RT::Queue" and id.isdigit() and call.tables.queue(id) is not None
    most = int(asked.get("max", "10"))
    rows = [{"label": name, "value": name} for name in sorted(names, key=str.lower)[:most] if known]
    return web.Response(body=msgspec.json.encode(rows), content_type="application/json", charset="utf-8")
