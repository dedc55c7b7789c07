"""The named conversions of a mapping file: checked and joined once, applied to every value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from msgspec import Struct

from syncer.mapping.body import html_to_text, text_to_html

Step = Callable[[str], str | None]
Convert = Callable[[str | None], str | None]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_EXAMPLE = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
_ISO_DATE = "%Y-%m-%d"


class Conversion(Struct, frozen=True):
    """One named conversion: `make` checks its argument (None when it has none) and gives the function."""

    usage: str
    make: Callable[[Any], Step]


def compile_conversions(steps: list[str | dict[str, Any]]) -> Convert:
    """Check the steps (`strip`, `{cut: 40}` ...) and join them into one function.

    None stays None, and a step may make it of a value (a map does). Between `split` and `join` each
    part is converted by itself. Raises ValueError, naming the step, when one is unknown or has wrong
    arguments; the function raises it for a value that `number` or `date` cannot read.
    """
    functions: list[Step] = []
    parts: list[Step] | None = None
    separator = ""
    for place, step in enumerate(steps, 1):
        try:
            name, argument = _named(step)
            if name == "split":
                if parts is not None:
                    raise ValueError("split after a split: there must be a join between them")
                separator, parts = _text(argument, "split"), []
            elif name == "join":
                if parts is None:
                    raise ValueError("join without a split before it")
                functions.append(_by_parts(separator, _chain(parts), _text(argument, "join", empty=True)))
                parts = None
            else:
                (functions if parts is None else parts).append(CONVERSIONS[name].make(argument))
        except ValueError as problem:
            raise ValueError(f"step {place}: {problem}") from None
    if parts is not None:
        raise ValueError(f"step {len(steps)}: split without a join after it")
    return _chain(functions)


def _named(step: object) -> tuple[str, Any]:
    if isinstance(step, dict):
        if len(step) != 1:
            raise ValueError(f"one name with its argument is wanted, not {sorted(map(str, step))}")
        name, argument = next(iter(step.items()))
    else:
        name, argument = step, None
    if not isinstance(name, str):
        raise ValueError(f"a conversion's name is text, not {name!r}")
    if name not in CONVERSIONS:
        near = get_close_matches(name, CONVERSIONS, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"unknown conversion {name!r}; {hint}There are: {', '.join(CONVERSIONS)}")
    return name, argument


def _chain(functions: list[Step]) -> Convert:
    steps = tuple(functions)
    if len(steps) == 1:
        only = steps[0]
        return lambda value: None if value is None else only(value)

    def convert(value: str | None) -> str | None:
        for step in steps:
            if value is None:
                return None
            value = step(value)
        return value

    return convert


def _by_parts(separator: str, convert: Convert, glue: str) -> Step:
    def by_parts(value: str) -> str:
        converted = map(convert, value.split(separator))
        return glue.join([part for part in converted if part is not None])

    return by_parts


def _plain(function: Step) -> Callable[[Any], Step]:
    def make(argument: Any) -> Step:
        if argument is not None:
            raise ValueError(f"takes no argument, not {argument!r}")
        return function

    return make


def _text(argument: Any, name: str, *, empty: bool = False) -> str:
    if not isinstance(argument, str) or not (argument or empty):
        raise ValueError(f"wrong argument {argument!r}, write {CONVERSIONS[name].usage}")
    return argument


def _options(argument: Any, name: str, known: dict[str, str | None]) -> dict[str, str]:
    """The options of a step, all text; one whose default is None must be given."""
    usage = CONVERSIONS[name].usage
    if not isinstance(argument, dict):
        raise ValueError(f"wrong argument {argument!r}, write {usage}")
    for option, value in argument.items():
        if option not in known:
            near = get_close_matches(str(option), known, 1)
            hint = f", did you mean {near[0]!r}" if near else ""
            raise ValueError(f"{name} has no option {option!r}{hint}; write {usage}")
        if not isinstance(value, str):
            raise ValueError(f"{option} is {value!r} and should be text (in quotes); write {usage}")
    options = known | argument
    missing = [option for option, value in options.items() if value is None]
    if missing:
        raise ValueError(f"{name} wants {' and '.join(missing)}; write {usage}")
    return {option: value for option, value in options.items() if value is not None}


def _strip(argument: Any) -> Step:
    if argument is None:
        return str.strip
    characters = _text(argument, "strip")
    return lambda value: value.strip(characters)


def _title(value: str) -> str:
    return _WORD.sub(lambda word: word[0].capitalize(), value)


def _number(argument: Any) -> Step:
    defaults: dict[str, str | None] = {"decimal": ".", "thousands": ""}
    options = _options({} if argument is None else argument, "number", defaults)
    decimal, thousands = options["decimal"], options["thousands"]
    if len(decimal) != 1 or len(thousands) > 1 or decimal == thousands:
        raise ValueError(f"decimal and thousands are two different characters, not {decimal!r}, {thousands!r}")

    def number(value: str) -> str:
        digits = value.strip()
        if thousands:
            digits = digits.replace(thousands, "")
        if decimal != ".":
            digits = digits.replace(".", "?").replace(decimal, ".")
        try:
            read = Decimal(digits)
        except InvalidOperation:
            raise ValueError(f"{value[:40]!r} is not a number") from None
        if not read.is_finite() or abs(read.adjusted()) > 100 or "_" in digits:
            raise ValueError(f"{value[:40]!r} is not a number")
        shown = f"{read:f}"
        shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
        return "0" if shown == "-0" else shown

    return number


def _date(argument: Any) -> Step:
    options = _options(argument, "date", {"from": None, "to": _ISO_DATE})
    source, target = options["from"], options["to"]
    try:
        datetime.strptime(_EXAMPLE.strftime(source), source)
        _EXAMPLE.strftime(target)
    except (ValueError, re.error) as problem:
        raise ValueError(f"wrong date format {source!r} or {target!r}: {problem}") from None

    def date(value: str) -> str:
        try:
            return datetime.strptime(value.strip(), source).strftime(target)
        except ValueError:
            raise ValueError(f"{value[:40]!r} is not a date like {source!r}") from None

    return date


def _map(argument: Any) -> Step:
    if not isinstance(argument, dict) or not argument:
        raise ValueError(f"wrong argument {argument!r}, write {CONVERSIONS['map'].usage}")
    for key, value in argument.items():
        if not isinstance(key, str) or not (value is None or isinstance(value, str)):
            raise ValueError(f"{key!r}: {value!r} should both be text: write them in quotes")
    table: dict[str, str | None] = dict(argument)
    if "*" not in table:
        return lambda value: table.get(value, value)
    other = table.pop("*")
    return lambda value: table.get(value, other)


def _regex(argument: Any) -> Step:
    options = _options(argument, "regex", {"find": None, "replace": None})
    find, replace = options["find"], options["replace"]
    try:
        pattern = re.compile(find)
        pattern.sub(replace, "")
    except (re.error, IndexError, OverflowError, RecursionError) as problem:
        raise ValueError(f"wrong expression {find!r} -> {replace!r}: {problem}") from None
    return lambda value: pattern.sub(replace, value)


def _cut(argument: Any) -> Step:
    if type(argument) is not int or argument < 1:
        raise ValueError(f"wrong argument {argument!r}, write {CONVERSIONS['cut'].usage}")
    length: int = argument
    return lambda value: value[:length]


def _parts(argument: Any) -> Step:
    raise ValueError("split and join are steps of a list")


CONVERSIONS: dict[str, Conversion] = {
    "strip": Conversion('strip, or {strip: "-_"} for other characters', _strip),
    "upper": Conversion("upper", _plain(str.upper)),
    "lower": Conversion("lower", _plain(str.lower)),
    "title": Conversion("title", _plain(_title)),
    "number": Conversion('number, or {number: {decimal: ",", thousands: "."}}', _number),
    "date": Conversion('{date: {from: "%d.%m.%Y", to: "%Y-%m-%d"}}', _date),
    "split": Conversion('{split: ","}', _parts),
    "join": Conversion('{join: " "}', _parts),
    "map": Conversion('{map: {"old": "new", "*": "all others"}}', _map),
    "regex": Conversion('{regex: {find: "^0+", replace: ""}}', _regex),
    "html_to_text": Conversion("html_to_text", _plain(html_to_text)),
    "text_to_html": Conversion("text_to_html", _plain(text_to_html)),
    "cut": Conversion("{cut: 40}", _cut),
}
"""Every conversion there is, by name, in the order they are listed to people."""
