"""YAML files with the line of each key, so that a mistake can be pointed at."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from syncer.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


MEND = "Mend it, then: syncer config check"


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError as e:
        raise ConfigError(f"{path}: no such file", hint="Make one with: syncer init") from e
    except IsADirectoryError as e:
        raise ConfigError(
            f"{path}: is a folder, not a file", hint=f"Name the file in it: {path / 'syncer.yaml'}"
        ) from e
    except OSError as e:
        raise ConfigError(
            f"{path}: cannot be read: {e.strerror}", hint="May this user read it, and is it a file?"
        ) from e
    except UnicodeDecodeError as e:
        line = e.object[: e.start].count(b"\n") + 1
        raise ConfigError(
            f"{path}:{line}: not UTF-8: byte {e.object[e.start]:#x}", hint="Save it as UTF-8 text."
        ) from e


class Document:
    """A parsed YAML file: its data, and where in the file each part of it stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = _text(path)
        if not text.strip():
            raise ConfigError(f"{path}: there is nothing in it", hint="Make one with: syncer init")
        try:
            loader = Loader(text)
            self._root = loader.get_single_node()
            self.data: Any = loader.construct_document(self._root) if self._root else {}
        except yaml.YAMLError as e:
            mark = getattr(e, "problem_mark", None)
            line = f":{mark.line + 1}" if mark else ""
            problem = getattr(e, "problem", None) or str(e)
            raise ConfigError(f"{path}{line}: not valid YAML: {problem}", hint=MEND) from e
        if not isinstance(self.data, dict):
            raise ConfigError(f"{path}:1: must be a map of keys to values", hint=MEND)

    def line(self, place: Sequence[str | int]) -> int:
        """The line of the deepest part of `place` that the file has."""
        node, line = self._root, 1
        for step in place:
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(step):
                        node, line = value, key.start_mark.line + 1
                        break
                else:
                    continue  # a model's own step, such as the kind of a union
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
        return line

    def shown(self, place: Sequence[str | int]) -> tuple[str | int, ...]:
        """`place` without a model's own steps, such as the kind of a union: as a person would name it."""
        node, kept = self._root, list[str | int]()
        for number, step in enumerate(place):
            below = dict(_children(node)).get(str(step))
            if below is not None or number == len(place) - 1 or not isinstance(node, yaml.MappingNode):
                kept.append(step)
                node = below
        return tuple(kept)

    def where(self, place: Sequence[str | int]) -> str:
        """`file:line: key.key`."""
        return f"{self.path}:{self.line(place)}: {'.'.join(map(str, place)) or 'file'}"

    def problems(
        self,
        error: ValidationError,
        model: type[BaseModel],
        within: tuple[str | int, ...] = (),
        missing: Callable[[tuple[str | int, ...]], str] = lambda place: "is missing",
    ) -> list[str]:
        """Each mistake pydantic found, in a sentence with its place; `missing` says it of a key that is not there."""
        found = []
        for e in error.errors(include_url=False, include_context=True, include_input=False):
            loc = tuple(step for step in e["loc"] if not str(step).startswith("function-"))
            place = self.shown((*within, *loc))
            text = e["msg"].removeprefix("Value error, ")
            if e["type"] == "extra_forbidden":
                text = "unknown key" + _did_you_mean(str(loc[-1]), _names(model, loc[:-1]))
            elif e["type"] == "missing":
                text = missing(place)
            found.append(f"{self.where(place)}: {text}")
        return found


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from ((str(number), value) for number, value in enumerate(node.value))


def _names(model: type[BaseModel], loc: Sequence[Any]) -> list[str]:
    """The keys a model has; for nested ones the search is by every model named on the way."""
    names: set[str] = set()
    todo: list[Any] = [model]
    passed: set[Any] = set()
    while todo:
        one = todo.pop()
        if one in passed:
            continue
        passed.add(one)
        for name, field in getattr(one, "model_fields", {}).items():
            names.add(field.alias or name)
            todo += [t for t in _types(field.annotation) if hasattr(t, "model_fields")]
    return sorted(names)


def _types(annotation: Any) -> list[Any]:
    args = getattr(annotation, "__args__", ())
    return [annotation] + [t for a in args for t in _types(a)]


def _did_you_mean(word: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, names, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`, map by map."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return result
