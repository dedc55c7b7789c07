"""Rows as the API shows them one by one; lists have their own, poorer way."""

from __future__ import annotations

import base64
from typing import Any

from syncer.desks.request_tracker import emulator_dates as dates
from syncer.desks.request_tracker.emulator_answers import Answer, Broke
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_links import links_shown
from syncer.desks.request_tracker.emulator_records import Attachment, Field, Queue, Ticket, Transaction, User
from syncer.desks.request_tracker.emulator_rights import seen
from syncer.desks.request_tracker.emulator_words import ACTIONS, ROLES

_MOMENTS = ("created", "updated", "starts", "started", "due", "resolved")
# Asked for one by one, these break the server: it cannot tell what they point to.
_UNREADABLE = frozenset({"AddLink", "DeleteLink"})


def ref(call: Call, kind: str, name: int | str) -> dict[str, Any]:
    """Where something is: its id as text."""
    return {"type": kind, "id": str(name), "_url": f"{call.base}/{kind}/{name}"}


def person(call: Call, id: int) -> dict[str, Any]:
    """Somebody, by login."""
    return ref(call, "user", call.tables.users[id].name)


def made(call: Call, kind: str, name: int | str, place: str) -> Answer:
    """What a POST answers that made something."""
    headers = {"Location": f"/REST/2.0/{place}"}
    return Answer(value=ref(call, kind, name), status=201, headers=headers, made=True)


def versioned(call: Call, value: Any, updated: int, row: Transaction | None) -> Answer:
    """A row with the id of the last transaction the caller may see, and a date no HTTP library knows to read."""
    tag = str(row.id) if row else dates.shown(updated)
    return Answer(value=value, headers={"ETag": f'"{tag}"', "Last-Modified": dates.shown(updated)})


def ticket(call: Call, one: Ticket) -> dict[str, Any]:
    """A ticket, without a word of what is said on it."""
    shown = {
        "id": one.id,
        "Type": one.type,
        "Subject": one.subject,
        "Status": one.status,
        "Queue": ref(call, "queue", one.queue),
        "Owner": person(call, one.owner),
        "Creator": person(call, one.creator),
        "LastUpdatedBy": person(call, one.updater),
        "EffectiveId": ref(call, "ticket", one.id),
        "Priority": str(one.priority),
        "InitialPriority": str(one.initial_priority),
        "FinalPriority": str(one.final_priority),
        "TimeWorked": str(one.time_worked),
        "TimeLeft": str(one.time_left),
        "TimeEstimated": str(one.time_estimated),
        "CustomFields": custom(call, one),
        "_hyperlinks": ticket_links(call, one),
    }
    names = {"updated": "LastUpdated"}
    shown |= {names.get(name, name.capitalize()): dates.shown(getattr(one, name)) for name in _MOMENTS}
    shown |= {role: [person(call, id) for id in one.watchers[role]] for role in ROLES}
    if one.told is not None:
        shown["Told"] = dates.shown(one.told)
    return shown


def last_seen(call: Call, one: Ticket) -> Transaction | None:
    """The last thing that happened to a ticket, of what the caller may see."""
    return next((row for row in reversed(call.tables.history(one)) if seen(call, row)), None)


def custom(call: Call, one: Ticket) -> list[dict[str, Any]]:
    """The custom fields of a ticket that the caller may see, empty ones too, in no order one could rely on."""
    fields = list(call.tables.fields.values()) if call.can("SeeCustomField") else []
    return [
        {
            **ref(call, "customfield", field.id),
            "name": field.name,
            "values": [field_value(field, value.text) for value in one.custom.get(field.id, ())],
        }
        for field in sorted(fields, key=lambda field: (field.id * 7 + one.id) % 5)
    ]


def field_value(field: Field, text: str) -> str | None:
    """A value as it is shown: moments like all moments, and null for an empty one."""
    if not text:
        return None
    return dates.shown(dates.in_field(text, "UTC")) if field.kind == "DateTime" else text


def ticket_links(call: Call, one: Ticket) -> list[dict[str, Any]]:
    """Where one can go from a ticket."""
    own = f"{call.base}/ticket/{one.id}"
    links: list[dict[str, Any]] = [{"ref": "self", "type": "ticket", "id": one.id, "_url": own}]
    links += links_shown(call.tables, one, call.base)
    if call.can("SeeCustomField"):
        links += [field_link(call, field) for field in call.tables.fields.values()]
    links.append({"ref": "history", "_url": f"{own}/history"})
    for name, right in (("correspond", "ReplyToTicket"), ("comment", "CommentOnTicket")):
        if call.can(right):
            links.append({"ref": name, "_url": f"{own}/{name}"})
    for to, label, update in ACTIONS[one.status]:
        if call.can("DeleteTicket" if to == "deleted" else "ModifyTicket"):
            place = {"Respond": "/correspond", "Comment": "/comment"}.get(update, "")
            move = {"ref": "lifecycle", "from": one.status, "to": to, "label": label, "_url": own + place}
            links.append(move | ({"update": update} if update else {}))
    return links


def field_link(call: Call, field: Field) -> dict[str, Any]:
    """A custom field beside what has it."""
    return {**ref(call, "customfield", field.id), "ref": "customfield", "name": field.name}


def transaction(call: Call, row: Transaction) -> dict[str, Any]:
    """What was done; its text is in its attachments. Only what there is has a key. Raises Broke for some kinds."""
    if row.type in _UNREADABLE or (row.type, row.field) == ("Set", "Queue"):
        raise Broke
    kind = row.object_type.removeprefix("RT::").lower()
    name = call.tables.users[row.object_id].name if kind == "user" else row.object_id
    shown = {
        "id": row.id,
        "Type": row.type,
        "Object": ref(call, kind, name),
        "Creator": person(call, row.creator),
        "Created": dates.shown(row.created),
        "TimeTaken": str(row.time_taken),
        **_what(call, row),
        "_hyperlinks": transaction_links(call, row),
    }
    return {key: value for key, value in shown.items() if value is not None}


def transaction_links(call: Call, row: Transaction) -> list[dict[str, Any]]:
    """Itself and the parts of its message."""
    own = {"ref": "self", "type": "transaction", "id": row.id, "_url": f"{call.base}/transaction/{row.id}"}
    parts = call.tables.parts(row)
    return [own, *({"ref": "attachment", "_url": f"{call.base}/attachment/{part.id}"} for part in parts)]


def _what(call: Call, row: Transaction) -> dict[str, Any]:
    if row.type == "CustomField":
        values = (("OldReference", row.old_value), ("NewReference", row.new_value))
        told = {key: ref(call, "objectcustomfieldvalue", id) for key, id in values if id is not None}
        field = ref(call, "customfield", row.field or "")
        return {"Field": field, "ReferenceType": "RT::ObjectCustomFieldValue", **told}
    old: Any = row.old
    new: Any = row.new
    if row.type in {"AddWatcher", "DelWatcher"}:
        old, new = (text and ref(call, "principal", text) for text in (old, new))
    return {"Field": row.field, "OldValue": old, "NewValue": new, "Data": row.data}


def attachment(call: Call, one: Attachment) -> dict[str, Any]:
    """A part of a message, with its bytes."""
    own = f"{call.base}/attachment/{one.id}"
    shown: dict[str, Any] = {
        "id": one.id,
        "TransactionId": ref(call, "transaction", one.transaction),
        "Parent": ref(call, "attachment", one.parent) if one.parent else "0",
        "ContentType": one.kind,
        "Subject": one.subject,
        "MessageId": one.message_id,
        "Headers": one.headers,
        "Creator": person(call, one.creator),
        "Created": dates.shown(one.created),
        "Content": base64.encodebytes(one.content).decode() if one.content else None,
        "_hyperlinks": [{"ref": "self", "type": "attachment", "id": one.id, "_url": own}],
    }
    return shown | ({"Filename": one.name} if one.name else {})


def user(call: Call, one: User) -> Answer:
    """Somebody; to whoever does not administer them a summary, as if nothing had ever happened to them."""
    own = f"{call.base}/user/{one.id}"
    links: list[dict[str, Any]] = [{"ref": "self", "type": "user", "id": one.id, "_url": own}]
    privileged = int(one.privileged)
    if not call.can("AdminUsers") and one is not call.by.user:
        summary = {"Name": one.name, "EmailAddress": one.email, "RealName": one.real_name, "Privileged": privileged}
        return versioned(call, summary | {"_hyperlinks": links}, 0, None)
    texts = {"EmailAddress": one.email, "RealName": one.real_name, "Comments": one.comments, "Timezone": one.timezone}
    shown = {
        "id": one.id,
        "Name": one.name,
        "Privileged": privileged,
        "Disabled": str(int(one.disabled)),
        "Memberships": [],
        **common(call, one.creator, one.updater, one.created, one.updated),
        "CustomFields": [],
        "_hyperlinks": [*links, {"ref": "history", "_url": f"{own}/history"}],
        **{key: text for key, text in texts.items() if text},
    }
    return versioned(call, shown, one.updated, call.tables.last_of.get(("RT::User", one.id)))


def common(call: Call, creator: int, updater: int, created: int, updated: int) -> dict[str, Any]:
    """Who made something and who touched it last."""
    who = {"Creator": person(call, creator), "LastUpdatedBy": person(call, updater)}
    return who | {"Created": dates.shown(created), "LastUpdated": dates.shown(updated)}


def queue(call: Call, one: Queue) -> dict[str, Any]:
    """A queue, with the custom fields its tickets have."""
    own = f"{call.base}/queue/{one.id}"
    links: list[dict[str, Any]] = [
        {"ref": "self", "type": "queue", "id": one.id, "_url": own},
        {"ref": "history", "_url": f"{own}/history"},
    ]
    if call.can("CreateTicket"):
        links.append({"ref": "create", "type": "ticket", "_url": f"{call.base}/ticket?Queue={one.id}"})
    fields = call.tables.fields.values() if call.can("SeeCustomField") else ()
    return {
        "id": one.id,
        "Name": one.name,
        "Description": one.description,
        "Lifecycle": one.lifecycle,
        "CorrespondAddress": one.address,
        "CommentAddress": "",
        "Disabled": str(one.disabled),
        "SLADisabled": "1",
        "SortOrder": "0",
        **common(call, 1, 1, one.created, one.created),
        "TicketCustomFields": [field_link(call, field) for field in fields],
        **{name: [] for name in ("TicketTransactionCustomFields", "CustomFields", "Cc", "AdminCc")},
        "_hyperlinks": links,
    }


def field(call: Call, one: Field) -> dict[str, Any]:
    """A custom field; what one can choose from has values."""
    own = f"{call.base}/customfield/{one.id}"
    links: list[dict[str, Any]] = [{"ref": "self", "type": "customfield", "id": one.id, "_url": own}]
    shown: dict[str, Any] = {
        "id": one.id,
        "Name": one.name,
        "Type": one.kind,
        "MaxValues": "0" if one.many else "1",
        "LookupType": "RT::Queue-RT::Ticket",
        "EntryHint": "Enter multiple values" if one.many else "Enter one value",
        **dict.fromkeys(("Pattern", "Description"), ""),
        **dict.fromkeys(("SortOrder", "UniqueValues", "Disabled"), "0"),
        **common(call, 1, 1, one.created, one.created),
        "_hyperlinks": links,
    }
    if one.kind == "Select":
        shown["Values"] = sorted(one.values, key=str.lower)
        links.append({"ref": "customfieldvalues", "_url": f"{own}/values"})
    return shown
