"""Pure: what stands in the way of writing, and what a person should know before (contract 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncer.desks.rezolve import wire
from syncer.desks.rezolve.config import RezolveConfig, TypeConfig
from syncer.desks.rezolve.known import Known
from syncer.desks.rezolve.ticket_types import NAMES, TicketType

_TYPE_KEYS = ("item_type", "itemType", "itemTypeId", "template_id")


def missing(config: RezolveConfig, known: Known) -> list[str]:
    """Without these nothing may be written."""
    if not config.writable:
        return ["types: no ticket type is configured with team and offer, so nothing can be written here"]
    problems = []
    for id, own in config.writable.items():
        kind = known.types.get(id)
        if kind is None:
            there = ", ".join(f"{one.id} ({one.name})" for one in known.types.values()) or "none"
            problems.append(f"types.{id}: the account sees no such ticket type; it sees {there}")
        elif kind.field("description", own.fields) is None:
            problems.append(f"types.{id}.fields.description: this type has no field of that name; give its UUID")
    return problems


def findings(config: RezolveConfig, known: Known, offers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What may go wrong; checked against static rules, which do not prove that a ticket will be taken."""
    teams = {one.id.casefold() for one in known.of("group")}
    for id, own in config.writable.items():
        if (kind := known.types.get(id)) is None:
            continue
        if (own.team or "").casefold() not in teams:
            yield f"types.{id}.team: there is no team with the slug {own.team}"
        yield from _offer(id, own, offers)
        yield from _fields(id, own, kind)
        if own.external_id_field_id is None:
            where = "the summary" if config.marker_in_summary else "the last line of the description"
            yield f"types.{id} has no external_id_field_id: the marker stands in {where}"


def _offer(id: str, own: TypeConfig, offers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    place = f"types.{id}.offer"
    offer = next((one for one in offers if wire.same(one.get("id"), own.offer)), None)
    if offer is None:
        yield f"{place}: the account does not see offer {own.offer} (wrong id, or not for its audience and teams)"
        return
    status = str(offer.get("status") or "active")
    if not wire.same(status, "active"):
        yield f"{place}: offer {own.offer} is {status}"
    if offer.get("approvalRequired") is True:
        yield f"{place}: offer {own.offer} needs approval: each ticket may start one"
    of = wire.text(wire.first(offer, _TYPE_KEYS))
    if of is not None and not wire.same(of, id):
        yield f"{place}: offer {own.offer} is of type {of}, not of {id}: tickets would be refused"


def _fields(id: str, own: TypeConfig, kind: TicketType) -> Iterator[str]:
    """Configured UUIDs the type does not have; required fields nobody fills."""
    ids = {field.id.casefold() for field in kind.fields}
    told = {
        **{f"fields.{name}": value for name, value in own.fields.items()},
        "external_id_field_id": own.external_id_field_id,
        "transcript_field_id": own.transcript_field_id,
        "status_field_id": own.status_field_id,
    }
    for place, value in told.items():
        if value is not None and value.casefold() not in ids:
            yield f"types.{id}.{place}: type {kind.name} has no field {value}"
    names = {*NAMES, *own.fields}
    filled = {field.id for name in names if (field := kind.field(name, own.fields)) is not None}
    filled |= {value for value in told.values() if value}
    for field in kind.fields:
        if field.required and field.id not in filled:
            yield (
                f"types.{id}: {field.label} ({field.id}) is required and no field of a mapping leads to it;"
                f" name it under types.{id}.fields"
            )
