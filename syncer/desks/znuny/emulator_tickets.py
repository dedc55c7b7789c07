"""What happens to a ticket's own fields. Each change leaves its line; what is set to what it was changes nothing."""

from __future__ import annotations

from typing import Any

from syncer.desks.znuny import emulator_mails as mails
from syncer.desks.znuny.emulator_addresses import first_address
from syncer.desks.znuny.emulator_records import Ticket
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_words import LOCKED, STATE_TYPES, UNLOCKED

LONGEST_TITLE = 255


def set_title(tables: Tables, ticket: Ticket, title: str, by: int) -> None:
    """A title is cut where the column ends."""
    title = title[:LONGEST_TITLE]
    if title and title != ticket.title:
        old, ticket.title = ticket.title, title
        tables.bump(ticket, by)
        tables.note(ticket, "TitleUpdate", f"%%{old}%%{title}", by)


def move(tables: Tables, ticket: Ticket, queue: int, by: int) -> bool:
    """To another queue, which unlocks. Says whether the agent may."""
    if queue == ticket.queue:
        return True
    if tables.is_hidden(queue):
        return False
    old, ticket.queue = ticket.queue, queue
    tables.bump(ticket, by)
    names = f"%%{tables.name('Queue', queue)}%%{queue}%%{tables.name('Queue', old)}%%{old}"
    tables.note(ticket, "Move", names, by)
    lock(tables, ticket, UNLOCKED, by)
    return True


def lock(tables: Tables, ticket: Ticket, to: int, by: int) -> None:
    """Lock or unlock."""
    if to != ticket.lock:
        ticket.lock = to
        tables.bump(ticket, by)
        name = tables.name("Lock", to)
        tables.note(ticket, "Lock" if to == LOCKED else "Unlock", f"%%{name}", by)


def set_state(tables: Tables, ticket: Ticket, state: int, by: int) -> None:
    """Another state; whatever is not pending has no end of its pending."""
    if state == ticket.state:
        return
    old, ticket.state = ticket.state, state
    tables.bump(ticket, by)
    tables.note(ticket, "StateUpdate", f"%%{tables.name('State', old)}%%{tables.name('State', state)}%%", by)
    if not is_pending(state):
        ticket.until = 0
        tables.note(ticket, "SetPendingTime", "%%00-00-00 00:00", by)


def set_until(tables: Tables, ticket: Ticket, until: int, by: int) -> None:
    """The end of pending; 0 leaves it as it is, as of a time that is not whole."""
    if until:
        ticket.until = until
        tables.bump(ticket, by)
        tables.note(ticket, "SetPendingTime", f"%%{tables.stamp(until)[:16]}", by)


def is_pending(state: int) -> bool:
    """Whether it is one of the states that end by themselves."""
    return STATE_TYPES[state].startswith("pending")


def is_closed(state: int) -> bool:
    """Whether it is one of the closed ones, which unlock."""
    return STATE_TYPES[state] == "closed"


def set_priority(tables: Tables, ticket: Ticket, priority: int, by: int) -> None:
    """Another priority."""
    if priority != ticket.priority:
        old, ticket.priority = ticket.priority, priority
        tables.bump(ticket, by)
        names = f"%%{tables.name('Priority', old)}%%{old}%%{tables.name('Priority', priority)}%%{priority}"
        tables.note(ticket, "PriorityUpdate", names, by)


def set_type(tables: Tables, ticket: Ticket, type: int, by: int) -> None:
    """Another type."""
    if type != ticket.type:
        old, ticket.type = ticket.type, type
        tables.bump(ticket, by)
        names = f"%%{tables.name('Type', type)}%%{type}%%{tables.name('Type', old)}%%{old}"
        tables.note(ticket, "TypeUpdate", names, by)


def set_owner(tables: Tables, ticket: Ticket, owner: int, by: int, *, quiet: bool = False) -> None:
    """Somebody else's ticket."""
    if owner != ticket.owner:
        ticket.owner = owner
        tables.bump(ticket, by)
        tables.note(ticket, "OwnerUpdate", f"%%{tables.agents[owner].login}%%{owner}", by)
        if not quiet:
            mails.after_owner(tables, ticket, by)


def set_responsible(tables: Tables, ticket: Ticket, responsible: int, by: int) -> None:
    """Somebody else answers for it; nobody is mailed unless that is switched on."""
    if responsible != ticket.responsible:
        ticket.responsible = responsible
        tables.bump(ticket, by)
        tables.note(ticket, "ResponsibleUpdate", f"%%{tables.agents[responsible].login}%%{responsible}", by)


def set_customer(tables: Tables, ticket: Ticket, given: dict[str, Any], by: int) -> None:
    """Another customer, or company. Who names the one alone takes the other away."""
    login, company = str(given.get("CustomerUser") or ""), str(given.get("CustomerID") or "")
    if (login, company) == (ticket.customer or "", ticket.company or ""):
        return
    known = tables.customer(login)
    ticket.customer = known.login if known else login
    ticket.company = company or (known.company if known else "")
    tables.bump(ticket, by)
    tables.note(ticket, "CustomerUpdate", f"%%CustomerID={ticket.company};CustomerUser={ticket.customer};", by)


def customer_of_new(tables: Tables, given: str) -> tuple[str, str, str]:
    """Login, company and line of the sender of a new ticket: of a known customer by login, else by exact address."""
    known = tables.customer(given) or (tables.customer_of(given) if first_address(given) == given else None)
    if known is None:
        return given, "", given
    return known.login, known.company, f'"{known.name}" <{known.email}>'
