"""Replies and comments: what is said on a ticket, to everybody or among those who work on it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from syncer.desks.request_tracker.emulator_answers import Answer, Broke, Refused
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_changes import change_status, move
from syncer.desks.request_tracker.emulator_custom import change_values
from syncer.desks.request_tracker.emulator_history import record
from syncer.desks.request_tracker.emulator_mails import after_comment, after_reply
from syncer.desks.request_tracker.emulator_mime import NOTHING, Part, keep_message, spelled_out, text_part
from syncer.desks.request_tracker.emulator_records import Ticket, Transaction
from syncer.desks.request_tracker.emulator_roles import change_watchers
from syncer.desks.request_tracker.emulator_tables import SYSTEM, Tables
from syncer.desks.request_tracker.emulator_tickets import files_of
from syncer.desks.request_tracker.emulator_words import INACTIVE, INITIAL

_HOLLOW = "{} is a required field for each attachment in Attachments"
_NO_KIND = "ContentType is a required field for application/json"
_TYPES = {"correspond": "Correspond", "comment": "Comment"}
_ADDED = {"Correspond": "Correspondence added", "Comment": "Comments added"}
_RIGHTS = {"Correspond": "ReplyToTicket", "Comment": "CommentOnTicket"}


def say(call: Call) -> Answer:
    """POST /ticket/{id}/correspond and /ticket/{id}/comment"""
    type = _TYPES[call.names[1]]
    row, messages = _said(_read(call), call.id, type)
    return Answer(value=messages, status=201, headers={"Location": f"/REST/2.0/transaction/{row.id}"})


def say_many(call: Call) -> Answer:
    """POST /tickets/bulk/correspond and /tickets/bulk/comment: 201 whatever became of each."""
    done: list[list[Any]] = []
    for body in call.body:
        id = body.pop("id", None)
        if not (str(id).isascii() and str(id).isdigit()):
            done.append([id, "Resource does not exist"])
            continue
        try:
            done.append([id, *_said(replace(call, body=body, files=None), int(id), _TYPES[call.names[0]])[1]])
        except Refused as problem:
            done.append([id, problem.message])
    return Answer(value=done, status=201, headers={"Location": "/REST/2.0/tickets/bulk"})


def add(tables: Tables, ticket: Ticket, row: Transaction, parts: list[Part], subject: str) -> None:
    """Keep what was said and do what comes with it: mails, and that a reply opens what was new or over."""
    keep_message(tables, row, subject, parts)
    if row.type == "Comment":
        after_comment(tables, ticket, row)
        return
    ticket.told = row.created
    after_reply(tables, ticket, row)
    if tables.switches.opens_on_reply and (ticket.status == INITIAL or ticket.status in INACTIVE):
        move(tables, ticket, "open", SYSTEM, row.created)


def _said(call: Call, id: int, type: str) -> tuple[Transaction, list[str | None]]:
    body, tables = call.body, call.tables
    files = [replace(file, name=spelled_out(file.name)) for file in files_of(call, _HOLLOW)]
    text = body.get("Content")
    if text and not body.get("ContentType"):
        raise Refused(400, _NO_KIND)
    ticket = tables.ticket(id)
    if ticket is not None and not call.can(_RIGHTS[type]):
        raise Refused(400, "Permission Denied")
    if ticket is None:
        raise Refused(400, "Message could not be recorded")
    first = text_part(str(text), str(body["ContentType"])) if text else Part(NOTHING, b"")
    subject, taken = str(body.get("Subject") or ""), int(body.get("TimeTaken") or 0)
    data = f"{subject.replace(chr(10), '')}\n" if subject else "No Subject"
    row = record(tables, ticket, type, call.by.user.id, data=data, time_taken=taken)
    ticket.time_worked += taken
    add(tables, ticket, row, [first, *files], subject)
    messages: list[str | None] = [_ADDED[type]]
    messages += change_values(call, ticket, body.get("CustomFields") or None)
    messages += change_watchers(call, ticket, body)
    if body.get("Status"):
        messages.append(change_status(call, ticket, str(body["Status"])))
    return row, messages


def _read(call: Call) -> Call:
    """The body, which nobody looked at before: what is no JSON object breaks the server."""
    if call.files is not None:
        return call
    if call.kind in {"text/plain", "text/html"}:
        said = {"Content": call.raw.decode("utf-8", "replace"), "ContentType": call.kind}
        return replace(call, body=said)
    try:
        body = msgspec.json.decode(call.raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Broke from wrong
    if not isinstance(body, dict):
        raise Broke
    return replace(call, body=body)
