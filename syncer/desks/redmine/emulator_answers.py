"""Answers of the emulated instance: JSON with a validator, and refusals in the words of whoever refuses."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import quote

import msgspec
from aiohttp import web

from syncer.desks.redmine.emulator_words import ending, mime_type

_PAGE = '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8" />\n<title>{title}</title>\n</head></html>\n'
JSON, HTML = "application/json", "text/html"
_FORMATS = frozenset(
    "txt text js css ics png jpg jpeg jpe gif bmp tiff svg mp3 mp4 webm zip gz yml yaml json xml".split()
)
"""Endings the web framework takes for a kind of answer."""
_WORDS = {400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"}


class Refused(Exception):
    """Redmine's own no: a status without a body."""

    def __init__(self, status: int, *, kind: str = "application/json", challenge: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.kind = kind
        self.challenge = challenge


class Invalid(Exception):
    """422 with sentences; none at all when somebody else wrote in between."""

    def __init__(self, *errors: str) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


class Broken(Exception):
    """What the framework says where Redmine never got to say anything; what is not `routed` yet it says in the kind
    that the headers ask for."""

    def __init__(self, status: int, *, routed: bool = True) -> None:
        super().__init__(status)
        self.status = status
        self.routed = routed


class LogIn(Exception):
    """Pages for people send whoever is not known to the log-in."""


def json_answer(value: Any, status: int = 200, location: str = "") -> web.Response:
    """A value as JSON, with a validator that is a hash of it."""
    body = msgspec.json.encode(value)
    headers = {
        "ETag": f'W/"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"',
        "Cache-Control": "max-age=0, private, must-revalidate",
    }
    if location:
        headers["Location"] = location
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8", headers=headers)


def done() -> web.Response:
    """204: it was taken, which says nothing of what was done."""
    return web.Response(status=204, headers={"Cache-Control": "no-cache"})


def page(title: str = "Redmine", status: int = 200) -> web.Response:
    """A page for people."""
    return web.Response(status=status, text=_PAGE.format(title=title), content_type="text/html")


def fresh(request: web.Request, response: web.Response) -> web.Response:
    """The response, or 304 where the caller has it already."""
    validator = response.headers.get("ETag")
    if validator is None or response.status != 200 or request.headers.get("If-None-Match") != validator:
        return response
    return web.Response(status=304, headers={"ETag": validator})


def wanted(request: web.Request) -> str:
    """The kind of answer that is asked for: by the header, or by the ending of the path where there is none or one as
    browsers send it. Any kind at all means a page for people."""
    accept = request.headers.get("Accept", "")
    if accept and not re.search(r",\s*\*/\*|\*/\*\s*,", accept):
        first = accept.split(",")[0].split(";")[0].strip()
        return HTML if first == "*/*" else first
    last = ending(request.path)
    return (mime_type(f"x.{last}") or "text/plain") if last in _FORMATS else HTML


def refusal(request: web.Request, problem: Exception) -> web.Response:
    """What a caller is told."""
    match problem:
        case Invalid():
            return web.Response(
                status=422,
                body=msgspec.json.encode({"errors": problem.errors}),
                content_type="application/json",
                charset="utf-8",
                headers={"Cache-Control": "no-cache"},
            )
        case Broken():
            if not problem.routed and wanted(request) != JSON:
                text = "" if problem.status == 400 else "<!DOCTYPE html>\n<html><title>Redmine 404 error</title></html>"
                return web.Response(status=problem.status, text=text, content_type=HTML)
            body = msgspec.json.encode({"status": problem.status, "error": _WORDS[problem.status]})
            return web.Response(status=problem.status, body=body, content_type="application/json", charset="utf-8")
        case LogIn():
            here = f"{request.scheme}://{request.host}"
            to = f"{here}/login?back_url={quote(here + request.raw_path, safe='')}"
            return web.Response(status=302, headers={"Location": to}, text="<html></html>", content_type="text/html")
        case Refused():
            if problem.kind == HTML:
                return page(f"{problem.status} - Redmine", problem.status)
            headers = {"Cache-Control": "no-cache"}
            if problem.challenge and problem.kind == JSON:
                headers["WWW-Authenticate"] = 'Basic realm="Redmine API"'
            return web.Response(status=problem.status, body=b"", content_type=problem.kind, headers=headers)
    raise problem
