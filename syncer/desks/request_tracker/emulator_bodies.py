"""What is sent, as each kind of call reads it, with the refusals that come before anything is done."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web
from msgspec.structs import replace
from multidict import MultiDict
from yarl import URL

from syncer.deskkit.forms import is_form
from syncer.desks.request_tracker.emulator_answers import Broke, Refused
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_forms import read
from syncer.desks.request_tracker.emulator_routes import Route

_JSON = "application/json"
_TEXTS = frozenset({"text/plain", "text/html"})


async def with_body(call: Call, route: Route, request: web.Request) -> Call:
    """The call with what was sent. Raises 400 for bad JSON, 415 for another kind of body, and Broke."""
    if call.method not in {"POST", "PUT"}:
        return call
    raw = await request.read()
    call = replace(call, raw=raw, kind=request.content_type if "Content-Type" in request.headers else "")
    match route.body:
        case "form":
            return _form(call) if call.kind == "application/x-www-form-urlencoded" else call
        case "asked":
            return replace(call, body=_checked(call, list, "ARRAY"))
        case "bulk":
            if call.kind != _JSON:
                raise Refused(415)
            return replace(call, body=_checked(call, list, "ARRAY") or [])
        case "record" | "message":
            return _written(call, route, request.headers.get("Content-Type", ""))
    return call


def _written(call: Call, route: Route, header: str) -> Call:
    if is_form(header) and (call.method == "POST" or route.body == "record"):
        return _parts(call, header, "Json" if route.body == "record" else "JSON")
    if route.body == "message":
        if call.kind not in {_JSON, *_TEXTS}:
            raise Refused(415)
        return call
    if call.kind != _JSON:
        raise Refused(415)
    body = _checked(call, dict, "HASH")
    return replace(call, body={**(body or {}), **call.query})


def _parts(call: Call, header: str, word: str) -> Call:
    form = read(header, call.raw)
    if form is None:
        raise Broke
    texts, sent = form
    text = texts.get("JSON")
    if not text:
        raise Refused(400, f"{word} is a required field for multipart/form-data")
    try:
        body = msgspec.json.decode(text)
    except msgspec.DecodeError as wrong:
        raise Broke from wrong
    if not isinstance(body, dict):
        raise Broke
    files = tuple(file for file in sent if file.part == "Attachments")
    return replace(call, body=body, files=files or None)


def _checked(call: Call, kind: type, name: str) -> Any:
    if call.kind != _JSON or not call.raw:
        return None
    try:
        value = msgspec.json.decode(call.raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Refused(400, f"JSON parse error: {wrong}\n") from wrong
    if not isinstance(value, kind):
        raise Refused(400, f"JSON object must be a {name}")
    return value


def _form(call: Call) -> Call:
    fields = MultiDict(call.query)
    fields.extend(URL("?" + call.raw.decode("utf-8", "replace"), encoded=True).query)
    return replace(call, query=fields)
