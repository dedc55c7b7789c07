"""What an administrator's rules refuse, and what follows from a change of status (contract 3.10)."""

from __future__ import annotations

from syncer.desks.motadata.emulator_answers import Refused
from syncer.desks.motadata.emulator_records import Request
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_words import CLOSED, IN_APPROVAL, OPEN, REPLY, RESOLVED

_NOTED = {
    "assigneeEmail": "assignee",
    "supportLevel": "level",
    "categoryName": "category",
    "departmentName": "department",
    "priorityName": "priority",
}


def hold(tables: Tables, before: Request, after: Request, *, new: bool = False) -> None:
    """Raise Refused for what the rules forbid; or, by switch, undo it without a word."""
    if (new or after.status != before.status) and (broken := _broken(tables, before, after, new=new)):
        _violated(tables, broken)
        after.status = before.status
    for key, name in _NOTED.items():
        if key in tables.switches.note_first and not new and not before.has_note:
            value = getattr(before, name)
            if getattr(after, name) != value:
                _violated(tables, f"A note is needed before {key} changes")
                setattr(after, name, value)


def settle(tables: Tables, before: str, request: Request) -> None:
    """Stamp the moments that a change of status leaves behind."""
    if request.status == before:
        return
    now, ended = tables.now(), (tables.status(RESOLVED), tables.status(CLOSED))
    if request.status == ended[0]:
        request.times = {**request.times, "lastResolvedTime": now}
        request.times.setdefault("resolvedTime", now)
    elif request.status == ended[1]:
        request.times = {**request.times, "lastClosedTime": now}
    elif before in ended:
        request.times = {**request.times, "lastOpenedTime": now}


def said_on_resolved(tables: Tables, request: Request, by: str) -> None:
    """What a conversation does to a request that is over: nothing, or it reopens it, or is refused."""
    if request.status not in (tables.status(RESOLVED), tables.status(CLOSED)):
        return
    match tables.switches.on_resolved:
        case "refuse":
            raise Refused(tables.switches.rule_status, "The request is resolved")
        case "reopen":
            before, request.status = request.status, tables.status(OPEN)
            settle(tables, before, request)
            tables.bump(request, by)


def _violated(tables: Tables, text: str) -> None:
    if tables.switches.rule_violation == "refuse":
        raise Refused(tables.switches.rule_status, text)


def _broken(tables: Tables, before: Request, after: Request, *, new: bool) -> str:
    """The rule that a status breaks, in words."""
    switches = tables.switches
    if after.status == tables.status(IN_APPROVAL):
        return "This status is set by the system"
    if not new and (before.status, after.status) in switches.blocked_transitions:
        return f"{before.status} may not become {after.status}"
    needs: frozenset[str] = frozenset()
    if after.status == tables.status(RESOLVED):
        needs = switches.resolve_needs
    elif after.status == tables.status(CLOSED):
        needs = switches.close_needs
        if switches.closed_after_resolved and (new or before.status != tables.status(RESOLVED)):
            return "A request is resolved before it is closed"
    missing = sorted(need for need in needs if not _met(need, after))
    return f"Needed first: {', '.join(missing)}" if missing else ""


def _met(need: str, request: Request) -> bool:
    match need:
        case "note":
            return request.has_note
        case "reply":
            return any(said.type == REPLY for said in request.conversations)
        case "solution":
            return bool(request.solution)
        case "assignee":
            return request.assignee is not None
        case "location":
            return bool(request.location)
        case "approval":
            return request.approved
        case "tasks":
            return not request.open_tasks
    raise ValueError(f"no such need: {need}")
