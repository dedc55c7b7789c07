"""Time spent on issues: by whom, on which day, how many hours. None of it counts as a change of the issue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from syncer.desks.redmine import emulator_shapes as shapes
from syncer.desks.redmine.emulator_answers import Invalid, json_answer
from syncer.desks.redmine.emulator_issues import refused_to
from syncer.desks.redmine.emulator_lists import listed
from syncer.desks.redmine.emulator_params import Call, blank, to_number, to_text
from syncer.desks.redmine.emulator_records import Spent
from syncer.desks.redmine.emulator_tables import SECOND, Tables
from syncer.desks.redmine.emulator_values import hours_in, is_date
from syncer.desks.redmine.emulator_words import ACTIVITIES

_LONGEST = 1024


async def index(tables: Tables, call: Call) -> web.Response:
    """GET time_entries.json: of one issue without its parts, of an issue and its parts (~), or all; the last day
    first. Who may not see them is shown an empty list."""
    asked = call.query.get("issue_id")
    issues = [one for one in tables.issues.values() if tables.sees_times(call.by, one)]
    if asked is not None:
        id = to_number(asked.removeprefix("~"))
        issues = [one for one in issues if one.id == id or (asked.startswith("~") and one.parent_id == id)]
    rows = [row for one in issues for row in one.spent]
    rows.sort(key=lambda one: (one.day, one.id), reverse=True)
    return listed(call, "time_entries", rows, lambda one: shapes.spent(tables, one))


async def create(tables: Tables, call: Call) -> web.Response:
    """POST time_entries.json, of an issue: always in the caller's own name."""
    asked = call.section("time_entry")
    issue = tables.issues.get(to_number(asked.get("issue_id")))
    if issue is not None and not tables.sees_times(call.by, issue, "log_time"):
        raise refused_to(call)
    errors = _wrong(asked, there=issue is not None)
    if issue is None or errors:
        raise Invalid(*errors)
    now = tables.now()
    today = datetime.fromtimestamp(now // SECOND, UTC).date().isoformat()
    row = Spent(
        id=tables.take("spent"), issue_id=issue.id, user_id=call.by.id, activity_id=to_number(asked["activity_id"]),
        hours=hours_in(asked["hours"]), day=str(asked.get("spent_on") or today),
        comments=to_text(asked.get("comments")), created=now,
    )  # fmt: skip
    issue.spent.append(row)
    return json_answer({"time_entry": shapes.spent(tables, row)}, 201, f"{call.here}/time_entries/{row.id}")


def _wrong(asked: dict[str, Any], *, there: bool) -> list[str]:
    """What is wrong, in the server's order; `there`: the issue is."""
    activity, hours, day = asked.get("activity_id"), asked.get("hours"), asked.get("spent_on")
    no_hours, no_day = blank(hours), bool(day) and not is_date(str(day))
    told = {
        "Activity cannot be blank": blank(activity),
        "Project cannot be blank": not there,
        "Hours cannot be blank": no_hours,
        "Date cannot be blank": no_day,
        "Hours is invalid": not no_hours and hours_in(hours) < 0,
        f"Comment is too long (maximum is {_LONGEST} characters)": len(to_text(asked.get("comments")) or "") > _LONGEST,
        "Date is not a valid date": no_day,
        "Project is invalid": not there,
        "Issue is invalid": not there and not blank(asked.get("issue_id")),
        "Activity is not included in the list": there and not blank(activity) and to_number(activity) not in ACTIVITIES,
    }
    return [error for error, is_so in told.items() if is_so]
