"""How an emulated Tikting writes tickets and users down: list rows and details."""

from __future__ import annotations

from typing import Any

from .emulator_accounts import Account, People, User
from .emulator_dates import written
from .emulator_files import Files, Upload
from .emulator_lists import Viewer
from .emulator_lookups import Lookups
from .emulator_switches import Switches
from .emulator_tickets import Reply, Ticket, reply_id

Json = dict[str, Any]


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
        "assignee_email": people.email(ticket.assignee),
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
        "closed": ticket.closed,
        "source": ticket.source,
        "resolution": ticket.resolution,
        "uploads": _fingerprints(ticket.uploads),
        "replies": [
            {
                "id": reply_id(ticket, number),
                "author": reply.author,
                "author_email": people.email(reply.author),
                "body": reply.body,
                "created": reply.created,
                "private": reply.private,
                "uploads": _fingerprints(reply.uploads),
            }
            for number, reply in enumerate(ticket.replies, 1)
        ],
    }


def _fingerprints(uploads: list[Upload]) -> list[Json]:
    return [
        {"name": file.name, "sha256": file.sha256, "size": file.size, "content_type": file.content_type}
        for file in uploads
    ]


class Writer:
    """List rows and details in the layout the switches ask for."""

    def __init__(self, people: People, lookups: Lookups, files: Files, switches: Switches) -> None:
        self._people = people
        self._lookups = lookups
        self._files = files
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

    def detail(self, ticket: Ticket, viewer: Viewer, origin: str) -> Json:
        """One ticket, with all the viewer may read. `origin` is what the caller calls this desk."""
        switches, flat = self._switches, self._switches.detail == "flat"
        body = self._flat_detail(ticket) if flat else self._nested_detail(ticket)
        text = "description" if flat else "body"
        body[text] = self._files.shown(body[text], origin)
        if switches.with_updated:
            body["updatedDate" if flat else "modifiedOn"] = self._date(ticket.updated)
        if switches.with_replies:
            body["replies" if flat else "comments"] = [
                self._reply(reply_id(ticket, number), reply, origin)
                for number, reply in enumerate(ticket.replies, 1)
                if viewer.account.staff or not reply.private
            ]
        if switches.with_attachments:
            body["attachments" if flat else "files"] = self._listed(ticket.uploads, origin)
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
        row: Json = {
            "ticketId": ticket.id,
            "subject": ticket.title,
            "requester": self._name(ticket.creator),
            "status": labels["status"][ticket.status],
            "priority": labels["priorities"].get(ticket.priority or 0),
            "group": labels["groups"].get(ticket.group or 0),
        }
        if self._switches.with_updated:
            row["lastUpdated"] = self._date(ticket.updated)
        return row

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

    def _reply(self, id: int, reply: Reply, origin: str) -> Json:
        switches = self._switches
        body: Json = {"id": id, "body": self._files.shown(reply.body, origin)}
        if switches.reply_author == "id":
            body["creatorId"] = reply.author
        else:
            body["creator"] = self._person(reply.author)
        body["createdDate"] = self._date(reply.created)
        if switches.reply_flag != "none":
            body[switches.reply_flag] = reply.private == (switches.reply_flag == "isPrivate")
        if switches.with_attachments:
            body["attachments"] = self._listed(reply.uploads, origin)
        return body

    def _listed(self, uploads: list[Upload], origin: str) -> list[Json]:
        listed: list[Json] = [{"id": file.id, "fileName": file.name, "size": file.size} for file in uploads]
        if self._switches.profile == "extended" and self._switches.file_urls != "none":
            key = "url" if self._switches.detail == "flat" else "downloadUrl"
            for shown, file in zip(listed, uploads, strict=True):
                shown |= {"contentType": file.content_type, key: self._files.address(file, origin)}
        return listed

    def _person(self, id: str | None) -> Json | None:
        if id is None:
            return None
        user = self._people.by_id[id]
        return {"id": id, "fullName": self._name(id), "userName": user.email, "email": user.email}

    def _name(self, id: str) -> str:
        user = self._people.by_id[id]
        return f"{user.first} {user.last}".strip()

    def _date(self, at: float | None) -> str | None:
        return written(at, self._switches)
