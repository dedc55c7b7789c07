"""What the tenant's lists hold, and which entry a word in a ticket means (contract 3.9 and 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from syncer.desks.rezolve import wire
from syncer.desks.rezolve.ticket_types import FieldType, TicketType
from syncer.model.lookups import LookupValue, StatusClass

PATH_MARK = " > "
"""Between the parts of a category in an option of its field."""
OWN_WORDS = ("",)
_PENDING = ("pending", "hold", "wait")
_CLOSED = ("closed", "cancel", "reject")
_RESOLVED = ("resolved", "done", "solved", "fulfilled", "completed")


class Known(Struct, frozen=True):
    """Every list, and for each kind the entry's id by its id, key and name in lower case."""

    types: dict[str, TicketType]
    index: dict[tuple[str, str], LookupValue]
    words: dict[str, dict[str, str]]

    def id(self, kind: str, word: Any) -> str | None:
        """The id of the entry that is called so; the word itself where no entry is, for a person to decide about."""
        text = wire.text(word)
        return None if text is None else self.words.get(kind, {}).get(text.strip().casefold(), text)

    def value(self, kind: str, id: str) -> LookupValue | None:
        """An entry."""
        return self.index.get((kind, id))

    def of(self, kind: str) -> list[LookupValue]:
        """All entries of a list."""
        return [one for one in self.index.values() if one.kind == kind]

    def person(self, word: Any) -> str | None:
        """The id of somebody a ticket names by id, user name or e-mail, alone or in an object."""
        told = [word.get(key) for key in ("id", "email", "username")] if isinstance(word, dict) else [word]
        words = [str(one).strip() for one in told if one not in (None, "") and not isinstance(one, list | dict)]
        people = self.words.get("person", {})
        found = (people[one.casefold()] for one in words if one.casefold() in people)
        return next(found, words[0] if words else None)


def known(types: dict[str, TicketType], meta: Any, offers: Any, queues: Any, people: Any) -> Known:
    """All lists, from their answers."""
    words: dict[str, dict[str, str]] = {}
    index: dict[tuple[str, str], LookupValue] = {}
    doubtful: set[tuple[str, str]] = set()
    entries = (
        *_statuses(meta, types),
        *_named("priority", wire.rows_at(meta, "data/priorities", "priorities")),
        *_categories(wire.rows_at(meta, "data/categories", "categories")),
        *_named("group", wire.rows_at(meta, "data/teams", "teams"), id_key="key"),
        *((LookupValue(kind="type", id=one.id, name=one.name), ()) for one in types.values()),
        *_named("offer", wire.rows_at(offers, "data/offers", "offers")),
        *_named("queue", wire.rows_at(queues, "data/queues", "data", "queues")),
        *((person(row), ()) for row in people if row.get("id")),
    )
    for value, more in (*entries, *_of_fields(types)):
        called = words.setdefault(value.kind, {})
        if (value.kind, value.id) in index:
            continue  # the same entry once more
        if more == OWN_WORDS and value.id.strip().casefold() in called:
            continue  # an option that means an entry of the tenant's list
        index[value.kind, value.id] = value
        for word in _called(value, more):
            if called.setdefault(word, value.id) != value.id:
                doubtful.add((value.kind, word))
    for kind, word in doubtful:  # of two that are called so none is guessed
        del words[kind][word]
    for kind, id in index:
        words[kind][id.strip().casefold()] = id
    index |= {(value.kind, value.id): value for value in _fields(types.values())}
    return Known(types, index, words)


def _called(value: LookupValue, more: tuple[str, ...]) -> set[str]:
    """How an entry is called; people by what is theirs alone, not by their names."""
    names = [value.email, value.username] if value.kind == "person" else [value.name, *map(_joined, (value.path,))]
    return {word.strip().casefold() for word in (value.id, *more, *names) if word}


def _joined(path: tuple[str, ...]) -> str:
    return PATH_MARK.join(path)


def words_of(value: LookupValue) -> list[str]:
    """What an option may be called that means this entry, the most exact first."""
    return [word for word in dict.fromkeys((_joined(value.path), value.name, value.id)) if word]


def _of_fields(types: Mapping[str, TicketType]) -> Iterator[Entry]:
    """Options of priority and category that the tenant's own lists do not have."""
    for one in types.values():
        for kind in ("priority", "category"):
            field = one.field(kind, {})
            for _, label in field.options if field is not None else ():
                yield LookupValue(kind=kind, id=label, name=label), OWN_WORDS


Entry = tuple[LookupValue, tuple[str, ...]]
"""A value and what else it is called."""


def _named(kind: str, rows: Iterable[Mapping[str, Any]], id_key: str = "id") -> Iterator[Entry]:
    for row in rows:
        id = wire.text(wire.first(row, (id_key, "id", "key")))
        if id is not None:
            active = str(row.get("status") or "active").lower() == "active"
            more = tuple(str(row[key]) for key in ("id", "key") if row.get(key))
            yield LookupValue(kind=kind, id=id, name=wire.text(row.get("name")) or id, active=active), more


def _statuses(meta: Any, types: Mapping[str, TicketType]) -> Iterator[Entry]:
    names = set()
    for row in wire.rows_at(meta, "data/statuses", "statuses"):
        id = wire.text(wire.first(row, ("id", "key")))
        if id is None:
            continue
        name = wire.text(row.get("name")) or id
        names |= {name.casefold(), str(row.get("key") or name).casefold()}
        told = status_class(name, wire.text(row.get("category")), ends=row.get("isTerminal") is True)
        yield LookupValue(kind="status", id=id, name=name, status_class=told), tuple(filter(None, (row.get("key"),)))
    for one in types.values():  # custom statuses of a type need not be among the tenant's
        for status in one.statuses:
            if status.name and status.name.casefold() not in names and status.key.casefold() not in names:
                names.add(status.name.casefold())
                told = status_class(status.name, None, ends=False)
                yield LookupValue(kind="status", id=status.name, name=status.name, status_class=told), ()


def status_class(name: str, category: str | None, *, ends: bool) -> StatusClass:
    """What a status means: its name is more exact than its category."""
    low = name.casefold()
    if any(word in low for word in _CLOSED):
        return StatusClass.CLOSED
    if any(word in low for word in _RESOLVED):
        return StatusClass.RESOLVED
    if any(word in low for word in _PENDING):
        return StatusClass.PENDING
    if ends or (category or "").casefold().startswith("done"):
        return StatusClass.CLOSED
    return StatusClass.OPEN


def _categories(
    rows: Iterable[Mapping[str, Any]], above: tuple[str, ...] = (), parent: str | None = None
) -> Iterator[Entry]:
    for row in rows:
        id = wire.text(wire.first(row, ("id", "key")))
        if id is None:
            continue
        name = wire.text(row.get("name")) or id
        path = (*above, name)
        more = (str(row["key"]),) if row.get("key") else ()
        yield LookupValue(kind="category", id=id, name=name, path=path, parent=parent), more
        yield from _categories(wire.rows_at(row, "subcategories"), path, id)


def person(row: Mapping[str, Any]) -> LookupValue:
    """A user; one that is not active is kept, for tickets may name him."""
    name = " ".join(str(row[key]) for key in ("firstName", "lastName") if row.get(key))
    return LookupValue(
        kind="person",
        id=str(row["id"]),
        name=name or str(row.get("name") or row.get("username") or row["id"]),
        email=row.get("email") or None,
        username=row.get("username") or None,
        active=str(row.get("status") or "active").lower() == "active",
    )


def _fields(types: Iterable[TicketType]) -> Iterator[LookupValue]:
    """Fields by UUID, which no two types share, and what may be chosen in them."""
    for one in types:
        for field in one.fields:
            yield LookupValue(
                kind="custom_field", id=field.id, name=field.label, path=(one.name, field.label), parent=one.id,
                form=field.form,
            )  # fmt: skip
            for value, label in field.options:
                yield LookupValue(
                    kind="custom_option", id=option_id(field, value), name=label, path=(field.label, label),
                    parent=field.id,
                )  # fmt: skip


def option_id(field: FieldType, value: str) -> str:
    """An option among those of all fields."""
    return f"{field.id}/{value}"
