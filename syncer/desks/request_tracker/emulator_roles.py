"""Who has to do with a ticket: its owner, and the lists of those who are told."""

from __future__ import annotations

from typing import Any

from syncer.desks.request_tracker.emulator_answers import Broke
from syncer.desks.request_tracker.emulator_calls import Call
from syncer.desks.request_tracker.emulator_history import record
from syncer.desks.request_tracker.emulator_mails import after_owner, after_watcher
from syncer.desks.request_tracker.emulator_people import watcher
from syncer.desks.request_tracker.emulator_records import Ticket, User
from syncer.desks.request_tracker.emulator_tables import NOBODY, ROOT, Tables
from syncer.desks.request_tracker.emulator_words import ROLES

_DENIED = "Permission Denied"


def watchers_of_a_new_ticket(call: Call, ticket: Ticket) -> None:
    """The lists that a create names; who cannot be known is left out without a word."""
    for role in ROLES:
        for one in _several(call.body.get(role)):
            user = watcher(call.tables, _name(one))
            if user is not None and user.id not in ticket.watchers[role]:
                ticket.watchers[role].append(user.id)


def owner_of_a_new_ticket(call: Call) -> int:
    """Whom a create names, by login, id or address; Nobody for whoever may not own a ticket."""
    given = call.body.get("Owner")
    if given in (None, ""):
        return NOBODY
    text = str(_name(given))
    user = call.tables.user(text) or call.tables.by_email(text)
    return user.id if user is not None and may_own(call, user) else NOBODY


def set_owner(call: Call, ticket: Ticket, given: Any) -> str | None:
    """Give a ticket to somebody; None where they have it under this very name. An address is no name here."""
    user = call.tables.user(str(given))
    if user is not None and user.id == ticket.owner:
        return None if str(given) in (user.name, str(user.id)) else "That user already owns that ticket"
    if not call.can("ModifyTicket") and not call.can("ReassignTicket"):
        return _DENIED
    if user is None:
        return "That user does not exist"
    if not may_own(call, user):
        return "That user may not own tickets in that queue"
    old = call.tables.users[ticket.owner]
    own(call.tables, ticket, user, call.by.user.id)
    return f"Owner changed from {old.name} to {user.name}"


def own(tables: Tables, ticket: Ticket, user: User, by: int) -> None:
    """Change the owner, which is written down twice."""
    change = {"field": "Owner", "old": str(ticket.owner), "new": str(user.id)}
    ticket.owner = user.id
    after_owner(tables, ticket, record(tables, ticket, "Set", by, **change))
    record(tables, ticket, "SetWatcher", by, **change)


def change_watchers(call: Call, ticket: Ticket, given: dict[str, Any]) -> list[str]:
    """The lists that a change names are all there shall be. Raises Broke for what is no address, and for one of the
    server's own, with the lists before it done."""
    said: list[str] = []
    for role in ("AdminCc", "Cc", "Requestor"):
        if role in given:
            said += _change(call, ticket, role, given[role])
    return said


def _change(call: Call, ticket: Ticket, role: str, given: Any) -> list[str]:
    wanted: list[int] = []
    for one in [None] if given is None else _several(given):
        user = None if one in (None, "") else watcher(call.tables, _name(one))
        if user is None or user.email.lower() in call.tables.switches.own_addresses:
            raise Broke
        wanted.append(user.id)
    if not call.can("ModifyTicket"):
        changes = set(wanted) ^ set(ticket.watchers[role])
        return ["Permission denied" for _ in changes]
    said = [_add(call, ticket, role, id) for id in dict.fromkeys(wanted) if id not in ticket.watchers[role]]
    gone = sorted((id for id in ticket.watchers[role] if id not in wanted), key=str)
    return said + [_drop(call, ticket, role, id) for id in gone]


def _add(call: Call, ticket: Ticket, role: str, id: int) -> str:
    ticket.watchers[role].append(id)
    row = record(call.tables, ticket, "AddWatcher", call.by.user.id, field=role, new=str(id))
    after_watcher(call.tables, ticket, row, role, id)
    return f"Added {call.tables.users[id].name} as {role} for this ticket"


def _drop(call: Call, ticket: Ticket, role: str, id: int) -> str:
    ticket.watchers[role].remove(id)
    record(call.tables, ticket, "DelWatcher", call.by.user.id, field=role, old=str(id))
    return f"{call.tables.users[id].name} is no longer {role} for this ticket"


def may_own(call: Call, user: User) -> bool:
    """Whether somebody has OwnTicket: nobody in particular always, else who works there."""
    if user.id in (NOBODY, ROOT):
        return True
    has = call.can("OwnTicket") if user.id == call.by.user.id else call.tables.switches.staff_own
    return has and user.privileged and not user.disabled


def _name(given: Any) -> Any:
    """A reference as the API shows it stands for its id."""
    return given.get("id", "") if isinstance(given, dict) else given


def _several(given: Any) -> list[Any]:
    if isinstance(given, list):
        return given
    return [] if given in (None, "") else [given]
