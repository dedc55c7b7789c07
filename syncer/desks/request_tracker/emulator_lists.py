"""The lists: tickets and transactions by their queries, what belongs to a ticket, people, queues and fields."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from multidict import MultiDict
from yarl import URL

from syncer.desks.request_tracker import emulator_fields as fields
from syncer.desks.request_tracker.emulator_answers import Refused
from syncer.desks.request_tracker.emulator_asked import asked_rows
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_conditions import ticket_test, transaction_test
from syncer.desks.request_tracker.emulator_records import Attachment, Queue, Ticket, Transaction
from syncer.desks.request_tracker.emulator_rights import seen, shown_yet
from syncer.desks.request_tracker.emulator_sql import Query, demands

_MOST = 100
_USUAL = 20
_TICKETS = "at RT/Tickets.pm line 3208.\n"
_TRANSACTIONS = "at RT/Transactions.pm line 952.\n"
_ORDERS: dict[str, Callable[[Ticket], Any]] = {
    "id": lambda one: one.id,
    "subject": lambda one: one.subject,
    "status": lambda one: one.status,
    "queue": lambda one: one.queue,
    "priority": lambda one: one.priority,
    "created": lambda one: one.created,
    "lastupdated": lambda one: one.updated,
    "started": lambda one: one.started,
    "due": lambda one: one.due,
    "resolved": lambda one: one.resolved,
}


def tickets(call: Call) -> Any:
    """GET and POST /tickets: nothing without a query, and never what is deleted or part of another ticket."""
    text = call.query.get("query") or ""
    if call.query.get("simple") and text:
        safe = text.replace("'", "\\'")
        text = f"(Subject LIKE '{safe}' OR Queue LIKE '{safe}')"
    found: list[Ticket] = []
    if text and call.can("ShowTicket"):
        test, group = Query[Ticket](_TICKETS, ticket_test(call)).test(text)
        wanted = [one.value or "" for one in demands(group, "id", ("=",))]
        rows = (call.tables.tickets.get(int(id)) for id in wanted if id.isascii() and id.isdigit())
        every = rows if wanted else (call.tables.tickets[id] for id in call.tables.touched)
        found = [one for one in every if one is not None and _is_listed(call, one) and test(one)]
    elif text:
        Query[Ticket](_TICKETS, ticket_test(call)).test(text)
    return page(call, _ordered(call, found), total=len(found))


def transactions(call: Call) -> Any:
    """GET and POST /transactions: what the caller may not see is taken out of a page that was cut before."""
    text = call.query.get("query") or ""
    if isinstance(call.body, list):
        rows: Iterable[Transaction] = asked_rows(call, list(call.tables.transactions.values()), Transaction)
    elif text:
        test, group = Query[Transaction](_TRANSACTIONS, transaction_test(call)).test(text)
        above = [int(one.value or 0) for one in demands(group, "id", (">", ">=")) if (one.value or "").isdigit()]
        rows = (row for row in call.tables.since(max(above, default=0) - 1) if test(row))
    else:
        rows = []
    yet = (row for row in rows if shown_yet(call, row))
    return page(call, _turned(call, yet), sees=lambda row: seen(call, row))


def history(call: Call) -> Any:
    """GET /ticket/{id}/history: empty for a ticket there is not."""
    ticket = call.tables.ticket(call.id)
    rows = [row for row in call.tables.history(ticket) if shown_yet(call, row)] if ticket is not None else []
    asked = asked_rows(call, rows, Transaction) if isinstance(call.body, list) else rows
    return page(call, _turned(call, asked), sees=lambda row: seen(call, row))


def attachments(call: Call) -> Any:
    """GET /ticket/{id}/attachments: all parts of all messages, copies of mails too."""
    ticket = call.tables.ticket(call.id)
    rows = call.tables.history(ticket) if ticket is not None and call.can("ShowTicket") else []
    return _parts(call, [part for row in rows for part in call.tables.parts(row)])


def parts(call: Call) -> Any:
    """GET /transaction/{id}/attachments"""
    row = call.tables.transactions.get(call.id)
    return _parts(call, [] if row is None else call.tables.parts(row))


def all_attachments(call: Call) -> Any:
    """GET and POST /attachments: nothing unless something is asked."""
    asked = isinstance(call.body, list) and call.body
    return _parts(call, list(call.tables.attachments.values()) if asked else [])


def queues(call: Call) -> Any:
    """GET /queues/all"""
    rows = _in_use(call)
    if (call.query.get("orderby") or "").lower() != "id":
        rows = sorted(rows, key=lambda one: one.name.lower())
    return page(call, _turned(call, rows), **_or_nothing(call, "SeeQueue", len(rows)))


def asked_queues(call: Call) -> Any:
    """GET and POST /queues: nothing unless something is asked."""
    return _by_name(call, _in_use(call), "SeeQueue")


def asked_fields(call: Call) -> Any:
    """GET and POST /customfields: nothing unless something is asked."""
    return _by_name(call, list(call.tables.fields.values()), "SeeCustomField")


def fields_of_queue(call: Call) -> Any:
    """GET /queue/{id}/customfields: those of all queues are its own."""
    rows = sorted(call.tables.fields.values(), key=lambda one: one.name.lower())
    return page(call, _turned(call, rows), **_or_nothing(call, "SeeCustomField", len(rows)))


def users(call: Call) -> Any:
    """GET and POST /users: all of them when nothing is asked, but not who is disabled."""
    every = [one for one in call.tables.users.values() if not one.disabled or call.query.get("find_disabled_rows")]
    rows = asked_rows(call, every, type(every[0]), all_if_nothing=True)
    if (call.query.get("orderby") or "").lower() != "id":
        rows = sorted(rows, key=lambda one: one.name)
    return page(call, _turned(call, rows), total=len(rows))


def values(call: Call) -> Any:
    """GET /customfield/{id}/values"""
    field = call.tables.fields.get(call.id)
    if field is None:
        raise Refused(404)
    own = f"{call.base}/customfield/{field.id}/value"
    names = sorted(enumerate(field.values, 1), key=lambda one: one[1].lower())
    answer = page(call, [], total=len(names))
    answer.pop("pages")
    items = [{"type": "customfieldvalue", "id": n, "name": name, "_url": f"{own}/{n}"} for n, name in names]
    return answer | {"count": len(items), "items": items}


def page(
    call: Call, rows: Iterable[Any], *, total: int | None = None, sees: Callable[[Any], bool] | None = None
) -> dict[str, Any]:
    """One page of a list. Without a total there is no number of pages and no address of the next one."""
    size, number = _count(call, "per_page", _USUAL, _MOST), _count(call, "page", 1)
    cut = islice(rows, (number - 1) * size, number * size)
    items = [fields.shown(call, row) for row in cut if sees is None or sees(row)]
    pages = None if total is None else math.ceil(total / size)
    answer: dict[str, Any] = {
        "count": len(items), "page": number, "per_page": size, "total": total,
        "pages": 0.0 if pages == 0 else pages, "items": items,
    }  # fmt: skip
    if pages:
        if number < pages:
            answer["next_page"] = _address(call, number + 1)
        if number > 1:
            answer["prev_page"] = _address(call, min(number - 1, pages))
    return answer


def _count(call: Call, name: str, usual: int, most: int | None = None) -> int:
    text = call.query.get(name) or ""
    number = int(text) if text.isascii() and text.isdigit() and int(text) else usual
    return number if most is None else min(number, most)


def _address(call: Call, number: int) -> str:
    query = MultiDict((key, value) for key, value in call.query.items() if key != "page")
    query.add("page", str(number))
    return str(URL(call.base + call.place).with_query(query))


def _is_listed(call: Call, one: Ticket) -> bool:
    if one.status == "deleted" or one.effective != one.id:
        return False
    row = call.tables.first_of(one)
    return row is None or shown_yet(call, row)


def _ordered(call: Call, found: list[Ticket]) -> list[Ticket]:
    """By what was asked; an order by something there is not loses all rows, but not their number."""
    orders = call.query.getall("order", [])
    keys = [key.lower() for key in call.query.getall("orderby", [])]
    if any(key not in _ORDERS for key in keys):
        return []
    for position in reversed(range(len(keys))):
        falling = position < len(orders) and orders[position].upper() == "DESC"
        found = sorted(found, key=_ORDERS[keys[position]], reverse=falling)
    return found


def _turned(call: Call, rows: Iterable[Any]) -> Iterator[Any]:
    falling = (call.query.get("order") or "").upper() == "DESC" and bool(call.query.get("orderby"))
    return iter(list(rows)[::-1]) if falling else iter(rows)


def _parts(call: Call, rows: Sequence[Attachment]) -> Any:
    if isinstance(call.body, list):
        rows = asked_rows(call, rows, Attachment)
    transactions = call.tables.transactions
    return page(call, _turned(call, rows), sees=lambda part: seen(call, transactions[part.transaction]))


def _by_name(call: Call, rows: Sequence[Any], right: str) -> Any:
    found = asked_rows(call, rows, type(rows[0])) if isinstance(call.body, list) and rows else []
    found = sorted(found, key=lambda one: one.name.lower())
    return page(call, _turned(call, found), **_or_nothing(call, right, len(found)))


def _in_use(call: Call) -> list[Queue]:
    """Queues by id; those out of use, among them one of the product's own, only for whoever asks for them."""
    every = sorted(call.tables.queues.values(), key=lambda one: one.id)
    return [one for one in every if not one.disabled or call.query.get("find_disabled_rows")]


def _or_nothing(call: Call, right: str, total: int) -> dict[str, Any]:
    """Without the right to see them all there is no total, and none of them."""
    return {"total": total} if call.can(right) else {"sees": lambda row: False}
