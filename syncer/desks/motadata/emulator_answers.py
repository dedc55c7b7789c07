"""Answers of the emulated instance, its refusals in the ways section 6 of the contract knows."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from syncer.desks.motadata.emulator_switches import Switches

_PAGE = "<!DOCTYPE html><html><head><title>ServiceOps</title></head><body>Loading...</body></html>"


class Refused(Exception):
    """An answer other than data: its status and its text; a `bare` one has no body whatever the mode."""

    def __init__(self, status: int, text: str, *, bare: bool = False) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.bare = bare


class Invalid(Exception):
    """The payload is wrong; which status says so is a switch."""


class UnknownId(Exception):
    """There is nothing under this id; how that is said is a switch."""


class UnknownPath(Exception):
    """There is no such path, or it is off."""


def json_answer(value: Any, status: int = 200) -> web.Response:
    """A value as JSON; None is an empty body."""
    body = b"" if value is None else msgspec.json.encode(value)
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")


def page(status: int = 200) -> web.Response:
    """The product's own web page instead of an answer."""
    return web.Response(status=status, text=_PAGE, content_type="text/html")


def refusal(problem: Exception, switches: Switches) -> web.Response:
    """What a caller is told: contract 6, in the mode the switches ask for."""
    match problem:
        case UnknownPath():
            return page() if switches.unknown_path == "html_200" else _error(404, "Not Found", switches)
        case UnknownId():
            return _unknown_id(switches)
        case Invalid():
            return _error(switches.invalid_status, str(problem), switches)
        case Refused(bare=True):
            return web.Response(status=problem.status)
        case Refused():
            return _error(problem.status, problem.text, switches)
    raise problem


def _unknown_id(switches: Switches) -> web.Response:
    match switches.unknown_id:
        case "empty_200":
            return json_answer(None)
        case "html_200":
            return page()
        case status:
            return _error(int(status), "The record does not exist", switches)


def _error(status: int, text: str, switches: Switches) -> web.Response:
    match switches.error_body:
        case "empty":
            return web.Response(status=status)
        case "html":
            return page(status)
        case "json":
            return json_answer({"error": text, "status": status}, status)
