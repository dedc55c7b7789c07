"""Rows as they are shown: times in UTC to the second, people and lists by id and name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from syncer.desks.redmine.emulator_custom import shown_custom
from syncer.desks.redmine.emulator_params import Call
from syncer.desks.redmine.emulator_records import Attachment, Issue, Journal, Member, Project, Relation, Spent, User
from syncer.desks.redmine.emulator_tables import SECOND, SYNC_ID, Tables
from syncer.desks.redmine.emulator_words import (
    ACTIVITIES,
    CLOSED_STATUSES,
    IMAGES,
    PRIORITIES,
    RIGHTS,
    ROLES,
    SEES_ALL,
    STATUSES,
    SYNC,
    TRACKERS,
    ending,
)

Shape = dict[str, Any]


def moment(micros: int | None) -> str | None:
    """A moment, its fraction of a second cut off."""
    if micros is None:
        return None
    return datetime.fromtimestamp(micros // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def status(id: int) -> Shape:
    """A status."""
    return {"id": id, "name": STATUSES[id], "is_closed": id in CLOSED_STATUSES}


def person(tables: Tables, id: int) -> Shape:
    """Somebody, by id and name: an address stands nowhere on an issue."""
    return {"id": id, "name": tables.name(id)}


def issue(tables: Tables, row: Issue) -> Shape:
    """An issue as lists show it. A worker and a category that are not there are left out, other values are null."""
    shown: Shape = {
        "id": row.id,
        "project": {"id": row.project_id, "name": tables.projects[row.project_id].name},
        "tracker": {"id": row.tracker_id, "name": TRACKERS[row.tracker_id]},
        "status": status(row.status_id),
        "priority": {"id": row.priority_id, "name": PRIORITIES[row.priority_id]},
        "author": person(tables, row.author_id),
    }
    if row.assigned_to_id is not None:
        shown["assigned_to"] = person(tables, row.assigned_to_id)
    if row.category_id is not None:
        shown["category"] = {"id": row.category_id, "name": tables.categories[row.category_id].name}
    if row.parent_id is not None:
        shown["parent"] = {"id": row.parent_id}
    shown |= {
        "subject": row.subject,
        "description": row.description,
        "start_date": row.start_date,
        "due_date": row.due_date,
        "done_ratio": row.done_ratio,
        "is_private": row.is_private,
        "estimated_hours": row.estimated_hours,
        "total_estimated_hours": row.estimated_hours,
    }
    if tables.fields:
        shown["custom_fields"] = shown_custom(tables, row)
    return shown | {
        "created_on": moment(row.created),
        "updated_on": moment(row.updated),
        "closed_on": moment(row.closed),
    }


def listed_issue(tables: Tables, row: Issue, call: Call) -> Shape:
    """An issue in a list, which takes no more than files and relations along."""
    shown = issue(tables, row) | _timed(tables, row, call.by)
    if call.includes("attachments"):
        shown["attachments"] = [attachment(tables, one, call.here) for one in tables.files_of(row)]
    if call.includes("relations"):
        shown["relations"] = [relation(one) for one in tables.relations_of(row)]
    return shown


def whole_issue(tables: Tables, row: Issue, call: Call) -> Shape:
    """An issue with all that is asked for."""
    shown = issue(tables, row) | _timed(tables, row, call.by)
    if call.includes("children") and (parts := list(tables.children(row))):
        shown["children"] = [_child(one) for one in parts]
    if call.includes("attachments"):
        shown["attachments"] = [attachment(tables, one, call.here) for one in tables.files_of(row)]
    if call.includes("relations") and (related := _seen_relations(tables, row, call.by)):
        shown["relations"] = [relation(one) for one in related]
    if call.includes("changesets"):
        shown["changesets"] = []
    if call.includes("journals"):
        shown["journals"] = [journal(tables, one) for one in tables.seen_journals(call.by, row)]
    if call.includes("watchers") and tables.may(call.by, "view_issue_watchers", row.project_id):
        shown["watchers"] = [person(tables, id) for id in sorted(row.watchers)]
    if call.includes("allowed_statuses"):
        shown["allowed_statuses"] = [status(id) for id in tables.statuses(call.by, row, row.project_id)]
    return shown


def _timed(tables: Tables, row: Issue, by: User) -> Shape:
    """What was spent on it, where somebody may see that; with its parts, too."""
    if not tables.sees_times(by, row):
        return {}
    all_of_it = [row, *(one for one in tables.children(row) if tables.sees_times(by, one))]
    own, total = (sum(one.hours for at in rows for one in at.spent) for rows in ([row], all_of_it))
    return {"spent_hours": own, "total_spent_hours": total}


def spent(tables: Tables, row: Spent) -> Shape:
    """Time spent: hours to two decimals."""
    project = tables.projects[tables.issues[row.issue_id].project_id]
    return {
        "id": row.id,
        "project": {"id": project.id, "name": project.name},
        "issue": {"id": row.issue_id},
        "user": person(tables, row.user_id),
        "activity": {"id": row.activity_id, "name": ACTIVITIES[row.activity_id]},
        "hours": round(row.hours, 2),
        "comments": row.comments,
        "spent_on": row.day,
        "created_on": moment(row.created),
        "updated_on": moment(row.created),
    }


def _child(row: Issue) -> Shape:
    return {"id": row.id, "tracker": {"id": row.tracker_id, "name": TRACKERS[row.tracker_id]}, "subject": row.subject}


def _seen_relations(tables: Tables, row: Issue, by: User) -> list[Relation]:
    def other(one: Relation) -> Issue:
        return tables.issues[one.issue_to_id if one.issue_id == row.id else one.issue_id]

    return [one for one in tables.relations_of(row) if tables.sees(by, other(one))]


def journal(tables: Tables, row: Journal) -> Shape:
    """Something said or changed."""
    return {
        "id": row.id,
        "user": person(tables, row.user_id),
        "notes": row.notes,
        "created_on": moment(row.created),
        "private_notes": row.private,
        "details": [
            {"property": one.property, "name": one.name, "old_value": one.old, "new_value": one.new}
            for one in row.details
        ],
    }


def attachment(tables: Tables, row: Attachment, here: str) -> Shape:
    """A file: its address ends with its name, and is another one when it is renamed."""
    shown: Shape = {
        "id": row.id,
        "filename": row.filename,
        "filesize": len(row.content),
        "content_type": row.content_type,
        "description": row.description,
        "content_url": f"{here}/attachments/download/{row.id}/{quote(row.filename, safe=_KEPT)}",
    }
    if ending(row.filename) in IMAGES:
        shown["thumbnail_url"] = f"{here}/attachments/thumbnail/{row.id}"
    return shown | {"author": person(tables, row.author_id), "created_on": moment(row.created)}


_KEPT = "!$&'()*+,;=:@~"


def relation(row: Relation) -> Shape:
    """Two issues that have to do with each other."""
    return {
        "id": row.id,
        "issue_id": row.issue_id,
        "issue_to_id": row.issue_to_id,
        "relation_type": row.relation_type,
        "delay": row.delay,
    }


def project(row: Project) -> Shape:
    """A project."""
    return {
        "id": row.id,
        "name": row.name,
        "identifier": row.identifier,
        "description": None,
        "status": 1,
        "is_public": row.public,
        "inherit_members": False,
        "created_on": moment(row.created),
        "updated_on": moment(row.created),
    }


def membership(tables: Tables, row: Member) -> Shape:
    """What somebody is in a project."""
    return {
        "id": row.id,
        "project": {"id": row.project_id, "name": tables.projects[row.project_id].name},
        "user": person(tables, row.user_id),
        "roles": [{"id": id, "name": ROLES[id]} for id in row.role_ids],
    }


def role(tables: Tables, id: int) -> Shape:
    """What members in this role may do."""
    lacking = tables.switches.lacking if id == SYNC else frozenset[str]()
    return {
        "id": id,
        "name": ROLES[id],
        "assignable": True,
        "issues_visibility": "all" if id in SEES_ALL else "default",
        "time_entries_visibility": "all",
        "users_visibility": "all",
        "permissions": sorted(RIGHTS[id] - lacking),
    }


def listed_user(row: User) -> Shape:
    """Somebody as an administrator's list shows them."""
    return {
        "id": row.id,
        "login": row.login,
        "admin": row.admin,
        "firstname": row.firstname,
        "lastname": row.lastname,
        "mail": row.mail,
        "created_on": moment(row.created),
        "updated_on": moment(row.created),
        "last_login_on": None,
        "passwd_changed_on": moment(row.created) if row.changed_password else None,
        "twofa_scheme": None,
    }


def user(tables: Tables, row: User, by: User) -> Shape:
    """Somebody as `by` may see them: address, key and state are not for everybody."""
    shown = listed_user(row)
    own, hides = row.id == by.id, tables.switches.hide_mail or row.id == SYNC_ID
    if not by.admin and hides:
        del shown["mail"]
    if not (by.admin or own):
        del shown["admin"], shown["twofa_scheme"]
    else:
        shown["api_key"] = row.key
    if by.admin:
        shown["status"] = row.status
    return shown
