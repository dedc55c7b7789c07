"""TicketUpdate. What is refused in the middle of it leaves what was done before: nothing is taken back."""

from __future__ import annotations

from typing import Any

from syncer.desks.znuny import emulator_fields as fields
from syncer.desks.znuny import emulator_tickets as changes
from syncer.desks.znuny.emulator_answers import Fault, Refused
from syncer.desks.znuny.emulator_articles import say
from syncer.desks.znuny.emulator_checks import Check, Message
from syncer.desks.znuny.emulator_create import check_optional, told_id
from syncer.desks.znuny.emulator_records import Ticket
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_values import cleaned_values, is_given, number, text
from syncer.desks.znuny.emulator_words import UNLOCKED

OPERATION = "TicketUpdate"
_NO_TIME = "Can't set a ticket on a pending state without pendig time!"
_CANCELLED = "OperationObject returned an error, cancelling Request"
_NOT_MOVED = "Ticket queue could not be updated, please contact system administrator!"


def update(tables: Tables, data: dict[str, Any]) -> dict[str, Any]:
    """Change a ticket and add to it. Raises Refused, Fault."""
    by, check = tables.caller.id, Check(tables, OPERATION)
    ticket, id = _found(tables, data)
    given = data.get("Ticket")
    if given is not None and not (isinstance(given, dict) and given):
        raise check.invalid("Ticket parameter is not valid!")
    check_optional(check, data)
    given = cleaned_values(given or {})
    ids = check.ticket(given)
    messages = _messages(check, data)
    values = fields.checked(tables, OPERATION, data["DynamicField"]) if data.get("DynamicField") is not None else []
    if data.get("Attachment") is not None and not messages:
        raise check.missing("To create an attachment an article is needed!")
    files = check.files(data["Attachment"]) if data.get("Attachment") is not None else []
    _change(tables, ticket, given, ids, check)
    made = []
    for place, one in enumerate(messages):
        said = _addressed(tables, ticket, one)
        made.append(told_id(say(tables, ticket, said, [] if place else files, by)))
    for field, value in values:
        fields.put(tables, ticket, field, value, by)
    answer: dict[str, Any] = {"TicketID": id, "TicketNumber": ticket.number}
    if made:
        answer["ArticleID" if len(made) == 1 else "ArticleIDs"] = made[0] if len(made) == 1 else made
    return answer


def _found(tables: Tables, data: dict[str, Any]) -> tuple[Ticket, int | str]:
    """The ticket, by its number before its id; and the id as it will be told."""
    by_number = text(data.get("TicketNumber"))
    if not by_number and text(data.get("TicketID")) in {"", "0"}:
        raise Refused(OPERATION, "MissingParameter", "TicketID or TicketNumber is required!")
    if by_number:
        found = next((one for one in tables.tickets.values() if one.number == by_number), None)
        ticket = found and tables.visible(found.id)
        told: int | str = ticket.id if ticket else 0
    else:
        ticket = tables.visible(number(data["TicketID"]) or 0)
        told = text(data["TicketID"])
    if ticket is None or "rw" not in tables.switches.may:
        raise Refused(OPERATION, "AccessDenied", "User does not have access to the ticket!")
    return ticket, told


def _messages(check: Check, data: dict[str, Any]) -> list[Message]:
    given = data.get("Article")
    if given is None:
        return []
    if not (isinstance(given, dict | list) and given):
        raise check.invalid("Article parameter is not valid!")
    return check.articles(given)


def _change(tables: Tables, ticket: Ticket, given: dict[str, Any], ids: dict[str, int], check: Check) -> None:
    """The ticket's own fields, one after the other."""
    by = tables.caller.id
    if isinstance(given.get("Title"), list | dict):
        raise Fault(_CANCELLED)
    changes.set_title(tables, ticket, text(given.get("Title")), by)
    if "Queue" in ids and not changes.move(tables, ticket, ids["Queue"], by):
        raise Fault(_NOT_MOVED)
    if "Lock" in ids:
        changes.lock(tables, ticket, ids["Lock"], by)
    if "Type" in ids:
        changes.set_type(tables, ticket, ids["Type"], by)
    if "State" in ids:
        _set_state(tables, ticket, ids["State"], given, check)
    if is_given(given.get("CustomerUser")) or is_given(given.get("CustomerID")):
        changes.set_customer(tables, ticket, given, by)
    if "Priority" in ids:
        changes.set_priority(tables, ticket, ids["Priority"], by)
    if "Owner" in ids:
        changes.set_owner(tables, ticket, ids["Owner"], by)
    if "Responsible" in ids:
        changes.set_responsible(tables, ticket, ids["Responsible"], by)


def _set_state(tables: Tables, ticket: Ticket, state: int, given: dict[str, Any], check: Check) -> None:
    by = tables.caller.id
    if changes.is_closed(state):
        changes.lock(tables, ticket, UNLOCKED, by)
    elif changes.is_pending(state):
        if not isinstance(given.get("PendingTime"), dict):
            raise Refused(OPERATION, "MissingParameter", _NO_TIME)
        until = check.until(given["PendingTime"])
        if not until:
            raise Fault(_CANCELLED)
        changes.set_until(tables, ticket, until, by)
    changes.set_state(tables, ticket, state, by)


def _addressed(tables: Tables, ticket: Ticket, said: Message) -> Message:
    """An article is from the calling agent, by name alone, unless it says otherwise."""
    said.from_ = said.from_ or ("Znuny System <znuny@localhost>" if said.sent else tables.caller.name)
    if not said.to and said.channel == "Email":
        said.to = ticket.customer or ""
    return said
