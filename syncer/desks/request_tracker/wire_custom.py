"""RT's custom fields: always lists of texts, whatever they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from syncer.desks.request_tracker.times import moment, stamp
from syncer.model.lookups import FieldForm, LookupValue
from syncer.model.ticket import CustomValue

_BYTES = frozenset({"Image", "Binary"})
_CHOSEN = frozenset({"Select"})


class Field(Struct, frozen=True):
    """A custom field of tickets. `single`: it holds one value at most."""

    id: str
    name: str
    type: str
    single: bool

    @property
    def form(self) -> FieldForm:
        """What it holds. Many texts are choices among any words."""
        if self.type == "Date":
            return "date"
        if self.type == "DateTime":
            return "datetime"
        if not self.single:
            return "choices"
        return "choice" if self.type in _CHOSEN else "text"

    @property
    def is_chosen(self) -> bool:
        """Whether its values come from a list that RT tells."""
        return self.type in _CHOSEN

    @property
    def takes_words(self) -> bool:
        """Whether what it holds can be written as text."""
        return self.type not in _BYTES


def field(row: Mapping[str, Any]) -> Field | None:
    """A row of the list of custom fields; None where it tells too little."""
    id, name = str(row.get("id") or ""), row.get("Name")
    if not id.isdigit() or not isinstance(name, str) or not name:
        return None
    return Field(id, name, str(row.get("Type") or ""), str(row.get("MaxValues")) == "1")


def lookup(one: Field) -> LookupValue:
    """The field as the engine knows it; one that holds files is told, and nothing is written into it."""
    return LookupValue("custom_field", one.id, one.name, active=one.takes_words, form=one.form)


def options(one: Field, row: Mapping[str, Any]) -> Iterator[LookupValue]:
    """What may be chosen in a field, from its own record. Options have no ids in RT: their words are theirs."""
    found = row.get("Values")
    for value in dict.fromkeys(map(_word, found if isinstance(found, list) else ())):
        if value:
            yield LookupValue("custom_option", f"{one.id}/{value}", value, parent=one.id)


def _word(value: Any) -> str:
    named = value.get("name") if isinstance(value, dict) else value
    return named if isinstance(named, str) else ""


def option_word(id: str, field: str) -> str:
    """The word of an option; any other text is its own."""
    return id.removeprefix(f"{field}/")


def held(row: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Id, name and values of each custom field of a ticket; of files, their names."""
    found = row.get("CustomFields")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and one.get("id"):
            values = one.get("values")
            words = [_shown(value) for value in values] if isinstance(values, list) else []
            yield str(one["id"]), str(one.get("name") or ""), [word for word in words if word]


def by_id(row: Mapping[str, Any]) -> dict[str, list[str]]:
    """What each custom field of a ticket holds."""
    return {id: values for id, _, values in held(row)}


def _shown(value: Any) -> str:
    """A value as text; a file by its name."""
    if isinstance(value, dict):
        return str(value.get("filename") or "")
    return "" if value is None else str(value)


def words(row: Mapping[str, Any], name: str) -> list[str]:
    """What a ticket holds in the fields of this name."""
    return [word for _, called, values in held(row) if called == name for word in values]


def custom(row: Mapping[str, Any], fields: Mapping[str, Field], own: Collection[str]) -> dict[str, CustomValue]:
    """What somebody entered, by the id of the field, but for syncer's own ones."""
    found = {id: read(fields.get(id), values) for id, name, values in held(row) if name not in own and values}
    return {id: value for id, value in found.items() if value is not None}


def read(field: Field | None, values: list[str]) -> CustomValue | None:
    """The values of a field as what they are; of an unknown field, as words."""
    form = field.form if field is not None else "choices" if len(values) > 1 else "text"
    if form in {"date", "datetime"} and len(values) == 1:
        return _when(form, values[0])
    if form in {"choice", "choices"} or len(values) > 1:
        return tuple(values)
    return values[0] if values else None


def _when(form: FieldForm, value: str) -> CustomValue | None:
    if form == "datetime":
        return moment(value) or (None if value.startswith("1970-01-01T00:00:00") else value)
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return value


def told(field: str, value: CustomValue) -> str | list[str]:
    """A value as RT takes it."""
    match value:
        case tuple():
            return [option_word(word, field) for word in value]
        case bool():
            return "yes" if value else "no"
        case datetime():
            return stamp(value)
        case date():
            return value.isoformat()
        case float():
            return str(int(value)) if value.is_integer() else str(value)
    return option_word(str(value), field)
