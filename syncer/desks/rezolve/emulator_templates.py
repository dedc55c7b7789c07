"""Makes the catalogue of an emulated tenant from a seeded world: types with their fields and workflow, and offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from syncer.deskkit.world import World
from syncer.desks.rezolve.emulator_catalogue import (
    ASSIGNEE,
    CATEGORY,
    DESCRIPTION,
    DUE,
    LOCATION,
    PRIORITY,
    REQUESTER,
    RESOLUTION,
    STATUS,
    SUBJECT,
    TAGS,
    Field,
    Offer,
    Status,
    TicketType,
    Transition,
)
from syncer.desks.rezolve.emulator_switches import ALL_ROLES, Switches
from syncer.desks.rezolve.emulator_words import (
    AGENT_ROLES,
    FINAL,
    KINDS,
    MOVES,
    PRIORITIES,
    STATUSES,
    plain,
    slug,
    uuid_of,
)

FIRST_TYPE, FIRST_OFFER = 17_020, 40_112
TREE_MARK = " > "
_SHORT = 255


def statuses() -> dict[str, Status]:
    """Every status by its id; the first is where tickets begin."""
    made = [
        Status(
            id=f"st-{number}",
            key=word.key,
            name=word.name,
            category=word.category,
            initial=number == 1,
            terminal=seeded in FINAL,
        )
        for number, (seeded, word) in enumerate(STATUSES.items(), 1)
    ]
    return {one.id: one for one in made}


def kinds_of(world: World) -> dict[str, str]:
    """The prefix of each kind of ticket: those the product is delivered with, and what else the world has."""
    kinds = dict(KINDS)
    for ticket in world.tickets:
        kind = plain(ticket.kind)
        kinds.setdefault(kind, slug(kind, "").upper()[:6])
    return kinds


def ticket_type(id: str, kind: str, prefix: str, world: World, switches: Switches) -> TicketType:
    """One type; its fields have UUIDs that follow from its id, so that no other type shares them."""
    fields = _Fields(id, switches)
    fields.add(SUBJECT, "Subject", "text", required=True, max_length=switches.max_summary, searchable=True)
    fields.add(DESCRIPTION, "Description", "richtext", max_length=switches.max_text, searchable=True)
    fields.choice(PRIORITY, "Priority", _with_others(PRIORITIES, world), required=True)
    fields.choice(CATEGORY, "Category", [TREE_MARK.join(path) for path in world.categories])
    fields.choice(LOCATION, "Location", world.locations)
    fields.add(REQUESTER, "Requested For", "user")
    fields.add(ASSIGNEE, "Assigned To", "user")
    fields.add(TAGS, "Tags", "multiselect", free=True)
    fields.add(DUE, "Due Date", "date", default="")
    fields.add("originalCreated", "Original Created", "datetime", default="")
    fields.add("effort", "Effort", "number")
    fields.add("escalated", "Escalated", "checkbox", default=False)
    fields.add("externalId", "External Id", "text", max_length=_SHORT, searchable=True)
    fields.add("sourceStatus", "Source Status", "text", max_length=_SHORT)
    fields.add("transcript", "Transcript", "richtext", max_length=switches.max_text)
    fields.add(RESOLUTION, "Resolution", "textarea", max_length=switches.max_text)
    for label, options in world.custom.items():
        if options:
            fields.choice(f"custom_{slug(label, '_')}", label, options)
        else:
            fields.add(f"custom_{slug(label, '_')}", label, "text", max_length=_SHORT, searchable=True)
    known = statuses()
    if switches.status_field:
        fields.add(STATUS, "Status", "dropdown", options={one.id: one.name for one in known.values()})
    return TicketType(
        id=id,
        name=kind.title(),
        prefix=prefix,
        fields=fields.made,
        statuses=known,
        transitions=_transitions(known, fields.id_of),
        create_roles=AGENT_ROLES if kind == "change" else ALL_ROLES,
    )


def offers(types: Iterable[TicketType], team: str) -> list[Offer]:
    """A plain offer for each type, then of the first type those one must not take by accident (contract 9.7)."""
    types = list(types)
    made = [_offer(number, f"{one.name}, plain", one, team) for number, one in enumerate(types)]
    traps: list[tuple[str, dict[str, Any]]] = [
        ("with approval", {"approval": True}),
        ("inactive", {"status": "inactive"}),
        ("draft", {"status": "draft"}),
        ("archived", {"status": "archived"}),
        ("for HR", {"audience": ("hr_agent",)}),
    ]
    made += [
        _offer(len(types) + number, f"{types[0].name}, {name}", types[0], team, **more)
        for number, (name, more) in enumerate(traps)
    ]
    return made


def _offer(number: int, name: str, kind: TicketType, team: str, **more: Any) -> Offer:
    return Offer(id=str(FIRST_OFFER + number), name=name, type_id=kind.id, team=team, **more)


def _with_others(known: Sequence[str], world: World) -> list[str]:
    found = dict.fromkeys(known)
    found.update(dict.fromkeys(plain(ticket.priority) for ticket in world.tickets))
    return [word.capitalize() for word in found]


def _transitions(known: dict[str, Status], field_id: Callable[[str], str]) -> tuple[Transition, ...]:
    ids = {one.key: one.id for one in known.values()}
    return tuple(
        Transition(
            id=f"tr-{number}",
            name=move.name,
            begins=tuple(ids[key] for key in move.begins),
            to=ids[move.to],
            needs=tuple(field_id(name) for name in move.needs),
            roles=move.roles,
            days=move.days,
        )
        for number, move in enumerate(MOVES, 1)
    )


class _Fields:
    """The fields of one type as they are added. Option values are no labels, and differ per type like the UUIDs."""

    def __init__(self, type_id: str, switches: Switches) -> None:
        self._type = type_id
        self._dynamic = switches.dynamic_required
        self._options = 0
        self.made: dict[str, Field] = {}

    def id_of(self, name: str) -> str:
        return uuid_of("field", self._type, name)

    def add(self, name: str, label: str, kind: str, **more: Any) -> None:
        if name == RESOLUTION and self._dynamic:
            more["required_when"] = (PRIORITY, "Critical")
        made = Field(id=self.id_of(name), name=name, label=label, kind=kind, **more)
        self.made[made.id] = made

    def choice(self, name: str, label: str, labels: Sequence[str], **more: Any) -> None:
        start = self._options + int(self._type) * 1000
        self._options += len(labels)
        options = {f"md:{start + number}": one for number, one in enumerate(labels)}
        self.add(name, label, "dropdown", options=options, **more)
