"""The calls on a request's conversations: create, search, PATCH of notes (contract 3.6)."""

from __future__ import annotations

from typing import Any

from syncer.desks.motadata.emulator_answers import Invalid, Refused, UnknownId
from syncer.desks.motadata.emulator_calls import Body, Call
from syncer.desks.motadata.emulator_lists import page
from syncer.desks.motadata.emulator_mails import after_conversation, recipients
from syncer.desks.motadata.emulator_records import Conversation, Person, Request
from syncer.desks.motadata.emulator_requests import request_of
from syncer.desks.motadata.emulator_rules import said_on_resolved
from syncer.desks.motadata.emulator_search import Grammar
from syncer.desks.motadata.emulator_shapes import conversation_row
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_words import REPLY, TYPES

# As documented, with the dot in front.
_PROPERTIES = {".conversation.conversationType": lambda said: said.type}


def create(tables: Tables, call: Call) -> Any:
    """POST request/{id}/conversation. The author is who calls, the time is now."""
    request, body = request_of(tables, call.ids[0]), call.body
    said = Conversation(
        id=0,
        type=_type(body.given("conversationType")),
        details=body.given("details"),
        author_name=call.by.name,
        author_email=call.by.email,
        created=tables.now(),
        updated=tables.now(),
        subject=body.text("subject") or "",
        state=body.text("conversationState") or "published",
        email_ids=body.texts("emailIds") or [],
        cc_email_ids=body.texts("ccEmailIds") or [],
        files=tables.refs(body.objects("fileAttachments")),
    )
    to = recipients(tables, request, said.type, said.email_ids)
    say(tables, request, said, call.by)
    after_conversation(tables, request, said, to)
    return conversation_row(tables, said)


def say(tables: Tables, request: Request, said: Conversation, by: Person) -> None:
    """Put a conversation on a request, with what that does to the request."""
    said_on_resolved(tables, request, by.name)
    said.id = tables.take("conversation")
    if tables.switches.subject_replaced or not said.subject:
        said.subject = f"[{request.name}]: {request.subject}"
    request.conversations.append(said)
    if said.type == REPLY:
        request.times.setdefault("firstResponseTime", said.created)
    if tables.switches.bump_on_conversation:
        tables.bump(request, by.name)


def search(tables: Tables, call: Call) -> Any:
    """POST request/{id}/conversation/search/byqual."""
    request = request_of(tables, call.ids[0])
    condition = call.body.object("qualDetails")
    if condition is None and tables.switches.empty_conversation_search == "refuse":
        raise Invalid("qualDetails is required")
    grammar = Grammar(tables, _PROPERTIES)
    fits = grammar.read(condition)
    found = [said for said in request.conversations if fits(said)]
    if tables.switches.sort_direction != "asc":
        found.reverse()
    return page(tables, call, found, lambda said: conversation_row(tables, said))


def update(tables: Tables, call: Call) -> Any:
    """PATCH request/{id}/conversation/{cid}: notes can be edited, the rest cannot."""
    request = request_of(tables, call.ids[0])
    said = tables.conversation(request, call.ids[1])
    if said is None:
        raise UnknownId
    if said.type not in tables.switches.editable:
        raise Refused(tables.switches.invalid_status, "The conversation cannot be edited")
    _edit(tables, said, call.body)
    said.updated = tables.now()
    if tables.switches.bump_on_conversation:
        tables.bump(request, call.by.name)
    return conversation_row(tables, said)


def _edit(tables: Tables, said: Conversation, body: Body) -> None:
    type = body.text("conversationType")
    if type is not None and _type(type) != said.type:
        raise Invalid("conversationType cannot change")
    details = said.details if body.text("details") is None else body.given("details")
    files = tables.refs(body.objects("fileAttachments"))
    said.details = details
    said.files = files or said.files


def _type(text: str) -> str:
    """A type, however the product's own texts spell it."""
    type = text.lower().replace("requester_to", "requestor_to")
    if type not in TYPES:
        raise Invalid("conversationType: there is no such type")
    return type
