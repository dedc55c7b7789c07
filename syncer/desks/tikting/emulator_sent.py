"""What a configured call brings: its values by logical name, and its files."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

import msgspec
from aiohttp import web
from msgspec import Struct

from syncer.deskkit.forms import FormFile, is_form, read_form

from .emulator_answers import INVALID, Problems, Refused, invalid
from .emulator_endpoints import Endpoint

_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)


class Sent(Struct):
    """The values of one call. `typed` are those where JSON tells a number from a text."""

    names: dict[str, str]
    values: dict[str, Any]
    files: list[FormFile] = []
    typed: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether it was sent at all, be it as null."""
        return name in self.values

    def text(self, name: str) -> str | None:
        """A text. Raises Refused when it is something else."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name)
        return value

    def given(self, name: str) -> str:
        """A text that may be neither missing nor empty. Raises Refused."""
        text = self.text(name) or ""
        if not text.strip():
            raise invalid(self._name(name), f"The {self._name(name)} field is required.")
        return text

    def number(self, name: str) -> int | None:
        """An integer. Raises Refused when it is something else."""
        match self.values.get(name):
            case None:
                return None
            case bool():
                raise self._wrong(name)
            case int() as number:
                return number
            case str() as text if name not in self.typed and _INTEGER.fullmatch(text):
                return int(text)
        raise self._wrong(name)

    def flag(self, name: str, *, default: bool) -> bool:
        """Yes or no. Raises Refused when it is something else."""
        match self.values.get(name):
            case None:
                return default
            case bool() as flag:
                return flag
            case str() as text if name not in self.typed and text.lower() in ("true", "false"):
                return text.lower() == "true"
        raise self._wrong(name)

    def _name(self, name: str) -> str:
        return self.names.get(name, name)

    def _wrong(self, name: str) -> Refused:
        return invalid(self._name(name), f"The value is not valid for {self._name(name)}.")


async def read_sent(endpoint: Endpoint, request: web.Request) -> Sent:
    """The values and files of a request to this endpoint. Raises Refused when it is not sent as configured."""
    sent = await _read_body(endpoint, request)
    queried = {logical: request.query[name] for logical, name in endpoint.asked.items() if name in request.query}
    placed = dict(request.match_info) | queried
    sent.values |= placed
    return sent


async def _read_body(endpoint: Endpoint, request: web.Request) -> Sent:
    names = endpoint.sent
    if endpoint.method == "GET":
        return Sent(names, {logical: request.query[name] for logical, name in names.items() if name in request.query})
    if not names:
        return Sent(names, {})
    if endpoint.encoding == "multipart":
        return _multipart(names, request.headers.get("Content-Type", ""), await request.read())
    wanted = "application/json" if endpoint.encoding == "json" else "application/x-www-form-urlencoded"
    if request.content_type != wanted:
        raise Refused(415, "Unsupported Media Type")
    body = await request.read()
    return _json(names, body) if endpoint.encoding == "json" else _form(names, body)


def _json(names: dict[str, str], body: bytes) -> Sent:
    try:
        given = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError as broken:
        raise invalid("$", str(broken)) from broken
    values = {logical: given[name] for logical, name in names.items() if name in given}
    return Sent(names, values, typed=frozenset(values))


def _form(names: dict[str, str], body: bytes) -> Sent:
    try:
        given = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=bool(body))
    except ValueError as broken:
        raise Refused(400, "Failed to read the request form.") from broken
    return _once(names, {name: values[0] for name, values in given.items()}, {n for n, v in given.items() if v[1:]})


def _multipart(names: dict[str, str], content_type: str, body: bytes) -> Sent:
    if not is_form(content_type):
        raise Refused(415, "Unsupported Media Type")
    form = read_form(content_type, body)
    if form is None:
        raise Refused(400, "Failed to read the request form.")
    sent = _once(names, form.texts, form.repeated)
    sent.files = [file for file in form.files if file.part == names.get("files")]
    return sent


def _once(names: dict[str, str], texts: dict[str, str], repeated: set[str]) -> Sent:
    problems: Problems = {name: [f"{name} is given more than once."] for name in names.values() if name in repeated}
    if problems:
        raise Refused(400, INVALID, problems)
    return Sent(
        names, {logical: texts[name] for logical, name in names.items() if name in texts and logical != "files"}
    )
