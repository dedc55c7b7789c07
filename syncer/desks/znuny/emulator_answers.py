"""Answers of the emulated instance: a refusal is a 200 with an error inside, and each failure a 500 without a type."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

_JSON, _TEXT = "application/json", "text/plain"


class Refused(Exception):
    """An operation said no. `kind` is the last word of the code: AuthFail, AccessDenied, InvalidParameter..."""

    def __init__(self, operation: str, kind: str, message: str) -> None:
        super().__init__(operation, kind, message)
        said = message if message.startswith("Can't") else f"{operation}: {message}"
        self.answer = {"Error": {"ErrorCode": f"{operation}.{kind}", "ErrorMessage": said}}


class Fault(Exception):
    """An operation broke off, whatever of it was done by then."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.answer = {"faultcode": "Server", "faultstring": message}


class Broken(Exception):
    """The request did not reach an operation."""

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message, status)
        self.status = status


class Died(Exception):
    """The server hangs up without a word."""


def data(value: Any) -> web.Response:
    """What an operation says."""
    return _sealed(200, _JSON, msgspec.json.encode(value, order="sorted"))


def failure(problem: Fault | Broken) -> web.Response:
    """A failure. Both kinds are called plain text; that of an operation is JSON none the less."""
    if isinstance(problem, Fault):
        return _sealed(500, _TEXT, msgspec.json.encode(problem.answer))
    return _sealed(problem.status, _TEXT, str(problem.args[0]).encode())


def not_found(path: str) -> web.Response:
    """The web server's own page."""
    page = f"<html><head><title>404 Not Found</title></head><body><p>The requested URL {path!r} was not found</p>"
    return web.Response(status=404, text=page + "</body></html>", content_type="text/html")


def _sealed(status: int, kind: str, body: bytes) -> web.Response:
    response = web.Response(status=status, body=body, headers={"Content-Type": f"{kind}; charset=UTF-8"})
    response.force_close()
    return response
