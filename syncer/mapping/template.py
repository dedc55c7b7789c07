"""Templates of a mapping file: substitutions compiled to a closure, anything more by sandboxed Jinja."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import SandboxedEnvironment

Values = Mapping[str, object]
Render = Callable[[Values], str]

_PLAIN = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}")
_MARKUP = re.compile(r"\{[{%#]")
_LITERALS = frozenset({"true", "false", "none", "True", "False", "None"})


def compile_template(text: str, names: frozenset[str]) -> Render:
    """Check a template against the names there are and give the function that fills it in.

    A name may be dotted. `ticket.key` is looked up as it stands or, failing that, as `key` of
    `ticket`; a name that stands in `names` opens all that is below it. None is filled in as nothing.
    Raises ValueError, naming the place, for an unknown name or a syntax error; the function raises it
    for a value that is not there.
    """
    text = re.sub(r"\r\n?", "\n", text)
    pieces = _PLAIN.split(text)
    literals, used = pieces[::2], pieces[1::2]
    if any(map(_MARKUP.search, literals)) or not _LITERALS.isdisjoint(used):
        return _by_jinja(text, names)
    for found in _PLAIN.finditer(text):
        if _known(found[1], names) is None:
            line = text.count("\n", 0, found.start()) + 1
            column = found.start() - text.rfind("\n", 0, found.start())
            raise _unknown(found[1], f"line {line}, column {column}", names)
    return _plain(literals, used)


def _known(name: str, names: frozenset[str]) -> str | None:
    """The name itself or the part of it that is in `names`; nothing private is known."""
    parts = name.split(".")
    if any(part.startswith("_") for part in parts[1:]):
        return None
    candidates = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((candidate for candidate in candidates if candidate in names), None)


def _unknown(name: str, place: str, names: frozenset[str]) -> ValueError:
    near = get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return ValueError(f"{place}: unknown name {name!r}; {hint}There are: {', '.join(sorted(names)) or 'none'}")


def _plain(literals: list[str], used: list[str]) -> Render:
    if not used:
        whole = literals[0]
        return lambda values: whole
    first = literals[0]
    rest = [(name, name.split("."), literal) for name, literal in zip(used, literals[1:], strict=True)]

    def render(values: Values) -> str:
        out = first
        for name, parts, literal in rest:
            value = values[name] if name in values else _walk(values, parts)
            out += literal if value is None else f"{value}{literal}"
        return out

    return render


def _walk(values: Values, parts: list[str]) -> object:
    try:
        value: Any = values[parts[0]]
        for part in parts[1:]:
            value = value[part] if isinstance(value, dict) else getattr(value, part)
    except (KeyError, AttributeError):
        raise ValueError(f"{{{{ {'.'.join(parts)} }}}}: there is no such value") from None
    return value


@cache
def _sandbox() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    sandbox = SandboxedEnvironment(
        autoescape=False,  # text is filled into text; escaping is a conversion of its own
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        finalize=lambda value: "" if value is None else value,
    )
    sandbox.globals.clear()
    return sandbox


def _by_jinja(text: str, names: frozenset[str]) -> Render:
    from jinja2 import TemplateError, TemplateSyntaxError, meta

    sandbox = _sandbox()
    try:
        tree = sandbox.parse(text)
        free = meta.find_undeclared_variables(tree)
        template = sandbox.from_string(text)
    except TemplateSyntaxError as problem:
        raise ValueError(f"line {problem.lineno}: {problem.message}") from None
    used = set()
    for name, line in _names(tree, free):
        known = _known(name, names)
        if known is None:
            raise _unknown(name, f"line {line}", names)
        used.add(known)

    def render(values: Values) -> str:
        try:
            return template.render(_context(values, used))
        except (TemplateError, ArithmeticError, TypeError, LookupError, AttributeError) as problem:
            raise ValueError(f"the template cannot be filled in: {problem}") from problem

    return render


def _names(node: nodes.Node, free: set[str]) -> Iterator[tuple[str, int]]:
    """The names a template takes from outside, as long as they can be read off, with their lines."""
    name = _dotted(node)
    if name is not None:
        if name.partition(".")[0] in free:
            yield name, node.lineno
        return
    for child in node.iter_child_nodes():
        yield from _names(child, free)


def _dotted(node: nodes.Node) -> str | None:
    from jinja2 import nodes

    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            owner, part = _dotted(node.node), node.attr
        case nodes.Getitem(arg=nodes.Const(value=str() as key)) if key.isidentifier():
            owner, part = _dotted(node.node), key
        case _:
            return None
    return f"{owner}.{part}" if owner else None


def _context(values: Values, used: set[str]) -> dict[str, object]:
    """What Jinja looks into: dotted keys become objects with attributes."""
    context: dict[str, object] = {}
    for name in sorted(used):
        *owners, last = name.split(".")
        if not owners or name not in values:
            root = name.partition(".")[0]
            if root in values:
                context.setdefault(root, values[root])
            continue
        owner: Any = context.setdefault(owners[0], SimpleNamespace())
        for part in owners[1:]:
            if not hasattr(owner, part):
                setattr(owner, part, SimpleNamespace())
            owner = getattr(owner, part)
        setattr(owner, last, values[name])
    return context
