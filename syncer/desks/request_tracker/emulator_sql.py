"""The query language of lists: read into conditions and what joins them, with the complaints of the product."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from syncer.desks.request_tracker.emulator_answers import Refused

Row = TypeVar("Row")
Test = Callable[[Row], bool]

_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_FIELD = r"(?i:CF)\.\{.+?\}(?:\.(?i:Content|LargeContent))?"
_TOKENS = {
    "KEYWORD": re.compile(rf"(?:{_FIELD}|[{{}}\w.]+|{_QUOTED})", re.ASCII),
    "OPERATOR": re.compile(
        r"(?:!=|>=|<=|=|>|<|(?i:IS NOT|IS|NOT LIKE|LIKE|NOT STARTSWITH|STARTSWITH|NOT ENDSWITH|ENDSWITH))(?![a-z])",
        re.ASCII,
    ),
    "VALUE": re.compile(rf"(?:{_FIELD}|[\w.]+|[+-]?\d+|{_QUOTED})", re.ASCII),
    "AGGREGATOR": re.compile(r"(?i:AND|OR)"),
    "OPEN_PAREN": re.compile(r"\("),
    "CLOSE_PAREN": re.compile(r"\)"),
}
_AFTER = {
    "": ("KEYWORD", "OPEN_PAREN"),
    "KEYWORD": ("OPERATOR",),
    "OPERATOR": ("VALUE",),
    "VALUE": ("AGGREGATOR", "CLOSE_PAREN"),
    "AGGREGATOR": ("KEYWORD", "OPEN_PAREN"),
    "OPEN_PAREN": ("KEYWORD", "OPEN_PAREN"),
    "CLOSE_PAREN": ("AGGREGATOR", "CLOSE_PAREN"),
}


class Condition(Struct, frozen=True):
    """A field, perhaps with something of it behind a dot; an operator in capitals; a value, none for NULL."""

    field: str
    part: str
    operator: str
    value: str | None


class Group(Struct, frozen=True):
    """Conditions and groups, and the words between them."""

    members: Sequence[Condition | Group]
    joins: Sequence[str]


class Query(Generic[Row]):
    """A query of one list: `tests` makes of a condition what is asked of a row, none for a field there is not."""

    def __init__(self, where: str, tests: Callable[[Condition], Test[Row] | None]) -> None:
        self._where = where
        self._tests = tests

    def test(self, text: str) -> tuple[Test[Row], Group]:
        """Whether a row is meant, and what was read. Raises the 400 that says what is wrong with the text."""
        group = _read(text, self._where)
        return self._group(group), group

    def _group(self, group: Group) -> Test[Row]:
        tests = [self._group(one) if isinstance(one, Group) else self._one(one) for one in group.members]
        words = [join.upper() for join in group.joins]
        if "OR" in words and "AND" in words[words.index("OR") :]:
            # The product joins what stands behind an OR without brackets in its own way: seen so, all must hold.
            words = ["AND"] * len(words)
        choices: list[list[Test[Row]]] = [[]]
        for test, word in zip(tests, ["AND", *words], strict=False):
            if word == "OR":
                choices.append([])
            choices[-1].append(test)
        return lambda row: any(all(test(row) for test in every) for every in choices)

    def _one(self, condition: Condition) -> Test[Row]:
        test = self._tests(condition)
        if test is None:
            raise Refused(400, f"Unknown field: {condition.field} {self._where}")
        return test


def demands(group: Group, field: str, operators: Sequence[str]) -> list[Condition]:
    """The conditions on a field that every row must meet, whatever else is asked."""
    if any(join.upper() == "OR" for join in group.joins):
        return []
    found: list[Condition] = []
    for one in group.members:
        if isinstance(one, Group):
            found += demands(one, field, operators)
        elif one.field.lower() == field.lower() and one.operator in operators:
            found.append(one)
    return found


def _read(text: str, where: str) -> Group:
    stack: list[tuple[list[Condition | Group], list[str]]] = [([], [])]
    expected, position, words = "", 0, ["", ""]
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        kind, token = _next(text, position, expected, where)
        members, joins = stack[-1]
        match kind:
            case "KEYWORD":
                words[0] = token
            case "OPERATOR":
                words[1] = re.sub(r"\s+", " ", token.upper())
            case "VALUE":
                members.append(_condition(words[0], words[1], token))
            case "AGGREGATOR":
                joins.append(token)
            case "OPEN_PAREN":
                stack.append(([], []))
            case "CLOSE_PAREN" if len(stack) > 1:
                stack.pop()
                stack[-1][0].append(Group(members, joins))
        expected, position = kind, position + len(token)
    if expected not in {"VALUE", "CLOSE_PAREN"}:
        last = f"last element ({expected}) is not close paren or value"
        raise Refused(400, f"Incomplete query, {last} in '{text}' {where}")
    if len(stack) > 1:
        raise Refused(400, f"Incomplete query, {len(stack) - 1} unclosed paren in '{text}' {where}")
    return Group(*stack[0])


def _next(text: str, position: int, last: str, where: str) -> tuple[str, str]:
    for kind in _AFTER[last]:
        found = _TOKENS[kind].match(text, position)
        if found is not None:
            return kind, found[0]
    wanted = " or ".join(f"a {kind}" for kind in _AFTER[last])
    word = text[position:].split(" ")[0]
    marked = f"{text[:position]}>{word}<--here{text[position + len(word) :]}"
    raise Refused(400, f"Wrong query, expecting {wanted} in '{marked}' {where}")


def _condition(field: str, operator: str, value: str) -> Condition:
    name = _unquoted(field)
    of_field = re.fullmatch(r"(?i:(?:CF|CustomField))\.(?:\{(.+?)\}|(\w+))(?:\.\w+)?", name)
    if of_field is not None:
        name, part = "CF", of_field[1] or of_field[2]
    else:
        name, _, part = name.partition(".")
    given = None if value.upper() == "NULL" else _unquoted(value)
    if operator in {"IS", "IS NOT"}:
        given = None
    return Condition(name, part, operator, given)


def _unquoted(text: str) -> str:
    if text[:1] in {"'", '"'} and text[-1:] == text[:1]:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
