"""The mails that would have gone out, so that a judge can count them (contract 8, hazard 13)."""

from __future__ import annotations

from syncer.desks.motadata.emulator_answers import Invalid
from syncer.desks.motadata.emulator_records import Conversation, Mail, Request
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_words import MESSAGE, REPLY


def after_create(tables: Tables, request: Request) -> None:
    """The requester is told that the request is here, the assignee that it is theirs."""
    _notify(tables, request, "created", tables.email_of(request.requester))
    _notify(tables, request, "assigned", tables.email_of(request.assignee))


def after_update(tables: Tables, before: Request, after: Request) -> None:
    """The requester is told of a new status, a technician of a request that is now theirs."""
    if after.status != before.status:
        _notify(tables, after, "status", tables.email_of(after.requester))
    if after.assignee != before.assignee:
        _notify(tables, after, "assigned", tables.email_of(after.assignee))


def recipients(tables: Tables, request: Request, type: str, email_ids: list[str]) -> list[str]:
    """Who gets a reply. What happens without emailIds is not documented: a switch, which may raise Invalid."""
    if type != REPLY or email_ids:
        return email_ids
    match tables.switches.empty_email_ids:
        case "refuse":
            raise Invalid("emailIds must not be empty")
        case "nobody":
            return []
        case "requester":
            return list(filter(None, [tables.email_of(request.requester)]))


def after_conversation(tables: Tables, request: Request, said: Conversation, to: list[str]) -> None:
    """A published reply goes out, whatever the notification rules; a message is told to the assignee."""
    if said.type == REPLY and said.state == "published" and (to or said.cc_email_ids):
        mail = Mail(request=request.id, kind="reply", to=to, cc=list(said.cc_email_ids), conversation=said.id)
        tables.mails.append(mail)
    elif said.type == MESSAGE:
        _notify(tables, request, "message", tables.email_of(request.assignee))


def _notify(tables: Tables, request: Request, kind: str, to: str) -> None:
    if tables.switches.notify and to:
        tables.mails.append(Mail(request=request.id, kind=kind, to=[to]))
