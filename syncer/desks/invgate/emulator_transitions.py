"""The state machine: there is no call that sets a status, only calls that lead from one to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncer.desks.invgate.emulator_params import Params, error, refused
from syncer.desks.invgate.emulator_people import active_user
from syncer.desks.invgate.emulator_tables import Tables, Ticket
from syncer.desks.invgate.emulator_tickets import ticket_of
from syncer.desks.invgate.emulator_words import (
    CANCELLED,
    CLOSED,
    FINAL_STATUSES,
    NEW,
    OPEN,
    PENDING,
    REJECTED,
    SOLVED,
    WAITING,
)
from syncer.desks.invgate.emulator_writes import DONE, add_comment

Call = Callable[[Tables, Params], Any]
_MOST_STARS, _PLEASED = 5, 4
_ACCEPTED = 1


def _move(tables: Tables, ticket: Ticket, status: int) -> Any:
    """Lead the ticket there, or with the switch only say so."""
    if tables.switches.hollow_ok:
        return DONE
    now = tables.now()
    ticket.status_id = status
    if status != WAITING:
        ticket.waiting_for = None
    if status in (NEW, OPEN, WAITING):
        ticket.solved_at = None
    ticket.closed_at = now if status in FINAL_STATUSES else None
    ticket.closed_reason = _ACCEPTED if status == CLOSED else None
    tables.bump(ticket)
    return DONE


def _reassign(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    group, agent = ask.given_number("group_id"), ask.number("agent_id")
    active_user(tables, ask.given_number("author_id"))
    level = tables.levels.get(group)
    if level is None or level.deleted:
        raise error("The group is not a level of a help desk")
    if ticket.status_id in FINAL_STATUSES:
        raise error("The request is closed")
    if agent is not None and agent not in tables.helpdesks[level.helpdesk_id].members:
        raise error("The agent is not a member of the group")
    ticket.assigned_group_id, ticket.assigned_id = group, agent
    if ticket.status_id == WAITING or (agent is not None and ticket.status_id == NEW):
        ticket.status_id, ticket.waiting_for = OPEN, None
    tables.bump(ticket)
    return DONE


def _wait_for(kind: int, check: Callable[[Tables, Params], None] | None = None) -> Call:
    def answer(tables: Tables, ask: Params) -> Any:
        ticket = ticket_of(tables, ask.given_number("request_id"))
        if check is not None:
            check(tables, ask)
        if ticket.status_id not in (NEW, OPEN, PENDING, WAITING):
            raise error("The request cannot wait in its state")
        if not tables.switches.hollow_ok:
            ticket.waiting_for = kind
        return _move(tables, ticket, WAITING)

    return answer


def _check_date(_: Tables, ask: Params) -> None:
    ask.given_number("timestamp")


def _check_entity(tables: Tables, ask: Params) -> None:
    wanted = ask.given_number("entity_link_id")
    if all(link.id != wanted for link in ticket_of(tables, ask.given_number("request_id")).entities):
        raise error("The external entity is not linked")


def _check_request(tables: Tables, ask: Params) -> None:
    if ask.given_number("wait_request_id") not in tables.tickets:
        raise error("The awaited request does not exist")


def _reopen(tables: Tables, ask: Params) -> Any:
    ticket = ticket_of(tables, ask.given_number("request_id"))
    if ticket.status_id not in (SOLVED, CLOSED):
        raise error("The request cannot be reopened")
    return _move(tables, ticket, OPEN)


def _solved(tables: Tables, ask: Params) -> Ticket:
    ticket = ticket_of(tables, ask.given_number("id"))
    if ticket.status_id != SOLVED or tables.active_solution(ticket) is None:
        raise error("The request has no proposed solution")
    return ticket


def _accept(tables: Tables, ask: Params) -> Any:
    rating, comment = ask.given_number("rating"), ask.text("comment")
    if not 1 <= rating <= _MOST_STARS:
        raise refused(428, "The parameter rating is not valid")
    if rating < _PLEASED and comment is None:
        raise refused(428, "The parameter comment is missing")
    ticket = _solved(tables, ask)
    if not tables.switches.hollow_ok:
        ticket.rating = rating
        if comment is not None:
            add_comment(tables, ticket, ticket.user_id, comment, visible=True, solution=False)
    return _move(tables, ticket, CLOSED)


def _reject_solution(tables: Tables, ask: Params) -> Any:
    comment = ask.given_text("comment")
    ticket = _solved(tables, ask)
    if not tables.switches.hollow_ok:
        add_comment(tables, ticket, ticket.user_id, comment, visible=True, solution=False)
    return _move(tables, ticket, OPEN)


def _end(status: int) -> Call:
    def answer(tables: Tables, ask: Params) -> Any:
        ticket = ticket_of(tables, ask.given_number("request_id"))
        author, comment = ask.given_number("author_id"), ask.text("comment")
        active_user(tables, author)
        if not ticket.is_open:
            raise error("The request is closed")
        if comment is not None and not tables.switches.hollow_ok:
            add_comment(tables, ticket, author, comment, visible=True, solution=False)
        return _move(tables, ticket, status)

    return answer


HANDLERS = {
    ("POST", "incident.reassign"): _reassign,
    ("POST", "incident.waitingfor.agent"): _wait_for(1),
    ("POST", "incident.waitingfor.customer"): _wait_for(2),
    ("POST", "incident.waitingfor.date"): _wait_for(3, _check_date),
    ("POST", "incident.waitingfor.external_entity"): _wait_for(4, _check_entity),
    ("POST", "incident.waitingfor.incident"): _wait_for(5, _check_request),
    ("PUT", "incident.reopen"): _reopen,
    ("PUT", "incident.solution.accept"): _accept,
    ("PUT", "incident.solution.reject"): _reject_solution,
    ("POST", "incident.reject"): _end(REJECTED),
    ("POST", "incident.cancel"): _end(CANCELLED),
}
