"""What the emulated tenant's catalogue is made of: types with fields and workflow, offers, teams, people."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from syncer.desks.rezolve.emulator_switches import ALL_ROLES

SUBJECT, DESCRIPTION, STATUS, RESOLUTION = "subject", "description", "status", "resolution"
PRIORITY, CATEGORY, LOCATION = "priority", "category", "location"
REQUESTER, ASSIGNEE, TAGS, DUE = "requestedFor", "assignedTo", "tags", "dueDate"
TEXT_KINDS = frozenset({"text", "textarea", "richtext"})


class Field(Struct, kw_only=True):
    """A field of one type; its id is a UUID that no other type has. `free` lists take values that are no option."""

    id: str
    name: str
    label: str
    kind: str
    required: bool = False
    options: dict[str, str] = field(default_factory=dict)
    default: Any = None
    max_length: int | None = None
    searchable: bool = False
    free: bool = False
    required_when: tuple[str, str] | None = None


class Status(Struct, kw_only=True, frozen=True):
    """A status of a workflow."""

    id: str
    key: str
    name: str
    category: str
    initial: bool
    terminal: bool


class Transition(Struct, kw_only=True, frozen=True):
    """An allowed change of status, by ids of statuses and fields."""

    id: str
    name: str
    begins: tuple[str, ...]
    to: str
    needs: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    days: int | None = None


class TicketType(Struct, kw_only=True):
    """A template: its fields by id, its workflow, who may create. A `retired` one only serves the tickets it has."""

    id: str
    name: str
    prefix: str
    fields: dict[str, Field]
    statuses: dict[str, Status]
    transitions: tuple[Transition, ...]
    create_roles: tuple[str, ...] = ALL_ROLES
    retired: bool = False

    def named(self, name: str) -> Field | None:
        """The field of this name; None when the type has none."""
        return next((one for one in self.fields.values() if one.name == name), None)

    @property
    def initial(self) -> str:
        """The id of the status a ticket begins in."""
        return next(one.id for one in self.statuses.values() if one.initial)


class Offer(Struct, kw_only=True):
    """A catalogue variant of a type; an empty audience is everybody."""

    id: str
    name: str
    type_id: str
    team: str
    status: str = "active"
    approval: bool = False
    audience: tuple[str, ...] = ()

    def open_to(self, roles: frozenset[str]) -> bool:
        """Whether somebody with these roles may use it."""
        return not self.audience or not roles.isdisjoint(self.audience)


class Team(Struct, kw_only=True):
    """A team by its slug, and its queue."""

    id: str
    number: int
    name: str
    key: str
    members: list[str] = field(default_factory=list)


class Person(Struct, kw_only=True):
    """Somebody who can sign in."""

    id: str
    username: str
    first: str
    last: str
    email: str
    agent: bool = False
    active: bool = True
    deleted: bool = False
    roles: tuple[str, ...] = ("ticket_user",)
    teams: list[str] = field(default_factory=list)
