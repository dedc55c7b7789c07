"""Links between tickets, or from a ticket to an address; and tickets that become another one."""

from __future__ import annotations

import re
from typing import Any

from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_history import record
from syncer.desks.request_tracker.emulator_records import Link, Ticket
from syncer.desks.request_tracker.emulator_tables import Tables
from syncer.desks.request_tracker.emulator_words import INACTIVE, LINK_ENDED, LINK_REFS, LINK_VERBS, LINKS, ROLES

End = int | str
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:.+", re.IGNORECASE)
_MIRRORED = {name: other for name in LINKS for other in LINKS if LINKS[name] == (LINKS[other][0], not LINKS[other][1])}


def links_shown(tables: Tables, ticket: Ticket, base: str) -> list[dict[str, Any]]:
    """What a ticket is linked to, as its own links show it."""
    found: list[dict[str, Any]] = []
    for name, shown in LINK_REFS.items():
        for end in _ends(tables, ticket, name):
            if isinstance(end, int):
                found.append({"type": "ticket", "id": str(end), "_url": f"{base}/ticket/{end}", "ref": shown})
            else:
                found.append({"type": "external", "_url": end, "ref": shown})
    return found


def change_links(call: Call, ticket: Ticket, given: dict[str, Any]) -> list[str]:
    """What a change says of links: a list under a link's own name is all there shall be. Gives messages."""
    said: list[str] = []
    for name in LINKS:
        if given.get(name):
            wanted = [_end(call.tables, value) or str(value) for value in _several(given[name])]
            there = _ends(call.tables, ticket, name)
            said += [_add(call, ticket, name, end) for end in wanted if end not in there]
            said += [_drop(call, ticket, name, end) for end in there if end not in wanted]
            continue
        said += [_add(call, ticket, name, _known(call, value)) for value in _several(given.get(f"Add{name}"))]
        said += [_drop(call, ticket, name, _known(call, value)) for value in _several(given.get(f"Delete{name}"))]
    return said


def links_of_a_new_ticket(call: Call, ticket: Ticket) -> None:
    """Links that a create names; what cannot be linked is left out without a word."""
    for name in LINKS:
        for value in _several(call.body.get(name)):
            end = _end(call.tables, value)
            if end is not None:
                link(call.tables, ticket, name, end, by=None)


def link(tables: Tables, ticket: Ticket, name: str, end: End, by: int | None) -> None:
    """Link a ticket; with somebody who does it, it is on record on both sides."""
    type, is_base = LINKS[name]
    tables.add_link(Link(base=ticket.id if is_base else end, type=type, target=end if is_base else ticket.id))
    if by is not None:
        record(tables, ticket, "AddLink", by, field=name, new=_uri(tables, end))
        other = tables.ticket(end) if isinstance(end, int) else None
        if other is not None:
            record(tables, other, "AddLink", by, field=_MIRRORED[name], new=_uri(tables, ticket.id))


def waits(tables: Tables, ticket: Ticket) -> bool:
    """Whether it depends on a ticket that is not over."""
    others = (tables.ticket(end) for end in _ends(tables, ticket, "DependsOn") if isinstance(end, int))
    return any(one is not None and one.status not in INACTIVE for one in others)


def merge(call: Call, ticket: Ticket, given: Any) -> str:
    """Make a ticket part of another, whose id it answers to from here on. Gives the message."""
    tables, by = call.tables, call.by.user.id
    text = str(given)
    into = tables.ticket(int(text)) if text.isascii() and text.isdigit() else None
    if not call.can("ModifyTicket"):
        return "Permission Denied"
    if into is None:
        return "New ticket doesn't exist"
    if into is ticket:
        return "Can't merge a ticket into itself"
    uri = _uri(tables, into.id)
    for one in (ticket, into):
        record(tables, one, "AddLink", by, field="MergedInto", new=uri)
    for role in ROLES:
        into.watchers[role] += [id for id in ticket.watchers[role] if id not in into.watchers[role]]
    into.time_worked += ticket.time_worked
    ticket.status = "resolved"
    tables.merge(ticket, into)
    return "Merge Successful"


def _add(call: Call, ticket: Ticket, name: str, end: End) -> str:
    if not call.can("ModifyTicket"):
        return "Permission Denied"
    if isinstance(end, str) and not _ADDRESS.fullmatch(end):
        return f"Couldn't resolve '{end}' into a link."
    if end == ticket.id:
        return "Can't link a ticket to itself"
    if end in _ends(call.tables, ticket, name):
        return "Link already exists"
    link(call.tables, ticket, name, end, call.by.user.id)
    return f"Ticket {ticket.id} {LINK_VERBS[name]} {_words(end)}."


def _drop(call: Call, ticket: Ticket, name: str, end: End) -> str:
    if not call.can("ModifyTicket"):
        return "Permission Denied"
    if end not in _ends(call.tables, ticket, name):
        return "Link not found"
    tables, by = call.tables, call.by.user.id
    type, is_base = LINKS[name]
    tables.drop_link(Link(base=ticket.id if is_base else end, type=type, target=end if is_base else ticket.id))
    record(tables, ticket, "DeleteLink", by, field=name, old=_uri(tables, end))
    other = tables.ticket(end) if isinstance(end, int) else None
    if other is not None:
        record(tables, other, "DeleteLink", by, field=_MIRRORED[name], old=_uri(tables, ticket.id))
    if is_base:
        return f"Ticket {ticket.id} no longer {LINK_ENDED[type]} {_words(end)}."
    return f"{_words(end)} no longer {LINK_ENDED[type]} Ticket {ticket.id}."


def _ends(tables: Tables, ticket: Ticket, name: str) -> list[End]:
    type, is_base = LINKS[name]
    return tables.linked(ticket, type, base=is_base)


def _end(tables: Tables, given: Any) -> End | None:
    text = str(given)
    if text.isascii() and text.isdigit():
        ticket = tables.ticket(int(text))
        return ticket.id if ticket else None
    return text if _ADDRESS.fullmatch(text) else None


def _known(call: Call, given: Any) -> End:
    return _end(call.tables, given) or str(given)


def _several(given: Any) -> list[Any]:
    if isinstance(given, list):
        return given
    return [] if given in (None, "") else [given]


def _uri(tables: Tables, end: End) -> str:
    return f"fsck.com-rt://{tables.switches.organization}/ticket/{end}" if isinstance(end, int) else end


def _words(end: End) -> str:
    return f"Ticket {end}" if isinstance(end, int) else f"URI {end}"
