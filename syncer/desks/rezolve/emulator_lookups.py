"""The calls that tell types, offers, metadata, people, queues and notifications (contract 3.7 to 3.9)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncer.desks.rezolve.emulator_answers import Refused, bad, envelope
from syncer.desks.rezolve.emulator_asking import Ask, Route, T
from syncer.desks.rezolve.emulator_catalogue import (
    CATEGORY,
    Field,
    Offer,
    Person,
    Status,
    Team,
    TicketType,
    Transition,
)
from syncer.desks.rezolve.emulator_tables import Tables
from syncer.desks.rezolve.emulator_templates import TREE_MARK, statuses
from syncer.desks.rezolve.emulator_words import PRIORITIES, REOPEN_DAYS, iso, slug, uuid_of

_PARTS = ("id", "name", "properties", "fields", "workflow", "action_permissions", "filters", "v1_name")


def _types(tables: Tables, ask: Ask) -> Any:
    chosen = ask.query.get("$select", ",".join(_PARTS)).split(",")
    unknown = [one for one in chosen if one not in _PARTS]
    if unknown:
        raise Refused(400, "INVALID_SELECT_FIELD", "Unknown fields in $select", details=unknown)
    top, skip = _number(ask, "$top", 50), _number(ask, "$skip", 0)
    found = [one for one in tables.types.values() if not one.retired]
    rows = [{part: whole[part] for part in chosen} for one in found[skip : skip + top] if (whole := _type(one))]
    data = {"value": rows, "@odata.count": len(found)}
    return envelope(tables.now(), **data)


def _type(kind: TicketType) -> dict[str, Any]:
    return {
        "id": kind.id,
        "name": kind.name,
        "properties": {"prefix": kind.prefix, "approvalRequired": False, "slaEnabled": True},
        "fields": [_field(number, one) for number, one in enumerate(kind.fields.values(), 1)],
        "workflow": {
            "statuses": [_workflow_status(one) for one in kind.statuses.values()],
            "transitions": [_transition(one) for one in kind.transitions],
        },
        "action_permissions": {"create": list(kind.create_roles), "update": list(kind.create_roles)},
        "filters": [],
        "v1_name": slug(kind.name, "_"),
    }


def _field(order: int, one: Field) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "label": one.label,
        "type": one.kind,
        "required": one.required,
        "order": order,
        "options": [{"value": value, "label": label} for value, label in one.options.items()],
        "defaultValue": one.default,
        "visibleTo": ["ticket_user", "ticket_agent", "ticket_admin"],
        "maxLength": one.max_length,
        "dataSource": "users" if one.kind == "user" else None,
    }


def _workflow_status(one: Status) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "key": one.key, "isInitial": one.initial, "isTerminal": one.terminal}


def _transition(one: Transition) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "from": list(one.begins),
        "to": one.to,
        "requiredFields": list(one.needs),
        "allowedRoles": list(one.roles),
        "conditions": {} if one.days is None else {"maxDaysAfterClose": one.days},
    }


def _number(ask: Ask, name: str, default: int) -> int:
    text = ask.query.get(name)
    if text is not None and not (text.isascii() and text.isdecimal()):
        raise bad(f"{name} must be an integer")
    return default if text is None else int(text)


def _offers(tables: Tables, ask: Ask) -> Any:
    found = [_offer(tables, one) for one in tables.offers.values() if one.open_to(ask.caller.roles)]
    return envelope(tables.now(), offers=found, totalOffers=len(found))


def _offer(tables: Tables, one: Offer) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": one.id,
        "name": one.name,
        "description": f"Ask for {one.name}",
        "category": "General",
        "subcategory": None,
        "team": one.team,
        "priority": "medium",
        "approvalRequired": one.approval,
        "approvalWorkflow": "manager" if one.approval else None,
        "formFields": [field.name for field in tables.types[one.type_id].fields.values() if field.required],
        "status": one.status,
    }
    if tables.switches.offer_type_key != "none":
        shown[tables.switches.offer_type_key] = one.type_id
    return shown


def _meta(tables: Tables, ask: Ask) -> Any:
    known = statuses().values()
    custom = {
        field.label: {"id": field.name, "name": field.label, "type": field.kind}
        for kind in tables.types.values()
        for field in kind.fields.values()
        if field.name.startswith("custom_")
    }
    return envelope(
        tables.now(),
        statuses=[_status(one) for one in known],
        priorities=[
            {"id": f"pr-{number}", "name": word.capitalize(), "key": word} for number, word in enumerate(PRIORITIES, 1)
        ],
        categories=_categories(tables),
        teams=[{"id": one.id, "name": one.name, "key": one.key} for one in tables.teams.values()],
        customFields=list(custom.values()),
        workflowSettings={
            "maxAttachmentSize": tables.switches.max_attachment,
            "allowedAttachmentTypes": list(tables.switches.allowed_types),
            "allowReopen": True,
            "reopenWindowDays": REOPEN_DAYS,
            "requireCategory": False,
            "requireDescription": False,
        },
        uiSettings={"ticketNumberPrefix": "INC", "defaultSort": "updatedAt"},
    )


def _status(one: Status) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "key": one.key,
        "isDefault": one.initial,
        "isTerminal": one.terminal,
        "category": one.category,
    }


def _categories(tables: Tables) -> list[dict[str, Any]]:
    kind = next(one for one in tables.types.values() if not one.retired)
    field = kind.named(CATEGORY)
    tree: dict[str, list[str]] = {}
    for label in field.options.values() if field is not None else ():
        first, _, rest = label.partition(TREE_MARK)
        tree.setdefault(first, []).extend([rest] if rest else [])
    return [
        {
            "id": uuid_of("category", first),
            "name": first,
            "key": slug(first, "_"),
            "subcategories": [
                {"id": uuid_of("category", first, one), "name": one, "key": slug(one, "_")} for one in below
            ],
        }
        for first, below in tree.items()
    ]


def _users(tables: Tables, ask: Ask) -> Any:
    wanted = ask.query.get("type")
    found = [
        _user(one)
        for one in tables.people.values()
        if not one.deleted and (wanted == "template" or one.agent == (wanted == "agent"))
    ]
    return envelope(tables.now(), users=found, totalCount=len(found))


def _user(one: Person) -> dict[str, Any]:
    return {
        "id": one.id,
        "username": one.username,
        "firstName": one.first,
        "lastName": one.last,
        "email": one.email,
        "type": "agent" if one.agent else "user",
        "roles": list(one.roles),
        "teams": list(one.teams),
        "defaultTeam": one.teams[0] if one.teams else None,
        "status": "active" if one.active else "inactive",
    }


def _own(tables: Tables, ask: Ask) -> Any:
    caller = ask.caller
    person = tables.people.get(caller.username)
    expires = None if caller.expires == float("inf") else iso(int(caller.expires * 1000))
    return envelope(
        tables.now(),
        user={
            "id": person.id if person else uuid_of("service", caller.username),
            "username": caller.username,
            "email": person.email if person else None,
            "firstName": person.first if person else "Service",
            "lastName": person.last if person else "Account",
            "roles": sorted(caller.roles),
            "teams": list(tables.teams) if caller.teams is None else sorted(caller.teams),
        },
        tenant={"id": tables.auth.tenant, "name": "Example Ltd", "realm": tables.auth.realm},
        session={"expiresAt": expires},
    )


def _queues(tables: Tables, ask: Ask) -> Any:
    return envelope(tables.now(), queues=[_queue(tables, one) for one in tables.teams.values()])


def _current(tables: Tables, ask: Ask) -> Any:
    mine = (one for one in tables.teams.values() if ask.caller.teams is None or one.key in ask.caller.teams)
    found = next(mine, None)
    if found is None:
        raise Refused(404, "QUEUE_NOT_FOUND", "Queue not found")
    return envelope(tables.now(), queue=_queue(tables, found))


def _queue(tables: Tables, one: Team) -> dict[str, Any]:
    return {
        "id": one.number if tables.switches.queue_ids == "number" else uuid_of("queue", one.key),
        "name": f"{one.name} queue",
        "key": one.key,
        "team": {"id": one.id, "name": one.name},
        "members": _members(tables, one),
    }


def _members(tables: Tables, one: Team) -> list[dict[str, Any]]:
    people: Iterable[Person] = (tables.people[name] for name in one.members)
    return [
        {"id": who.id, "username": who.username, "name": f"{who.first} {who.last}", "email": who.email}
        for who in people
        if not who.deleted
    ]


def _queue_users(tables: Tables, ask: Ask) -> Any:
    wanted, by = ask.params["queueId"], tables.switches.members_by
    if wanted.isdecimal() if by == "uuid" else by == "number" and not wanted.isdecimal():
        raise Refused(422, "VALIDATION_ERROR", "The queue id is not valid", details=wanted)
    for one in tables.teams.values():
        if wanted in (str(one.number), uuid_of("queue", one.key)):
            return envelope(tables.now(), users=_members(tables, one))
    raise Refused(404, "QUEUE_NOT_FOUND", "Queue not found")


def _client_map(tables: Tables, ask: Ask) -> Any:
    rows = [{"id": 1, "clientName": "Example Ltd", "tenantId": tables.auth.tenant}]
    return envelope(tables.now(), rows=rows, count=len(rows))


ROUTES = (
    Route(name="types", method="GET", path=f"{T}/ticket-type", call=_types, cached=True),
    Route(name="offers", method="GET", path=f"{T}/tenant/sc/offers", call=_offers, cached=True),
    Route(name="meta", method="GET", path=f"{T}/tenant/meta", call=_meta, cached=True),
    Route(name="users", method="GET", path=f"{T}/user/list", call=_users, cached=True),
    Route(name="userinfo", method="GET", path=f"{T}/user/userinfo", call=_own, cached=True),
    Route(name="queues", method="GET", path=f"{T}/queue/list", call=_queues, cached=True),
    Route(name="current", method="GET", path=f"{T}/queue/current", call=_current, cached=True),
    Route(name="members", method="GET", path=f"{T}/queue/{{queueId}}/users", call=_queue_users, cached=True),
    Route(name="clients", method="GET", path="/api/v1/ticketing/clientMap/findAndCountAll", call=_client_map),
)
