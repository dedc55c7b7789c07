"""Upload and download at paths that differ by version (contract 3.7)."""

from __future__ import annotations

import mimetypes
import re
from typing import Any
from urllib.parse import quote

from aiohttp import web

from syncer.deskkit.forms import is_form, read_form
from syncer.desks.motadata.emulator_answers import Invalid, UnknownId
from syncer.desks.motadata.emulator_tables import Tables

_REF = "{refFileName}"


def upload_asked(request: web.Request, path: str) -> bool:
    """Whether this is a call of the configured upload path."""
    return bool(path) and request.method == "POST" and request.path == path


def ref_asked(request: web.Request, template: str) -> str | None:
    """The file that a call of the configured download path asks for."""
    if not template or request.method != "GET":
        return None
    pattern = re.escape(template).replace(re.escape(_REF), "([^/&?]+)")
    found = re.fullmatch(pattern, request.path_qs if "?" in template else request.path)
    return found[1] if found else None


async def upload(tables: Tables, request: web.Request) -> Any:
    """One part `file` of a form; what refers to it. It belongs to nothing yet."""
    header = request.headers.get("Content-Type", "")
    if not is_form(header):
        raise Invalid("The body must be a form")
    form = read_form(header, await request.read())
    file = next((one for one in form.files if one.part == "file"), None) if form else None
    if file is None:
        raise Invalid("The part file is missing")
    if len(file.content) > tables.switches.max_file:
        raise Invalid("The file is too big")
    ref = tables.add_file(file.name, file.content)
    return {"refFileName": ref.ref, "realName": ref.name, "link": None}


def download(tables: Tables, ref: str) -> web.Response:
    """The bytes of a file."""
    file = tables.files.get(ref)
    if file is None:
        raise UnknownId
    return web.Response(
        body=file.content,
        content_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"},
    )
