"""The calls that list tickets: by status, view, help desk, person, and the last hour; open ones but for views."""

from __future__ import annotations

import base64
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from syncer.desks.invgate import emulator_shapes as shapes
from syncer.desks.invgate.emulator_params import Params, error, refused
from syncer.desks.invgate.emulator_people import person_of
from syncer.desks.invgate.emulator_tables import (
    Field,
    Tables,
    Ticket,
    View,
    by_id,
    by_last_update,
    by_no_order,
)
from syncer.desks.invgate.emulator_words import OPEN_STATUSES, WAITING, WAITING_FOR, names_of

_SORTS = {"id": by_id, "last_update": by_last_update}


class _Place(msgspec.Struct, omit_defaults=True):
    """What a page key holds: the sort key of the last row shown."""

    after: tuple[int, ...] = ()
    offset: int = 0
    sort: str = "id"
    order: str = "asc"

    def encode(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


def _place(ask: Params) -> _Place | None:
    text = ask.text("page_key")
    if text is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=_Place)
    except (ValueError, msgspec.DecodeError):
        raise error("The page_key is not valid") from None


def _id_list(tables: Tables, ask: Params, ids: Sequence[int], with_total: bool) -> Any:
    offset, limit = max(ask.number("offset") or 0, 0), ask.number("limit")
    cap = tables.switches.list_cap
    if cap is not None:
        limit = min(limit or cap, cap)
    shown = ids[offset:] if limit is None else ids[offset : offset + limit]
    answer = {
        "status": "OK",
        "info": "Requests found",
        "requestIds": [shapes.number(tables, id) for id in shown],
        "limit": limit,
        "offset": offset,
    }
    return answer | {"total": len(ids)} if with_total else answer


def _one_or_many(ask: Params, one: str, many: str) -> frozenset[int]:
    if not ask.has(one, many):
        raise error(f"{one} or {many} must be given")
    single = ask.number(one)
    return frozenset(ask.numbers(many) if single is None else [single])


def _by_status(tables: Tables, ask: Params) -> Any:
    wanted = _one_or_many(ask, "status_id", "status_ids")
    if not tables.switches.closed_by_status:
        wanted &= OPEN_STATUSES
    found = tables.listing(("status", wanted), lambda ticket: ticket.status_id in wanted, by_id)
    return _id_list(tables, ask, found.ids, with_total=True)


def _by_helpdesk(tables: Tables, ask: Params) -> Any:
    levels = _one_or_many(ask, "helpdesk_id", "helpdesk_ids")
    found = tables.listing(
        ("level", levels), lambda ticket: ticket.is_open and ticket.assigned_group_id in levels, by_id
    )
    return _id_list(tables, ask, found.ids, with_total=False)


def _view_of(tables: Tables, ask: Params) -> tuple[int, View]:
    id = ask.given_number("view_id")
    if id not in tables.views:
        raise error("The view does not exist")
    return id, tables.views[id]


def _by_view(tables: Tables, ask: Params) -> Any:
    id, keep = _view_of(tables, ask)
    match tables.switches.by_view_order:
        case "id":
            ids = tables.listing(("view", id, keep), keep, by_id).ids
        case "last_update":
            ids = tables.listing(("view", id, keep), keep, by_last_update).ids[::-1]
        case "random":
            ids = tables.listing(("view", id, keep), keep, by_no_order).ids
    return _id_list(tables, ask, ids, with_total=tables.switches.by_view_total)


def _details(tables: Tables, ask: Params) -> Any:
    id, keep = _view_of(tables, ask)
    sort, order = ask.text("sort_by") or "id", ask.text("order_by") or "asc"
    if sort not in _SORTS or order not in ("asc", "desc"):
        raise refused(428, "The parameter sort_by or order_by is not valid")
    place = _place(ask)
    if place is not None and (place.sort, place.order) != (sort, order):
        raise error("The page_key belongs to another order")
    keys = tables.listing(("view", id, keep), keep, _SORTS[sort]).keys
    size = tables.switches.details_page
    if tables.switches.details_key == "offset":
        start = place.offset if place else 0
        shown = (keys if order == "asc" else keys[::-1])[start : start + size]
        more = start + size < len(keys)
        next_key = _Place(offset=start + size, sort=sort, order=order).encode() if more else None
    else:
        shown, last = _page(keys, order, place, size)
        next_key = None if last is None else _Place(after=last, sort=sort, order=order).encode()
    rows = [_row(tables, tables.tickets[key[-1]]) for key in shown]
    data: Any = rows
    if tables.switches.view_data_as_dict:
        data = shapes.mapping(tables, {str(row["id"]): row for row in rows})
    columns = {f"cf_{field.uid}": _column(field) for field in _columns(tables)}
    return {"data": data, "next_page_key": next_key, "metadata": shapes.mapping(tables, columns)}


def _page(
    keys: list[tuple[int, ...]], order: str, place: _Place | None, size: int
) -> tuple[list[tuple[int, ...]], tuple[int, ...] | None]:
    """One page, and its last key when there is more behind it. A place holds also when rows moved."""
    if order == "asc":
        start = 0 if place is None else bisect_right(keys, place.after)
        shown = keys[start : start + size]
        more = start + size < len(keys)
    else:
        end = len(keys) if place is None else bisect_left(keys, place.after)
        shown = keys[max(0, end - size) : end][::-1]
        more = end > size
    return shown, shown[-1] if more else None


def _columns(tables: Tables) -> list[Field]:
    wanted = tables.switches.view_columns
    return [
        field
        for field in tables.fields.values()
        if tables.switches.view_fields and (wanted is None or f"cf_{field.uid}" in wanted)
    ]


def _column(field: Field) -> dict[str, Any]:
    shown: dict[str, Any] = {"label": field.label, "type": field.kind}
    if field.options:
        shown["values"] = {key: {"label": label} for key, label in field.options.items()}
    return shown


def _row(tables: Tables, ticket: Ticket) -> dict[str, Any]:
    def named(kind: str, id: int) -> dict[str, Any]:
        return {"id": id, "label": names_of(kind, tables.switches.language)[id - 1]}

    category = tables.categories.get(ticket.category_id)
    row: dict[str, Any] = {
        "id": shapes.number(tables, ticket.id),
        "request": {
            "subject": shapes.title(tables, ticket.title, shapes.Look()),
            "category": {"id": ticket.category_id, "label": " » ".join(category.path) if category else ""},
            "type": named("type", ticket.type_id),
        },
        "status": named("status", ticket.status_id),
        "priority": named("priority", ticket.priority_id),
        "waiting_for": _waiting_for(ticket),
        "customer": shapes.number(tables, ticket.user_id),
    }
    if tables.switches.view_last_update:
        formatted = datetime.fromtimestamp(ticket.last_update, UTC).strftime("%d %b, %H:%M")
        row["last_update"] = {"value": shapes.number(tables, ticket.last_update), "formatted": formatted}
    for field in _columns(tables):
        value = ticket.custom.get(field.uid)
        row[f"cf_{field.uid}"] = list(value) if isinstance(value, dict) else value
    wanted = tables.switches.view_columns
    return row if wanted is None else {name: value for name, value in row.items() if name == "id" or name in wanted}


def _waiting_for(ticket: Ticket) -> dict[str, Any] | None:
    if ticket.status_id != WAITING or ticket.waiting_for is None:
        return None
    word = WAITING_FOR[ticket.waiting_for]
    value = {"agent": ticket.assigned_id, "customer": ticket.user_id}.get(word)
    return {
        "type": {"id": ticket.waiting_for, "label": word.capitalize()},
        "label": f"Waiting for {word}",
        "value": value,
    }


def _by_agent(tables: Tables, ask: Params) -> Any:
    user = person_of(tables, ask)
    return _of_person(tables, ask, ("agent", user), lambda ticket: ticket.assigned_id == user)


def _by_customer(tables: Tables, ask: Params) -> Any:
    user = person_of(tables, ask)
    return _of_person(tables, ask, ("customer", user), lambda ticket: ticket.user_id == user)


def _by_keyset(
    tables: Tables, ask: Params, name: Any, keep: View, *, view: shapes.Look
) -> tuple[dict[str, Any], str | None]:
    size = min(ask.number("limit") or tables.switches.person_page, tables.switches.person_page)
    keys = tables.listing(name, keep, by_id).keys
    shown, last = _page(keys, "asc", _place(ask), size)
    tickets = {str(id): shapes.ticket(tables, tables.tickets[id], view) for (id,) in shown}
    return tickets, None if last is None else _Place(after=last).encode()


def _of_person(tables: Tables, ask: Params, name: Any, keep: View) -> Any:
    view = shapes.bulk_look(ask)
    tickets, next_key = _by_keyset(tables, ask, name, lambda ticket: ticket.is_open and keep(ticket), view=view)
    return {
        "status": "OK",
        "info": "Requests found",
        "requests": shapes.mapping(tables, tickets),
        "next_page_key": next_key,
    }


def _last_hour(tables: Tables, ask: Params) -> Any:
    since = tables.now() - 3600
    view = shapes.Look()
    if tables.switches.last_hour_as_list:
        return [shapes.ticket(tables, row, view) for row in tables.tickets.values() if row.created_at >= since]
    tickets, next_key = _by_keyset(tables, ask, ("since", since), lambda row: row.created_at >= since, view=view)
    return {"data": list(tickets.values()), "next_page_key": next_key}


HANDLERS = {
    ("GET", "incidents.by.status"): _by_status,
    ("GET", "incidents.by.helpdesk"): _by_helpdesk,
    ("GET", "incidents.by.view"): _by_view,
    ("GET", "incidents.details.by.view"): _details,
    ("GET", "incidents.by.agent"): _by_agent,
    ("GET", "incidents.by.customer"): _by_customer,
    ("GET", "incidents.last.hour"): _last_hour,
}
