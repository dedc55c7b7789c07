"""Parameters as a PHP server reads them: query always, bodies for POST only, brackets for arrays."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

from syncer.deskkit.forms import is_form, read_form

_FILES = re.compile(r"attachments\[\d*\]")
_BRACKET = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")
_INTEGER = re.compile(r"-?\d{1,18}")
_FLAGS = {"1": True, "true": True, "on": True, "0": False, "false": False, "": False}


class Refused(Exception):
    """An answer other than data: its HTTP status and its body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def refused(status: int, text: str) -> Refused:
    """An answer with an HTTP status of its own."""
    return Refused(status, {"error": text, "status": status})


def error(text: str) -> Refused:
    """A business refusal: HTTP 200, and ERROR inside."""
    return Refused(200, {"status": "ERROR", "info": text})


class Upload(Struct):
    """One file part of a multipart body."""

    name: str
    content: bytes


class Params:
    """What one call was given; the getters raise 428 for what is missing or malformed."""

    def __init__(self, origin: str = "") -> None:
        self.origin = origin
        self.files: list[Upload] = []
        self._one: dict[str, str] = {}
        self._many: dict[str, list[tuple[str, str]]] = {}

    def put(self, name: str, value: str) -> None:
        """Take one pair of a query or form."""
        bracket = _BRACKET.fullmatch(name)
        if bracket:
            self._many.setdefault(bracket[1], []).append((bracket[2], value))
        else:
            self._one[name] = value

    def put_json(self, name: str, value: Any) -> None:
        """Take one member of a JSON body."""
        name = name.removesuffix("[]")
        if isinstance(value, list):
            self._many[name] = [(str(i), _plain(item)) for i, item in enumerate(value)]
        elif isinstance(value, dict):
            self._many[name] = [(key, _plain(item)) for key, item in value.items()]
        elif value is not None:
            self._one[name] = _plain(value)

    def has(self, *names: str) -> bool:
        """Whether any of these was given, alone or as an array."""
        return any(self._one.get(name) or self._many.get(name) for name in names)

    def text(self, name: str) -> str | None:
        """A text, or None when absent or empty."""
        if name in self._many:
            raise refused(428, f"The parameter {name} must be a single value")
        return self._one.get(name) or None

    def given_text(self, name: str) -> str:
        """A text that is required."""
        value = self.text(name)
        if value is None:
            raise refused(428, f"The parameter {name} is missing")
        return value

    def number(self, name: str) -> int | None:
        """An integer, or None when absent."""
        value = self.text(name)
        return None if value is None else _integer(name, value)

    def given_number(self, name: str) -> int:
        """An integer that is required."""
        return _integer(name, self.given_text(name))

    def numbers(self, name: str) -> list[int]:
        """An array of integers, maybe empty; a scalar or a comma list is refused."""
        if name in self._one:
            raise refused(428, f"The parameter {name} must be an array")
        return [_integer(name, value) for _, value in self._many.get(name, [])]

    def given_numbers(self, name: str) -> list[int]:
        """An array of integers that is required."""
        values = self.numbers(name)
        if not values:
            raise refused(428, f"The parameter {name} is missing")
        return values

    def texts(self, name: str) -> list[str] | None:
        """An array of texts, or None when absent."""
        if name in self._one:
            raise refused(428, f"The parameter {name} must be an array")
        pairs = self._many.get(name)
        return None if pairs is None else [value for _, value in pairs]

    def pairs(self, name: str) -> dict[str, str]:
        """A dictionary that is required."""
        if not self._many.get(name):
            raise refused(428, f"The parameter {name} is missing")
        return dict(self._many[name])

    def flag(self, name: str) -> bool | None:
        """A boolean, or None when absent."""
        if name not in self._one:
            return None
        value = _FLAGS.get(self._one[name].lower())
        if value is None:
            raise refused(428, f"The parameter {name} must be a boolean")
        return value


def _integer(name: str, value: str) -> int:
    if not _INTEGER.fullmatch(value):
        raise refused(428, f"The parameter {name} must be an integer")
    return int(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else str(value)


async def read_params(request: web.Request, origin: str, reads_body: bool) -> Params:
    """Everything a request says. PUT, DELETE and PATCH have their query only."""
    params = Params(origin)
    _put_all(params, request.query.items())
    if not reads_body or not request.body_exists:
        return params
    if request.content_type.endswith("json"):
        _put_json_body(params, await request.read())
    elif is_form(content_type := request.headers.get("Content-Type", "")):
        form = read_form(content_type, await request.read())
        if form is None:
            raise refused(400, "The form is broken")
        _put_all(params, form.texts.items())
        params.files += [Upload(file.name, file.content) for file in form.files if _FILES.fullmatch(file.part)]
    elif request.content_type.endswith("urlencoded"):
        _put_all(params, [(name, str(value)) for name, value in (await request.post()).items()])
    return params


def _put_all(params: Params, pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        params.put(name, value)


def _put_json_body(params: Params, body: bytes) -> None:
    try:
        values = msgspec.json.decode(body) if body else {}
    except msgspec.DecodeError:
        raise refused(400, "The body is not JSON") from None
    if isinstance(values, dict):
        for name, value in values.items():
            params.put_json(name, value)
