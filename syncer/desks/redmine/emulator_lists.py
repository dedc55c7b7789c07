"""Lists: of issues, and of all that issues are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from aiohttp import web

from syncer.desks.redmine import emulator_shapes as shapes
from syncer.desks.redmine.emulator_answers import Broken, Invalid, Refused, json_answer
from syncer.desks.redmine.emulator_custom import words_of
from syncer.desks.redmine.emulator_filters import Query
from syncer.desks.redmine.emulator_issues import refused_to
from syncer.desks.redmine.emulator_params import Call, to_number
from syncer.desks.redmine.emulator_records import Field, Issue, Project
from syncer.desks.redmine.emulator_tables import Tables
from syncer.desks.redmine.emulator_words import (
    CLOSED_STATUSES,
    NEW,
    NORMAL,
    PRIORITIES,
    ROLES,
    STANDARD_FIELDS,
    STATUSES,
    TRACKERS,
)

T = TypeVar("T")


def listed(call: Call, name: str, rows: Sequence[T], show: Callable[[T], Any]) -> web.Response:
    """A page of a list."""
    offset, limit = call.page()
    page = [show(row) for row in rows[offset : offset + limit]]
    return json_answer({name: page, "total_count": len(rows), "offset": offset, "limit": limit})


# Issues


async def issues(tables: Tables, call: Call) -> web.Response:
    """GET issues.json. Closed ones are left out where no status is asked for."""
    if any(name.startswith(("limit[", "offset[")) for name in call.query):
        raise Broken(500)
    project = _project_asked(tables, call)
    keeps = Query(tables, call.by, call.query, project.id if project else None).keeps()
    rows = [
        issue
        for issue in tables.issues.values()
        if (project is None or issue.project_id == project.id)
        and all(keep(issue) for keep in keeps)
        and tables.sees(call.by, issue)
    ]
    return listed(
        call, "issues", _in_order(tables, call.query, rows), lambda one: shapes.listed_issue(tables, one, call)
    )


def _project_asked(tables: Tables, call: Call) -> Project | None:
    name = call.ids[0] if call.ids else call.query.get("project_id")
    if name is None:
        return None
    if not name.strip():
        raise Invalid("Project cannot be blank")
    project = tables.project_of(name)
    if project is None:
        raise Refused(404)
    if not tables.may(call.by, "view_issues", project.id):
        raise refused_to(call)
    return project


def _in_order(tables: Tables, query: Mapping[str, str], rows: list[Issue]) -> list[Issue]:
    """In the order asked for; of equal ones, and where nothing is asked, the newest first."""
    rows.sort(key=lambda one: one.id, reverse=True)
    for part in reversed(query.get("sort", "").split(",")[:3]):
        name, _, direction = part.partition(":")
        key = _sorting(tables).get(name)
        if key is not None:
            rows.sort(key=key, reverse=direction == "desc")
    return rows


def _sorting(tables: Tables) -> dict[str, Callable[[Issue], Any]]:
    keys: dict[str, Callable[[Issue], Any]] = {
        "id": lambda one: one.id,
        "project": lambda one: tables.projects[one.project_id].name,
        "tracker": lambda one: one.tracker_id,
        "status": lambda one: one.status_id,
        "priority": lambda one: one.priority_id,
        "subject": lambda one: one.subject.lower(),
        "author": lambda one: tables.name(one.author_id),
        "assigned_to": lambda one: (one.assigned_to_id is None, tables.name(one.assigned_to_id or one.author_id)),
        "created_on": lambda one: one.created,
        "updated_on": lambda one: one.updated,
        "closed_on": lambda one: (one.closed is None, one.closed or 0),
        "start_date": lambda one: (one.start_date is None, one.start_date or ""),
        "due_date": lambda one: (one.due_date is None, one.due_date or ""),
        "done_ratio": lambda one: one.done_ratio,
    }

    def value(field: Field) -> Callable[[Issue], Any]:
        return lambda one: " ".join(words_of(one, field))

    return keys | {f"cf_{id}": value(field) for id, field in tables.fields.items() if not field.multiple}


# Projects, and what is in them


def project_of(tables: Tables, call: Call) -> Project:
    """The project of a path."""
    project = tables.project_of(call.ids[0])
    if project is None:
        raise Refused(404)
    if not tables.sees_project(call.by, project):
        raise refused_to(call)
    return project


async def projects(tables: Tables, call: Call) -> web.Response:
    """GET projects.json: those that are there for who asks, which may be none."""
    rows = sorted((one for one in tables.projects.values() if tables.sees_project(call.by, one)), key=lambda p: p.name)
    return listed(call, "projects", rows, lambda one: _with_parts(tables, call, one))


async def project(tables: Tables, call: Call) -> web.Response:
    """GET projects/{id}.json."""
    return json_answer({"project": {**_with_parts(tables, call, project_of(tables, call)), "homepage": ""}})


def _with_parts(tables: Tables, call: Call, row: Project) -> dict[str, Any]:
    shown = shapes.project(row)
    if call.includes("trackers"):
        shown["trackers"] = [{"id": id, "name": name} for id, name in TRACKERS.items()]
    if call.includes("issue_categories"):
        own = [one for one in tables.categories.values() if one.project_id == row.id]
        shown["issue_categories"] = [{"id": one.id, "name": one.name} for one in own]
    if call.includes("enabled_modules"):
        shown["enabled_modules"] = [{"id": row.id, "name": "issue_tracking"}]
    if call.includes("issue_custom_fields"):
        # Fields that are for all projects, as they are here, do not stand among those of one.
        shown["issue_custom_fields"] = []
    return shown


async def categories(tables: Tables, call: Call) -> web.Response:
    """GET projects/{id}/issue_categories.json."""
    row = project_of(tables, call)
    if not tables.may(call.by, "view_issues", row.id):
        raise refused_to(call)
    rows = [
        {"id": one.id, "project": {"id": row.id, "name": row.name}, "name": one.name}
        for one in tables.categories.values()
        if one.project_id == row.id
    ]
    return json_answer({"issue_categories": rows, "total_count": len(rows)})


async def memberships(tables: Tables, call: Call) -> web.Response:
    """GET projects/{id}/memberships.json: people without their addresses, locked ones among them."""
    row = project_of(tables, call)
    rows = [one for one in tables.members.values() if one.project_id == row.id]
    return listed(call, "memberships", rows, lambda one: shapes.membership(tables, one))


# Lists that are the same for everybody, whoever asks


async def trackers(tables: Tables, call: Call) -> web.Response:
    """GET trackers.json."""
    rows = [
        {
            "id": id,
            "name": name,
            "default_status": {"id": NEW, "name": STATUSES[NEW]},
            "description": None,
            "enabled_standard_fields": list(STANDARD_FIELDS),
        }
        for id, name in TRACKERS.items()
    ]
    return json_answer({"trackers": rows})


async def statuses(tables: Tables, call: Call) -> web.Response:
    """GET issue_statuses.json."""
    rows = [{"id": id, "name": name, "is_closed": id in CLOSED_STATUSES} for id, name in STATUSES.items()]
    return json_answer({"issue_statuses": rows})


async def priorities(tables: Tables, call: Call) -> web.Response:
    """GET enumerations/issue_priorities.json."""
    rows = [{"id": id, "name": name, "is_default": id == NORMAL, "active": True} for id, name in PRIORITIES.items()]
    return json_answer({"issue_priorities": rows})


async def roles(tables: Tables, call: Call) -> web.Response:
    """GET roles.json."""
    return json_answer({"roles": [{"id": id, "name": name} for id, name in ROLES.items()]})


async def role(tables: Tables, call: Call) -> web.Response:
    """GET roles/{id}.json: what its members may do."""
    id = to_number(call.ids[0])
    if id not in ROLES:
        raise Refused(404)
    return json_answer({"role": shapes.role(tables, id)})


async def custom_fields(tables: Tables, call: Call) -> web.Response:
    """GET custom_fields.json, for administrators only."""
    if not call.by.admin:
        raise refused_to(call)
    return json_answer({"custom_fields": [_field(one) for one in tables.fields.values()]})


def _field(row: Field) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "customized_type": "issue",
        "field_format": row.format,
        "regexp": "",
        "min_length": None,
        "max_length": None,
        "is_required": row.required,
        "is_filter": row.is_filter,
        "searchable": row.searchable,
        "multiple": row.multiple,
        "default_value": None,
        "visible": True,
    }
    if row.format == "list":
        shown["possible_values"] = [{"value": one, "label": one} for one in row.options]
    return shown | {"trackers": [{"id": id, "name": name} for id, name in TRACKERS.items()], "roles": []}
