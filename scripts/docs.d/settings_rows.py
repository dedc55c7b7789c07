"""The settings of a pydantic model as rows of a table, by way of its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel


class Row(NamedTuple):
    """One setting. `when` says for which choice it counts."""

    key: str
    takes: str
    default: str
    text: str
    secret: bool = False
    when: str = ""


def rows(model: type[BaseModel], prefix: str = "") -> list[Row]:
    """Every setting of a model, those of nested models as `a.b`."""
    schema = model.model_json_schema(by_alias=True)
    return list(_object(schema, schema.get("$defs", {}), prefix, ""))


def table(found: list[Row], head: str = "Setting") -> str:
    """Rows as a table."""
    lines = [f"| {head} | What it is | Takes | Default |", "|---|---|---|---|"]
    for row in found:
        text = " ".join(part for part in (row.when, row.text, "**A secret.**" if row.secret else "") if part)
        lines.append(f"| `{row.key}` | {_cell(text)} | {_cell(row.takes)} | {_cell(row.default)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _object(schema: dict[str, Any], defs: dict[str, Any], prefix: str, when: str) -> Iterator[Row]:
    required = schema.get("required", [])
    for name, one in schema.get("properties", {}).items():
        if name == "kind" and when:
            continue  # said by `when`
        yield from _setting(prefix + name, one, defs, when, needed=name in required)


def _setting(key: str, one: dict[str, Any], defs: dict[str, Any], when: str, *, needed: bool) -> Iterator[Row]:
    forms = [_followed(form, defs) for form in one.get("oneOf") or one.get("anyOf") or [one]]
    objects = [form for form in forms if form.get("properties")]
    if not objects:
        yield _leaf(key, one, forms, when, needed=needed)
        return
    text = one.get("description", "")
    if len(objects) > 1:
        kinds = " or ".join(f"`{form['properties']['kind']['const']}`" for form in objects)
        yield Row(f"{key}.kind", kinds, _default(one, needed=needed), text)
    elif text:
        yield Row(key, "a block", _default(one, needed=needed), text, when=when)
    for form in objects:
        kind = form["properties"].get("kind", {}).get("const")
        choice = f"With `kind: {kind}`:" if len(objects) > 1 else when
        yield from _object(form, defs, f"{key}.", choice)


def _leaf(key: str, one: dict[str, Any], forms: list[dict[str, Any]], when: str, *, needed: bool) -> Row:
    takes = " or ".join(dict.fromkeys(words for form in forms if (words := _takes(form))))
    secret = any(form.get("format") == "password" for form in forms)
    text = one.get("description") or next((form["description"] for form in forms if "description" in form), "")
    return Row(key, takes, _default(one, needed=needed), " ".join(text.split()), secret, when)


def _followed(form: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in form:
        form = defs[form["$ref"].rsplit("/", 1)[-1]]
    return form


def _takes(form: dict[str, Any]) -> str:
    if "const" in form:
        return f"`{form['const']}`"
    if "enum" in form:
        return " or ".join(f"`{word}`" for word in form["enum"])
    kind = form.get("type", "")
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`",
             "array": "list", "object": "map", "null": ""}.get(kind, "")  # fmt: skip
    if form.get("format") in ("path", "percent"):
        words = form["format"]
    limits = [
        said.format(form[name])
        for name, said in (("minimum", "from {}"), ("exclusiveMinimum", "above {}"), ("maximum", "to {}"))
        if name in form
    ]
    return " ".join([words, *limits]).strip()


def _default(one: dict[str, Any], *, needed: bool) -> str:
    if needed:
        return "must be set"
    value = one.get("default")
    if value is None or value in ({}, []):
        return "none"
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"
