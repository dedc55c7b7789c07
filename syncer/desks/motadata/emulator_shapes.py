"""Records as the answers show them (contract 3.1, 3.6, 3.8)."""

from __future__ import annotations

from typing import Any

from syncer.desks.motadata.emulator_records import Conversation, Field, FileRef, Person, Request
from syncer.desks.motadata.emulator_switches import Switches
from syncer.desks.motadata.emulator_tables import Tables
from syncer.desks.motadata.emulator_text import numeric, plain, spoken
from syncer.desks.motadata.emulator_words import DRIFTED, MESSAGE, UNSET


def request_row(tables: Tables, request: Request) -> dict[str, Any]:
    """A request; what has no value is absent."""
    switches = tables.switches
    requester = tables.people.get(request.requester or 0)
    company = requester.company if requester and switches.companies else ""
    shown = {
        "id": request.id,
        "name": request.name,
        "subject": request.subject,
        "description": plain(request.description) if switches.strip_html else request.description,
        "createdTime": request.created,
        "updatedTime": request.updated,
        "createdByName": request.creator,
        "updatedByName": request.updater,
        "requesterName": requester.name if requester else "",
        "requesterEmail": requester.email if requester else "",
        "assigneeEmail": tables.email_of(request.assignee),
        "statusName": request.status,
        "priorityName": request.priority,
        "impactName": DRIFTED.get(request.impact, request.impact) if switches.drifting_names else request.impact,
        "urgencyName": request.urgency,
        "categoryName": request.category,
        "departmentName": request.department,
        "locationName": request.location,
        **({"companyName": company} if switches.companies else {}),
        **({switches.group_key: request.group} if switches.group_key else {}),
        "supportLevel": level_name(request.level, switches),
        "source": request.source,
        "spam": request.spam,
        **_lists(request, switches),
        "customField": {field.label: custom_value(request, field) for field in tables.fields.values()},
        "fileAttachments": [file_row(file, switches) for file in request.files],
        **(request.times if switches.lifecycle_times else {}),
    }
    return _present(shown, switches)


def _lists(request: Request, switches: Switches) -> dict[str, list[str]]:
    lists = {"tags": list(request.tags), "ccEmailSet": list(request.cc)}
    return {key: value for key, value in lists.items() if value or not switches.absent_lists}


def created_row(tables: Tables, request: Request) -> dict[str, Any]:
    """A request as the answer to its own creation shows it: with less than was kept (contract 3.2)."""
    shown = request_row(tables, request)
    if tables.switches.echo_loss:
        shown["tags"] = []
        shown["customField"] = {}
        shown["supportLevel"] = level_name(0 if request.level else 1, tables.switches)
    return shown


def conversation_row(tables: Tables, said: Conversation) -> dict[str, Any]:
    """A conversation; its times are local ones without a zone."""
    switches = tables.switches
    shown = {
        "id": said.id,
        "conversationType": _type_name(said.type, switches),
        "details": said.details,
        "createdByName": said.author_name,
        "createdByEmail": said.author_email,
        "createdTime": spoken(said.created, switches.conversation_zone),
        "updatedTime": spoken(said.updated, switches.conversation_zone),
        "subject": said.subject,
        "conversationState": said.state,
        "emailIds": list(said.email_ids),
        "ccEmailIds": list(said.cc_email_ids),
        "updatable": said.type in switches.editable,
        "deletable": said.type in switches.editable,
        "fileAttachments": [file_row(file, switches) for file in said.files],
    }
    return _present(shown, switches)


def person_row(tables: Tables, person: Person) -> dict[str, Any]:
    """A requester or technician; dates are in yet another form."""
    shown = {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "userLogOnName": person.logon,
        "departmentName": person.department,
        "locationName": person.location,
        "companyName": person.company,
        "createdTime": numeric(person.created),
        "allowToLogin": person.technician and not person.disabled,
        "vipRequester": False,
        "verified": True,
        "isBlock": person.disabled,
        "block": person.disabled,
        "customField": {},
    }
    if person.technician:
        shown |= {"roles": ["Technician"], "accessLevel": "global_access", "assetAccessLevel": "global_access"}
        shown |= {"supportLevel": level_name(1, tables.switches)}
    return _present(shown | person.given, tables.switches)


def custom_value(request: Request, field: Field) -> Any:
    """The value of a custom field, or what one of its kind reads as while nobody filled it."""
    value = request.custom.get(field.id, UNSET[field.kind])
    return list(value) if isinstance(value, list) else value


def file_row(file: FileRef, switches: Switches) -> dict[str, Any]:
    """A mention of a file."""
    shown: dict[str, Any] = {"refFileName": file.ref, "realName": file.name}
    return shown | {"link": None} if switches.file_links else shown


def level_name(level: int, switches: Switches) -> str:
    """A support level: written Tier1, read tier1."""
    return f"{'tier' if switches.drifting_names else 'Tier'}{level}"


def _type_name(type: str, switches: Switches) -> str:
    match switches.type_spelling:
        case "capital":
            return type.capitalize()
        case "requester" if type == MESSAGE:
            return type.replace("requestor_", "requester_")
    return type


def _present(shown: dict[str, Any], switches: Switches) -> dict[str, Any]:
    """Without the keys that have no text."""
    if switches.absent_as_null:
        return {key: None if value == "" else value for key, value in shown.items()}
    return {key: value for key, value in shown.items() if value != ""}
