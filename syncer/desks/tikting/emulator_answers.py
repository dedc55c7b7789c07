"""How an emulated Tikting answers: JSON in the casing asked for, problems as an object or as text."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from syncer.deskkit.emulation import Handler

from .emulator_switches import Switches

INTERNAL_HOST = "http://tikting-web.internal:8080"
INVALID = "One or more validation errors occurred."
Problems = dict[str, list[str]]


class Refused(Exception):
    """A call that is not done, with the answer it gets."""

    def __init__(self, status: int, title: str, problems: Problems | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.problems = problems


def invalid(part: str, problem: str) -> Refused:
    """A 400 that names one part."""
    return Refused(400, INVALID, {part: [problem]})


def flipped(value: Any) -> Any:
    """The same with the first letter of every key in the other case."""
    if isinstance(value, dict):
        return {key[:1].swapcase() + key[1:]: flipped(item) for key, item in value.items()}
    return [flipped(item) for item in value] if isinstance(value, list) else value


class Answers:
    """Writes answers as the switches ask for."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
        """A value."""
        body = msgspec.json.encode(flipped(value) if self._switches.flip_casing else value)
        return web.Response(body=body, status=status, headers=headers, content_type="application/json", charset="utf-8")

    def problem(self, status: int, title: str, errors: Problems | None = None) -> web.Response:
        """What is wrong, by part where there are parts."""
        if self._switches.text_errors:
            return web.Response(status=status, text=title)
        problem: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
        if errors:
            problem["errors"] = errors
        body = msgspec.json.encode(problem)
        return web.Response(status=status, body=body, content_type="application/problem+json", charset="utf-8")


@web.middleware
async def as_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What the framework refuses is an answer like others, so that it is logged with its status."""
    try:
        return await handler(request)
    except web.HTTPException as refused:
        allowed = {"Allow": refused.headers["Allow"]} if "Allow" in refused.headers else {}
        return web.Response(status=refused.status, headers=allowed)
