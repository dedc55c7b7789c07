"""Fields of rows in lists: asked for by name, poorer than a row by itself, and empty where there is no such field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncer.desks.request_tracker import emulator_dates as dates
from syncer.desks.request_tracker import emulator_shapes as shapes
from syncer.desks.request_tracker.emulator_answers import Broke
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_records import Attachment, Field, Queue, Ticket, Transaction, User
from syncer.desks.request_tracker.emulator_words import ROLES

Row = Ticket | Transaction | Attachment | User | Queue | Field
Read = Callable[[Any], Any]

_KINDS: dict[type, str] = {
    Ticket: "ticket", Transaction: "transaction", Attachment: "attachment", User: "user", Queue: "queue",
    Field: "customfield",
}  # fmt: skip
_TICKET: dict[str, Read] = {
    "id": lambda one: str(one.id),
    "EffectiveId": lambda one: str(one.effective),
    "Type": lambda one: one.type,
    "Subject": lambda one: one.subject,
    "Status": lambda one: one.status,
    "Priority": lambda one: str(one.priority),
    "InitialPriority": lambda one: str(one.initial_priority),
    "FinalPriority": lambda one: str(one.final_priority),
    "TimeWorked": lambda one: str(one.time_worked),
    "TimeLeft": lambda one: str(one.time_left),
    "TimeEstimated": lambda one: str(one.time_estimated),
    "Created": lambda one: dates.shown(one.created),
    "LastUpdated": lambda one: dates.shown(one.updated),
    "Starts": lambda one: dates.shown(one.starts),
    "Started": lambda one: dates.shown(one.started),
    "Due": lambda one: dates.shown(one.due),
    "Resolved": lambda one: dates.shown(one.resolved),
    "Told": lambda one: dates.shown(one.told),
}
_TRANSACTION: dict[str, Read] = {
    "Type": lambda row: row.type,
    "ObjectType": lambda row: row.object_type,
    "ObjectId": lambda row: str(row.object_id),
    "Field": lambda row: row.field,
    "OldValue": lambda row: row.old,
    "NewValue": lambda row: row.new,
    "Data": lambda row: row.data,
    "TimeTaken": lambda row: str(row.time_taken),
    "Created": lambda row: dates.shown(row.created),
}
_ATTACHMENT: dict[str, Read] = {
    "ContentType": lambda one: one.kind,
    "Filename": lambda one: one.name,
    "TransactionId": lambda one: str(one.transaction),
    "Subject": lambda one: one.subject,
    "Headers": lambda one: one.headers,
    "MessageId": lambda one: one.message_id,
    "ContentLength": lambda one: str(len(one.content or b"")),
    "Content": lambda one: _said(one),
    "Created": lambda one: dates.shown(one.created),
}
# Privileged and Disabled are empty here, whatever they are.
_USER: dict[str, Read] = {
    "Name": lambda one: one.name,
    "EmailAddress": lambda one: one.email,
    "RealName": lambda one: one.real_name,
    "Comments": lambda one: one.comments,
    "Timezone": lambda one: one.timezone,
    "Created": lambda one: dates.shown(one.created),
    "LastUpdated": lambda one: dates.shown(one.updated),
}
_QUEUE: dict[str, Read] = {
    "Name": lambda one: one.name,
    "Description": lambda one: one.description,
    "Lifecycle": lambda one: one.lifecycle,
    "CorrespondAddress": lambda one: one.address,
    "Disabled": lambda one: str(one.disabled),
    "Created": lambda one: dates.shown(one.created),
}
_FIELD: dict[str, Read] = {
    "Name": lambda one: one.name,
    "Type": lambda one: one.kind,
    "MaxValues": lambda one: "0" if one.many else "1",
    "LookupType": lambda one: "RT::Queue-RT::Ticket",
    "Disabled": lambda one: "0",
    "SortOrder": lambda one: "0",
    "UniqueValues": lambda one: "0",
}
READ: dict[type, dict[str, Read]] = {
    Ticket: _TICKET, Transaction: _TRANSACTION, Attachment: _ATTACHMENT, User: _USER, Queue: _QUEUE, Field: _FIELD,
}  # fmt: skip
_REFERRED: dict[type, dict[str, str]] = {
    Ticket: {"Queue": "queue", "Owner": "owner", "Creator": "creator", "LastUpdatedBy": "updater"},
    Transaction: {"Creator": "creator"},
    Attachment: {"Creator": "creator"},
    User: {"Creator": "creator", "LastUpdatedBy": "updater"},
}


def shown(call: Call, row: Row) -> dict[str, Any]:
    """A row of a list: where it is, and the fields that were asked for."""
    kind = _KINDS[type(row)]
    answer = shapes.ref(call, kind, row.name if isinstance(row, User) else row.id)
    asked = call.query.get("fields") or ""
    return answer | {field: _read(call, row, field, "fields") for field in filter(None, asked.split(","))}


def referred(call: Call, answer: dict[str, Any], row: Row) -> dict[str, Any]:
    """A row by itself, with what `fields[...]` asks of what it refers to."""
    for name, attribute in _REFERRED.get(type(row), {}).items():
        if f"fields[{name}]" in call.query:
            answer[name] = _refer(call, _target(call, name, getattr(row, attribute)), f"fields[{name}]")
    return answer


def _read(call: Call, row: Row, field: str, asked: str) -> Any:
    if isinstance(row, Attachment) and field == "Parent":
        raise Broke
    attribute = _REFERRED.get(type(row), {}).get(field)
    if attribute is not None:
        return _refer(call, _target(call, field, getattr(row, attribute)), f"{asked}[{field}]")
    if isinstance(row, Ticket) and field in ROLES:
        users = (call.tables.users[id] for id in row.watchers[field])
        return [_refer(call, user, f"{asked}[{field}]") for user in users]
    if isinstance(row, Ticket) and field == "CustomFields":
        return _custom(call, row, f"{asked}[{field}]") or ""
    if field == "_hyperlinks" and isinstance(row, Ticket):
        return shapes.ticket_links(call, row)
    if field == "_hyperlinks" and isinstance(row, Transaction):
        return shapes.transaction_links(call, row)
    read = READ[type(row)].get(field)
    value = read(row) if read else None
    return "" if value is None else value


def _refer(call: Call, row: Row, asked: str) -> dict[str, Any]:
    kind = _KINDS[type(row)]
    answer = shapes.ref(call, kind, row.name if isinstance(row, User) else row.id)
    fields = filter(None, (call.query.get(asked) or "").split(","))
    return answer | {field: _read(call, row, field, asked) for field in fields}


def _target(call: Call, field: str, id: int) -> Row:
    return call.tables.queues[id] if field == "Queue" else call.tables.users[id]


def _custom(call: Call, row: Ticket, asked: str) -> list[dict[str, Any]]:
    fields = list(filter(None, (call.query.get(asked) or "").split(",")))
    values = shapes.custom(call, row)
    for one in values:
        field = call.tables.fields[int(one["id"])]
        one |= {name: _read(call, field, name, asked) for name in fields}
    return values


def _said(one: Attachment) -> str:
    content = one.content or b""
    return content.decode("utf-8" if one.kind.startswith(("text/", "message/")) else "latin-1", "replace")
