"""What a create or a change makes of an issue's values: what is not allowed or not known is left out, and nobody is
told; some of what is wrong is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from syncer.desks.redmine.emulator_custom import give_custom, wrong_custom
from syncer.desks.redmine.emulator_params import blank, to_flag, to_number, to_text
from syncer.desks.redmine.emulator_records import Issue, User
from syncer.desks.redmine.emulator_tables import SECOND, Tables
from syncer.desks.redmine.emulator_words import CLOSED_STATUSES, PRIORITIES, TRACKERS

_LONGEST = 255
_NO_PROJECT = ("Project cannot be blank", "Tracker cannot be blank", "Status cannot be blank")


class Change:
    """An issue on its way from what it was to what somebody wants it to be; `old` is none for one that is new."""

    def __init__(self, tables: Tables, by: User, old: Issue | None, new: Issue) -> None:
        self.tables, self.by, self.old, self.new = tables, by, old, new
        self.errors: list[str] = []
        self._later: list[str] = []

    def take(self, asked: dict[str, Any]) -> None:
        """Give the issue what is asked for, as far as its giver may."""
        if self.old is not None and not self.tables.may(self.by, "edit_issues", self.old.project_id):
            return
        self._place(asked)
        if not self.new.project_id:
            self.errors += [*_no_subject(asked), *_NO_PROJECT]
            return
        self.errors += wrong_custom(self.tables, self.old, self.new, give_custom(self.tables, self.new, asked))
        self._status(asked)
        self._texts(asked)
        self._priority(asked)
        self._dates(asked)
        self._people(asked)
        if "is_private" in asked and self.tables.may(self.by, "set_issues_private", self.new.project_id):
            self.new.is_private = to_flag(asked["is_private"])
        self._parent(asked)
        self.errors += self._later

    def _place(self, asked: dict[str, Any]) -> None:
        tables, new = self.tables, self.new
        if not blank(asked.get("project_id")):
            project = tables.project_of(str(asked["project_id"]))
            if project is not None and tables.may(self.by, "add_issues", project.id):
                new.project_id = project.id
        if to_number(asked.get("tracker_id")) in TRACKERS:
            new.tracker_id = to_number(asked["tracker_id"])

    def _status(self, asked: dict[str, Any]) -> None:
        allowed = self.tables.statuses(self.by, self.old, self.new.project_id)
        wanted = to_number(asked.get("status_id"))
        if wanted in allowed:
            self.new.status_id = wanted
        elif self.old is None:
            self.new.status_id = allowed[0]

    def _texts(self, asked: dict[str, Any]) -> None:
        new = self.new
        if "subject" in asked:
            new.subject = to_text(asked["subject"]) or ""
        if not new.subject.strip():
            self.errors.append("Subject cannot be blank")
        if len(new.subject) > _LONGEST:
            self.errors.append(f"Subject is too long (maximum is {_LONGEST} characters)")
        if "description" in asked:
            text = to_text(asked["description"])
            new.description = None if text is None else re.sub(r"\r\n|\n|\r", "\r\n", text)

    def _priority(self, asked: dict[str, Any]) -> None:
        if "priority_id" not in asked or (self.old and any(self.tables.children(self.old))):
            return
        wanted = to_number(asked["priority_id"])
        if wanted in PRIORITIES:
            self.new.priority_id = wanted
        else:
            self.errors.append("Priority cannot be blank")

    def _dates(self, asked: dict[str, Any]) -> None:
        new, old = self.new, self.old
        if old is None:
            new.start_date = datetime.fromtimestamp(self.tables.now() // SECOND, UTC).date().isoformat()
        for name, words in (("start_date", "Start date"), ("due_date", "Due date")):
            if name in asked:
                value = None if blank(asked[name]) else str(asked[name])
                if value is not None and not is_date(value):
                    self.errors.append(f"{words} is not a valid date")
                    value = None
                setattr(new, name, value)
        moved = old is None or (old.start_date, old.due_date) != (new.start_date, new.due_date)
        if moved and new.start_date and new.due_date and new.due_date < new.start_date:
            self._later.append("Due date must be greater than start date")
        self._efforts(asked)

    def _efforts(self, asked: dict[str, Any]) -> None:
        if "done_ratio" in asked:
            self.new.done_ratio = to_number(asked["done_ratio"])
            if not 0 <= self.new.done_ratio <= 100:
                self.errors.append("% Done is not included in the list")
        if "estimated_hours" in asked:
            hours = None if blank(asked["estimated_hours"]) else hours_in(asked["estimated_hours"])
            if hours is not None and hours < 0:
                self.errors.append("Estimated time is invalid")
            self.new.estimated_hours = hours

    def _people(self, asked: dict[str, Any]) -> None:
        tables, new, old = self.tables, self.new, self.old
        if "category_id" in asked:
            new.category_id = None if blank(asked["category_id"]) else to_number(asked["category_id"])
        category = tables.categories.get(new.category_id or 0)
        if new.category_id is not None and (category is None or category.project_id != new.project_id):
            if "category_id" in asked:
                self._later.append("Category is not included in the list")
            new.category_id = None
        if "assigned_to_id" in asked:
            new.assigned_to_id = None if blank(asked["assigned_to_id"]) else to_number(asked["assigned_to_id"])
        was = old.assigned_to_id if old else None
        if new.assigned_to_id is not None and new.assigned_to_id != was:
            author = tables.users[new.author_id]
            able = {one.id for one in tables.assignable(new.project_id)} | {author.id}
            if new.assigned_to_id not in able:
                self._later.append("Assignee is invalid")

    def _parent(self, asked: dict[str, Any]) -> None:
        tables, new = self.tables, self.new
        if "parent_issue_id" not in asked or not tables.may(self.by, "manage_subtasks", new.project_id):
            return
        if blank(asked["parent_issue_id"]):
            new.parent_id = None
            return
        parent = tables.issues.get(to_number(asked["parent_issue_id"]))
        closed = parent is not None and parent.status_id in CLOSED_STATUSES
        # No project here is below another one: across such a tree a parent would be taken.
        elsewhere = parent is not None and parent.project_id != new.project_id
        if parent is None or parent.id == new.id or elsewhere or not tables.sees(self.by, parent):
            self._later.append("Parent task is invalid")
        elif closed and new.status_id not in CLOSED_STATUSES:
            self._later.append("An open issue cannot be attached to a closed parent task")
        else:
            new.parent_id = parent.id


def _no_subject(asked: dict[str, Any]) -> list[str]:
    return ["Subject cannot be blank"] if blank(asked.get("subject")) else []


def is_date(text: str) -> bool:
    """Whether this is a day, written as Redmine writes it."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def hours_in(value: Any) -> float:
    """So many hours; less than none for what is no time."""
    if found := re.fullmatch(r"(\d+):(\d\d)", str(value)):
        return int(found[1]) + int(found[2]) / 60
    try:
        return float(value)
    except (TypeError, ValueError):
        return -1.0
