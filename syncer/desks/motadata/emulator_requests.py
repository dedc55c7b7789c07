"""The calls on one request: create, get, PATCH, and a service request from the catalogue (contract 3.2 to 3.5)."""

from __future__ import annotations

from typing import Any

from syncer.desks.motadata.emulator_answers import Invalid, Refused, UnknownId
from syncer.desks.motadata.emulator_calls import Body, Call
from syncer.desks.motadata.emulator_fields import written
from syncer.desks.motadata.emulator_mails import after_create, after_update
from syncer.desks.motadata.emulator_records import Person, Request
from syncer.desks.motadata.emulator_rules import hold, settle
from syncer.desks.motadata.emulator_shapes import created_row, request_row
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_words import CATALOG, OPEN

_NOT_UPDATED = frozenset({"requesterEmail", "source"})
_LOST = ("description", "category", "source", "subject")


def request_of(tables: Tables, id: int) -> Request:
    """The request under an id; raises UnknownId."""
    found = tables.requests.get(id)
    if found is None:
        raise UnknownId
    return found


def get(tables: Tables, call: Call) -> Any:
    """GET request/{id}."""
    return request_row(tables, request_of(tables, call.ids[0]))


def create(tables: Tables, call: Call) -> Any:
    """POST request."""
    body = call.body
    for key in sorted({"subject", "requesterEmail"} | tables.switches.mandatory):
        if body.values.get(key) in (None, ""):
            raise Invalid(f"{key} is required")
    begun = blank(tables, call.by)
    request = written(tables, begun, body, new=True)
    request.requester = _requester(tables, body.given("requesterEmail")).id
    _store(tables, begun, request)
    return created_row(tables, request)


def update(tables: Tables, call: Call) -> Any:
    """PATCH request/{id}: what is not given stays as it is."""
    before = request_of(tables, call.ids[0])
    body = Body({key: value for key, value in call.body.values.items() if key not in _NOT_UPDATED})
    if tables.switches.patch_requires_subject and not body.text("subject"):
        raise Invalid("subject is required")
    after = written(tables, before, body, new=False)
    hold(tables, before, after)
    replace(tables, before, after, call.by.name)
    return request_row(tables, after) if tables.switches.patch_answer == "object" else None


def replace(tables: Tables, before: Request, after: Request, by: str) -> None:
    """Put a changed request in the place of the old one, with all that follows."""
    tables.requests[after.id] = after
    if after != before or tables.switches.idle_patch_bumps:
        settle(tables, before.status, after)
        tables.bump(after, by)
        after_update(tables, before, after)


def create_service(tables: Tables, call: Call) -> Any:
    """POST service_catalog/servicerequest, with the losses that were recorded; a bad one is 500 without a word."""
    body, begun = call.body, blank(tables, call.by)
    try:
        requester = _requester(tables, body.given("requester"))
        if CATALOG.get(body.given("serviceName")) != body.given("serviceCategoryName"):
            raise Invalid("serviceName: there is no such service")
        request = written(tables, begun, _service_body(tables, body), new=True)
    except Invalid as problem:
        raise Refused(500, str(problem), bare=True) from problem
    request.service = True
    request.requester = requester.id
    request.subject = request.subject or "---"
    _store(tables, begun, request)
    return created_row(tables, request)


def _service_body(tables: Tables, body: Body) -> Body:
    """The payload in the keys of an incident; `impact` and `impactName` are the same."""
    lost = _LOST if tables.switches.service_losses else ()
    values: dict[str, Any] = {}
    for key, value in body.values.items():
        plain = key.removesuffix("Name")
        if plain in lost:
            continue
        if plain in ("impact", "priority", "urgency", "department", "location", "category"):
            values[f"{plain}Name"] = value
        elif key in ("description", "source", "subject", "customField"):
            values[key] = value
    return Body(values)


def blank(tables: Tables, by: Person) -> Request:
    """A request as it begins, without its ids."""
    now = tables.now()
    lists = tables.lookups
    return Request(
        id=0,
        number=0,
        subject="",
        created=now,
        updated=now + tables.switches.create_lag_ms,
        creator=by.name,
        updater=by.name,
        status=tables.status(OPEN),
        priority=lists["priority"][1],
        impact=lists["impact"][1],
        urgency=lists["urgency"][1],
        stored=tables.clock.now(),
    )


def keep(tables: Tables, request: Request) -> None:
    """Give a request its ids, and maybe a technician."""
    request.id, request.number = tables.take("request"), tables.take("number")
    if tables.switches.auto_assign and request.assignee is None:
        someone = (one.id for one in tables.people.values() if one.technician and not one.disabled and not one.deleted)
        request.assignee = next(someone, None)
    tables.add(request)


def _store(tables: Tables, begun: Request, request: Request) -> None:
    hold(tables, begun, request, new=True)
    settle(tables, begun.status, request)
    keep(tables, request)
    after_create(tables, request)


def _requester(tables: Tables, name: str) -> Person:
    found = tables.person(name)
    if found is not None and not (found.disabled and tables.switches.disabled_people == "reject"):
        return found
    if found is not None or tables.switches.unknown_requester == "reject":
        raise Invalid("requesterEmail: there is no such user")
    made = Person(id=tables.take("person"), name=name.partition("@")[0], email=name, logon=name, created=tables.now())
    return tables.add_person(made)
