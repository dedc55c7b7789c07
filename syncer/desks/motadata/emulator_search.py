"""The qualification grammar (contract 4.4): a condition becomes a test of one record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from syncer.desks.motadata.emulator_answers import Invalid
from syncer.desks.motadata.emulator_operators import OPERATORS, Day
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_text import day_of, milliseconds

Reading = Callable[[Any], Any]
Test = Callable[[Any], bool]

CUSTOM_FIELD = "customField"
_VALUES: dict[str, Any] = {
    "StringValueRest": str,
    "LongValueRest": int,
    "BooleanValueRest": bool,
    "EnumValueRest": str,
    "ListLongValueRest": list[int],
    "ListStringValueRest": list[str],
    "TimeValueRest": str,
}
_TIMES = frozenset({"request.createdTime", "request.updatedTime"})
_DAY = 86_400_000
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Grammar:
    """Reads conditions over records whose properties are named by their keys; raises Invalid for what is none."""

    def __init__(self, tables: Tables, properties: Mapping[str, Reading], custom: Reading | None = None) -> None:
        self._tables = tables
        self._switches = tables.switches
        self._properties = properties
        self._custom = custom

    def read(self, condition: dict[str, Any] | None) -> Test:
        """The test that a condition means; none is true of everything."""
        if condition is None:
            return lambda _: True
        match condition.get("type"):
            case "FlatQualificationRest":
                return _all([self.read(_object(one)) for one in _list(condition, "quals")])
            case "BatchQualificationRest":
                tests = [self.read(_object(one)) for one in _list(condition, "quals")]
                return _joined(condition.get("operator", "AND"), tests)
            case "BinaryQualificationRest":
                tests = [self.read(_object(condition.get(side))) for side in ("leftQual", "rightQual")]
                return _joined(condition.get("operator"), tests)
            case "UnaryQualificationRest":
                return _negated(condition.get("operator", "NOT"), self.read(_object(condition.get("qual"))))
            case "RelationalQualificationRest":
                return self._relation(condition)
        raise Invalid("qualDetails: there is no such type")

    def _relation(self, condition: dict[str, Any]) -> Test:
        key, reading = self._left(_object(condition.get("leftOperand")))
        operator = self._operator(condition.get("operator"))
        wanted = self._right(key, _object(condition.get("rightOperand")))
        if key in self._switches.broken_filters:
            return self._broken(key)
        return lambda record: operator(reading(record), wanted)

    def _broken(self, key: str) -> Test:
        if self._switches.broken_filter == "refused":
            raise Invalid(f"{key} cannot be searched")
        matches = self._switches.broken_filter == "ignored"
        return lambda _: matches

    def _left(self, operand: dict[str, Any]) -> tuple[str, Reading]:
        key = str(operand.get("key"))
        match operand.get("type"):
            case "DbOperandRest" if key == "id":
                return "id", lambda record: record.id
            case "PropertyOperandRest" if key in self._properties:
                return key, self._properties[key]
            case "CustomFieldOperandRest" if self._custom is not None:
                return CUSTOM_FIELD, self._custom(operand.get("fieldName"))
        raise Invalid("leftOperand: there is no such operand")

    def _operator(self, name: Any) -> Callable[[Any, Any], bool]:
        text = str(name)
        wrong_style = {"any": False, "underscore": text != text.lower(), "camel": not text[:1].isupper()}
        found = OPERATORS.get(_HUMP.sub("_", text).lower())
        if found is None or wrong_style[self._switches.operator_style]:
            raise Invalid(f"operator: there is no {text}")
        return found

    def _right(self, key: str, operand: dict[str, Any]) -> Any:
        match operand.get("type"):
            case "ValueOperandRest":
                return self._value(key, _object(operand.get("value")))
            case "VariableOperandRest":
                return self._variable(operand.get("value"))
        raise Invalid("rightOperand: there is no such operand")

    def _variable(self, name: Any) -> Day:
        start, end = day_of(self._tables.now())
        match name:
            case "today":
                return Day(start, end)
            case "yesterday":
                return Day(start - _DAY, start)
        raise Invalid("rightOperand: there is no such variable")

    def _value(self, key: str, given: dict[str, Any]) -> Any:
        type = str(given.get("type"))
        if type not in _VALUES or (key in _TIMES and type not in self._switches.time_values):
            raise Invalid(f"value: {type} does not fit {key}")
        try:
            value = msgspec.convert(given.get("value"), _VALUES[type])
            return milliseconds(value) if type == "TimeValueRest" else value
        except ValueError as wrong:  # also msgspec's
            raise Invalid(f"value: {wrong}") from wrong


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("qualDetails: an object is missing")
    return value


def _list(condition: dict[str, Any], key: str) -> list[Any]:
    value = condition.get(key)
    if not isinstance(value, list):
        raise Invalid(f"qualDetails: {key} is missing")
    return value


def _joined(operator: Any, tests: list[Test]) -> Test:
    match str(operator).upper():
        case "AND":
            return _all(tests)
        case "OR":
            return lambda record: any(test(record) for test in tests)
    raise Invalid("operator: it is AND or OR")


def _negated(operator: Any, test: Test) -> Test:
    if str(operator).upper() != "NOT":
        raise Invalid("operator: it is NOT")
    return lambda record: not test(record)


def _all(tests: list[Test]) -> Test:
    return lambda record: all(test(record) for test in tests)
