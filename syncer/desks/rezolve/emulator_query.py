"""Reads the body of a list: paging, sorting, full text and filter (contract 3.4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from msgspec import Struct

from syncer.desks.rezolve.emulator_answers import Refused, bad
from syncer.desks.rezolve.emulator_catalogue import DUE, PRIORITY
from syncer.desks.rezolve.emulator_record import label_of, status_of, value_of
from syncer.desks.rezolve.emulator_tables import Tables, Ticket
from syncer.desks.rezolve.emulator_words import PRIORITIES, milliseconds

MOST = 100
DATES = {"createdAt": "created", "updatedAt": "updated"}
_SNAKE = {"created_at": "createdAt", "updated_at": "updatedAt"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"EQ": eq, "NE": ne, "GT": gt, "GE": ge, "LT": lt, "LE": le}
_OPS = frozenset({*_COMPARE, "LIKE", "IN"})
SORTS = ("createdAt", "updatedAt", "priority", "status", "dueDate")


class Condition(Struct, frozen=True):
    """One comparison; the operand of a date is in milliseconds."""

    column: str
    op: str
    operand: Any


class Query(Struct, frozen=True, kw_only=True):
    """A list as it was asked for."""

    top: int
    offset: int
    search: str = ""
    sort: str = "createdAt"
    descending: bool = True
    every: bool = True  # all conditions must hold, else any
    conditions: tuple[Condition, ...] = ()


def read_query(tables: Tables, body: Any) -> Query:
    """The list that was asked for; raises 400 for the body and 422 for the filter."""
    if not isinstance(body, dict):
        raise bad("The body must be an object")
    top, offset = _number(body, "top", 1), _number(body, "offset", 0)
    if top > MOST:
        if tables.switches.top_over_100 == "400":
            raise bad(f"top must be at most {MOST}")
        top = MOST
    search, sort, order = body.get("search", ""), body.get("sort", "createdAt"), body.get("searchOrder", "DESC")
    if not isinstance(search, str):
        raise bad("search must be a string")
    if sort not in SORTS:
        raise bad(f"sort must be one of {', '.join(SORTS)}")
    if order not in ("ASC", "DESC"):
        raise bad("searchOrder must be ASC or DESC")
    if not isinstance(body.get("sortOrder", []), list):
        raise bad("sortOrder must be an array")
    every, conditions = _filter(tables, body.get("filter"))
    return Query(
        top=top,
        offset=offset,
        search=search,
        sort=sort,
        descending=order == "DESC" or not tables.switches.order_obeyed,
        every=every,
        conditions=conditions,
    )


def holds(tables: Tables, condition: Condition, ticket: Ticket) -> bool:
    """Whether a condition is true of a ticket."""
    column, operand = condition.column, condition.operand
    if column in DATES:
        moment: int = getattr(ticket, DATES[column])
        return moment in operand if condition.op == "IN" else _COMPARE[condition.op](moment, operand)
    if column == "status":
        # Both its name and its key stand for a status.
        status = status_of(tables, ticket)
        found = {status.name.casefold(), status.key}
    else:
        found = {ticket.summary.casefold()}
    if condition.op == "NE":
        return operand not in found
    return any(_matches(condition.op, one, operand) for one in found)


def sort_key(tables: Tables, sort: str) -> Callable[[Ticket], Any]:
    """What tickets are ordered by; a tie is broken by their serial number."""
    if sort in DATES:
        return partial(_attribute, DATES[sort])
    if sort == "status":
        return lambda ticket: status_of(tables, ticket).name
    if sort == "dueDate":
        return lambda ticket: value_of(tables.types[ticket.type_id], ticket, DUE) or ""
    rank = {name.capitalize(): number for number, name in enumerate(PRIORITIES)}
    return lambda ticket: rank.get(label_of(tables.types[ticket.type_id], ticket, PRIORITY) or "", -1)


def _attribute(name: str, ticket: Ticket) -> Any:
    return getattr(ticket, name)


def _matches(op: str, value: str, operand: Any) -> bool:
    if op == "IN":
        return value in operand
    if op == "LIKE":
        return operand.search(value) is not None
    return _COMPARE[op](value, operand)


def _number(body: dict[str, Any], name: str, least: int) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise bad(f"{name} is required and must be an integer from {least}")
    return value


def _filter(tables: Tables, given: Any) -> tuple[bool, tuple[Condition, ...]]:
    if given in (None, {}):
        return True, ()
    op, operand = (given.get("op"), given.get("operand")) if isinstance(given, dict) else (None, None)
    if op not in ("AND", "OR") or not isinstance(operand, list):
        raise _bad_filter("A filter has op AND or OR and an array operand", given)
    return op == "AND", tuple(_condition(tables, one) for one in operand)


def _condition(tables: Tables, given: Any) -> Condition:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str) or not given["id"]:
        raise _bad_filter("A condition has an id", given)
    op, column, operand = given.get("op"), _column(tables, given.get("column")), given.get("operand")
    if not isinstance(op, str) or op not in _OPS:
        raise _bad_filter(f"The op must be one of {', '.join(sorted(_OPS))}", given)
    if column is None or (column in DATES and op == "LIKE"):
        raise _bad_filter("The column cannot be filtered so", given)
    values = operand if op == "IN" else [operand]
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise _bad_filter("The operand is a string, of IN an array of strings", given)
    read: list[Any] = [milliseconds(one) if column in DATES else one.casefold() for one in values]
    if None in read:
        raise _bad_filter("The operand is no date", given)
    if op == "LIKE":
        return Condition(column, op, _pattern(read[0]))
    return Condition(column, op, frozenset(read) if op == "IN" else read[0])


def _pattern(operand: str) -> re.Pattern[str]:
    """% stands for anything; an operand without one may stand anywhere."""
    inner = ".*".join(map(re.escape, operand.split("%")))
    return re.compile(rf"\A{inner}\Z" if "%" in operand else inner, re.DOTALL)


def _column(tables: Tables, name: Any) -> str | None:
    """The column as the documentation calls it; None where this tenant has none of that name."""
    if name in ("status", "summary"):
        return str(name)
    names = {"camel": {one: one for one in DATES}, "snake": _SNAKE, "none": {}}[tables.switches.date_columns]
    return names.get(name) if isinstance(name, str) else None


def _bad_filter(message: str, details: Any) -> Refused:
    return Refused(422, "INVALID_FILTER", message, details=details)
