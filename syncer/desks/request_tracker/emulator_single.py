"""Single rows that are only shown: transactions, parts of messages, queues, custom fields, the server itself."""

from __future__ import annotations

from typing import Any

from syncer.desks.request_tracker import emulator_dates as dates
from syncer.desks.request_tracker import emulator_fields as fields
from syncer.desks.request_tracker import emulator_shapes as shapes
from syncer.desks.request_tracker.emulator_answers import Answer, Refused
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_rights import seen


def transaction(call: Call) -> Any:
    """GET /transaction/{id}: one that is not there breaks the server, where others say 404."""
    row = call.tables.transactions.get(call.id)
    if row is None:
        raise Refused(500)
    if not seen(call, row):
        raise Refused(403)
    return fields.referred(call, shapes.transaction(call, row), row)


def attachment(call: Call) -> Any:
    """GET /attachment/{id}: as with transactions."""
    part = call.tables.attachments.get(call.id)
    if part is None:
        raise Refused(500)
    if not seen(call, call.tables.transactions[part.transaction]):
        raise Refused(403)
    return fields.referred(call, shapes.attachment(call, part), part)


def queue(call: Call) -> Answer:
    """GET /queue/{id or name}"""
    one = call.tables.queue(call.names[0])
    if one is None:
        raise Refused(404)
    if not call.can("SeeQueue"):
        raise Refused(403)
    return shapes.versioned(call, shapes.queue(call, one), one.created, call.tables.last_of.get(("RT::Queue", one.id)))


def field(call: Call) -> Answer:
    """GET /customfield/{id}"""
    one = call.tables.fields.get(call.id)
    if one is None:
        raise Refused(404)
    if not call.can("SeeCustomField"):
        raise Refused(403)
    tag = {"ETag": f'"{dates.shown(one.created)}"', "Last-Modified": dates.shown(one.created)}
    return Answer(value=shapes.field(call, one), headers=tag)


def server(call: Call) -> dict[str, Any]:
    """GET /rt"""
    more: dict[str, Any] = {"Plugins": []} if call.by.rights is None else {}
    return {"Version": call.tables.switches.version} | more
