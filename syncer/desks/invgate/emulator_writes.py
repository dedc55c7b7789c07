"""The calls that write tickets: create, edit, comment, custom fields, and who else is on them."""

from __future__ import annotations

from typing import Any

from syncer.desks.invgate import emulator_shapes as shapes
from syncer.desks.invgate.emulator_lookups import field_of
from syncer.desks.invgate.emulator_params import Params, error, refused
from syncer.desks.invgate.emulator_people import active_user
from syncer.desks.invgate.emulator_tables import Comment, EntityLink, Field, Tables, Ticket, Work
from syncer.desks.invgate.emulator_tickets import ticket_of
from syncer.desks.invgate.emulator_words import (
    FINAL_STATUSES,
    OPEN,
    PRIORITIES,
    SOLVED,
    SOURCES,
    TYPES,
    WAITING,
)

DONE = {"status": "OK", "info": "Done"}
_TITLE_LENGTH = 255
_API_SOURCE = 8


def _create(tables: Tables, ask: Params) -> Any:
    ticket = Ticket(
        id=0,
        title=ask.given_text("title")[:_TITLE_LENGTH],
        description=ask.given_text("description"),
        creator_id=ask.given_number("creator_id"),
        user_id=ask.given_number("customer_id"),
        category_id=ask.given_number("category_id"),
        priority_id=ask.given_number("priority_id"),
        type_id=ask.given_number("type_id"),
        source_id=ask.number("source_id") or _API_SOURCE,
        location_id=ask.number("location_id"),
        created_at=tables.now(),
        last_update=tables.now(),
        date_ocurred=ask.number("date") or tables.now(),
    )
    related = ask.numbers("related_to")
    active_user(tables, ticket.creator_id)
    active_user(tables, ticket.user_id)
    _check(tables, ticket)
    _check_files(tables, ask)
    add_ticket(tables, ticket)
    ticket.files = tables.add_files(ticket, [(file.name, file.content) for file in ask.files])
    for other in related:
        _tie(tables, ticket, other)
    return {"status": "OK", "info": "The request was created", "request_id": str(ticket.id)}


def add_ticket(tables: Tables, ticket: Ticket) -> None:
    """Give a ticket its id, and the level its category belongs to."""
    ticket.id = tables.take_id("ticket")
    if ticket.assigned_group_id is None:
        ticket.assigned_group_id = tables.categories[ticket.category_id].level_id
    tables.tickets[ticket.id] = ticket
    tables.changed()


def _check(tables: Tables, ticket: Ticket) -> None:
    if ticket.category_id not in tables.categories:
        raise error("The category does not exist")
    if tables.switches.leaf_only and any(row.parent_id == ticket.category_id for row in tables.categories.values()):
        raise error("The category is not a leaf")
    for name, id, names in (
        ("priority", ticket.priority_id, PRIORITIES),
        ("type", ticket.type_id, TYPES),
        ("source", ticket.source_id, SOURCES),
    ):
        if not 1 <= id <= len(names):
            raise error(f"The {name} does not exist")
    if ticket.location_id is not None and ticket.location_id not in tables.locations:
        raise error("The location does not exist")


def _check_files(tables: Tables, ask: Params) -> None:
    if any(len(file.content) > tables.switches.max_file for file in ask.files):
        raise refused(413, "The file is too big")


def _update(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("id"))
    after = Ticket(**{name: getattr(ticket, name) for name in ticket.__struct_fields__})
    after.title = (ask.text("title") or ticket.title)[:_TITLE_LENGTH]
    after.description = ask.text("description") or ticket.description
    for parameter, name in (
        ("category_id", "category_id"),
        ("priority_id", "priority_id"),
        ("type_id", "type_id"),
        ("source_id", "source_id"),
        ("customer_id", "user_id"),
        ("location_id", "location_id"),
        ("date", "date_ocurred"),
    ):
        value = ask.number(parameter)
        if value is not None:
            setattr(after, name, value)
    view = shapes.Look(iso=shapes.look(ask).iso)
    if after.user_id != ticket.user_id:
        active_user(tables, after.user_id)
    _check(tables, after)
    if ask.flag("reassignment"):
        after.assigned_group_id = tables.categories[after.category_id].level_id
        after.assigned_id = None
    tables.tickets[ticket.id] = after
    tables.bump(after)
    shown = shapes.ticket(tables, after, view)
    return [shown] if tables.switches.incident_as_list else shown


def _comment(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    author, text = ask.given_number("author_id"), ask.given_text("comment")
    visible, solution = ask.flag("customer_visible"), ask.flag("is_solution") or False
    visible = True if visible is None else visible
    _check_files(tables, ask)
    active_user(tables, author)
    if solution:
        _check_solution(tables, ticket, visible)
    _check_final(tables, ticket)
    said = add_comment(tables, ticket, author, text, visible, solution)
    said.files = tables.add_files(ticket, [(file.name, file.content) for file in ask.files])
    return DONE


def _check_solution(tables: Tables, ticket: Ticket, visible: bool) -> None:
    if not visible:
        raise refused(409, "An internal comment cannot be a solution")
    if not tables.switches.may_solve:
        raise refused(409, "The account may not solve requests")
    if ticket.status_id == SOLVED or ticket.status_id in FINAL_STATUSES:
        raise error("The request has a solution already")


def _check_final(tables: Tables, ticket: Ticket) -> None:
    if ticket.status_id in FINAL_STATUSES:
        match tables.switches.comment_on_final:
            case "refuse":
                raise error("The request is closed")
            case "reopen":
                ticket.status_id, ticket.closed_at, ticket.closed_reason = OPEN, None, None


def add_comment(tables: Tables, ticket: Ticket, author: int, text: str, visible: bool, solution: bool) -> Comment:
    """Say something on a ticket now, with what that does to its status."""
    now = tables.now()
    said = Comment(
        id=tables.take_id("comment"),
        ticket_id=ticket.id,
        author_id=author,
        message=text,
        created_at=now,
        customer_visible=visible,
        is_solution=solution,
    )
    tables.add_comment(ticket, said)
    if solution:
        ticket.status_id, ticket.solved_at = SOLVED, now
    elif visible and ticket.status_id == WAITING and tables.switches.comment_ends_waiting:
        ticket.status_id, ticket.waiting_for = OPEN, None
    tables.bump(ticket)
    return said


def _set_field(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    active_user(tables, ask.given_number("author_id"))
    field = field_of(tables, ask.given_number("custom_field_uid"))
    values = ask.texts("values")
    if values is None:
        raise refused(428, "The parameter values is missing")
    chosen = [value for value in values if value]
    if chosen:
        ticket.custom[field.uid] = _field_value(field, chosen)
    else:
        ticket.custom.pop(field.uid, None)
    tables.bump(ticket)
    return DONE


def _field_value(field: Field, values: list[str]) -> str | dict[str, str]:
    if field.kind == "text":
        return values[0]
    if any(value not in field.options for value in values):
        raise error("The option does not exist")
    return {value: field.options[value] for value in values}


def _refuse_asset_field(tables: Tables, ask: Params) -> Any:
    field_of(tables, ask.given_number("custom_field_uid"))
    raise error("The custom field is not one of assets")


def _erase_field(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    active_user(tables, ask.given_number("author_id"))
    ticket.custom.pop(field_of(tables, ask.given_number("custom_field_uid")).uid, None)
    tables.bump(ticket)
    return DONE


def _add_observers(tables: Tables, ask: Params) -> Any:
    return _add_people(tables, ask, "observers")


def _add_collaborators(tables: Tables, ask: Params) -> Any:
    return _add_people(tables, ask, "collaborators")


def _add_people(tables: Tables, ask: Params, name: str) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    active_user(tables, ask.given_number("author_id"))
    one, many = ask.number("user_id"), ask.numbers("users_id")
    if one is None and not many:
        raise error("user_id or users_id must be given")
    people: list[int] = getattr(ticket, name)
    for id in many if one is None else [one]:
        active_user(tables, id)
        if id not in people:
            people.append(id)
    _bump_for_sides(tables, ticket)
    return DONE


def _add_links(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    for other in ask.given_numbers("request_ids"):
        ticket_of(tables, other)
        _tie(tables, ticket, other)
    _bump_for_sides(tables, ticket)
    return DONE


def _add_work(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    user, end = ask.given_number("user_id"), ask.given_number("to")
    active_user(tables, user)
    begin = ask.number("from") or tables.now()
    if end < begin:
        raise error("The end is before the beginning")
    work = Work(
        id=tables.take_id("work"), user_id=user, start=begin, seconds=end - begin, comment=ask.text("comment") or ""
    )
    ticket.work.append(work)
    _bump_for_sides(tables, ticket)
    return DONE | {"timetracking_id": work.id}


def _add_entity(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    entity = ask.given_number("external_entity_id")
    if entity not in tables.entities:
        raise error("The external entity does not exist")
    reference = ask.text("external_entity_ref_id")
    link = EntityLink(id=tables.take_id("entity_link"), entity_id=entity, reference=reference)
    ticket.entities.append(link)
    _bump_for_sides(tables, ticket)
    return DONE | {"link_id": link.id}


def _tie(tables: Tables, ticket: Ticket, other: int) -> None:
    if other in tables.tickets and other not in ticket.links:
        ticket.links.append(other)
        tables.tickets[other].links.append(ticket.id)


def _bump_for_sides(tables: Tables, ticket: Ticket) -> None:
    if tables.switches.side_bumps:
        tables.bump(ticket)


HANDLERS = {
    ("POST", "incident"): _create,
    ("PUT", "incident"): _update,
    ("POST", "incident.comment"): _comment,
    ("POST", "incident.custom_field"): _set_field,
    ("PATCH", "incident.custom_field"): _refuse_asset_field,
    ("DELETE", "incident.custom_field"): _erase_field,
    ("POST", "incident.observer"): _add_observers,
    ("POST", "incident.collaborator"): _add_collaborators,
    ("POST", "incident.link"): _add_links,
    ("POST", "incident.external_entity"): _add_entity,
    ("POST", "timetracking"): _add_work,
}
