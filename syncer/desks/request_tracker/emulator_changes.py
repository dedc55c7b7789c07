"""Changes to the columns of a ticket: each is done or refused by itself, and says so in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from syncer.desks.request_tracker import emulator_dates as dates
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_history import record
from syncer.desks.request_tracker.emulator_links import waits
from syncer.desks.request_tracker.emulator_mails import after_status
from syncer.desks.request_tracker.emulator_mime import cut
from syncer.desks.request_tracker.emulator_records import Ticket
from syncer.desks.request_tracker.emulator_roles import set_owner
from syncer.desks.request_tracker.emulator_tables import Tables
from syncer.desks.request_tracker.emulator_words import (
    INACTIVE,
    INITIAL,
    PRIORITY_NUMBERS,
    STATUSES,
    priority_name,
)

_DENIED = "Permission Denied"
_NUMBER = re.compile(r"-?\d{1,9}")
_DATES = {"Due": "due", "Resolved": "resolved", "Started": "started", "Starts": "starts", "Told": "told"}
_PRIORITIES = {"FinalPriority": "final_priority", "InitialPriority": "initial_priority", "Priority": "priority"}
_TIMES = {"TimeEstimated": "time_estimated", "TimeLeft": "time_left", "TimeWorked": "time_worked"}


def change_columns(call: Call, ticket: Ticket, given: dict[str, Any]) -> list[str]:
    """What a change says of columns, in the order of their names. What is null, a list or the value that is there
    is passed over without a word."""
    said: list[str] = []
    for name in sorted(_SETTERS):
        value = given.get(name)
        if isinstance(value, dict) and "id" in value:
            value = value["id"]
        if value is None or isinstance(value, dict | list):
            continue
        message = _SETTERS[name](call, ticket, name, str(value).replace("\r\n", "\n"))
        if message is not None:
            said.append(f"Ticket {ticket.id}: {message}")
    return said


def change_status(call: Call, ticket: Ticket, status: str) -> str:
    """Move a ticket to a status. Gives the message."""
    if status.lower() not in STATUSES:
        return f"Status '{status}' isn't a valid status for this ticket."
    if status.lower() == ticket.status:
        return f"You can't change status from '{ticket.status}' to '{status}'."
    if not call.can("DeleteTicket" if status.lower() == "deleted" else "ModifyTicket"):
        return _DENIED
    if status.lower() in INACTIVE and ticket.status not in INACTIVE and waits(call.tables, ticket):
        return "That ticket has unresolved dependencies"
    old = ticket.status
    move(call.tables, ticket, status.lower(), call.by.user.id)
    if status.lower() == "deleted":
        return "Ticket deleted"
    return f"Status changed from '{old}' to '{ticket.status}'"


def move(tables: Tables, ticket: Ticket, status: str, by: int, at: int | None = None) -> None:
    """Give a ticket a status, with the dates and the mails that come with it."""
    now = tables.now() if at is None else at
    if ticket.status == INITIAL and not ticket.started:
        ticket.started = now
    if status in INACTIVE:
        ticket.resolved = now
    old, ticket.status = ticket.status, status
    row = record(tables, ticket, "Status", by, field="Status", old=old, new=status, at=now)
    after_status(tables, ticket, row)


def _status(call: Call, ticket: Ticket, name: str, value: str) -> str | None:
    return None if value == ticket.status else change_status(call, ticket, value)


def _subject(call: Call, ticket: Ticket, name: str, value: str) -> str | None:
    kept = cut(value, call.tables.switches.max_subject)
    if kept == ticket.subject:
        return None
    if not call.can("ModifyTicket"):
        return _DENIED
    old, value = ticket.subject, value.replace("\n", "")
    ticket.subject = cut(value, call.tables.switches.max_subject)
    record(call.tables, ticket, "Set", call.by.user.id, field=name, old=old, new=value)
    return f"{name} changed from {_quoted(old)} to {_quoted(value)}"


def _owner(call: Call, ticket: Ticket, name: str, value: str) -> str | None:
    return set_owner(call, ticket, value)


def _queue(call: Call, ticket: Ticket, name: str, value: str) -> str | None:
    queue = call.tables.queue(value)
    if queue is not None and queue.id == ticket.queue:
        return None
    if not call.can("ModifyTicket"):
        return _DENIED
    if queue is None:
        return f"Queue {value} does not exist"
    old = call.tables.queues[ticket.queue]
    ticket.queue = queue.id
    record(call.tables, ticket, "Set", call.by.user.id, field=name, old=str(old.id), new=str(queue.id))
    return f"Queue changed from {old.name} to {queue.name}"


def _priority(call: Call, ticket: Ticket, name: str, value: str) -> str | None:
    number = PRIORITY_NUMBERS.get(value.lower(), int(value) if _NUMBER.fullmatch(value) else 0)
    attribute = _PRIORITIES[name]
    old = getattr(ticket, attribute)
    if number == old:
        return None
    if not call.can("ModifyTicket"):
        return _DENIED
    setattr(ticket, attribute, number)
    record(call.tables, ticket, "Set", call.by.user.id, field=name, old=str(old), new=str(number))
    return f"{name} changed from '{priority_name(old)}' to '{priority_name(number)}'"


def _time(call: Call, ticket: Ticket, name: str, value: str) -> str | None:
    minutes = int(value) if _NUMBER.fullmatch(value) else 0
    attribute = _TIMES[name]
    old = getattr(ticket, attribute)
    if minutes == old:
        return None
    if not call.can("ModifyTicket"):
        return _DENIED
    setattr(ticket, attribute, minutes)
    worked = minutes - old if name == "TimeWorked" else 0
    change = {"field": name, "old": str(old), "new": str(minutes), "time_taken": worked}
    record(call.tables, ticket, "Set", call.by.user.id, **change)
    if worked:
        return f"Worked {worked} minutes" if worked > 0 else f"Adjusted time worked by {worked} minutes"
    return f"{name} changed from {_quoted(str(old) if old else '')} to '{minutes}'"


def _date(call: Call, ticket: Ticket, name: str, value: str) -> str | None:
    attribute = _DATES[name]
    old = getattr(ticket, attribute) or 0
    if value == dates.stored(old):
        return None
    if not call.can("ModifyTicket"):
        return _DENIED
    moment = dates.on_create(value) if name == "Started" else dates.on_change(value)
    if moment is None:
        return f"{name} could not be set to {value}."
    if name == "Started" and moment == old:
        return "That is already the current value"
    setattr(ticket, attribute, moment)
    kind = "Told" if name == "Told" else "Set"
    record(call.tables, ticket, kind, call.by.user.id, field=name, old=dates.stored(old), new=value)
    if name == "Resolved":
        return f"Resolved changed from '{dates.stored(old)}' to '{value}'"
    # Its own messages are written by other rules than the column: what came with an offset is `Not set` there.
    said = dates.on_create(value)
    return f"{name} changed from {dates.spoken(old, call.zone)} to {dates.spoken(said, call.zone)}"


def _quoted(text: str) -> str:
    return f"'{text}'" if text else "(no value)"


_SETTERS: dict[str, Callable[[Call, Ticket, str, str], str | None]] = {
    "Status": _status,
    "Subject": _subject,
    "Owner": _owner,
    "Queue": _queue,
    **dict.fromkeys(_DATES, _date),
    **dict.fromkeys(_PRIORITIES, _priority),
    **dict.fromkeys(_TIMES, _time),
}
