"""The calls that create and update tickets (contract 3.1, 3.5)."""

from __future__ import annotations

from typing import Any, Literal

from syncer.desks.rezolve.emulator_answers import Refused, Shape, invalid
from syncer.desks.rezolve.emulator_asking import Ask, Route, T, visible
from syncer.desks.rezolve.emulator_auth import Caller
from syncer.desks.rezolve.emulator_catalogue import STATUS, SUBJECT, TicketType
from syncer.desks.rezolve.emulator_mails import after_create, after_update
from syncer.desks.rezolve.emulator_record import record, wrapped
from syncer.desks.rezolve.emulator_tables import Tables, Ticket
from syncer.desks.rezolve.emulator_values import Written, apply, check_required, read_fields
from syncer.desks.rezolve.emulator_words import uuid_of
from syncer.desks.rezolve.emulator_workflow import check_hop, settle


def ticket_of(tables: Tables, ask: Ask) -> Ticket:
    """The ticket in the path; raises 404 where there is none, or none that the caller's roles show."""
    ticket = tables.ticket(ask.params["objectId"])
    seen = visible(tables, ask.caller)
    if ticket is None or (seen is not None and not seen(ticket)):
        raise _gone(tables)
    return ticket


def _gone(tables: Tables) -> Refused:
    return Refused(404, "TICKET_NOT_FOUND", "Ticket not found", shape=_html(tables.switches.ticket_404))


def _html(kind: Literal["json", "html"]) -> Shape | None:
    return "html" if kind == "html" else None


def _get(tables: Tables, ask: Ask) -> Any:
    return wrapped(tables, ticket_of(tables, ask))


def _create(tables: Tables, ask: Ask) -> Any:
    kind, team = _route(tables, ask)
    body = _object(ask.body)
    written = _check_envelope(tables, body)
    given = body.get("ticketBody")
    fields = given if isinstance(given, dict) else {}
    found = read_fields(tables, kind, fields)
    written.reason |= found.reason
    written.values, written.watchers = found.values, found.watchers
    if not isinstance(given, dict):
        written.blame("ticketBody", "ticketBody is required")
    offer_id = fields.get("offerId")
    _check_offer(tables, ask.caller, kind, offer_id, written)
    check_required(kind, written.values, written)
    if written.reason:
        raise invalid(written.reason)
    ticket = _made(tables, ask.caller, kind, body)
    ticket.team, ticket.offer_id = team, str(offer_id)
    apply(ticket, written)
    _begin(kind, ticket)
    tables.add(ticket)
    answer = {
        "success": True,
        "message": "ticket created successfully",
        "status": 200,
        "objectId": ticket.object_id,
        "ticket": record(tables, ticket),
    }
    after_create(tables, ticket)
    return answer


def _route(tables: Tables, ask: Ask) -> tuple[TicketType, str]:
    team, kind = ask.params["teamId"], tables.types.get(ask.params["itemTypeId"])
    if team not in tables.teams or kind is None or kind.retired:
        raise Refused(404, "NOT_FOUND", "Page not found", shape=_html(tables.switches.create_404))
    if team in tables.switches.closed_teams or ask.caller.roles.isdisjoint(kind.create_roles):
        raise Refused(403, shape="bare")
    return kind, team


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid({"body": ["body must be an object"]})
    return body


def _check_envelope(tables: Tables, body: dict[str, Any]) -> Written:
    written, most = Written(), tables.switches.max_summary
    for key in ("source", "summary"):
        if not isinstance(body.get(key), str) or not body[key].strip():
            written.blame(key, f"{key} is required")
        elif key == "summary" and tables.switches.long_summary == "refuse" and len(body[key]) > most:
            written.blame(key, f"{key} must be at most {most} characters")
    # Both must be there though nobody documented what else than nothing they may hold.
    if body.get("attachments") != {}:
        written.blame("attachments", "attachments is required and must be an empty object")
    if "ticketRelation" not in body:
        written.blame("ticketRelation", "ticketRelation is required")
    elif not _is_relation(tables, body["ticketRelation"]):
        written.blame("ticketRelation", "ticketRelation is not valid")
    return written


def _is_relation(tables: Tables, value: Any) -> bool:
    if value is None:
        return True
    others = value.get("relatedTickets") if isinstance(value, dict) and tables.switches.relations else None
    return isinstance(others, list) and all(isinstance(one, str) and one in tables.tickets for one in others)


def _check_offer(tables: Tables, caller: Caller, kind: TicketType, offer_id: Any, written: Written) -> None:
    offer = tables.offers.get(offer_id) if isinstance(offer_id, str) else None
    if not isinstance(offer_id, str) or not offer_id:
        written.blame("offerId", "offerId is required and must be a string")
    elif offer is None or offer.status != "active" or not offer.open_to(caller.roles):
        written.blame("offerId", "The offer is not available")
    elif offer.type_id != kind.id:
        written.blame("offerId", "The item type of the offer does not match the item type of the ticket")


def _made(tables: Tables, caller: Caller, kind: TicketType, body: dict[str, Any]) -> Ticket:
    now, serial = tables.now(), tables.take_serial()
    relation = body["ticketRelation"] or {}
    return Ticket(
        id=uuid_of("ticket", serial),
        object_id=tables.take_object_id(kind.prefix),
        serial=serial,
        type_id=kind.id,
        offer_id="",
        team="",
        summary=body["summary"][: tables.switches.max_summary],
        source=body["source"],
        status=kind.initial,
        submitted_by=caller.username,
        updated_by=caller.username,
        created=now,
        updated=now,
        stored=tables.clock.now(),
        links=list(relation.get("relatedTickets", [])),
    )


def _begin(kind: TicketType, ticket: Ticket) -> None:
    """The initial status cannot be chosen (contract 8)."""
    field = kind.named(STATUS)
    if field is not None:
        ticket.data[field.id] = kind.initial


def _update(tables: Tables, ask: Ask) -> Any:
    ticket, body = ticket_of(tables, ask), _object(ask.body)
    given, etag = body.get("ticketUpdate"), body.get("etag")
    if ticket.deleted:
        raise _gone(tables)
    if not isinstance(etag, str) or not etag:
        raise invalid({"etag": ["etag is required"]})
    if etag != ticket.etag:
        stale = "The etag does not match: the ticket was changed since it was read"
        raise Refused(tables.switches.stale, "ETAG_MISMATCH", stale)
    if not isinstance(given, dict) or not given:
        raise invalid({"ticketUpdate": ["ticketUpdate is required"]})
    changes = write(tables, ticket, ask.caller, given)
    answer = _updated(tables, ticket)
    after_update(tables, ticket, changes)
    return answer


def write(tables: Tables, ticket: Ticket, caller: Caller, given: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Change fields of a ticket; before and after by name. Raises 400, and then nothing was written."""
    kind = tables.types[ticket.type_id]
    written = read_fields(tables, kind, given)
    data = ticket.data | written.values
    check_hop(tables, ticket, caller, data, written)
    check_required(kind, data, written)
    if written.reason:
        raise invalid(written.reason)
    before = dict(ticket.data)
    apply(ticket, written)
    settle(tables, kind, ticket)
    subject = kind.named(SUBJECT)
    if subject is not None and subject.id in written.values and tables.switches.summary_follows:
        ticket.summary = ticket.data[subject.id]
    changes = {
        kind.fields[id].name: (before.get(id), ticket.data.get(id))
        for id in written.values
        if id in kind.fields and before.get(id) != ticket.data.get(id)
    }
    tables.touch(ticket, caller.username, changes)
    return changes


def _updated(tables: Tables, ticket: Ticket) -> dict[str, Any]:
    said: dict[str, Any] = {"success": True, "message": "ticket updated successfully", "status": 200}
    match tables.switches.update_answer:
        case "ticket":
            return said | {"objectId": ticket.object_id, "ticket": record(tables, ticket)}
        case "data":
            return said | {"data": {"etag": ticket.etag}}
        case "etag":
            return said | {"objectId": ticket.object_id, "etag": ticket.etag}
        case "bare":
            return said


ROUTES = (
    Route(
        name="create",
        method="POST",
        path=f"{T}/ticket/create/{{teamId}}/{{itemTypeId}}",
        call=_create,
        shape="flat",
        writes=True,
    ),
    Route(name="get", method="GET", path=f"{T}/ticket/{{objectId}}", call=_get),
    Route(
        name="update", method="PATCH", path=f"{T}/ticket/{{objectId}}/update", call=_update, shape="flat", writes=True
    ),
)
