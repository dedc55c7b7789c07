"""Files: up by token, down by an address with their name in it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import quote

import msgspec
from aiohttp import web

from syncer.desks.redmine import emulator_shapes as shapes
from syncer.desks.redmine.emulator_answers import HTML, Invalid, LogIn, Refused, done, json_answer
from syncer.desks.redmine.emulator_params import Call, to_number
from syncer.desks.redmine.emulator_records import Attachment, Detail, Journal
from syncer.desks.redmine.emulator_tables import Tables
from syncer.desks.redmine.emulator_words import ending, mime_type

_LONGEST = 255


def sanitized(name: str) -> str:
    """A file's name without its folders, and without what file systems refuse."""
    last = re.sub(r"\A.*[\\/]", "", name, flags=re.DOTALL)
    return re.sub(r"[/?%*:|\"'<>\n\r]+", "_", last)


async def upload(tables: Tables, call: Call) -> web.Response:
    """POST uploads.json: bytes as they are, and a token for them."""
    if call.content_type != "application/octet-stream":
        raise Refused(406)
    if not tables.may_somewhere(call.by, "add_issues"):
        raise Refused(403) if call.by.logged else Refused(401, challenge=True)
    name = call.query.get("filename", "")
    name = sanitized(name) if name.strip() else hashlib.md5(call.raw, usedforsecurity=False).hexdigest()
    errors = []
    if not name.strip():
        errors.append("File cannot be blank")
    if len(name) > _LONGEST:
        errors.append(f"File is too long (maximum is {_LONGEST} characters)")
    if len(call.raw) > tables.switches.max_file:
        most = tables.switches.max_file
        errors.append(f"This file cannot be uploaded because it exceeds the maximum allowed file size ({most})")
    if errors:
        raise Invalid(*errors)
    file = tables.add_file(name, call.raw, call.by.id, tables.now())
    file.content_type = call.query.get("content_type") or file.content_type
    return json_answer({"upload": {"id": file.id, "token": file.token}}, 201)


def _file(tables: Tables, call: Call) -> Attachment:
    file = tables.attachments.get(to_number(call.ids[0]))
    if file is None:
        raise Refused(404)
    return file


def _may(tables: Tables, call: Call, file: Attachment, right: str) -> bool:
    issue = tables.issues.get(file.issue_id or 0)
    if issue is None:
        return file.author_id == call.by.id
    return tables.sees(call.by, issue) and tables.may(call.by, right, issue.project_id)


def _readable(tables: Tables, call: Call) -> Attachment:
    file = _file(tables, call)
    if not _may(tables, call, file, "view_issues"):
        raise Refused(403) if call.by.logged else Refused(401, challenge=True)
    return file


async def show(tables: Tables, call: Call) -> web.Response:
    """GET attachments/{id}.json."""
    return json_answer({"attachment": shapes.attachment(tables, _readable(tables, call), call.here)})


async def update(tables: Tables, call: Call) -> web.Response:
    """PUT attachments/{id}.json: another name or description. Nothing tells of it."""
    file = _file(tables, call)
    if not _may(tables, call, file, "edit_issues"):
        raise Refused(403) if call.by.logged else Refused(401, challenge=True)
    asked = call.section("attachment")
    changed = msgspec.structs.replace(file)
    if "filename" in asked:
        changed.filename = sanitized(str(asked["filename"] or ""))
    if "description" in asked:
        changed.description = asked["description"]
    if not changed.filename.strip():
        raise Invalid("File cannot be blank")
    tables.attachments[file.id] = changed
    return done()


async def delete(tables: Tables, call: Call) -> web.Response:
    """DELETE attachments/{id}.json. The issue's history tells of it, the issue does not count as changed."""
    file = _file(tables, call)
    if not _may(tables, call, file, "edit_issues"):
        raise Refused(403) if call.by.logged else Refused(401, challenge=True)
    del tables.attachments[file.id]
    if issue := tables.issues.get(file.issue_id or 0):
        issue.files.remove(file.id)
        gone = Detail(property="attachment", name=str(file.id), old=file.filename)
        said = Journal(id=tables.take("journal"), user_id=call.by.id, notes="", created=tables.now(), details=[gone])
        issue.journals.append(said)
    return done()


async def download(tables: Tables, call: Call) -> web.Response:
    """GET attachments/download/{id}/{name}. Who may not is sent to a page for people, unless another kind is asked
    for."""
    file = tables.attachments.get(to_number(call.ids[0]))
    if file is None or (call.ids[1] and call.ids[1] != file.filename):
        raise Refused(404, kind=call.wants)
    if not _may(tables, call, file, "view_issues"):
        if call.by.logged:
            raise Refused(403, kind=call.wants)
        raise LogIn if call.wants == HTML else Refused(401, kind=call.wants, challenge=True)
    kind = file.content_type
    if not kind or kind == "application/octet-stream":
        kind = mime_type(file.filename) or "application/octet-stream"
    headers = {
        "Content-Type": kind,
        "Content-Disposition": _disposition(file.filename),
        "ETag": f'W/"{file.digest[:32]}"',
        "Cache-Control": "private",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    return web.Response(body=file.content, headers=headers)


def _disposition(name: str) -> str:
    plain = unicodedata.normalize("NFD", name)
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    plain = quote(re.sub(r"[^\x00-\x7f]", "?", plain), safe=" !#$&+-.^_`|~()@,")
    kind = "inline" if ending(name) == "pdf" else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='!#$&+.^_`|~-')}"
