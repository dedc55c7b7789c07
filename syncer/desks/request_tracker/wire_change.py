"""What RT is told of a ticket that is there, by the names of a draft; people, owner and status apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct

from syncer.desks.request_tracker import times, wire, wire_custom, wire_out
from syncer.desks.request_tracker.wire_custom import Field
from syncer.desks.request_tracker.wire_out import Place
from syncer.model.draft import Draft

APART = frozenset({"requester", "cc", "assignee", "status", "closed_at"})
_CUSTOM = "custom."
Value = str | list[str]


class Asked(Struct):
    """Columns by their names in a draft, custom fields by their ids, and what no call changes."""

    columns: dict[str, tuple[str, str]] = {}
    custom: dict[str, tuple[str, Value]] = {}
    never: list[str] = []

    def unlike(self, row: Mapping[str, Any]) -> list[str]:
        """The names of which a ticket shows something else."""
        found = [name for name, (key, value) in self.columns.items() if not _is_kept(row, key, value)]
        there = wire_custom.by_id(row)
        return found + [name for id, (name, value) in self.custom.items() if not _holds(value, there.get(id, []))]

    def told(self, names: Collection[str], fields: Mapping[str, Field]) -> dict[str, Any]:
        """PUT ticket of these. A list without anything empties a field of many values, null one of a single value."""
        made: dict[str, Any] = {key: value for name, (key, value) in self.columns.items() if name in names}
        custom = {
            id: value or (None if id not in fields or fields[id].single else [])
            for id, (name, value) in self.custom.items()
            if name in names
        }
        return {**made, "CustomFields": custom} if custom else made

    def shifted(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Moments that came out in another time zone, as they must be written."""
        there = wire_custom.by_id(row)
        moved = {id: wire_out.shifted(value, there.get(id, [])) for id, (_, value) in self.custom.items()}
        return {id: to for id, to in moved.items() if to is not None and not _holds(self.custom[id][1], there[id])}


def asked(draft: Draft, names: Collection[str], place: Place) -> Asked:
    """What these names are to be. The first words of a ticket are part of its history, which nobody changes."""
    made = Asked()
    columns = {
        "title": ("Subject", draft.title),
        "queue": ("Queue", place.queue),
        "priority": ("Priority", draft.fields.get("priority") or "0"),
    }
    created = wire_out.moment(draft.fields.get("created_at"))
    own: dict[str, tuple[str | None, Value]] = {
        "tags": (place.tags, list(draft.tags)),
        "created_at": (place.created, times.stamp(created) if created else ""),
    }
    for name in names:
        field, value = own.get(name, (None, ""))
        if name.startswith(_CUSTOM):
            field = name.removeprefix(_CUSTOM)
            value = wire_custom.told(field, draft.custom[field]) if field in draft.custom else ""
        if field is not None:
            made.custom[field] = (name, value)
        elif name in columns and (name != "queue" or draft.fields.get("queue")):
            made.columns[name] = columns[name]
        elif name not in APART:
            made.never.append(name)
    return made


def _is_kept(row: Mapping[str, Any], key: str, value: str) -> bool:
    if key == "Queue":
        return wire.queue(row) == value
    if key == "Priority":
        return wire.number(row.get(key)) == wire.number(value)
    return " ".join(wire.text(row.get(key)).split()) == " ".join(value.split())


def _holds(value: Value, there: list[str]) -> bool:
    wanted = [value] if isinstance(value, str) else value
    return wire_out.same([one for one in wanted if one], there)


# --- people


def roles(row: Mapping[str, Any], draft: Draft, name: str) -> dict[str, list[str]]:
    """PUT ticket of who asks, or of who is told; nothing where a ticket shows it. Whoever else asks stays."""
    if is_told(row, draft, name):
        return {}
    asking = wire.logins(row.get("Requestor"))
    if name == "requester":
        return {"Requestor": [*_named(draft.fields.get("requester")), *asking[1:]]}
    others = _folded([*asking[1:], *wire.logins(row.get("AdminCc"))])
    return {"Cc": [one for one in draft.cc if can_be_told(one) and one.casefold() not in others]}


def is_told(row: Mapping[str, Any], draft: Draft, name: str) -> bool:
    """Whether a ticket shows them: the first who asks, or all others."""
    asking = wire.logins(row.get("Requestor"))
    if name == "requester":
        return _folded(asking[:1]) == _folded(filter(None, [draft.fields.get("requester")]))
    told = [*asking[1:], *wire.logins(row.get("Cc")), *wire.logins(row.get("AdminCc"))]
    return _folded(told) == _folded(draft.cc)


def is_owned(row: Mapping[str, Any], owner: str) -> bool:
    """Whether this is who works on it; Nobody is nobody."""
    return (wire.login(row.get("Owner")) or wire.NOBODY).casefold() == owner.casefold()


def can_be_told(name: str) -> bool:
    """RT takes a name of digits for the number of somebody else, and one that begins so for a group."""
    return not name.isdigit() and not name.lower().startswith("group:")


def _named(name: str | None) -> list[str]:
    return [name] if name and can_be_told(name) else []


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}
