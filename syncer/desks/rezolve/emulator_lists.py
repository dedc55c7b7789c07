"""The calls that list and count tickets (contract 3.4)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from syncer.desks.rezolve.emulator_answers import Refused, bad, envelope
from syncer.desks.rezolve.emulator_asking import Ask, Route, T, visible
from syncer.desks.rezolve.emulator_auth import Caller
from syncer.desks.rezolve.emulator_catalogue import TEXT_KINDS
from syncer.desks.rezolve.emulator_query import DATES, Condition, Query, holds, read_query, sort_key
from syncer.desks.rezolve.emulator_record import row, status_of
from syncer.desks.rezolve.emulator_tables import AUTOMATION, Row, Tables, Ticket
from syncer.desks.rezolve.emulator_words import CLOSED_KEYS, iso

Test = Callable[[Ticket], bool]
_RANGES = frozenset({"EQ", "GE", "GT", "LE", "LT"})


def select(tables: Tables, query: Query, caller: Caller) -> list[Row]:
    """All tickets of a list, in its order. What the order itself can narrow down costs no look at each ticket."""
    asked = (replace(query, top=0, offset=0), caller)
    if asked in tables.kept:
        return tables.kept[asked]
    rows = tables.order(query.sort, sort_key(tables, query.sort))
    low, high, left = 0, len(rows), []
    for one in query.conditions:
        if query.every and one.column == query.sort and one.column in DATES and one.op in _RANGES:
            first, last = _span(rows, one)
            low, high = max(low, first), min(high, last)
        else:
            left.append(one)
    tests = _tests(tables, query, caller, left)
    part = rows[low:high]
    found = [one for one in part if all(test(one[2]) for test in tests)] if tests else part
    found = found[::-1] if query.descending else found
    if not query.search and not tables.switches.list_delay:
        # Only a change alters it, so that the pages of a list do not look at each ticket again.
        tables.kept[asked] = found
    return found


def matches(tables: Tables, query: Query, caller: Caller) -> Test:
    """Whether one ticket would be in a list."""
    tests = _tests(tables, query, caller, list(query.conditions))
    return lambda ticket: all(test(ticket) for test in tests)


def _span(rows: list[Row], one: Condition) -> tuple[int, int]:
    first = bisect_left(rows, one.operand, key=lambda row: row[0])
    last = bisect_right(rows, one.operand, lo=first, key=lambda row: row[0])
    return {
        "EQ": (first, last),
        "GE": (first, len(rows)),
        "GT": (last, len(rows)),
        "LE": (0, last),
        "LT": (0, first),
    }[one.op]


def _tests(tables: Tables, query: Query, caller: Caller, left: list[Condition]) -> list[Test]:
    tests: list[Test] = []
    seen = visible(tables, caller)
    if seen is not None:
        tests.append(seen)
    if left:
        combine = all if query.every else any
        tests.append(lambda ticket: combine(holds(tables, one, ticket) for one in left))
    now, delay = tables.clock.now(), tables.switches.list_delay
    if delay:
        tests.append(lambda ticket: ticket.stored + delay <= now)
    if query.search:
        lag = tables.switches.search_delay + tables.search_lag()
        wanted = query.search.casefold()
        tests.append(lambda ticket: ticket.stored + lag <= now and wanted in _text(tables, ticket))
    return tests


def _text(tables: Tables, ticket: Ticket) -> str:
    fields = tables.types[ticket.type_id].fields
    found = [ticket.object_id, ticket.summary]
    for id, value in ticket.data.items():
        field = fields.get(id)
        if field is not None and field.searchable and field.kind in TEXT_KINDS:
            found.append(value)
    return "\n".join(found).casefold()


def _list(tables: Tables, ask: Ask) -> Any:
    if ask.query.get("type") != tables.switches.list_type:
        return _templates(tables)
    query = read_query(tables, ask.body)
    found = select(tables, query, ask.caller)
    page = [one[2] for one in found[query.offset : query.offset + query.top]]
    answer = _placed(tables, query, [row(tables, ticket) for ticket in page], len(found))
    for ticket in page[: tables.switches.touched_per_page]:
        tables.touch(ticket, AUTOMATION, {})
    return answer


def _placed(tables: Tables, query: Query, rows: list[Any], total: int) -> dict[str, Any]:
    """Rows and total where this tenant puts them."""
    answer: dict[str, Any] = {"success": True, "message": "Tickets retrieved successfully", "data": {}}
    data = answer["data"]
    match tables.switches.rows_at:
        case "tickets":
            answer["tickets"] = rows
        case "data.tickets" | "data.rows" | "data.value" as rows_place:
            data[rows_place.removeprefix("data.")] = rows
    match tables.switches.total_at:
        case "data.pagination.total":
            more = query.offset + len(rows) < total
            data["pagination"] = {"total": total, "top": query.top, "offset": query.offset, "hasMore": more}
        case "data.count" | "data.@odata.count" as total_place:
            data[total_place.removeprefix("data.")] = total
    return answer | {"timestamp": iso(tables.now())}


def _templates(tables: Tables) -> dict[str, Any]:
    """The same address answers the catalogue's templates to another type (contract 3.4, the conflict)."""
    rows = [
        {
            "id": f"tpl_{offer.id}",
            "name": offer.name,
            "description": f"Ask for {offer.name}",
            "category": "General",
            "status": offer.status,
            "formFields": [
                {"id": field.name, "label": field.label, "type": field.kind}
                for field in tables.types[offer.type_id].fields.values()
            ],
        }
        for offer in tables.offers.values()
    ]
    return envelope(tables.now(), rows=rows, count=len(rows))


def _count(tables: Tables, ask: Ask) -> Any:
    wanted = ask.body.get("filterIds") if isinstance(ask.body, dict) else None
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, str) for one in wanted):
        raise bad("filterIds is required and must be an array of strings")
    tests: dict[str, Test] = {
        "all": lambda _: True,
        "open": lambda ticket: status_of(tables, ticket).key not in CLOSED_KEYS,
        "closed": lambda ticket: status_of(tables, ticket).key in CLOSED_KEYS,
    }
    unknown = [one for one in wanted if one not in tests]
    if unknown:
        raise Refused(422, "INVALID_FILTER_ID", "Unknown filter ids", details=unknown)
    seen = visible(tables, ask.caller) or (lambda _: True)
    live = [one for one in tables.tickets.values() if not one.deleted and seen(one)]
    return envelope(tables.now(), counts={name: sum(map(tests[name], live)) for name in wanted})


ROUTES = (
    Route(name="list", method="POST", path=f"{T}/ticket/list", call=_list),
    Route(name="count", method="POST", path=f"{T}/ticket/count", call=_count),
)
