"""Answers and refusals in the ways the product has for them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Struct

_DATA = 'application/json; charset="utf-8"'
_MESSAGE = "application/json; charset=utf-8"


class Refused(Exception):
    """A status and a message; without one the status speaks for itself."""

    def __init__(self, status: int, message: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message or HTTPStatus(status).phrase
        self.headers = headers or {}


class Broke(Exception):
    """The server fell over in the middle: a 500 without a body. What was done until then stays done."""


class Answer(Struct, kw_only=True):
    """What a handler has to say besides a plain value."""

    value: Any = None
    status: int = 200
    headers: dict[str, str] = {}
    made: bool = False  # the way a POST tells what it made


def answered(answer: Any) -> web.Response:
    """A handler's answer on its way out."""
    if not isinstance(answer, Answer):
        answer = Answer(value=answer)
    if answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        headers = {"Content-Type": _DATA} if answer.status == HTTPStatus.NO_CONTENT else {}
        return web.Response(status=answer.status, headers=headers | answer.headers)
    headers = {"Content-Type": _MESSAGE if answer.made else _DATA, **answer.headers}
    return web.Response(status=answer.status, body=msgspec.json.encode(answer.value), headers=headers)


def refusal(problem: Refused | Broke) -> web.Response:
    """What a caller is told who gets nothing."""
    if isinstance(problem, Broke):
        return web.Response(status=500, headers={"Content-Type": _DATA})
    headers = {"Content-Type": _MESSAGE, **problem.headers}
    return web.Response(status=problem.status, body=msgspec.json.encode({"message": problem.message}), headers=headers)
