"""TicketGet and TicketHistoryGet: tickets as they are told, whole or not at all."""

from __future__ import annotations

import base64
import re
from typing import Any

from syncer.desks.znuny.emulator_answers import Refused
from syncer.desks.znuny.emulator_files import shown
from syncer.desks.znuny.emulator_records import Article, Attachment, Ticket
from syncer.desks.znuny.emulator_tables import Tables
from syncer.desks.znuny.emulator_times import worked
from syncer.desks.znuny.emulator_values import is_given, number, text
from syncer.desks.znuny.emulator_words import CHANNELS, HISTORY_TYPES, SENDERS, STATE_TYPES, id_of

_ID = re.compile(r"[1-9][0-9]*")
_GROUP = 1


def get(tables: Tables, data: dict[str, Any]) -> dict[str, Any]:
    """Tickets by id; one that may not be seen fails the call. Raises Refused."""
    tickets = _asked(tables, "TicketGet", data, strict=True)
    return {"Ticket": [_ticket(tables, one, data) for one in tickets]}


def history(tables: Tables, data: dict[str, Any]) -> dict[str, Any]:
    """What happened to tickets. Raises Refused."""
    tickets = _asked(tables, "TicketHistoryGet", data, strict=False)
    rows = [{"TicketID": str(one.id), "History": [_line(tables, one, row) for row in one.history]} for one in tickets]
    return {"TicketHistory": rows}


def _asked(tables: Tables, operation: str, data: dict[str, Any], *, strict: bool) -> list[Ticket]:
    asked = data.get("TicketID")
    if not is_given(asked):
        raise Refused(operation, "MissingParameter", "TicketID parameter is missing!")
    if not isinstance(asked, list):
        asked = re.split(r"\s*,\s*", text(asked))
    if not asked or isinstance(data.get("TicketID"), dict):
        raise Refused(operation, "WrongStructure", "Structure for TicketID is not correct!")
    words = [text(one) for one in asked]
    if strict and not all(_ID.fullmatch(one) for one in words):
        raise Refused(operation, "WrongStructure", "Invalid ticket ID parameter(s) found!")
    found = []
    for word in words:
        ticket = tables.visible(number(word) or 0)
        if ticket is None:
            named = "" if strict else f" {word}"
            raise Refused(operation, "AccessDenied", f"User does not have access to the ticket{named}!")
        found.append(ticket)
    return found


def _ticket(tables: Tables, one: Ticket, data: dict[str, Any]) -> dict[str, Any]:
    told = _own(tables, one)
    if is_given(data.get("DynamicFields")) and one.fields:
        values = {tables.fields[id].name: value for id, value in one.fields.items()}
        told["DynamicField"] = [{"Name": name, "Value": values[name]} for name in sorted(values)]
    if is_given(data.get("Extended")):
        told |= _extended(tables, one)
    articles = _articles(one, data) if is_given(data.get("AllArticles")) else []
    if articles:
        told["Article"] = [_article(tables, one, article, data) for article in articles]
    return told


def _own(tables: Tables, one: Ticket) -> dict[str, Any]:
    names = {kind: tables.name(kind, getattr(one, kind.lower())) for kind in ("Queue", "State", "Priority", "Type")}
    ids = {f"{kind}ID": getattr(one, kind.lower()) for kind in names}
    ended = one.until and STATE_TYPES[one.state].startswith("pending")
    return {
        **names,
        **ids,
        "TicketID": one.id,
        "TicketNumber": one.number,
        "Title": one.title,
        "StateType": STATE_TYPES[one.state],
        "Lock": tables.name("Lock", one.lock),
        "LockID": one.lock,
        "Owner": tables.agents[one.owner].login,
        "OwnerID": one.owner,
        "Responsible": tables.agents[one.responsible].login,
        "ResponsibleID": one.responsible,
        "CustomerID": one.company,
        "CustomerUserID": one.customer,
        "Created": tables.stamp(one.created),
        "Changed": tables.stamp(one.changed),
        "CreateBy": one.created_by,
        "ChangeBy": one.changed_by,
        "Age": max(0, tables.now() - one.created),
        "ArchiveFlag": "n",
        "GroupID": _GROUP,
        "ServiceID": "",
        "SLAID": "",
        "TimeUnit": _sum(one),
        "UnlockTimeout": one.unlock_timeout,
        "RealTillTimeNotUsed": one.until,
        "UntilTime": one.until - tables.now() if ended else 0,
        **dict.fromkeys(("EscalationTime", "EscalationResponseTime", "EscalationUpdateTime"), 0),
        "EscalationSolutionTime": 0,
    }


def _sum(one: Ticket) -> float:
    return sum(article.minutes or 0 for article in one.articles)


def _extended(tables: Tables, one: Ticket) -> dict[str, Any]:
    closed = [row.at for row in one.history if row.type in {"NewTicket", "StateUpdate"} and _is_over(row.state)]
    locked = [row.at for row in one.history if row.type == "Lock"]
    answered = [said.at for said in one.articles if said.sender == "agent" and said.visible and not said.broken]
    found: dict[str, Any] = {}
    if closed:
        minutes = worked(one.created, closed[-1], tables.switches.timezone) // 60
        found |= {"Closed": tables.stamp(closed[-1]), "SolutionInMin": minutes}
    if locked:
        found["FirstLock"] = tables.stamp(locked[0])
    if answered:
        found["FirstResponse"] = tables.stamp(answered[0])
    return found


def _is_over(state: int) -> bool:
    return STATE_TYPES[state] == "closed"


def _articles(one: Ticket, data: dict[str, Any]) -> list[Article]:
    asked = data.get("ArticleSenderType")
    senders = {text(word) for word in (asked if isinstance(asked, list) else [asked])} - {""}
    found = [article for article in one.articles if not senders or article.sender in senders]
    limit = min(number(data.get("ArticleLimit")) or 0, len(found))
    if limit > 0:  # only with a limit does the order count
        found = (found[::-1] if data.get("ArticleOrder") == "DESC" else found)[:limit]
    return found


def _article(tables: Tables, ticket: Ticket, one: Article, data: dict[str, Any]) -> dict[str, Any]:
    if one.broken:
        return {"TimeUnit": None}
    told: dict[str, Any] = {
        "ArticleID": one.id,
        "ArticleNumber": one.number,
        "TicketID": ticket.id,
        "Subject": one.subject,
        "Body": one.body,
        "From": one.from_,
        "To": one.to,
        "Cc": one.cc,
        **dict.fromkeys(("Bcc", "ReplyTo", "InReplyTo", "References"), ""),
        "MessageID": one.message_id,
        "ContentType": one.content_type,
        **_kind(one.content_type),
        "SenderType": one.sender,
        "SenderTypeID": str(id_of(SENDERS, one.sender)),
        "CommunicationChannel": one.channel,
        "CommunicationChannelID": id_of(CHANNELS, one.channel),
        "IsVisibleForCustomer": int(one.visible),
        "CreateTime": tables.stamp(one.at),
        "ChangeTime": tables.stamp(one.at),
        "IncomingTime": one.at,
        "CreateBy": one.by,
        "ChangeBy": one.by,
        "TimeUnit": one.minutes,
    }
    if is_given(data.get("Attachments")):
        files = shown(one, html_body=is_given(data.get("HTMLBodyAsAttachment")))
        if files:
            content = data.get("GetAttachmentContents")
            whole = content is None or is_given(content)
            told["Attachment"] = [_file(id, file, whole=whole) for id, file in files]
    return told


def _kind(content_type: str) -> dict[str, str]:
    charset = re.search(r"charset=[\"']?([\w.:-]+)", content_type)
    mime = re.match(r"\w+/\w+", content_type)
    name = charset[1] if charset else ""
    return {"Charset": name, "ContentCharset": name, "MimeType": mime[0] if mime else ""}


def _file(id: str, one: Attachment, *, whole: bool) -> dict[str, Any]:
    return {
        "FileID": id,
        "Filename": one.name,
        "ContentType": one.content_type,
        "Content": base64.b64encode(one.content).decode() if whole else "",
        "ContentID": one.content_id,
        "ContentAlternative": "",
        "Disposition": one.disposition,
        "FilesizeRaw": str(len(one.content)) if one.content else 0,
    }


def _line(tables: Tables, ticket: Ticket, row: Any) -> dict[str, Any]:
    return {
        "TicketID": str(ticket.id),
        "ArticleID": row.article,
        "Name": row.name,
        "HistoryType": row.type,
        "HistoryTypeID": HISTORY_TYPES[row.type],
        "CreateBy": row.by,
        "CreateTime": tables.stamp(row.at),
        "OwnerID": row.owner,
        "PriorityID": row.priority,
        "QueueID": row.queue,
        "StateID": row.state,
        "TypeID": row.ticket_type,
    }
