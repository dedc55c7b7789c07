"""TicketSearch: ids alone. What it does not know is passed over, and what it cannot make out finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncer.deskkit.emulation import Faults
from syncer.desks.znuny.emulator_fields import Invalid, like, matches
from syncer.desks.znuny.emulator_index import indexed
from syncer.desks.znuny.emulator_records import Field, Ticket
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_times import normal
from syncer.desks.znuny.emulator_values import as_list, is_given, number, text
from syncer.desks.znuny.emulator_words import STATE_TYPES, id_of

Keep = Callable[[Ticket], bool]
_LISTS = {"Queues": "Queue", "States": "State", "Priorities": "Priority", "Types": "Type", "Locks": "Lock"}
_IDS = {
    "QueueIDs": "queue",
    "StateIDs": "state",
    "PriorityIDs": "priority",
    "TypeIDs": "type",
    "LockIDs": "lock",
    "OwnerIDs": "owner",
    "ResponsibleIDs": "responsible",
    "CreatedUserIDs": "created_by",
}
_TEXTS = {"TicketNumber": "number", "Title": "title", "CustomerID": "company", "CustomerUserLogin": "customer"}
_SORTS: dict[str, Callable[[Ticket], Any]] = {
    "Age": lambda one: one.created,
    "Created": lambda one: one.created,
    "Changed": lambda one: one.changed,
    "Ticket": lambda one: one.number,
    "TicketNumber": lambda one: one.number,
    "Title": lambda one: one.title,
    "State": lambda one: one.state,
    "Priority": lambda one: one.priority,
    "Owner": lambda one: one.owner,
    "CustomerID": lambda one: one.company or "",
    "PendingTime": lambda one: one.until,
}
_OPERATORS = frozenset(
    {"Empty", "Equals", "Like", "GreaterThan", "GreaterThanEquals", "SmallerThan", "SmallerThanEquals"}
)
_FIELD = "DynamicField_"
_WORDS = {
    "Fulltext": ("from_", "to", "cc", "subject", "body"),
    "MIMEBase_From": ("from_",),
    "MIMEBase_To": ("to",),
    "MIMEBase_Cc": ("cc",),
    "MIMEBase_Subject": ("subject",),
    "MIMEBase_Body": ("body",),
}


def search(tables: Tables, data: dict[str, Any], faults: Faults) -> dict[str, Any]:
    """The ids that pass all filters, as texts; none at all is an empty answer."""
    try:
        found = _found(tables, data, faults)
    except Invalid:
        found = []
    return {"TicketID": [str(one.id) for one in found]} if found else {}


def _found(tables: Tables, data: dict[str, Any], faults: Faults) -> list[Ticket]:
    keeps = [*_listed(tables, data), *_texts(data), *_dynamic(tables, data), *_times(tables, data)]
    keeps += _spoken(data)
    latest = tables.clock.now() - faults.search_lag
    found = [
        one
        for one in tables.tickets.values()
        if not tables.is_hidden(one.queue) and one.stored <= latest and all(keep(one) for keep in keeps)
    ]
    return _sorted(tables, found, data)[: _limit(tables, data)]


def _limit(tables: Tables, data: dict[str, Any]) -> int:
    if not is_given(data.get("Limit")):
        return tables.switches.search_limit
    limit = number(data["Limit"])
    if limit is None or limit < 0:
        raise Invalid
    return limit


def _sorted(tables: Tables, found: list[Ticket], data: dict[str, Any]) -> list[Ticket]:
    """By one key or several; what is alike in all comes by its id, whatever the direction."""
    sorts = {**_SORTS, "Queue": lambda one: tables.name("Queue", one.queue)}
    keys = [text(one) for one in as_list(data.get("SortBy"))] or ["Age"]
    orders = [text(one) for one in as_list(data.get("OrderBy"))] or ["Down"]
    if len(orders) < len(keys) or not set(keys) <= sorts.keys() or not set(orders) <= {"Up", "Down"}:
        raise Invalid
    found.sort(key=lambda one: one.id)
    for key, order in reversed(list(zip(keys, orders, strict=False))):
        found.sort(key=sorts[key], reverse=order == "Down")
    return found


def _listed(tables: Tables, data: dict[str, Any]) -> list[Keep]:
    wanted: dict[str, set[int]] = {}
    for key, kind in _LISTS.items():
        for name in as_list(data.get(key)):
            id = id_of(tables.lists[kind], text(name))
            if id is None:
                raise Invalid
            wanted.setdefault(kind.lower(), set()).add(id)
    for key, field in (*_IDS.items(), ("TicketID", "id")):
        for value in as_list(data.get(key)):
            id = number(value)
            if id is None:
                raise Invalid
            wanted.setdefault(field, set()).add(id)
    types = {text(one) for one in as_list(data.get("StateType"))}
    if types and not types & set(STATE_TYPES.values()):
        raise Invalid
    if types:
        states = {id for id, type in STATE_TYPES.items() if type in types}
        wanted["state"] = wanted.get("state", states) & states
    return [_among(field, ids) for field, ids in wanted.items()]


def _among(field: str, ids: set[int]) -> Keep:
    return lambda one: getattr(one, field) in ids


def _texts(data: dict[str, Any]) -> list[Keep]:
    keeps: list[Keep] = []
    for key, field in _TEXTS.items():
        words = [word for one in as_list(data.get(key)) if (word := text(one).replace("*", "%")).strip("%")]
        if words:
            keeps.append(_any_like(field, words))
    return keeps


def _any_like(field: str, words: list[str]) -> Keep:
    return lambda one: any(like(word, getattr(one, field) or "") for word in words)


def _dynamic(tables: Tables, data: dict[str, Any]) -> list[Keep]:
    """Filters by dynamic fields are objects of operators. All else under such a key, and each key of a field there is
    not, is as good as absent: everything is found."""
    keeps: list[Keep] = []
    for name, operators in _asked(data).items():
        field = tables.field(name)
        if field is None:
            continue
        for operator, value in operators.items():
            wanted = value if isinstance(value, list) else [value]
            if operator not in _OPERATORS and any(text(one) for one in wanted):
                raise Invalid
            if operator in _OPERATORS:
                keeps.append(_holds(field, operator, wanted))
    return keeps


def _asked(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Operators by the name of a field, in the one way of asking or the other."""
    rows = data.get("DynamicField")
    if is_given(rows):
        found = [row for row in (rows if isinstance(rows, list) else [rows]) if isinstance(row, dict)]
        return {text(row.get("Name")): {key: row[key] for key in row if key != "Name"} for row in found}
    named = {key.removeprefix(_FIELD): value for key, value in data.items() if key.startswith(_FIELD)}
    return {name: value for name, value in named.items() if name.isalnum() and isinstance(value, dict)}


def _holds(field: Field, operator: str, wanted: list[Any]) -> Keep:
    return lambda one: matches(field, one, operator, wanted) is not False


def _times(tables: Tables, data: dict[str, Any]) -> list[Keep]:
    keeps: list[Keep] = []
    for prefix, told in _MOMENTS.items():
        older, newer = _bound(tables, data, prefix, "Older"), _bound(tables, data, prefix, "Newer")
        if newer and (newer > tables.stamp(tables.now()) or (older and newer > older)):
            raise Invalid  # nothing is newer than now; a clock that is ahead finds nothing
        if older or newer:
            keeps.append(_between(tables, told, newer or "", older or "~"))
    return keeps


def _bound(tables: Tables, data: dict[str, Any], prefix: str, side: str) -> str | None:
    minutes = data.get(f"{prefix}{side}Minutes")
    if minutes is not None and text(minutes) != "":
        return tables.stamp(tables.now() - 60 * (number(minutes) or 0))
    given = text(data.get(f"{prefix}{side}Date")).strip()
    if not given:
        return None
    found = normal(given)
    if found is None:
        raise Invalid
    return found


def _between(tables: Tables, told: Callable[[Ticket], list[int]], newer: str, older: str) -> Keep:
    # Moments are compared as they are written, on the clock of the server's zone, with its hour that comes twice.
    return lambda one: any(newer <= tables.stamp(at) <= older for at in told(one))


def _closings(one: Ticket) -> list[int]:
    kinds = {"NewTicket", "StateUpdate"}
    return [row.at for row in one.history if row.type in kinds and STATE_TYPES[row.state] == "closed"]


_MOMENTS: dict[str, Callable[[Ticket], list[int]]] = {
    "TicketCreateTime": lambda one: [one.created],
    "TicketLastChangeTime": lambda one: [one.changed],
    "TicketChangeTime": lambda one: [row.at for row in one.history],
    "TicketCloseTime": _closings,
    "ArticleCreateTime": lambda one: [said.at for said in one.articles],
}


def _spoken(data: dict[str, Any]) -> list[Keep]:
    """Words of articles are looked up in the index, whatever stands before and after them."""
    keeps: list[Keep] = []
    for key, fields in _WORDS.items():
        if is_given(data.get(key)):
            keeps.append(_says(fields, text(data[key]).strip()))
    return keeps


def _says(fields: tuple[str, ...], word: str) -> Keep:
    pattern = f"%{word.replace('*', '%')}%"
    return lambda one: any(
        like(pattern, indexed(getattr(said, field))) for said in one.articles if not said.broken for field in fields
    )
