"""Ticket types: fields by UUID, options by value and label, the workflow (contract 3.7, 3.6 and 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from syncer.desks.rezolve import wire
from syncer.model.lookups import FieldForm

# How the fields that every ticket has are called; a UUID of the config comes first.
NAMES = {
    "subject": ("summary", "subject", "title", "short description"),
    "description": ("description", "details", "detailed description", "body"),
    "requester": ("requested for", "requester", "requested by", "requestedfor"),
    "assignee": ("assignee", "assigned to", "assignedto", "agent"),
    "priority": ("priority",),
    "category": ("category",),
    "created_at": ("original created", "original creation date", "original created at", "opened at"),
    "tags": ("tags", "labels"),
}
SEVERAL = frozenset(("multiselect", "multi-select", "multi_select"))
PEOPLE = frozenset(("user", "person", "agent"))
_FORMS: dict[str, FieldForm] = {
    "number": "number", "integer": "number", "decimal": "number", "checkbox": "bool", "boolean": "bool", "date": "date",
    "datetime": "datetime",
}  # fmt: skip


class FieldType(Struct, frozen=True):
    """One field of a type. `options` are (value, label)."""

    id: str
    name: str
    label: str
    kind: str
    required: bool
    options: tuple[tuple[str, str], ...] = ()
    people: bool = False

    @property
    def form(self) -> FieldForm:
        """What it holds. A list without options takes any words: text."""
        several = self.kind in SEVERAL
        if self.people:
            return "people" if several else "person"
        if self.options:
            return "choices" if several or self.kind == "checkbox" else "choice"
        return _FORMS.get(self.kind, "text")

    def value_of(self, word: str) -> str | None:
        """The option that a value or a label means, whatever its case; None where there is none."""
        by_value = next((value for value, _ in self.options if wire.same(word, value)), None)
        return by_value or next((value for value, label in self.options if wire.same(word, label)), None)

    def label_of(self, word: Any) -> str:
        """How people read an option, by its value or its label; what is none stays as it is."""
        value = self.value_of(str(word))
        return next((label for one, label in self.options if one == value), str(word))


class Status(Struct, frozen=True):
    """A status of a workflow."""

    id: str
    name: str
    key: str

    def is_called(self, word: Any) -> bool:
        """Whether that is its id, name or key."""
        return any(wire.same(word, own) for own in (self.id, self.name, self.key) if own)


class Transition(Struct, frozen=True):
    """A way from some statuses to one; `needs` are fields, `roles` those who may go it, all where empty."""

    sources: tuple[str, ...]
    target: str
    needs: tuple[str, ...]
    roles: tuple[str, ...]


class TicketType(Struct, frozen=True):
    """A ticket type as it is pulled."""

    id: str
    name: str
    fields: tuple[FieldType, ...]
    statuses: tuple[Status, ...]
    transitions: tuple[Transition, ...]
    creators: tuple[str, ...] = ()
    """Roles that may create such tickets; all where it does not tell."""
    first: str = ""
    """The status in which they begin, by its name."""

    def field(self, name: str, configured: Mapping[str, str]) -> FieldType | None:
        """The field a mapping means by this name: the configured UUID, else one that is named or labelled so."""
        if (id := configured.get(name)) is not None:
            known = next((one for one in self.fields if wire.same(one.id, id)), None)
            return known or FieldType(id, name, name, "text", False)
        for word in NAMES.get(name, (name,)):
            for one in self.fields:
                if wire.same(one.name, word) or wire.same(one.label, word):
                    return one
        return None

    def labels(self) -> dict[str, str]:
        """Label by UUID in lower case."""
        return {one.id.lower(): one.label for one in self.fields}

    def status(self, word: Any) -> Status | None:
        """The status of the workflow that is called so."""
        return next((one for one in self.statuses if one.is_called(word)), None)


def ticket_type(row: Mapping[str, Any]) -> TicketType | None:
    """A row of the list of types; None for one without an id."""
    id = wire.text(row.get("id"))
    if id is None:
        return None
    workflow = row.get("workflow")
    workflow = workflow if isinstance(workflow, dict) else {}
    statuses = list(wire.rows_at(workflow, "statuses"))
    return TicketType(
        id=id,
        name=wire.text(row.get("name")) or id,
        fields=tuple(_field(one) for one in wire.rows_at(row, "fields") if one.get("id")),
        statuses=tuple(
            Status(str(one.get("id") or ""), str(one.get("name") or ""), str(one.get("key") or "")) for one in statuses
        ),
        transitions=tuple(_transition(one) for one in wire.rows_at(workflow, "transitions")),
        creators=_words(wire.at(row, "action_permissions/create")),
        first=next((str(one.get("name") or "") for one in statuses if one.get("isInitial") is True), ""),
    )


def _field(row: Mapping[str, Any]) -> FieldType:
    id = str(row["id"])
    name = wire.text(row.get("name")) or id
    found = []
    for one in row.get("options") or () if isinstance(row.get("options"), list) else ():
        if isinstance(one, dict):
            value = wire.first(one, ("value", "id", "key", "label"))
            if value is not None:
                found.append((str(value), str(wire.first(one, ("label", "name")) or value)))
        elif one not in (None, ""):
            found.append((str(one), str(one)))
    kind = str(row.get("type") or "text").lower()
    return FieldType(
        id=id,
        name=name,
        label=wire.text(row.get("label")) or name,
        kind=kind,
        required=row.get("required") is True,
        options=tuple(found),
        people=kind in PEOPLE or wire.same(row.get("dataSource"), "users"),
    )


def _transition(row: Mapping[str, Any]) -> Transition:
    return Transition(_words(row.get("from")), str(row.get("to") or ""), _words(row.get("requiredFields")),
                      _words(row.get("allowedRoles")))  # fmt: skip


def _words(value: Any) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [] if value in (None, "") else [value]
    return tuple(word for one in several if (word := wire.text(one)) is not None)
