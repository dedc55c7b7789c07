"""The routes of the web service, and what a request brings along: path, query, headers and body, in that order of
weakness."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web
from msgspec import Struct

from syncer.desks.znuny.emulator_answers import Broken, Died
from syncer.desks.znuny.emulator_values import is_given

_SERVICE = re.compile(r".*Webservice(?:ID)?/([^/]+)(/.*)")
_HEADERS = {
    "X-OTRS-Header-UserLogin": "UserLogin",
    "X-OTRS-Header-CustomerUserLogin": "CustomerUserLogin",
    "X-OTRS-Header-SessionID": "SessionID",
    "X-OTRS-Header-Password": "Password",
}
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

_ROUTES: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = (
    ("SessionCreate", frozenset({"POST"}), re.compile(r"/Session")),
    ("TicketCreate", frozenset({"POST"}), re.compile(r"/Ticket")),
    ("TicketGet", frozenset({"GET"}), re.compile(r"/Ticket/(?P<TicketID>[^/]+)")),
    ("TicketGetList", frozenset({"GET", "POST"}), re.compile(r"/TicketList")),
    ("TicketHistoryGet", frozenset({"GET"}), re.compile(r"/TicketHistory/(?P<TicketID>[^/]+)")),
    ("TicketSearch", frozenset({"GET", "POST"}), re.compile(r"/TicketSearch")),
    ("TicketUpdate", frozenset({"PATCH"}), re.compile(r"/Ticket/(?P<TicketID>[^/]+)")),
)


class Asked(Struct, frozen=True):
    """An operation and what it was given."""

    operation: str
    data: dict[str, Any]


async def read(request: web.Request, service: str, missing: frozenset[str], max_body: int) -> Asked:
    """What is asked for. Raises Broken, and Died where there is no such web service."""
    path, _, query = request.raw_path.partition("?")
    found = _SERVICE.fullmatch(path)
    if found is None and not path.endswith(f"/{service}"):
        raise Died
    if found is not None and found[1] != service:
        raise Died
    operation, parts = _operation(request.method, path if found is None else found[2], missing)
    given = {**_query(query), **parts}
    given.update({key: request.headers[name] for name, key in _HEADERS.items() if request.headers.get(name)})
    if request.method == "GET" or not request.content_length:
        return Asked(operation, given)
    if request.content_length > max_body:
        raise Broken("Request Entity Too Large", 413)
    if request.content_type in _FORMS:
        raise Broken("Could not read input data")
    return Asked(operation, _body(await request.read()) | given)


def _operation(method: str, path: str, missing: frozenset[str]) -> tuple[str, dict[str, Any]]:
    for operation, methods, pattern in _ROUTES:
        found = pattern.fullmatch(path)
        if found and method in methods and operation not in missing:
            return operation, {key: unquote(value) for key, value in found.groupdict().items()}
    raise Broken(f"HTTP::REST Error while determine Operation for request URI '{path}'.")


def _query(query: str) -> dict[str, Any]:
    """Keys and values; a key that comes again makes a list, which no filter can make an object of."""
    given: dict[str, Any] = {}
    for pair in re.split("[;&]", query):
        key, _, value = pair.partition("=")
        if not key:
            continue
        name, word = unquote(key), unquote(value.replace("+", " "))
        if name not in given:
            given[name] = word
        elif isinstance(given[name], list):
            given[name].append(word)
        else:
            given[name] = [given[name], word]
    return given


def _body(raw: bytes) -> dict[str, Any]:
    try:
        raw.decode()
    except UnicodeDecodeError as broken:
        raise Broken("Could not read input data") from broken
    try:
        value = msgspec.json.decode(raw)
    except msgspec.DecodeError as broken:
        raise Broken("Error while decoding request content.") from broken
    if not is_given(value):
        raise Broken("Error while decoding request content.")
    if isinstance(value, list) and value:
        raise Died
    if not isinstance(value, dict) or not value:
        raise Broken("Unsupported request content structure.")
    return value
