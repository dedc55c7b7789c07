"""Records in the instance's own JSON, with the quirks its switches ask for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from syncer.desks.invgate.emulator_params import Params, refused
from syncer.desks.invgate.emulator_tables import Comment, File, Tables, Ticket, User, Work

_INFORMATIONAL = dict.fromkeys(
    (
        "sla_incident_resolution",
        "sla_incident_first_reply",
        "data_cleaned",
        "request_customer_sentiment_initial",
        "request_customer_sentiment_current",
    )
)
_NO_MOMENT: dict[str, int | str | None] = {"null": None, "zero": 0, "empty": ""}


class Look(Struct, kw_only=True, frozen=True):
    """How a caller wants to see a ticket; `embed` is where its comments are shown, if anywhere."""

    decoded: bool = False
    iso: bool = False
    embed: str = ""


def escaped(text: str) -> str:
    """What PHP's htmlspecialchars makes of a text."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#039;")


def look(ask: Params, embed: str = "") -> Look:
    """The parameters on how to show, as they are given in a call."""
    form = ask.text("date_format")
    if form not in (None, "epoch", "iso8601", "iso8601noT"):
        raise refused(428, "The parameter date_format is not valid")
    shown = embed if ask.flag("comments") else ""
    return Look(decoded=ask.flag("decoded_special_characters") or False, iso=form == "iso8601", embed=shown)


def bulk_look(ask: Params) -> Look:
    """The same for calls that give many tickets: their text is always escaped."""
    view = look(ask, embed="bulk")
    return Look(iso=view.iso, embed=view.embed)


def mapping(tables: Tables, values: Mapping[str, Any]) -> Any:
    """A map, which PHP writes as a list when nothing is in it."""
    return [] if not values and tables.switches.empty_map_as_list else values


def number(tables: Tables, value: int | None) -> int | str | None:
    """A number, as older versions send it or as a number."""
    return value if value is None or not tables.switches.numbers_as_strings else str(value)


def moment(tables: Tables, value: int | None, view: Look) -> int | str | None:
    """A time in the wanted form, or what stands for none."""
    if value is None:
        return _NO_MOMENT[tables.switches.no_moment]
    if view.iso:
        return datetime.fromtimestamp(value, UTC).isoformat()
    return number(tables, value)


def title(tables: Tables, text: str, view: Look) -> str:
    """A title as it goes out."""
    return text if view.decoded or not tables.switches.titles_escaped else escaped(text)


def ticket(tables: Tables, row: Ticket, view: Look) -> dict[str, Any]:
    """The ticket object."""

    def n(value: int | None) -> int | str | None:
        return number(tables, value)

    def at(value: int | None) -> int | str | None:
        return moment(tables, value, view)

    shown: dict[str, Any] = {
        "id": n(row.id),
        "pretty_id": f"#{row.id}",
        "title": title(tables, row.title, view),
        "description": row.description if view.decoded else escaped(row.description),
        "status_id": n(row.status_id),
        "priority_id": n(row.priority_id),
        "type_id": n(row.type_id),
        "source_id": n(row.source_id),
        "category_id": n(row.category_id),
        "location_id": n(row.location_id),
        "user_id": n(row.user_id),
        "creator_id": n(row.creator_id),
        "assigned_group_id": n(row.assigned_group_id),
        "assigned_id": n(row.assigned_id),
        "process_id": None,
        "date_ocurred": at(row.date_ocurred),
        "created_at": at(row.created_at),
        "last_update": at(row.last_update),
        "solved_at": at(row.solved_at),
        "closed_at": at(row.closed_at),
        "closed_reason": n(row.closed_reason),
        "attachments": [n(id) for id in row.files],
        "custom_fields": mapping(tables, {str(uid): value for uid, value in row.custom.items()}),
        **_INFORMATIONAL,
    }
    if row.rating is not None:
        shown["rating"] = n(row.rating)
    if view.embed:
        shown["comments"] = [comment(tables, said, view) for said in said_on(tables, row)]
    return shown


def said_on(tables: Tables, row: Ticket) -> list[Comment]:
    """The comments in the order of the instance, which nobody promises."""
    return row.comments if tables.switches.comments_order == "oldest" else row.comments[::-1]


def comment(tables: Tables, row: Comment, view: Look) -> dict[str, Any]:
    """A comment of incident.comment, or as it is embedded: visibility as 0/1, and in bulk no solution flag."""
    visible: bool | int | str | None = row.customer_visible
    if view.embed or tables.switches.numbers_as_strings:
        visible = number(tables, int(row.customer_visible))
    shown: dict[str, Any] = {
        "id": number(tables, row.id),
        "incident_id": number(tables, row.ticket_id),
        "author_id": number(tables, row.author_id),
        "message": row.message if view.decoded else escaped(row.message),
        "created_at": moment(tables, row.created_at, view),
        "customer_visible": visible,
        "is_solution": row.is_solution,
        "msg_num": number(tables, row.msg_num),
        "reference": None,
        tables.switches.files_key: [number(tables, id) for id in row.files],
    }
    if view.embed == "bulk":
        del shown["is_solution"]
    return shown


def work(tables: Tables, ticket: Ticket, row: Work, *, iso: bool) -> dict[str, Any]:
    """A time entry; without an offset unless one was asked for."""

    def at(seconds: int) -> str:
        moment = datetime.fromtimestamp(seconds, UTC)
        return moment.isoformat() if iso else moment.strftime("%Y-%m-%d %H:%M")

    return {
        "timetracking_id": number(tables, row.id),
        "incident": number(tables, ticket.id),
        "user_id": number(tables, row.user_id),
        "timetracking_category_id": None,
        "from": at(row.start),
        "to": at(row.start + row.seconds),
        "total": row.seconds,
        "comment": row.comment,
        "status": int(not row.deleted),
    }


def attachment(tables: Tables, row: File, origin: str) -> dict[str, Any]:
    """The description of a file, with the address it is to be fetched from."""
    stem, dot, extension = row.name.rpartition(".")
    digest = hashlib.md5(row.content, usedforsecurity=False).hexdigest()
    return {
        "id": number(tables, row.id),
        "name": row.name,
        "extension": extension if stem and dot else "",
        "hash": digest,
        "url": f"{_host(tables, origin)}/attachments/download/{row.id}?signature={digest[:12]}",
    }


def _host(tables: Tables, origin: str) -> str:
    if tables.switches.download != "other_host":
        return origin
    if tables.switches.other_host:
        return tables.switches.other_host
    if "//localhost" in origin:
        return origin.replace("//localhost", "//127.0.0.1")
    return origin.replace("//127.0.0.1", "//localhost")


def user(tables: Tables, row: User) -> dict[str, Any]:
    """The user object."""
    location = tables.locations.get(row.location_id or 0)
    strings = tables.switches.users_as_strings

    def n(value: int) -> int | str:
        return str(value) if strings else value

    def b(value: bool) -> bool | str:
        return str(int(value)) if strings else value

    return {
        "id": n(row.id),
        "username": row.username,
        "name": row.name,
        "lastname": row.lastname,
        "email": row.email,
        "other_email": None,
        "user_type": n(row.user_type),
        "type": n(1 if row.user_type == 1 else 4),
        "role_name": "Agent" if row.user_type == 1 else "End user",
        "is_disabled": b(row.is_disabled),
        "is_deleted": b(row.is_deleted),
        "is_external": b(row.is_external),
        "manager_id": None,
        "phone": row.phone,
        "mobile": None,
        "department": None,
        "location": location,
    }
