"""Notes and attachments, which no page documents: endpoints at the paths a switch gives, none by default (3.10)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from syncer.desks.rezolve.emulator_answers import Refused, envelope, invalid
from syncer.desks.rezolve.emulator_asking import Ask, Route
from syncer.desks.rezolve.emulator_mails import after_note
from syncer.desks.rezolve.emulator_record import person_card
from syncer.desks.rezolve.emulator_switches import Switches
from syncer.desks.rezolve.emulator_tables import File, Note, Tables
from syncer.desks.rezolve.emulator_words import iso, uuid_of
from syncer.desks.rezolve.emulator_writes import ticket_of

KINDS = ("public", "private", "chase", "resolution")
FOR_REQUESTERS = ("public", "resolution")


def _read_notes(tables: Tables, ask: Ask) -> Any:
    ticket = ticket_of(tables, ask)
    requester = ask.caller.roles <= {"ticket_user"} and bool(ask.caller.roles)
    shown = [one for one in ticket.notes if not requester or one.kind in FOR_REQUESTERS]
    return envelope(tables.now(), notes=[_note(tables, one) for one in shown])


def _write_note(tables: Tables, ask: Ask) -> Any:
    ticket = ticket_of(tables, ask)
    body = ask.body if isinstance(ask.body, dict) else {}
    text, kind, files = body.get("note"), body.get("noteType", "public"), body.get("attachments", [])
    if not isinstance(text, str) or not text:
        raise invalid({"note": ["note is required"]})
    if kind not in KINDS:
        raise invalid({"noteType": [f"noteType must be one of {', '.join(KINDS)}"]})
    if not isinstance(files, list) or not all(one in ticket.files for one in files):
        raise invalid({"attachments": ["attachments must name files of the ticket"]})
    note = Note(
        id=uuid_of("note", ticket.serial, len(ticket.notes)),
        kind=kind,
        author=ask.caller.username,
        body=text,
        at=tables.now(),
        files=files,
    )
    ticket.files = [one for one in ticket.files if one not in files]
    ticket.notes.append(note)
    if tables.switches.note_bumps:
        tables.touch(ticket, ask.caller.username, {})
    after_note(tables, ticket, note)
    return envelope(tables.now(), note=_note(tables, note), etag=ticket.etag)


def _note(tables: Tables, one: Note) -> dict[str, Any]:
    return {
        "id": one.id,
        "note": one.body,
        "noteType": one.kind,
        "createdBy": person_card(tables, one.author),
        "createdAt": iso(one.at),
        "attachments": [_file(tables.files[id]) for id in one.files],
    }


def _file(one: File) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "size": len(one.content), "contentType": one.content_type}


def _list_files(tables: Tables, ask: Ask) -> Any:
    return envelope(tables.now(), attachments=[_file(tables.files[id]) for id in ticket_of(tables, ask).files])


def _upload(tables: Tables, ask: Ask) -> Any:
    ticket = ticket_of(tables, ask)
    if not ask.files:
        raise invalid({"file": ["file is required"]})
    for one in ask.files:
        if len(one.content) > tables.switches.max_attachment:
            raise invalid({"file": [f"{one.name} is too large"]})
        if tables.switches.allowed_types and one.content_type not in tables.switches.allowed_types:
            raise invalid({"file": [f"{one.content_type} is not allowed"]})
    made = [tables.file(one.name, one.content, one.content_type) for one in ask.files]
    ticket.files += made
    tables.touch(ticket, ask.caller.username, {})
    return envelope(tables.now(), attachments=[_file(tables.files[id]) for id in made], etag=ticket.etag)


def _download(tables: Tables, ask: Ask) -> Any:
    found = tables.files.get(ask.params["fileId"])
    if found is None:
        raise Refused(404, "ATTACHMENT_NOT_FOUND", "Attachment not found")
    return web.Response(
        body=found.content,
        content_type=found.content_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"},
    )


def routes(switches: Switches) -> list[Route]:
    """Those of the endpoints that have a path."""
    every = [
        Route(name="notes", method="GET", path=switches.notes_read_path, call=_read_notes),
        Route(
            name="add_note", method="POST", path=switches.notes_write_path, call=_write_note, shape="flat", writes=True
        ),
        Route(name="attachments", method="GET", path=switches.attachment_list_path, call=_list_files),
        Route(
            name="upload",
            method="POST",
            path=switches.attachment_upload_path,
            call=_upload,
            shape="flat",
            writes=True,
            form=True,
        ),
        Route(name="download", method="GET", path=switches.attachment_download_path, call=_download, accept=""),
    ]
    return [one for one in every if one.path]
