"""The calls on people: create and get requesters, get technicians (contract 3.8)."""

from __future__ import annotations

from typing import Any

from syncer.desks.motadata.emulator_answers import Refused, UnknownId
from syncer.desks.motadata.emulator_calls import Call
from syncer.desks.motadata.emulator_records import Person
from syncer.desks.motadata.emulator_shapes import person_row
from syncer.desks.motadata.emulator_tables import Tables

_KEPT_AS_GIVEN = ("contactNo", "altContactNo1", "altContactNo2", "manager", "vipRequester", "customField")


def create_requester(tables: Tables, call: Call) -> Any:
    """POST requester. An e-mail or logon name that is taken is refused."""
    body = call.body
    name, email, logon = body.given("name"), body.given("email"), body.given("userLogOnName")
    if tables.person(email) or tables.person(logon):
        raise Refused(tables.switches.duplicate_status, "The user exists already")
    person = Person(
        id=tables.take("person"),
        name=name,
        email=email,
        logon=logon,
        department=tables.known("department", body.text("departmentName") or "") or "",
        location=tables.known("location", body.text("locationName") or "") or "",
        created=tables.now(),
        given={key: body.values[key] for key in _KEPT_AS_GIVEN if body.values.get(key) is not None},
    )
    return person_row(tables, tables.add_person(person))


def get_requester(tables: Tables, call: Call) -> Any:
    """GET requester/{id}."""
    person = _live(tables, call)
    if person.technician and not tables.switches.technicians_as_requesters:
        raise UnknownId
    return person_row(tables, person)


def get_technician(tables: Tables, call: Call) -> Any:
    """GET technician/{id}."""
    person = _live(tables, call)
    if not person.technician:
        raise UnknownId
    return person_row(tables, person)


def _live(tables: Tables, call: Call) -> Person:
    person = tables.people.get(call.ids[0])
    if person is None or person.deleted:
        raise UnknownId
    return person
