"""The first config block of a desk, made by asking its model what it must know."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
from msgspec import Struct
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from syncer.deskkit import registry
from syncer.deskkit.contract import Capabilities

_WIDTH = 100
_SAID = {"missing": "is missing", "extra_forbidden": "no such key"}
_NUMBER = re.compile(r"0|[1-9]\d*(\.\d*[1-9])?", re.ASCII)
_NAME = re.compile(r"[a-z0-9_]+")
_WORDS_OF_YAML = frozenset("yes no on off true false null y n".split())


class Question(Struct, frozen=True):
    """A key of the block that has no default, `a.b` where nested."""

    key: str
    text: str
    secret: bool = False
    choices: tuple[str, ...] = ()


class DeskDraft(Struct):
    """A block in the making; `answers` by key. Secrets are never among them."""

    name: str
    kind: str
    answers: dict[str, str]

    @property
    def model(self) -> type[BaseModel]:
        """The block's model."""
        return registry.spec(self.kind).config()

    def questions(self) -> list[Question]:
        """What must be known, by the answers so far: a choice brings up questions of its own."""
        return list(_questions(self.model, self.answers, ""))

    def secrets(self) -> dict[str, str]:
        """The secrets it needs: key -> environment variable."""
        return {q.key: secret_name(self.name, q.key) for q in self.questions() if q.secret}

    def problems(self) -> dict[str, str]:
        """What is wrong, by key."""
        known = [*(q.key for q in self.questions() if not q.secret), *self.answers]
        found = {}
        if not _NAME.fullmatch(self.name):
            found["name"] = f"{self.name}: is made of a-z, 0-9 and _ (its secrets are named after it)"
        try:
            self.model.model_validate(self._whole())
        except ValidationError as e:
            for problem in e.errors(include_url=False, include_context=False, include_input=False):
                key = next((k for k in known if k.split(".")[-1] == problem["loc"][-1]), str(problem["loc"][-1]))
                found[key] = _SAID.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
        return found

    def capabilities(self) -> Capabilities:
        """What the desk will be able to do; to build one calls nobody."""
        return registry.spec(self.kind).open(self.model.model_validate(self._whole())).capabilities

    def lines(self) -> Iterator[str]:
        """The block as YAML: answers, the variables of secrets, and all else that could be set, commented out."""
        yield f"  {self.name}:"
        yield f"    kind: {self.kind}"
        yield from self._lines(self.model, "")

    def _whole(self) -> dict[str, Any]:
        """The block as it will be when the environment has added its secrets."""
        whole: dict[str, Any] = {"kind": self.kind, "name": self.name}
        chosen = {q.key: q.choices[0] for q in self.questions() if q.choices}
        secrets = dict.fromkeys(self.secrets(), "from the environment")
        for key, value in {**chosen, **self.answers, **secrets}.items():
            *path, last = key.split(".")
            place = whole
            for step in path:
                place = place.setdefault(step, {})
            place[last] = value
        return whole

    def _has(self, key: str) -> bool:
        return any(one.startswith(f"{key}.") for one in self.answers)

    def _below(self, key: str) -> Iterator[tuple[str, str]]:
        return (
            (one.removeprefix(f"{key}."), value) for one, value in self.answers.items() if one.startswith(f"{key}.")
        )

    def _lines(self, model: type[BaseModel], within: str) -> Iterator[str]:
        indent = "    " + "  " * within.count(".")
        for name, field in _fields(model):
            key = within + name
            if key in {"name", "kind"}:
                continue
            if name == "kind":
                yield f"{indent}kind: {_kind(model)}"
            elif (forms := _forms(field)) and (field.is_required() or self._has(key)):
                yield f"{indent}{name}:"
                yield from self._lines(_chosen(forms, self.answers.get(f"{key}.kind")), f"{key}.")
            elif field.annotation is SecretStr:
                yield f"{indent}# {name}: not here, but in the environment: {secret_name(self.name, key)}"
            elif self._has(key):  # a map whose keys are the operator's own
                yield f"{indent}{name}:"
                yield from (f"{indent}  {word(one)}: {word(value)}" for one, value in self._below(key))
            elif key in self.answers:
                yield from (f"{indent}# {line}" for line in textwrap.wrap(field.description or "", _WIDTH))
                yield f"{indent}{name}: {word(self.answers[key])}"
            elif not field.is_required():
                yield from _optional(name, field, indent)


def secret_name(desk: str, key: str) -> str:
    """The environment variable of a desk's secret."""
    return "__".join(("SYNCER_DESKS", desk, *key.split("."))).upper()


def word(value: str) -> str:
    """A text as YAML that reads as the same text, or number."""
    if _NUMBER.fullmatch(value):
        return value
    parts = value.replace("-", " ").replace("_", " ").split(" ")
    plain = value.isascii() and value[:1].isalpha() and all(part.isalnum() for part in parts)
    if plain and value.casefold() not in _WORDS_OF_YAML:
        return value
    return msgspec.json.encode(value).decode()


def _questions(model: type[BaseModel], answers: dict[str, str], within: str) -> Iterator[Question]:
    for name, field in _fields(model):
        key = within + name
        if not field.is_required():
            continue
        if forms := _forms(field):
            if len(forms) > 1:
                yield Question(f"{key}.kind", "", choices=tuple(map(_kind, forms)))
            yield from _questions(_chosen(forms, answers.get(f"{key}.kind")), answers, f"{key}.")
        else:
            yield Question(key, field.description or "", secret=field.annotation is SecretStr)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Its fields as they are called in a file."""
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def _forms(field: FieldInfo) -> list[type[BaseModel]]:
    """The models a field may hold."""
    found = (field.annotation, *get_args(field.annotation))
    return [form for form in found if isinstance(form, type) and issubclass(form, BaseModel)]


def _kind(form: type[BaseModel]) -> str:
    return str(form.model_fields["kind"].default)


def _chosen(forms: list[type[BaseModel]], kind: str | None) -> type[BaseModel]:
    return next((form for form in forms if len(forms) > 1 and _kind(form) == kind), forms[0])


def _optional(name: str, field: FieldInfo, indent: str) -> Iterator[str]:
    default = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        default = default.model_dump()
    value = "" if default is None else f" {_shown(default)}"
    # The value stays on one line, however long, so that to uncomment this line is enough.
    first, told = f"{name}:{value}", field.description or ""
    lines = textwrap.wrap(f"{first}  # {told}" if told else first, _WIDTH)
    if len(first) > _WIDTH:
        lines = [first, *textwrap.wrap(told, _WIDTH)]
    yield f"{indent}# {lines[0]}"
    yield from (f"{indent}#   {line}" for line in lines[1:])


def _shown(value: Any) -> str:
    """A default as YAML on one line, that reads back as it is."""
    if isinstance(value, str):
        return word(value) if not _NUMBER.fullmatch(value) else json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_shown(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_shown, value)) + "]"
    return json.dumps(value, default=str)
