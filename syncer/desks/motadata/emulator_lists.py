"""Search by qualification and its pages (contract 4.1): requests, people, and modules that hold nothing here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from syncer.deskkit.emulation import Faults
from syncer.desks.motadata.emulator_answers import Invalid
from syncer.desks.motadata.emulator_calls import Call
from syncer.desks.motadata.emulator_records import Request
from syncer.desks.motadata.emulator_requests import blank, keep
from syncer.desks.motadata.emulator_search import Grammar, Reading
from syncer.desks.motadata.emulator_shapes import custom_value, person_row, request_row
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_text import day_of

R = TypeVar("R")

_NEWEST = "createdTime"
_PEOPLE_PROPERTIES: dict[str, Reading] = {
    "user.email": lambda person: person.email,
    "user.name": lambda person: person.name,
    "user.userLogOnName": lambda person: person.logon,
}


def page(tables: Tables, call: Call, found: Sequence[R], show: Callable[[R], dict[str, Any]]) -> dict[str, Any]:
    """The part that offset and size ask for; a size over the cap is cut down without a word."""
    switches = tables.switches
    offset = call.number("offset", 0)
    size = min(call.number("size", switches.default_size), switches.size_cap)
    rows = [show(one) for one in found[offset : offset + size]]
    return {"objectList": rows, **({"totalCount": len(found)} if switches.with_total else {})}


def search_requests(tables: Tables, call: Call, faults: Faults) -> Any:
    """POST request/search/byqual. New requests show up only after the faults' `search_lag`."""
    condition = call.body.object("qualDetails")
    ids = _matching(tables, condition, *_order(tables, call))
    hidden = _hidden(tables, faults.search_lag)
    if hidden:
        ids = [id for id in ids if id not in hidden]
    answer = page(tables, call, ids, lambda id: request_row(tables, tables.requests[id]))
    _let_appear(tables, call)
    return answer


def search_requesters(tables: Tables, call: Call) -> Any:
    """POST requester/search/byqual. Whether a technician is a requester, too, is a switch."""
    fits = Grammar(tables, _PEOPLE_PROPERTIES).read(call.body.object("qualDetails"))
    all_kinds = tables.switches.technicians_as_requesters
    people = [one for one in tables.people.values() if not one.deleted and (all_kinds or not one.technician)]
    return page(tables, call, [one for one in people if fits(one)], lambda one: person_row(tables, one))


def search_nothing(tables: Tables, call: Call) -> Any:
    """POST problem|change|release/search/byqual: the same grammar over modules that are empty here."""
    Grammar(tables, {}).read(call.body.object("qualDetails"))
    return page(tables, call, [], lambda row: row)


def _order(tables: Tables, call: Call) -> tuple[str, bool]:
    """By what, and whether falling. Without a sort that the instance knows the newest come first."""
    switches, asked = tables.switches, call.query.get("sort_by", "")
    if switches.sort_direction == "random":
        return "random", False
    if asked not in switches.sorts:
        return _NEWEST, True
    return asked, switches.sort_direction == "desc"


def _matching(tables: Tables, condition: dict[str, Any] | None, sort: str, falling: bool) -> list[int]:
    fits = Grammar(tables, _properties(tables), _custom(tables)).read(condition)
    if condition is None:
        return tables.in_order(sort, falling=falling)
    key = (msgspec.json.encode(condition), day_of(tables.now()), sort, falling)
    if key not in tables.listings:
        ids, requests = tables.in_order(sort, falling=falling), tables.requests
        tables.listings[key] = [id for id in ids if fits(requests[id])]
    return tables.listings[key]


def _hidden(tables: Tables, lag: float) -> set[int]:
    """What was stored too recently for the index to know."""
    hidden: set[int] = set()
    if not lag:
        return hidden
    since = tables.clock.now() - lag
    for request in reversed(tables.requests.values()):
        if request.stored <= since:
            break
        hidden.add(request.id)
    return hidden


def _let_appear(tables: Tables, call: Call) -> None:
    for _ in range(tables.switches.appear):
        request = blank(tables, call.by)
        request.subject = "Came in while somebody was reading"
        keep(tables, request)


def _properties(tables: Tables) -> dict[str, Reading]:
    def id_of(kind: str) -> Reading:
        ids = {name: id for id, name in tables.lookups[kind].items()}
        return lambda request: ids.get(getattr(request, kind))

    kinds = ("status", "priority", "urgency", "impact", "category", "group")
    return {
        **{f"request.{kind}Id": id_of(kind) for kind in kinds},
        "request.requesterId": lambda request: request.requester,
        "request.technicianId": lambda request: request.assignee,
        "request.subject": lambda request: request.subject,
        "request.description": lambda request: request.description,
        "request.name": lambda request: request.name,
        "request.createdTime": lambda request: request.created,
        "request.updatedTime": lambda request: request.updated,
        "request.tags": lambda request: request.tags,
    }


def _custom(tables: Tables) -> Reading:
    def reading(label: Any) -> Callable[[Request], Any]:
        field = tables.field(str(label))
        if field is None:
            raise Invalid("leftOperand: there is no such field")
        return lambda request: custom_value(request, field)

    return reading
