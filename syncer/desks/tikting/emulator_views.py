"""How an emulated Tikting writes tickets and users down: list rows, details, dates and casing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .emulator_accounts import Account, People, User
from .emulator_lists import Viewer
from .emulator_lookups import Lookups
from .emulator_switches import Switches
from .emulator_tickets import Ticket, Upload

Json = dict[str, Any]


def flipped(value: Any) -> Any:
    """The same with the first letter of every key in the other case."""
    if isinstance(value, dict):
        return {key[:1].swapcase() + key[1:]: flipped(item) for key, item in value.items()}
    return [flipped(item) for item in value] if isinstance(value, list) else value


def login_body(account: Account, user: User, token: str, host: str) -> Json:
    """What a log-in is answered with."""
    return {
        "Id": account.id,
        "Username": user.email if not account.username else account.username,
        "FirstName": user.first,
        "LastName": user.last,
        "Avatar": f"https://{host}/avatars/{account.id}.png",
        "UserSettings": {},
        "Token": token,
    }


def technician(user: User, host: str) -> Json:
    """One user of `GroupUsers`."""
    return {
        "Id": user.id,
        "Username": user.email,
        "Email": user.email,
        "FirstName": user.first,
        "LastName": user.last,
        "Avatar": f"https://{host}/avatars/{user.id}.png",
    }


def registered(ticket: Ticket) -> Json:
    """The published part of the answer to a registration."""
    return {
        "id": ticket.id,
        "title": ticket.title,
        "description": ticket.description,
        "siteId": ticket.site,
        "departmentId": ticket.department,
        "ticketStatusId": ticket.status,
        "ticketPriorityId": ticket.priority,
    }


def stored(ticket: Ticket, people: People) -> Json:
    """A ticket for judges: everything by id, files by fingerprint."""
    return {
        "id": ticket.id,
        "title": ticket.title,
        "description": ticket.description,
        "creator": ticket.creator,
        "creator_email": people.by_id[ticket.creator].email,
        "assignee": ticket.assignee,
        "site": ticket.site,
        "department": ticket.department,
        "status": ticket.status,
        "type": ticket.type,
        "priority": ticket.priority,
        "category": ticket.category,
        "group": ticket.group,
        "level": ticket.level,
        "created": ticket.created,
        "updated": ticket.updated,
        "source": ticket.source,
        "uploads": [
            {"name": file.name, "sha256": file.sha256, "size": file.size, "content_type": file.content_type}
            for file in ticket.uploads
        ],
    }


class Writer:
    """List rows and details in the layout the switches ask for."""

    def __init__(self, people: People, lookups: Lookups, switches: Switches) -> None:
        self._people = people
        self._lookups = lookups
        self._switches = switches

    def row(self, ticket: Ticket, viewer: Viewer) -> Json:
        """One row of a list."""
        match self._switches.rows:
            case "nested":
                row = self._nested_row(ticket)
            case "labels":
                row = self._label_row(ticket)
            case _:
                row = self._flat_row(ticket)
        if self._switches.volatile:
            row |= {
                "isUnread": ticket.unread,
                "isOverdue": viewer.overdue(ticket),
                "age": int(viewer.now - ticket.created),
                "creatorAvatar": f"/avatars/{ticket.creator}.png?v={int(viewer.now)}",
            }
        return row

    def detail(self, ticket: Ticket) -> Json:
        """One ticket, whole."""
        flat = self._switches.detail == "flat"
        body = self._flat_detail(ticket) if flat else self._nested_detail(ticket)
        if self._switches.with_updated:
            body["updatedDate" if flat else "modifiedOn"] = self._date(ticket.updated)
        if self._switches.with_replies:
            body["replies" if flat else "comments"] = self._replies(ticket)
        if self._switches.with_attachments:
            body["attachments" if flat else "files"] = self._files(ticket.id * 100_000, ticket.uploads)
        return body

    def _flat_row(self, ticket: Ticket) -> Json:
        row: Json = {
            "id": ticket.id,
            "title": ticket.title,
            "creatorId": ticket.creator,
            "requester": self._name(ticket.creator),
            "assigneeId": ticket.assignee,
            "ticketStatusId": ticket.status,
            "ticketPriorityId": ticket.priority,
            "ticketCategoryId": ticket.category,
            "groupId": ticket.group,
            "createdDate": self._date(ticket.created),
        }
        if self._switches.with_updated:
            row["updatedDate"] = self._date(ticket.updated)
        return row

    def _nested_row(self, ticket: Ticket) -> Json:
        row: Json = {
            "ticketId": ticket.id,
            "subject": ticket.title,
            "creator": self._person(ticket.creator),
            "assignee": self._person(ticket.assignee),
            "status": self._lookups.object("status", ticket.status),
            "priority": self._lookups.object("priorities", ticket.priority),
            "group": self._lookups.object("groups", ticket.group),
            "createdOn": self._date(ticket.created),
        }
        if self._switches.with_updated:
            row["modifiedOn"] = self._date(ticket.updated)
        return row

    def _label_row(self, ticket: Ticket) -> Json:
        labels = self._lookups.labels
        return {
            "ticketId": ticket.id,
            "subject": ticket.title,
            "requester": self._name(ticket.creator),
            "status": labels["status"][ticket.status],
            "priority": labels["priorities"].get(ticket.priority or 0),
            "group": labels["groups"].get(ticket.group or 0),
        }

    def _flat_detail(self, ticket: Ticket) -> Json:
        return {
            "id": ticket.id,
            "title": ticket.title,
            "description": ticket.description,
            "creatorId": ticket.creator,
            "assigneeId": ticket.assignee,
            "ticketCategoryId": ticket.category,
            "siteId": ticket.site,
            "departmentId": ticket.department,
            "groupId": ticket.group,
            "ticketStatusId": ticket.status,
            "ticketPriorityId": ticket.priority,
            "tierLevelId": ticket.level,
            "ticketType": ticket.type,
            "source": ticket.source,
            "resolution": ticket.resolution,
            "createdDate": self._date(ticket.created),
            "closedDate": self._date(ticket.closed),
        }

    def _nested_detail(self, ticket: Ticket) -> Json:
        return {
            "ticketId": ticket.id,
            "subject": ticket.title,
            "body": ticket.description,
            "creator": self._person(ticket.creator),
            "assignee": self._person(ticket.assignee),
            "category": self._lookups.object("categories", ticket.category),
            "site": self._lookups.object("sites", ticket.site),
            "department": self._lookups.object("departments", ticket.department),
            "group": self._lookups.object("groups", ticket.group),
            "status": self._lookups.object("status", ticket.status),
            "priority": self._lookups.object("priorities", ticket.priority),
            "tierLevelId": ticket.level,
            "resolution": None if ticket.resolution is None else {"text": ticket.resolution},
            "createdOn": self._date(ticket.created),
            "closedDate": self._date(ticket.closed),
        }

    def _replies(self, ticket: Ticket) -> list[Json]:
        return [
            {
                "id": ticket.id * 1000 + number,
                "body": reply.body,
                "creator": self._person(reply.author),
                "createdDate": self._date(reply.created),
                "isPrivate": reply.private,
                "attachments": self._files(ticket.id * 100_000 + number * 100, reply.uploads),
            }
            for number, reply in enumerate(ticket.replies, 1)
        ]

    def _files(self, first: int, uploads: list[Upload]) -> list[Json]:
        return [{"id": first + number, "fileName": file.name, "size": file.size} for number, file in enumerate(uploads)]

    def _person(self, id: str | None) -> Json | None:
        if id is None:
            return None
        user = self._people.by_id[id]
        return {"id": id, "fullName": self._name(id), "userName": user.email, "email": user.email}

    def _name(self, id: str) -> str:
        user = self._people.by_id[id]
        return f"{user.first} {user.last}".strip()

    def _date(self, at: float | None) -> str | None:
        naive = self._switches.dates == "naive"
        if at is None:
            return "0001-01-01T00:00:00" if naive else None
        text = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        return f"{text}0" if naive else f"{text}Z"
