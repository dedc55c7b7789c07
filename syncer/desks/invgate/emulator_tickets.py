"""The calls that read tickets, their comments and files, and what else hangs on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from syncer.desks.invgate import emulator_shapes as shapes
from syncer.desks.invgate.emulator_params import Params, error, refused
from syncer.desks.invgate.emulator_tables import Tables, Ticket

VERSION = "v8.15.13"
_ENTITY_TYPE = 100


def ticket_of(tables: Tables, id: int) -> Ticket:
    """The ticket, or the answer that there is none."""
    ticket = tables.tickets.get(id)
    if ticket is None:
        if tables.switches.unknown_ticket == "error":
            raise error("The request does not exist")
        raise refused(404, "The request does not exist")
    return ticket


def _version(_: Tables, __: Params) -> Any:
    return {"version": VERSION}


def _incident(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("id"))
    shown = shapes.ticket(tables, ticket, shapes.look(ask, embed="single"))
    return [shown] if tables.switches.incident_as_list else shown


def _incidents(tables: Tables, ask: Params) -> Any:
    ids = ask.given_numbers("ids")
    view = shapes.bulk_look(ask)
    found = {id: tables.tickets[id] for id in ids if id in tables.tickets}
    if len(found) < len(set(ids)) and tables.switches.unknown_in_bulk == "error":
        raise error("Some of the requests do not exist")
    shown = {str(id): shapes.ticket(tables, ticket, view) for id, ticket in found.items()}
    if tables.switches.incidents_as_list:
        return list(shown.values())
    return shapes.mapping(tables, shown)


def _comments(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    view, solution = shapes.look(ask), ask.flag("is_solution")
    return [
        shapes.comment(tables, comment, view)
        for comment in shapes.said_on(tables, ticket)
        if solution is None or comment.is_solution == solution
    ]


def _attachment(tables: Tables, ask: Params) -> Any:
    file = tables.files.get(ask.given_number("id"))
    if file is None:
        raise error("The attachment does not exist")
    return shapes.attachment(tables, file, ask.origin)


def _observers(tables: Tables, ask: Params) -> Any:
    return ticket_of(tables, ask.given_number("request_id")).observers


def _collaborators(tables: Tables, ask: Params) -> Any:
    return ticket_of(tables, ask.given_number("request_id")).collaborators


def _links(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    others = [tables.tickets[id] for id in ticket.links if id in tables.tickets]
    return [
        {
            "id": shapes.number(tables, other.id),
            "title": shapes.title(tables, other.title, shapes.Look()),
        }
        for other in others
    ]


def _entities(tables: Tables, ask: Params) -> Any:
    return [
        {
            "link_id": shapes.number(tables, link.id),
            "ref_id": shapes.number(tables, link.entity_id),
            "name": tables.entities[link.entity_id],
            "ext_ref_id": link.reference,
            "type": _ENTITY_TYPE,
            "status": True,
        }
        for link in ticket_of(tables, ask.given_number("request_id")).entities
    ]


def _times(tables: Tables, ask: Params) -> Any:
    if not ask.has("request_id", "from"):
        raise error("request_id or from must be given")
    iso = shapes.look(ask).iso
    if ask.has("request_id"):
        ticket = ticket_of(tables, ask.given_number("request_id"))
        return [shapes.work(tables, ticket, row, iso=iso) for row in ticket.work]
    begin = datetime.fromisoformat(ask.given_text("from")).timestamp()
    return [
        shapes.work(tables, ticket, row, iso=iso)
        for ticket in tables.tickets.values()
        for row in ticket.work
        if row.start >= begin
    ]


def _nothing_on_it(tables: Tables, ask: Params) -> Any:
    ticket_of(tables, ask.given_number("request_id"))
    return []


def _nothing(_: Tables, __: Params) -> Any:
    return []


def _no_articles(_: Tables, ask: Params) -> Any:
    offset, limit = ask.number("offset") or 0, ask.number("limit") or 20
    return {"status": "OK", "data": [], "total_count": 0, "offset": offset, "limit": limit}


HANDLERS = {
    ("GET", "sd.version"): _version,
    ("GET", "incident"): _incident,
    ("GET", "incidents"): _incidents,
    ("GET", "incident.comment"): _comments,
    ("GET", "incident.attachment"): _attachment,
    ("GET", "incident.observer"): _observers,
    ("GET", "incident.collaborator"): _collaborators,
    ("GET", "incident.link"): _links,
    ("GET", "incident.external_entity"): _entities,
    ("GET", "incident.tasks"): _nothing_on_it,
    ("GET", "incident.approval"): _nothing_on_it,
    ("GET", "timetracking"): _times,
    ("GET", "timetracking.attributes.category"): _nothing,
    ("GET", "kb.articles"): _no_articles,
    ("GET", "kb.categories"): _nothing,
    ("GET", "triggers"): _nothing,
    ("GET", "triggers.executions"): _nothing,
    ("GET", "breakingnews.all"): _nothing,
}
