"""TicketCreate. It is checked as a whole and then done piece by piece: what fails later leaves the pieces before it."""

from __future__ import annotations

from typing import Any

from syncer.desks.znuny import emulator_fields as fields
from syncer.desks.znuny import emulator_tickets as changes
from syncer.desks.znuny.emulator_answers import Refused
from syncer.desks.znuny.emulator_articles import say
from syncer.desks.znuny.emulator_checks import Check, Message
from syncer.desks.znuny.emulator_records import Article, Ticket
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_values import cleaned_values, is_given, text
from syncer.desks.znuny.emulator_words import LOCKED, ROOT, UNLOCKED

OPERATION = "TicketCreate"


def create(tables: Tables, data: dict[str, Any]) -> dict[str, Any]:
    """A new ticket with its first article. Raises Refused before anything is done, Fault in the middle of it."""
    by, check = tables.caller.id, Check(tables, OPERATION)
    _check_structure(check, data)
    given = cleaned_values(data["Ticket"])
    ids = check.ticket(given)
    if tables.is_hidden(ids["Queue"]) or "create" not in tables.switches.may:
        raise Refused(OPERATION, "AccessDenied", "Can not create tickets in given Queue or QueueID!")
    messages = check.articles(data["Article"])
    values = fields.checked(tables, OPERATION, data["DynamicField"]) if data.get("DynamicField") is not None else []
    files = check.files(data["Attachment"]) if data.get("Attachment") is not None else []
    customer = text(given["CustomerUser"])
    ticket = _begun(tables, given, ids, by)
    _set_state(tables, ticket, given, ids, check, by)
    for field, value in values:
        fields.put(tables, ticket, field, value, by)
    sender = changes.customer_of_new(tables, customer)[2]
    queue = tables.name("Queue", ticket.queue)
    made = [say(tables, ticket, _addressed(one, sender, queue, ids), files, by) for one in messages]
    _give(tables, ticket, ids, given, by)
    spoken = [told_id(one) for one in made]
    return {
        "TicketID": str(ticket.id),
        "TicketNumber": ticket.number,
        "ArticleID": spoken[0] if len(spoken) == 1 else spoken,
    }


def told_id(article: Article) -> int | str:
    """An article's id as writing answers it: of a customer's as a text."""
    return str(article.id) if article.sender == "customer" else article.id


def check_optional(check: Check, data: dict[str, Any]) -> None:
    """Fields and files are objects, or lists with something in them: an empty list is refused."""
    for key in ("DynamicField", "Attachment"):
        value = data.get(key)
        if value is not None and not (isinstance(value, dict | list) and value):
            raise check.missing(f"{key} parameter is missing or not valid!")


def _check_structure(check: Check, data: dict[str, Any]) -> None:
    for key, kinds in (("Article", dict | list), ("Ticket", dict)):
        if not (isinstance(data.get(key), kinds) and data[key]):
            raise check.missing(f"{key} parameter is missing or not valid!")
    check_optional(check, data)


def _begun(tables: Tables, given: dict[str, Any], ids: dict[str, int], by: int) -> Ticket:
    """The bare ticket: nobody's yet."""
    id, now = tables.take("ticket"), tables.now()
    login, company, _ = changes.customer_of_new(tables, text(given["CustomerUser"]))
    ticket = Ticket(
        id=id,
        number=tables.new_number(id, now),
        title=text(given["Title"])[: changes.LONGEST_TITLE],
        queue=ids["Queue"],
        state=ids["State"],
        priority=ids["Priority"],
        type=ids.get("Type", 1),
        created=now,
        changed=now,
        created_by=by,
        changed_by=by,
        customer=login,
        company=text(given.get("CustomerID")) or company,
        stored=tables.clock.now(),
    )
    tables.tickets[id] = ticket
    queue, state, priority = (tables.name(kind, ids[kind]) for kind in ("Queue", "State", "Priority"))
    tables.note(ticket, "NewTicket", f"%%{ticket.number}%%{queue}%%{priority}%%{state}%%{id}", by)
    tables.note(ticket, "CustomerUpdate", f"%%CustomerID={ticket.company};CustomerUser={login};", by)
    return ticket


def _set_state(
    tables: Tables, ticket: Ticket, given: dict[str, Any], ids: dict[str, int], check: Check, by: int
) -> None:
    """A pending ticket may have no end of its pending; what is not pending takes none."""
    if "Lock" in ids:
        changes.lock(tables, ticket, ids["Lock"], by)
    if changes.is_closed(ticket.state):
        changes.lock(tables, ticket, UNLOCKED, by)
    elif changes.is_pending(ticket.state) and isinstance(given.get("PendingTime"), dict):
        changes.set_until(tables, ticket, check.until(given["PendingTime"]) or 0, by)


def _addressed(said: Message, sender: str, queue: str, ids: dict[str, int]) -> Message:
    """An article is from the customer and to the queue, unless it says otherwise or is sent; it never has a copy."""
    said.from_ = said.from_ or ("Znuny System <znuny@localhost>" if said.sent else sender)
    said.to = said.to if said.sent else queue
    said.cc = said.cc if said.sent else ""
    said.quiet = said.quiet or "Owner" in ids
    return said


def _give(tables: Tables, ticket: Ticket, ids: dict[str, int], given: dict[str, Any], by: int) -> None:
    """To whom it is given, and locked for them; else to who made it, unlocked."""
    if "Owner" in ids:
        changes.set_owner(tables, ticket, ids["Owner"], by)
        if "Lock" not in ids:
            changes.lock(tables, ticket, LOCKED, by)
    else:
        changes.set_owner(tables, ticket, by, by, quiet=True)
    if is_given(given.get("Responsible")) or is_given(given.get("ResponsibleID")):
        changes.set_responsible(tables, ticket, ids.get("Responsible", ROOT), by)
