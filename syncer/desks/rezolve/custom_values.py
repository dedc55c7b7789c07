"""Values of fields that have no place of their own in a ticket, both ways (contract 3.9 and 7)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from syncer.desks.rezolve import wire
from syncer.desks.rezolve.config import PeopleAs
from syncer.desks.rezolve.known import Known
from syncer.desks.rezolve.ticket_types import SEVERAL, FieldType, TicketType
from syncer.errors import Rejected
from syncer.model.lookups import LookupValue
from syncer.model.ticket import CustomValue

_YES, _NO = frozenset(("true", "yes", "1", "on")), frozenset(("false", "no", "0", "off"))


def read(value: Any, field: FieldType | None, known: Known) -> CustomValue | None:
    """What stands in a field: choices as people read them, people by id; None where there is nothing."""
    if value in (None, "", [], {}):
        return None
    if field is not None:
        match field.form:
            case "person" | "people":
                return _people(value, known)
            case "choice" | "choices":
                return tuple(field.label_of(_word(one)) for one in _each(value)) or None
            case "bool":
                return _flag(value)
            case "number":
                return number(value)
            case "date" | "datetime" as form:
                return _time(value, form)
            case "text":
                pass
    if isinstance(value, list):
        return tuple(_word(one) for one in value)
    return value if isinstance(value, bool | int | float) else _word(value)


def told(value: CustomValue, field: FieldType, known: Known, people_as: PeopleAs) -> Any:
    """A draft's value as this field takes it; choices by the ids of `custom_option`, which may be another type's.

    Raises Rejected where it has no such option.
    """
    match field.form:
        case "person" | "people" as form:
            names = [person(known.value("person", word), word, people_as) for word in _words(value)]
            return names if form == "people" else names[0]
        case "choice" | "choices" as form:
            options = [_option(word, field, known) for word in _words(value)]
            return options if form == "choices" else options[0]
        case "number":
            return number(value)
        case "bool":
            return _flag(value)
        case "date" | "datetime":
            return _stamp(value)
        case "text":
            pass
    words = _words(value)
    if field.kind in SEVERAL:
        return words if isinstance(value, tuple) else several(words[0])
    return ", ".join(words)


def twin(id: str, kind: TicketType, known: Known) -> FieldType | None:
    """The field of this type that a UUID means: it, or the one that is called as it is on another type."""
    own = next((one for one in kind.fields if wire.same(one.id, id)), None)
    if own is not None:
        return own
    other = next((one for each in known.types.values() for one in each.fields if wire.same(one.id, id)), None)
    if other is None:
        return None
    alike = (one for one in kind.fields if wire.same(one.name, other.name) and wire.same(one.label, other.label))
    return next((one for one in alike if one.form == other.form), None)


def person(one: LookupValue | None, id: str, people_as: PeopleAs) -> str:
    """Somebody as user fields take them; by another name of his where he has none of that kind."""
    if one is None or people_as == "id":
        return id
    first, second = (one.email, one.username) if people_as == "email" else (one.username, one.email)
    return first or second or id


def number(value: Any) -> int | float | str:
    """A number; what is none stays as it is, for the desk to say what it thinks of it."""
    if isinstance(value, int | float):
        return value
    try:
        found = float(_word(value))
    except ValueError:
        return _word(value)
    return int(found) if found.is_integer() else found


def several(value: str) -> list[str]:
    """The words of a list that was written as one text."""
    return [word for one in value.replace(";", ",").replace("\n", ",").split(",") if (word := one.strip())]


def flag(value: Any) -> bool:
    """Yes or no; what is neither is no."""
    return _flag(value) is True


def no_option(word: str, field: FieldType) -> Rejected:
    """Why a value cannot be chosen in a field."""
    some = ", ".join(label for _, label in field.options[:10])
    return Rejected(
        f"{field.label} has no option {word!r}; it has {some}",
        reason="refused",
        field=field.label,
        hint="Map the value to one of these options, or add the option there.",
    )


def _option(word: str, field: FieldType, known: Known) -> str:
    """The value of an option. An option of another type's field is that of the same label here."""
    entry = known.value("custom_option", word)
    if entry is not None and wire.same(entry.parent, field.id):
        return entry.id.partition("/")[2]
    name = entry.name if entry is not None else word
    found = field.value_of(name)
    if found is None:
        raise no_option(name, field)
    return found


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _word(value: Any) -> str:
    return wire.text(value) or str(value)


def _people(value: Any, known: Known) -> CustomValue | None:
    ids = tuple(id for one in _each(value) if (id := known.person(one)) is not None)
    return ids or None if isinstance(value, list) else next(iter(ids), None)


def _flag(value: Any) -> bool | str:
    word = str(value).strip().casefold()
    return True if word in _YES else False if word in _NO else _word(value)


def _time(value: Any, form: str) -> CustomValue:
    at = wire.moment(value)
    if at is None:
        return _word(value)
    return at.date() if form == "date" else at


def _stamp(value: CustomValue) -> CustomValue:
    """A day or a moment as the desk writes it; what is neither stays as it is."""
    if isinstance(value, datetime):
        return wire.stamp(value if value.tzinfo is not None else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return wire.stamp(datetime(value.year, value.month, value.day, tzinfo=UTC))
    at = wire.moment(value)
    return wire.stamp(at) if at is not None else value


def _words(value: CustomValue) -> list[str]:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(_stamp(value)) if isinstance(value, date) else str(value)]
