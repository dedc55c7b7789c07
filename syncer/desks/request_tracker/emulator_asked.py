"""Lists that are asked in JSON: `[{"field": "Name", "operator": "LIKE", "value": "x"}]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_conditions import number_test, texts_test
from syncer.desks.request_tracker.emulator_fields import READ
from syncer.desks.request_tracker.emulator_sql import Condition, Test

Row = TypeVar("Row")
_NUMBERS = frozenset({"id", "ObjectId", "TransactionId"})
_KNOWN = frozenset({"=", "!=", ">", ">=", "<", "<=", "LIKE", "NOT LIKE", "STARTSWITH", "ENDSWITH", "IS", "IS NOT"})


def asked_rows(call: Call, rows: Sequence[Row], kind: type, *, all_if_nothing: bool = False) -> list[Row]:
    """The rows that fit. A field there is not is passed over; two conditions on one field are
    a choice, unless the second says AND."""
    tests: dict[str, list[Test[Row]]] = {}
    joined = set()
    for one in call.body if isinstance(call.body, list) else ():
        field, value = str(one.get("field") or ""), one.get("value")
        read = READ[kind].get(field, _identity if field == "id" else None)
        if value is not None and read is not None:
            if str(one.get("entry_aggregator") or "OR").upper() == "AND":
                joined.add(field)
            tests.setdefault(field, []).append(_test(field, str(one.get("operator") or "=").upper(), value, read))
    if not tests and not all_if_nothing:
        return []
    choices = [(all if field in joined else any, choice) for field, choice in tests.items()]
    return [row for row in rows if all(fits(test(row) for test in choice) for fits, choice in choices)]


def _identity(row: Any) -> str:
    return str(row.id)


def _test(field: str, operator: str, value: Any, read: Callable[[Any], Any]) -> Test[Any]:
    if operator == "IN" and isinstance(value, list):
        wanted = {str(one).lower() for one in value}
        return lambda row: str(read(row) or "").lower() in wanted
    if operator not in _KNOWN:
        return lambda row: False
    condition = Condition(field, "", operator, str(value))
    if field in _NUMBERS:
        return number_test(condition, lambda row: int(read(row) or 0))
    return texts_test(condition, lambda row: [str(read(row))] if read(row) is not None else [])
