"""The calls on single tickets and on many at once: make, show, change, delete."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from msgspec.structs import replace

from syncer.desks.request_tracker import emulator_dates as dates
from syncer.desks.request_tracker import emulator_fields as fields
from syncer.desks.request_tracker import emulator_shapes as shapes
from syncer.desks.request_tracker.emulator_answers import Answer, Broke, Refused
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_changes import change_columns, move
from syncer.desks.request_tracker.emulator_custom import change_values, values_of_a_new_ticket
from syncer.desks.request_tracker.emulator_history import birth_of_a_ticket
from syncer.desks.request_tracker.emulator_links import change_links, links_of_a_new_ticket, merge
from syncer.desks.request_tracker.emulator_mails import after_create
from syncer.desks.request_tracker.emulator_mime import (
    NOTHING,
    Part,
    cut,
    file_part,
    keep_message,
    squeezed,
    text_part,
)
from syncer.desks.request_tracker.emulator_records import Queue, Ticket
from syncer.desks.request_tracker.emulator_roles import (
    change_watchers,
    own,
    owner_of_a_new_ticket,
    watchers_of_a_new_ticket,
)
from syncer.desks.request_tracker.emulator_words import INACTIVE, INITIAL, ON_CREATE, PRIORITY_NUMBERS, STATUSES

_DATES = ("Due", "Resolved", "Started", "Starts")
_OF_A_FILE = ("FileName", "FileType", "FileContent")
_INTERNAL = "Ticket could not be created due to an internal error"


def get(call: Call) -> Answer:
    """GET /ticket/{id}: the one it was merged into, and a deleted one as if nothing was."""
    ticket = ticket_of(call)
    shown = fields.referred(call, shapes.ticket(call, ticket), ticket)
    return shapes.versioned(call, shown, ticket.updated, shapes.last_seen(call, ticket))


def create(call: Call) -> Answer:
    """POST /ticket"""
    ticket = make(call)
    return shapes.made(call, "ticket", ticket.id, f"ticket/{ticket.id}")


def change(call: Call) -> list[str | None]:
    """PUT /ticket/{id}: a list of what was done and what was not, both with 200."""
    return _change(call, ticket_of(call))


def delete(call: Call) -> Answer:
    """DELETE /ticket/{id}: a status; no search shows it from here on."""
    ticket = ticket_of(call)
    if not call.can("DeleteTicket") or ticket.status == "deleted":
        raise Refused(500)
    move(call.tables, ticket, "deleted", call.by.user.id)
    return Answer(status=204)


def take(call: Call) -> list[str]:
    """PUT /ticket/{id}/take"""
    ticket, user = ticket_of(call), call.by.user
    if ticket.owner == user.id:
        return ["You already own this ticket"]
    old = call.tables.users[ticket.owner]
    own(call.tables, ticket, user, user.id)
    return [f"Owner changed from {old.name} to {user.name}"]


def create_many(call: Call) -> Answer:
    """POST /tickets/bulk: 201 whatever became of each."""
    made: list[Any] = []
    for body in call.body:
        one = replace(call, body=body, files=None)
        try:
            made.append(shapes.ref(call, "ticket", make(one).id))
        except Refused as problem:
            made.append({"message": problem.message})
    return Answer(value=made, status=201, headers={"Location": "/REST/2.0/tickets/bulk"})


def change_many(call: Call) -> list[list[Any]]:
    """PUT /tickets/bulk: of each its id and what was done, 200 whatever that is."""
    done: list[list[Any]] = []
    for body in call.body:
        id = body.pop("id", None)
        ticket = call.tables.ticket(int(id)) if str(id).isascii() and str(id).isdigit() else None
        messages = ["Resource does not exist"] if ticket is None else _change(replace(call, body=body), ticket)
        done.append([id, *messages])
    return done


def ticket_of(call: Call) -> Ticket:
    """The ticket that the path means; raises 404 or 403."""
    ticket = call.tables.ticket(call.id)
    if ticket is None:
        raise Refused(404)
    if not call.can("ShowTicket"):
        raise Refused(403)
    return ticket


def make(call: Call) -> Ticket:
    """A new ticket as a body describes it; raises what is refused aloud, and drops the rest in silence."""
    body, tables, by = call.body, call.tables, call.by.user.id
    queue, status = _queue(call), _status(call)
    parts = _parts(call)
    now = tables.now()
    moments = {name: dates.on_create(str(body[name])) for name in _DATES if body.get(name) is not None}
    created = dates.on_create(str(body.get("Created") or "")) if tables.switches.takes_created else 0
    ticket = Ticket(
        id=0, effective=0, queue=queue.id, status=status, creator=by, updater=by, created=created or now, updated=now,
        subject=cut(_text(body.get("Subject")).replace("\n", ""), tables.switches.max_subject),
        owner=owner_of_a_new_ticket(call), type=str(body.get("Type") or "ticket"),
        priority=_priority(body.get("Priority", body.get("InitialPriority"))),
        initial_priority=_priority(body.get("InitialPriority")), final_priority=_priority(body.get("FinalPriority")),
        starts=moments.get("Starts", 0), due=moments.get("Due", 0),
        started=moments.get("Started", 0 if status == INITIAL else now),
        resolved=moments.get("Resolved", now if status in INACTIVE else 0),
        time_worked=_number(body.get("TimeWorked")), time_left=_number(body.get("TimeLeft")),
        time_estimated=_number(body.get("TimeEstimated")),
    )  # fmt: skip
    watchers_of_a_new_ticket(call, ticket)
    values_of_a_new_ticket(call, ticket)
    ticket.id = ticket.effective = tables.take("ticket")
    row = birth_of_a_ticket(tables, ticket)
    row.time_taken, ticket.updated = ticket.time_worked, now
    links_of_a_new_ticket(call, ticket)
    if parts:
        keep_message(tables, row, ticket.subject, parts)
    after_create(tables, ticket, row)
    return ticket


def files_of(call: Call, field: str) -> list[Part]:
    """The files that come along, as parts of a form or within JSON; `field` words the refusal of a hollow one."""
    tables = call.tables
    if call.files is not None:
        sent = [file for file in call.files if file.name]
        for file in sent:
            for name, value in (("FileType", file.content_type), ("FileContent", file.content)):
                if not value:
                    raise Refused(400, field.format(name))
        return [file_part(tables, file.name, file.content_type, file.content) for file in sent]
    files = []
    for one in call.body.get("Attachments") or ():
        for name in _OF_A_FILE:
            if not one.get(name):
                raise Refused(400, field.format(name))
        content = _bytes(str(one["FileContent"]))
        files.append(file_part(tables, squeezed(str(one["FileName"])), str(one["FileType"]), content))
    return files


def _parts(call: Call) -> list[Part]:
    body = call.body
    if call.files is None and body.get("Attachments") is not None:
        if not isinstance(body["Attachments"], list):
            raise Refused(400, "Attachments must be an array")
        if not all(isinstance(one, dict) for one in body["Attachments"]):
            raise Refused(400, "Each element of Attachments must be a hash")
    files = files_of(call, "Field {} is required for each attachment in Attachments")
    said = body.get("Content")
    if said is None and not files and body.get("Attachments") is None:
        return []
    text = _text(said)
    return [text_part(text, str(body.get("ContentType") or "text/plain")) if text else Part(NOTHING, b""), *files]


def _change(call: Call, ticket: Ticket) -> list[str | None]:
    body = call.body
    said: list[str | None] = [*change_columns(call, ticket, body)]
    said += change_values(call, ticket, body.get("CustomFields") or None)
    said += change_watchers(call, ticket, body)
    said += change_links(call, ticket, body)
    if body.get("MergeInto"):
        said.append(merge(call, ticket, body["MergeInto"]))
    return said


def _queue(call: Call) -> Queue:
    given = call.body.get("Queue")
    if not given:
        raise Refused(400, "Could not create ticket. Queue not set")
    name = str(given.get("id", "")) if isinstance(given, dict) else str(given)
    queue = call.tables.queue(name)
    if queue is None or not call.can("CreateTicket"):
        raise Refused(403, f"No permission to create tickets in the queue '{name}'")
    return queue


def _status(call: Call) -> str:
    status = _text(call.body.get("Status")).lower() or INITIAL
    if status not in STATUSES:
        raise Refused(400, f"Status '{status}' isn't a valid status for tickets in this queue.")
    if status not in ON_CREATE:
        raise Refused(400, f"New tickets can not have status '{status}' in this queue.")
    return status


def _priority(given: Any) -> int:
    """A name is understood by a change only."""
    if isinstance(given, str) and given.lower() in PRIORITY_NUMBERS:
        raise Refused(400, _INTERNAL)
    return _number(given, strict=True)


def _number(given: Any, *, strict: bool = False) -> int:
    text = _text(given).strip()
    if text and not text.lstrip("-").isdigit():
        if strict:
            raise Refused(400, _INTERNAL)
        return 0
    return int(text or 0)


def _text(given: Any) -> str:
    return "" if given is None or isinstance(given, dict | list) else str(given)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=False)
    except binascii.Error as wrong:
        raise Broke from wrong
