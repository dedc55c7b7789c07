"""Redmine's custom fields, and those of an issue's own that other desks have as such (`due_date` ...).

Values come as text. What a field holds only administrators may ask; for others the settings say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from syncer.desks.redmine import wire
from syncer.model.lookups import FieldForm, LookupValue
from syncer.model.ticket import CustomValue

Row = dict[str, Any]
_FORMS: dict[str, FieldForm] = {
    "int": "number", "float": "number", "bool": "bool", "date": "date", "list": "choice", "enumeration": "choice",
    "user": "person",
}  # fmt: skip
_MANY: dict[FieldForm, FieldForm] = {"choice": "choices", "person": "people"}
STANDARD: dict[str, tuple[str, FieldForm]] = {
    "start_date": ("Start date", "date"),
    "due_date": ("Due date", "date"),
    "estimated_hours": ("Estimated time", "number"),
    "done_ratio": ("% Done", "number"),
    "fixed_version": ("Target version", "text"),
}
"""What every issue has besides; the version is only read, by its name."""


class Field(Struct, frozen=True):
    """A custom field of issues. `options` maps what stands in an issue to what people see."""

    id: str
    name: str
    form: FieldForm
    options: dict[str, str] = {}
    filters: bool | None = None
    """Whether it is used as a filter; None where nobody told."""


def defined(row: Row) -> Field | None:
    """A field as administrators see it; None for one that is not of issues."""
    id = wire.ident(row)
    if id is None or row.get("customized_type") != "issue":
        return None
    form = _FORMS.get(wire.text(row.get("field_format")), "text")
    if row.get("multiple") is True:
        form = _MANY.get(form, form)
    options = {
        value: wire.text(one.get("label")) or value
        for one in wire.rows(row, "possible_values")
        if (value := str(one.get("value") or ""))
    }
    return Field(id, wire.text(row.get("name")), form, options, row.get("is_filter") is True)


def met(row: Row, forms: Mapping[str, FieldForm]) -> Iterator[Field]:
    """The fields one issue shows, for accounts that may not list them; `forms` are the operator's, by name or id."""
    for one in wire.rows(row, "custom_fields"):
        if (id := wire.ident(one)) is not None:
            name = wire.text(one.get("name"))
            form = forms.get(id) or forms.get(name) or ("choices" if one.get("multiple") is True else "text")
            value = one.get("value")
            words = value if isinstance(value, list) else [value]
            chosen = {word: word for word in words if isinstance(word, str) and word}
            yield Field(id, name, form, chosen if form in {"choice", "choices"} else {})


def joined(fields: Iterable[Field]) -> dict[str, Field]:
    """Each field once, with all options that were met."""
    found: dict[str, Field] = {}
    for one in fields:
        before = found.get(one.id)
        options = one.options if before is None else before.options | one.options
        found[one.id] = Field(one.id, one.name, one.form, options, one.filters)
    return found


def listed(fields: Iterable[Field]) -> Iterator[LookupValue]:
    """Fields and their options as entries of lists."""
    for id, (name, form) in STANDARD.items():
        yield LookupValue("custom_field", id, name, form=form, active=id != "fixed_version")
    for field in fields:
        yield LookupValue("custom_field", field.id, field.name, form=field.form)
        if field.form in {"choice", "choices"}:
            for value, label in field.options.items():
                path = (field.name, label)
                yield LookupValue("custom_option", f"{field.id}/{value}", label, path=path, parent=field.id)


def held(row: Mapping[str, Any]) -> dict[str, Any]:
    """Field id -> value as it came, of an issue."""
    return {id: one.get("value") for one in wire.rows(row, "custom_fields") if (id := wire.ident(one)) is not None}


def read(row: Row, fields: Mapping[str, Field], hidden: Iterable[str]) -> dict[str, CustomValue]:
    """What somebody entered, by field; the `hidden` ones are syncer's own."""
    skipped = set(hidden)
    found = {id: _typed(raw, fields.get(id)) for id, raw in held(row).items() if id not in skipped}
    found |= {id: _standard(id, row) for id in STANDARD}
    return {id: value for id, value in found.items() if value is not None}


def _standard(id: str, row: Row) -> CustomValue | None:
    value = row.get(id)
    if id == "fixed_version":
        return wire.text(value.get("name")) or None if isinstance(value, dict) else None
    if STANDARD[id][1] == "number":
        return value if isinstance(value, int | float) and not isinstance(value, bool) and value else None
    day = _day(value) if isinstance(value, str) else None
    created = wire.moment(row.get("created_on"))
    # By default Redmine lets a new issue begin on its day.
    return None if id == "start_date" and created is not None and day == created.date() else day


def _typed(raw: Any, field: Field | None) -> CustomValue | None:
    words = raw if isinstance(raw, list) else [raw]
    told = [word if isinstance(word, str) else str(word) for word in words if word not in (None, "")]
    if not told:
        return None
    form = field.form if field is not None else "choices" if isinstance(raw, list) else "text"
    if field is not None and form in {"choice", "choices"}:
        return tuple(field.options.get(word, word) for word in told)
    if form in {"choices", "person", "people"} or len(told) > 1:
        return tuple(told)
    return _single(told[0], form)


def _single(word: str, form: FieldForm) -> CustomValue:
    if form == "bool" and word in {"0", "1"}:
        return word == "1"
    if form == "date":
        return _day(word) or word
    if form == "number":
        try:
            number = float(word)
        except ValueError:
            return word
        return int(number) if number.is_integer() else number
    return word


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def told(id: str, value: CustomValue) -> Any:
    """A value as it is written: options by what stands for them, days as such, yes as 1."""
    match value:
        case tuple():
            return [one.removeprefix(f"{id}/") for one in value]
        case bool():
            return str(int(value))
        case datetime() | date():
            return value.isoformat()[:10]
        case float() if value.is_integer():
            return str(int(value))
    return str(value).removeprefix(f"{id}/")


def is_kept(row: Mapping[str, Any], id: str, value: CustomValue) -> bool:
    """Whether an issue shows what was written."""
    wanted = told(id, value)
    there = row.get(id) if id in STANDARD else held(row).get(id)
    if isinstance(wanted, list) or isinstance(there, list):
        shown = there if isinstance(there, list) else [there]
        return sorted(map(str, shown)) == sorted(wanted if isinstance(wanted, list) else [wanted])
    return _same(there, wanted)


def is_empty(row: Mapping[str, Any], id: str) -> bool:
    """Whether an issue shows nothing there."""
    there = row.get(id) if id in STANDARD else held(row).get(id)
    return there in (None, "", 0, []) or (isinstance(there, list) and not any(there))


def _same(there: Any, wanted: str) -> bool:
    if there is None or isinstance(there, dict):
        return False
    if str(there).replace("\r\n", "\n") == wanted.replace("\r\n", "\n"):
        return True
    try:
        return float(there) == float(wanted)
    except (TypeError, ValueError):
        return False
