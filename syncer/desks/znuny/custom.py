"""Znuny's dynamic fields, known by name; what each holds only the settings tell, else the shape of a value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncer.desks.znuny import times
from syncer.desks.znuny.config import DynamicField, ZnunyConfig
from syncer.errors import Rejected
from syncer.model.lookups import LookupValue
from syncer.model.ticket import CustomValue

LONGEST = 3800
"""Characters a dynamic field holds; more than that breaks a create in the middle."""
_INTERNAL = "ProcessManagement"
Told = str | list[str]


def held(row: dict[str, Any]) -> dict[str, Any]:
    """Name -> value of each dynamic field of a ticket that has one."""
    found = row.get("DynamicField")
    pairs = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return {str(one.get("Name")): one["Value"] for one in pairs if one.get("Value") not in (None, "", [])}


class DynamicFields:
    """Reads and tells what dynamic fields hold."""

    def __init__(self, config: ZnunyConfig) -> None:
        self._marker = config.marker_field
        self._fields = config.lists.dynamic_fields
        self._zone = ZoneInfo(config.timezone)

    def of(self, row: dict[str, Any]) -> dict[str, CustomValue]:
        """What a ticket holds, by name, but for syncer's marker and Znuny's own."""
        read = {name: self._read(name, value) for name, value in held(row).items() if self._is_peoples(name)}
        return {name: value for name, value in read.items() if value is not None}

    def _is_peoples(self, name: str) -> bool:
        return name != self._marker and not name.startswith(_INTERNAL)

    def listed(self) -> Iterator[LookupValue]:
        """The fields that the settings tell, and what may be chosen in each."""
        for name, field in self._fields.items():
            if self._is_peoples(name):
                title = field.label or name
                yield LookupValue("custom_field", name, title, form=field.form)
                for key, label in field.options.items():
                    yield LookupValue("custom_option", f"{name}/{key}", label, path=(title, label), parent=name)

    def met(self, row: dict[str, Any]) -> Iterator[LookupValue]:
        """The fields that a ticket shows besides."""
        for name, value in held(row).items():
            if name not in self._fields and self._is_peoples(name):
                yield LookupValue("custom_field", name, name, form="choices" if isinstance(value, list) else "text")

    def _read(self, name: str, value: Any) -> CustomValue | None:
        field = self._fields.get(name)
        words = tuple(str(one) for one in value) if isinstance(value, list) else (str(value),)
        if field is None:
            return words if isinstance(value, list) else words[0]
        match field.form:
            case "choice" | "choices":
                return tuple(field.options.get(word, word) for word in words)
            case "bool":
                return words[0] not in ("0", "")
            case "date":
                return times.day(words[0]) or words[0]
            case "datetime":
                return times.moment(words[0], self._zone) or words[0]
            case "number":
                return _number(words[0])
        return ", ".join(words)

    def told(self, name: str, value: CustomValue) -> Told:
        """A value as it is written; choices by the ids of `custom_option`. Raises Rejected for what has no room."""
        field = self._fields.get(name, DynamicField())
        words = list(value) if isinstance(value, tuple) else [self._word(value, day=field.form == "date")]
        if field.form in {"choice", "choices"}:
            words = [word.removeprefix(f"{name}/") for word in words]
        made: Told = words if field.form == "choices" else ", ".join(words)
        if any(len(word) > LONGEST for word in ([made] if isinstance(made, str) else made)):
            raise Rejected(f"dynamic field {name}: over {LONGEST} characters", reason="refused", field=name)
        return made

    def _word(self, value: str | float | date, *, day: bool) -> str:
        match value:
            case bool():
                return str(int(value))
            case datetime():
                aware = value if value.tzinfo else value.replace(tzinfo=UTC)
                return f"{aware.date()} 00:00:00" if day else times.told(aware, self._zone)
            case date():
                return f"{value} 00:00:00"
            case float():
                return str(int(value) if value.is_integer() else value)
        return str(value).strip()

    def is_kept(self, row: dict[str, Any], name: str, value: CustomValue) -> bool:
        """Whether a ticket holds what was drafted."""
        there = held(row).get(name)
        try:
            wanted = self.told(name, value)
        except Rejected:
            return False
        return _each(there) == _each(wanted)


def _each(value: Any) -> list[str]:
    if value in (None, "", []):
        return []
    return sorted(map(str, value)) if isinstance(value, list) else [str(value)]


def _number(word: str) -> CustomValue:
    try:
        found = float(word)
    except ValueError:
        return word
    return int(found) if found.is_integer() else found
