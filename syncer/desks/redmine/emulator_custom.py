"""Values of custom fields: by the id of the field; an id nobody knows is left out without a word."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from syncer.desks.redmine.emulator_answers import Broken
from syncer.desks.redmine.emulator_params import to_number, to_text
from syncer.desks.redmine.emulator_records import Custom, Field, Issue
from syncer.desks.redmine.emulator_tables import Tables


def asked_custom(tables: Tables, asked: dict[str, Any]) -> dict[int, Any]:
    """Field id -> what is wanted in it, as it was sent. A list of fields that is none breaks the framework."""
    rows = asked.get("custom_fields")
    if isinstance(rows, str):
        raise Broken(500)
    found = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and "value" in row:
            found[to_number(row.get("id"))] = row["value"]
    values = asked.get("custom_field_values")
    if isinstance(values, dict):
        found |= {to_number(id): value for id, value in values.items()}
    return {id: value for id, value in found.items() if id in tables.fields}


def give_custom(tables: Tables, issue: Issue, asked: dict[str, Any]) -> list[str]:
    """Put them on the issue; what cannot be said of such a field at all."""
    wrong = []
    issue.custom = dict(issue.custom)
    for id, value in asked_custom(tables, asked).items():
        field = tables.fields[id]
        if isinstance(value, list) and not field.multiple:
            wrong.append(f"{field.name.capitalize()} is invalid")
            continue
        issue.custom[id] = _stored(field, value)
    return wrong


def wrong_custom(tables: Tables, old: Issue | None, new: Issue, wrong: list[str]) -> list[str]:
    """These and all else that is wrong with an issue's custom values. They are looked at when one of them changed."""
    if old is not None and old.custom == new.custom:
        return wrong
    for field in tables.fields.values():
        before = _values(old.custom.get(field.id)) if old else []
        values = _values(new.custom.get(field.id))
        if not values and field.required:
            wrong.append(f"{field.name} cannot be blank")
        said = {fault for value in values if (fault := _fault(field, value)) and value not in before}
        wrong += [f"{field.name} {fault}" for fault in sorted(said)]
    return wrong


def shown_custom(tables: Tables, issue: Issue) -> list[dict[str, Any]]:
    """All fields of an issue; one that was never filled is null, one that was emptied is an empty text."""
    rows = []
    for field in tables.fields.values():
        row: dict[str, Any] = {"id": field.id, "name": field.name}
        value = issue.custom.get(field.id)
        if field.multiple:
            row["multiple"] = True
            value = _values(value)
        rows.append(row | {"value": value})
    return rows


def echoed_custom(tables: Tables, rows: list[dict[str, Any]], asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The same right after a create: of a field with several values, one that came without a list is shown so."""
    sent = asked_custom(tables, asked)
    for row in rows:
        if row.get("multiple") and row["id"] in sent and not isinstance(sent[row["id"]], list):
            row["value"] = to_text(sent[row["id"]]) or ""
    return rows


def words_of(issue: Issue, field: Field) -> list[str]:
    """What stands in a field, without what is blank."""
    return _values(issue.custom.get(field.id))


def _stored(field: Field, value: Any) -> Custom:
    if field.multiple:
        values = value if isinstance(value, list) else [value]
        return list(dict.fromkeys(_text(one) for one in values if _text(one)))
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return to_text(value) or ""


def _values(value: Custom) -> list[str]:
    if isinstance(value, list):
        return list(value)
    return [value] if value else []


def _fault(field: Field, value: str) -> str:
    match field.format:
        case "list":
            return "" if value in field.options else "is not included in the list"
        case "int":
            return "" if re.fullmatch(r"[+-]?\d+", value) else "is not a number"
        case "date":
            return "" if _is_day(value) else "is not a valid date"
        case "string":
            return ""


def _is_day(value: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False
