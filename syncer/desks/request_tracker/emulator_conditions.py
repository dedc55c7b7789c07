"""What the fields of queries mean: for tickets, for transactions, and for lists that are asked in JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

from syncer.desks.request_tracker import emulator_dates as dates
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_records import Ticket, Transaction
from syncer.desks.request_tracker.emulator_sql import Condition, Test
from syncer.desks.request_tracker.emulator_tables import Tables
from syncer.desks.request_tracker.emulator_words import INACTIVE, INITIAL, LINKS, STATUSES

Row = TypeVar("Row")
_ROLES = {"requestor": "Requestor", "requestors": "Requestor", "cc": "Cc", "admincc": "AdminCc"}
_DATES = {"created": "created", "lastupdated": "updated", "starts": "starts", "started": "started", "due": "due",
          "resolved": "resolved", "told": "told"}  # fmt: skip
_NUMBERS = {"id": "id", "effectiveid": "effective", "priority": "priority", "initialpriority": "initial_priority",
            "finalpriority": "final_priority", "timeworked": "time_worked", "timeleft": "time_left",
            "timeestimated": "time_estimated"}  # fmt: skip
_PEOPLE = {"owner": "owner", "creator": "creator", "lastupdatedby": "updater"}
# Texts of messages are found only where an index was set up, which it is not.
_UNINDEXED = frozenset({"content", "filename", "contenttype"})
_STATUS_SETS = {"__active__": frozenset(STATUSES) - INACTIVE, "__inactive__": INACTIVE, "__initial__": {INITIAL}}
_LINKS = {name.lower(): name for name in LINKS} | {"hasmember": "Members"}


def ticket_test(call: Call) -> Callable[[Condition], Test[Ticket] | None]:
    """Of a condition, what is asked of a ticket; None for a field there is not."""

    def test(condition: Condition) -> Test[Ticket] | None:
        name = condition.field.lower()
        if name in _DATES:
            return moment_test(call, condition, lambda one: getattr(one, _DATES[name]) or 0)
        if name in _NUMBERS:
            return number_test(condition, lambda one: getattr(one, _NUMBERS[name]))
        if name in {"updated", "transactiondate"}:
            rows = call.tables.history
            moments = moment_test(call, condition, lambda row: row.created)
            return lambda one: any(moments(row) for row in rows(one))
        return _ticket_text(call.tables, condition, name)

    return test


def _ticket_text(tables: Tables, condition: Condition, name: str) -> Test[Ticket] | None:
    if name == "cf":
        field = tables.field(condition.part)
        return texts_test(condition, lambda one: _texts(one, field.id if field else 0))
    if name in _ROLES:
        return texts_test(condition, lambda one: _words_of(tables, one.watchers[_ROLES[name]], condition.part))
    if name in _PEOPLE:
        return texts_test(condition, lambda one: _words_of(tables, [getattr(one, _PEOPLE[name])], condition.part))
    if name == "status" and (condition.value or "").lower() in _STATUS_SETS:
        within = _STATUS_SETS[(condition.value or "").lower()]
        return lambda one: (one.status in within) == (condition.operator != "!=")
    if name in _LINKS:
        type, is_base = LINKS[_LINKS[name]]
        return texts_test(condition, lambda one: map(str, tables.linked(one, type, base=is_base)))
    if name in _UNINDEXED:
        return lambda one: False
    plain: dict[str, Callable[[Ticket], Iterable[str]]] = {
        "subject": lambda one: [one.subject],
        "status": lambda one: [one.status],
        "type": lambda one: [one.type],
        "queue": lambda one: [tables.queues[one.queue].name, str(one.queue)],
        "lifecycle": lambda one: ["default"],
    }
    return texts_test(condition, plain[name]) if name in plain else None


def transaction_test(call: Call) -> Callable[[Condition], Test[Transaction] | None]:
    """Of a condition, what is asked of a transaction; None for a field there is not."""
    tables = call.tables
    texts: dict[str, Callable[[Transaction], Iterable[str]]] = {
        "objecttype": lambda row: [row.object_type],
        "type": lambda row: [row.type],
        "field": lambda row: _given(row.field),
        "oldvalue": lambda row: _given(row.old),
        "newvalue": lambda row: _given(row.new),
        "data": lambda row: _given(row.data),
        "creator": lambda row: _words_of(tables, [row.creator], ""),
        "ticketsubject": lambda row: _given(_subject(tables, row)),
    }
    numbers: dict[str, Callable[[Transaction], int]] = {
        "id": lambda row: row.id,
        "objectid": lambda row: row.object_id,
        "timetaken": lambda row: row.time_taken,
        "ticketid": lambda row: row.object_id if row.object_type == "RT::Ticket" else 0,
    }

    def test(condition: Condition) -> Test[Transaction] | None:
        name = condition.field.lower()
        if name == "created":
            return moment_test(call, condition, lambda row: row.created)
        if name in numbers:
            return number_test(condition, numbers[name])
        return texts_test(condition, texts[name]) if name in texts else None

    return test


def moment_test(call: Call, condition: Condition, of: Callable[[Any], int]) -> Test[Any]:
    """Dates of a query are at home in the zone of whoever asks; `=` means the whole day. What has no date never
    fits."""
    if condition.value is None:
        return lambda row: (of(row) == 0) == (condition.operator == "IS")
    at = dates.literal(condition.value, call.zone, call.tables.clock.now())
    begin, end = dates.day_of(at, call.zone)
    tests: dict[str, Test[int]] = {
        "=": lambda moment: begin <= moment < end,
        ">": lambda moment: moment > at,
        ">=": lambda moment: moment >= at,
        "<": lambda moment: moment < at,
        "<=": lambda moment: moment <= at,
        "!=": lambda moment: not begin <= moment < end,
    }
    test = tests.get(condition.operator, _never)
    return lambda row: of(row) != 0 and test(of(row))


def number_test(condition: Condition, of: Callable[[Any], int]) -> Test[Any]:
    """A value that is no number is none."""
    text = condition.value or ""
    number = int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else 0
    tests: dict[str, Test[int]] = {
        "=": lambda one: one == number,
        "!=": lambda one: one != number,
        ">": lambda one: one > number,
        ">=": lambda one: one >= number,
        "<": lambda one: one < number,
        "<=": lambda one: one <= number,
    }
    test = tests.get(condition.operator, _never)
    return lambda row: test(of(row))


def texts_test(condition: Condition, of: Callable[[Any], Iterable[str]]) -> Test[Any]:
    """No text is told from another by its case; where there are several, one that fits is enough."""
    operator = condition.operator
    if condition.value is None:
        return lambda row: any(of(row)) == (operator in {"IS NOT", "!="})
    wanted = condition.value.lower()
    turned = operator.startswith(("NOT ", "!"))
    if operator in {"=", "!="}:
        return lambda row: any(text.lower() == wanted for text in of(row)) != turned
    begin, end = _ENDS.get(operator.removeprefix("NOT "), (None, None))
    if begin is None or end is None:
        return lambda row: False
    pattern = _pattern(f"{begin}{wanted}{end}")
    return lambda row: any(pattern.fullmatch(text.lower()) for text in of(row)) != turned


_ENDS = {"LIKE": ("%", "%"), "STARTSWITH": ("", "%"), "ENDSWITH": ("%", "")}


@lru_cache(maxsize=512)
def _pattern(like: str) -> re.Pattern[str]:
    """In a text of LIKE, % and _ are what they are in SQL."""
    signs = {"%": ".*", "_": "."}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in like), re.DOTALL)


def _texts(ticket: Ticket, field: int) -> list[str]:
    return [value.text for value in ticket.custom.get(field, ())]


def _words_of(tables: Tables, people: Iterable[int], part: str) -> list[str]:
    users = [tables.users[id] for id in people]
    match part.lower():
        case "emailaddress":
            return [user.email for user in users if user.email]
        case "name":
            return [user.name for user in users]
        case "realname":
            return [user.real_name for user in users if user.real_name]
        case "id":
            return [str(user.id) for user in users]
    return [word for user in users for word in (user.name, user.email, str(user.id)) if word]


def _never(_: int) -> bool:
    return False


def _given(text: str | None) -> list[str]:
    return [] if text is None else [text]


def _subject(tables: Tables, row: Transaction) -> str | None:
    ticket = tables.ticket(row.object_id) if row.object_type == "RT::Ticket" else None
    return ticket.subject if ticket else None
